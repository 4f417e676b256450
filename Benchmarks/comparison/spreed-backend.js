// What nextcloud-spreed-signaling asks a Nextcloud: who somebody is, and whether they may enter a room. Yes, always.
const { createServer } = require('http');

const answers = {
  auth: ({ params }) => ({ type: 'auth', auth: { version: '1.0', userid: params.userid, user: {} } }),
  room: ({ roomid }) => ({ type: 'room', room: { version: '1.0', roomid, properties: { name: roomid } } }),
  ping: ({ roomid }) => ({ type: 'room', room: { version: '1.0', roomid } }),
};

const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  let data = { capabilities: { spreed: { features: ['signaling-v3'], config: {} } } };
  if (body) {
    const asked = JSON.parse(body);
    data = answers[asked.type](asked[asked.type]);
  }
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ ocs: { meta: { status: 'ok', statuscode: 200, message: 'OK' }, data } }));
});
server.keepAliveTimeout = 600_000;
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
