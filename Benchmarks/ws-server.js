// What people write today instead of Parley: Node's `ws`, JSON.parse, a map of rooms. It speaks just enough of
// the protocol for the generator, and does the same work: a signal goes to one peer, a pulse to everybody else, a
// media command becomes an event of the same shape for everybody. No sessions, no numbering, no acknowledgements.
const { createServer } = require('http');
const { randomBytes } = require('crypto');
const { WebSocketServer } = require('ws');

const rooms = new Map();
const newID = (prefix) => `${prefix}_${randomBytes(16).toString('base64url')}`;

function join(socket, { room: alias, name }) {
  let room = rooms.get(alias);
  if (!room) rooms.set(alias, room = { id: newID('r'), sequence: 0, people: new Map() });
  socket.id = newID('p');
  socket.room = room;
  room.people.set(socket.id, socket);
  socket.send(JSON.stringify({ type: 'welcome', protocol: 1 }));
  socket.send(JSON.stringify({ type: 'snapshot', room: room.id, self: socket.id, name }));
}

function changeMedia(socket, { id, audio }) {
  const { room } = socket;
  const after = [1, room.sequence, '00000000000000a1'];
  room.sequence += 1;
  const patch = { people: { [socket.id]: { media: { audio } } } };
  const event = JSON.stringify({
    type: 'events', room: room.id, at: [1, room.sequence, '00000000000000a2'], after,
    events: [{ type: 'media-changed', participant: socket.id, by: socket.id, id, patch }],
  });
  for (const person of room.people.values()) person.send(event);
}

const server = createServer();
const sockets = new WebSocketServer({ server, path: '/v1/connect', handleProtocols: () => 'parley.v1' });
sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    switch (message.type) {
      case 'hello': return message.join ? join(socket, message.join) : socket.send('{"type":"welcome","protocol":1}');
      case 'signal': return socket.room.people.get(message.to)?.send(data, { binary: false });
      case 'pulse':
        for (const person of socket.room.people.values()) if (person !== socket) person.send(data, { binary: false });
        return;
      case 'media': return changeMedia(socket, message);
    }
  });
  socket.on('close', () => socket.room?.people.delete(socket.id));
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
