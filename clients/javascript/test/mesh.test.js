import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RemoteCandidates } from '../src/candidates.js'
import { otherRole, roleIn, withRole } from '../src/roles.js'
import { FakeMediaStream, FakePeerConnection, fakeCamera, fakeTrack } from './fake-connection.js'
import { Hub } from './hub.js'
import { settle } from './support.js'

async function meeting(...names) {
    const hub = new Hub()
    const people = []
    for (const name of names) people.push(await hub.arrives(name, { mesh: { stream: fakeCamera() } }))
    await hub.pump()
    return { hub, people }
}

function assertConnected(...people) {
    for (const somebody of people) assert.deepEqual(somebody.errors, [], somebody.name)
    assertInStep(...people)
}

// Each holds what the other has described: not merely two connections that are content with themselves.
function assertInStep(...people) {
    for (const somebody of people) {
        for (const other of people) {
            if (other === somebody) continue
            const peer = somebody.peer(other)
            assert.deepEqual([peer?.state, peer?.connection.signalingState], ['connected', 'stable'], `${somebody.name} with ${other.name}`)
            assert.equal(peer.connection.remoteDescription.sdp, other.peer(somebody).connection.localDescription.sdp)
        }
    }
}

test('who comes later offers; candidates follow their description; everybody is connected', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    assertConnected(ada, bob)
    assert.deepEqual(hub.log.filter((line) => line.startsWith('Bob')), ['Bob>Ada offer 1', ...Array(3).fill('Bob>Ada ice-candidate 1')])
    assert.deepEqual(hub.log.filter((line) => line.startsWith('Ada')), ['Ada>Bob answer 1', ...Array(3).fill('Ada>Bob ice-candidate 1')])
    assert.deepEqual([ada.peer(bob).polite, bob.peer(ada).polite], [false, true])
    for (const peer of [ada.peer(bob), bob.peer(ada)]) {
        assert.deepEqual(peer.streams.map((stream) => stream.getTracks().map(({ kind }) => kind)), [['audio', 'video']])
    }
})

test('five people who arrive one after the other make ten offers and no glare', async () => {
    const { hub, people } = await meeting('Ada', 'Bob', 'Cem', 'Dan', 'Eve')
    assertConnected(...people)
    assert.equal(hub.signals('offer').length, 10)
    assert.deepEqual(hub.rejected, [])
})

test('both offer at once: the polite one takes its offer back, and asks again afterwards', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    hub.log = []
    for (let i = 0; i < 20; i += 1) {
        ada.mesh.restart(bob.room.self)
        bob.mesh.restart(ada.room.self)
        await settle()
        assert.deepEqual(hub.inbound.filter(({ frame }) => frame.type === 'offer').length, 2)
        await hub.pump()
        assertConnected(ada, bob)
    }
    assert.equal(hub.signals('Ada>Bob offer').length, 20)
    assert.deepEqual(hub.rejected, [])
})

test('both begin at once: one pair of slots remains', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    ada.mesh.close()
    bob.mesh.close()
    await hub.pump()
    ada.opens()
    bob.opens()
    await settle()
    assert.equal(hub.inbound.filter(({ frame }) => frame.type === 'offer').length, 2)
    await hub.pump()
    assertConnected(ada, bob)
    for (const connection of [ada.peer(bob).connection, bob.peer(ada).connection]) {
        assert.deepEqual(connection.getTransceivers().map(({ currentDirection, sender }) => [currentDirection, sender.track?.kind]),
            [['sendrecv', 'audio'], ['sendrecv', 'video']])
    }
})

test('an answer that crosses a hangup is refused by name, and the new call stands', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    ada.mesh.restart(bob.room.self)
    await settle()
    const [restart] = hub.inbound.splice(0, hub.inbound.length).filter(({ frame }) => frame.type === 'offer')
    // Bob gets the offer and answers; before the answer is relayed, Ada hangs up and calls again.
    hub.inbound.push(restart)
    await hub.pump()
    ada.peer(bob).state = 'failed'
    bob.mesh.restart(ada.room.self)
    await settle()
    ada.mesh.restart(bob.room.self)
    await settle()
    hub.inbound.sort((a, b) => (b.frame.type === 'hangup') - (a.frame.type === 'hangup'))
    await hub.pump()
    assertConnected(ada, bob)
})

test('a stale answer is dropped, and what was sent behind it arrives', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    bob.room.signal('answer', ada.room.self, { negotiation: 77, sdp: 'v=0\r\n' }).catch(() => {})
    const heard = []
    ada.room.on('signal', ({ data }) => heard.push(data))
    bob.room.send(ada.room.self, 'behind').catch(() => {})
    await hub.pump()
    assert.deepEqual(hub.rejected, ['answer stale-answer', 'signal signal-gap'])
    assert.deepEqual(heard, ['behind'])
    assertConnected(ada, bob)
})

test('an answer that nobody waits for is not applied', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    const { connection } = bob.peer(ada)
    const before = connection.remoteDescription
    bob.peer(ada).receive({ type: 'answer', negotiation: 1, sdp: before.sdp })
    await hub.pump()
    assert.equal(connection.remoteDescription, before)
    assertConnected(ada, bob)
})

test('an answer to an earlier offer is not taken for the answer to this one', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    const { connection } = bob.peer(ada)
    const before = connection.remoteDescription
    bob.mesh.restart(ada.room.self)
    await settle()
    bob.peer(ada).receive({ type: 'answer', negotiation: 1, sdp: before.sdp })
    await settle()
    assert.equal(connection.signalingState, 'have-local-offer')
    await hub.pump()
    assertConnected(ada, bob)
})

test('who calls and hangs up before we are there is not answered', async () => {
    const hub = new Hub()
    const ada = await hub.arrives('Ada', { hasMesh: false })
    const bob = await hub.arrives('Bob', { mesh: { stream: fakeCamera() } })
    await hub.pump()
    bob.mesh.close()
    await hub.pump()
    ada.opens()
    await hub.pump()
    assert.deepEqual([hub.signals('Ada>Bob'), hub.rejected], [[], []])
})

// Both hang up and call again at once; every order in which the server may see the four frames ends well.
for (const order of ['hHoO', 'hoHO', 'hHOo', 'HOho']) {
    test(`crossing hangups and offers: ${order}`, async () => {
        const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
        ada.peer(bob).giveUp()
        bob.peer(ada).giveUp()
        ada.mesh.restart(bob.room.self)
        bob.mesh.restart(ada.room.self)
        await settle()
        const letter = ({ socket, frame }) => {
            const sign = { hangup: 'h', offer: 'o' }[frame.type]
            return sign && (socket.self === ada.room.self ? sign : sign.toUpperCase())
        }
        const sent = hub.inbound.splice(0)
        hub.inbound.push(...[...order].map((sign) => sent.find((entry) => letter(entry) === sign)), ...sent.filter((entry) => !letter(entry)))
        await hub.pump()
        assertInStep(ada, bob)
    })
}

// Bob calls anew while Ada only asks for new paths on the connection that he has just given up.
for (const order of ['oHO', 'HoO', 'HOo']) {
    test(`a hangup that crosses an offer: ${order}`, async () => {
        const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
        bob.peer(ada).giveUp()
        ada.mesh.restart(bob.room.self)
        bob.mesh.restart(ada.room.self)
        await settle()
        const sent = hub.inbound.splice(0)
        const of = (person, type) => sent.find(({ socket, frame }) => socket.self === person.room.self && frame.type === type)
        const first = { o: of(ada, 'offer'), H: of(bob, 'hangup'), O: of(bob, 'offer') }
        hub.inbound.push(...[...order].map((letter) => first[letter]), ...sent.filter((entry) => !Object.values(first).includes(entry)))
        await hub.pump()
        assertInStep(ada, bob)
    })
}

test('a hangup that waited for a mesh does not end its first call', async () => {
    const hub = new Hub()
    const ada = await hub.arrives('Ada', { mesh: { stream: fakeCamera() } })
    const bob = await hub.arrives('Bob', { hasMesh: false })
    await hub.pump()
    ada.mesh.close()
    await hub.pump()
    bob.opens({ stream: fakeCamera() })
    await hub.pump()
    assert.equal(bob.mesh.peers.size, 1)
    ada.opens({ stream: fakeCamera() })
    await hub.pump()
    assertConnected(ada, bob)
})

test('a description that the browser refuses means a new connection, three times at most', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    const refusing = (peer) => { peer.connection.setRemoteDescription = async () => { throw new Error('refused') } }
    refusing(ada.peer(bob))
    bob.mesh.restart(ada.room.self)
    await hub.pump()
    assert.deepEqual(ada.errors.splice(0), ['refused'])
    assertConnected(ada, bob)

    ada.mesh.on('peer', refusing)
    refusing(ada.peer(bob))
    bob.mesh.restart(ada.room.self)
    await hub.pump()
    assert.equal(ada.errors.length, 4)
    assert.equal(ada.peer(bob).state, 'failed')
})

test('an offer after the first names the role that the connection has', () => {
    const sdp = 'v=0\r\na=setup:actpass\r\n'
    assert.equal(withRole(sdp, null), sdp)
    assert.equal(roleIn(sdp), null)
    assert.equal(withRole(sdp, otherRole[roleIn('a=setup:active\r\n')]), 'v=0\r\na=setup:passive\r\n')
})

test('an offer with a number that is used already is made again with a higher one', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    bob.room.outbox(ada.room.self).negotiation = 0
    bob.mesh.restart(ada.room.self)
    await hub.pump()
    assert.deepEqual(hub.rejected.filter((line) => line.startsWith('offer')), ['offer stale-offer'])
    assertConnected(ada, bob)
    assert.equal(hub.signals('Bob>Ada offer').at(-1), 'Bob>Ada offer 2')
})

test('who cannot roll back is never polite; two of them are told', async () => {
    const hub = new Hub()
    const able = await hub.arrives('Ada', { mesh: { stream: fakeCamera() } })
    const unable = await hub.arrives('Bob', { abilities: { trickle: true }, mesh: { stream: fakeCamera() } })
    await hub.pump()
    assertConnected(able, unable)
    assert.deepEqual([able.peer(unable).polite, unable.peer(able).polite], [true, false])
    const other = await hub.arrives('Cem', { abilities: {}, mesh: { stream: fakeCamera() } })
    await hub.pump()
    assert.equal(other.peer(unable).state, 'failed')
    assert.deepEqual(other.errors, ['no-rollback'])
    assert.equal(other.peer(able).state, 'connected')
})

test('a reload is one who leaves and one who joins', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    const left = []
    ada.mesh.on('peer-left', ({ id }, reason) => left.push([id, reason]))
    const { connection } = ada.peer(bob)
    const earlier = bob.room.self
    bob.mesh.close()
    bob.parley.close()
    const again = await hub.arrives('Bob', { mesh: { stream: fakeCamera() } })
    await hub.pump()
    assert.equal(connection.isClosed, true)
    assert.deepEqual(left, [[earlier, 'disconnected']])
    assertConnected(ada, again)
    assert.equal(ada.mesh.peers.size, 1)
})

test('after a reconnect of our own all connections are made anew', async () => {
    const { hub, people: [ada, bob, cem] } = await meeting('Ada', 'Bob', 'Cem')
    const earlier = [...bob.mesh.peers.values()].map(({ connection }) => connection)
    bob.parley.reconnect()
    bob.clock.advance(0)
    await hub.pump()
    assertConnected(ada, bob, cem)
    assert.deepEqual(earlier.map(({ isClosed }) => isClosed), [true, true])
    assert.equal(bob.mesh.peers.size, 2)
})

test('disconnected closes nothing; failed restarts at once on the impolite side, later on the polite one', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    const [impolite, polite] = [ada.peer(bob), bob.peer(ada)]
    hub.log = []
    for (const { connection } of [impolite, polite]) connection.turns('disconnected')
    await hub.pump()
    assert.deepEqual([impolite.state, impolite.connection.isClosed, hub.log], ['reconnecting', false, []])
    for (const { connection } of [impolite, polite]) connection.turns('failed')
    await hub.pump()
    assert.deepEqual(hub.signals('offer'), ['Ada>Bob offer 1'])
    assertConnected(ada, bob)

    polite.connection.turns('failed')
    bob.clock.advance(2_999)
    await hub.pump()
    assert.equal(hub.signals('offer').length, 1)
    bob.clock.advance(1)
    await hub.pump()
    assert.equal(hub.signals('offer').at(-1), 'Bob>Ada offer 2')
    assertConnected(ada, bob)
})

test('after three restarts in vain a peer has failed; asked for, it is made anew', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    const peer = ada.peer(bob)
    peer.connection.addIceCandidate = async () => {}
    bob.peer(ada).connection.addIceCandidate = async () => {}
    for (let i = 0; i < 4; i += 1) {
        peer.connection.turns('failed')
        await hub.pump()
        if (i < 3) peer.connection.turns('connecting')
    }
    assert.equal(peer.state, 'failed')
    ada.mesh.restart(bob.room.self)
    await hub.pump()
    assert.notEqual(ada.peer(bob), peer)
    assertConnected(ada, bob)
})

test('another camera, or none, needs no negotiation; the first one asks once', async () => {
    const hub = new Hub()
    const ada = await hub.arrives('Ada', { mesh: { stream: new FakeMediaStream([fakeTrack('audio')]) } })
    const bob = await hub.arrives('Bob', { mesh: { stream: fakeCamera() } })
    await hub.pump()
    hub.log = []
    const seen = []
    bob.mesh.on('stream', ({ track, isScreen }) => seen.push([track.kind, isScreen]))
    await ada.mesh.setTrack('video', fakeTrack('video'))
    await hub.pump()
    assert.deepEqual([hub.signals('offer').length, seen], [1, [['video', false]]])
    const other = fakeTrack('video')
    await ada.mesh.setTrack('video', null)
    await ada.mesh.setTrack('video', other)
    await hub.pump()
    assert.equal(hub.signals('offer').length, 1)
    assert.equal(ada.peer(bob).connection.getTransceivers()[1].sender.track, other)
    assert.equal(bob.peer(ada).streams.length, 1)
})

test('screens are streams of their own, also of two at once; a line that is free is used again', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    const heard = []
    bob.mesh.on('stream', ({ isScreen }) => heard.push(`stream ${isScreen}`))
    bob.mesh.on('stream-removed', ({ isScreen }) => heard.push(`removed ${isScreen}`))
    await Promise.all([ada, bob].map(({ mesh }) => mesh.addScreen(new FakeMediaStream([fakeTrack('video')]))))
    await hub.pump()
    assertConnected(ada, bob)
    assert.deepEqual([ada.peer(bob).streams.length, bob.peer(ada).streams.length], [2, 2])
    assert.ok(ada.peer(bob).screen && bob.peer(ada).screen)
    await ada.mesh.removeScreen()
    await hub.pump()
    assert.equal(bob.peer(ada).screen, undefined)
    const lines = bob.peer(ada).connection.getTransceivers().length
    await ada.mesh.addScreen(new FakeMediaStream([fakeTrack('video')]))
    await hub.pump()
    assert.equal(bob.peer(ada).connection.getTransceivers().length, lines)
    assert.deepEqual(heard, ['stream true', 'removed true', 'stream true'])
})

test('one who only shares a screen is not taken for a camera', async () => {
    const hub = new Hub()
    const ada = await hub.arrives('Ada', { mesh: { channels: ['board'] } })
    const bob = await hub.arrives('Bob', { mesh: { channels: ['board'] } })
    await hub.pump()
    await ada.mesh.addScreen(new FakeMediaStream([fakeTrack('video')]))
    await hub.pump()
    assert.deepEqual([bob.peer(ada).camera, bob.peer(ada).screen !== undefined], [undefined, true])
})

test('a watcher with channels only sees those who send', async () => {
    const hub = new Hub()
    const ada = await hub.arrives('Ada', { mesh: { stream: fakeCamera(), channels: ['board'] } })
    const watcher = await hub.arrives('Bob', { mesh: { channels: ['board'] } })
    await hub.pump()
    assertConnected(ada, watcher)
    assert.equal(watcher.peer(ada).camera.getTracks().length, 2)
    assert.deepEqual([...watcher.peer(ada).channels.values()].map(({ negotiated, id }) => [negotiated, id]), [[true, 0]])
})

test('what arrives before there is a mesh waits for it', async () => {
    const hub = new Hub()
    const ada = await hub.arrives('Ada', { hasMesh: false })
    const bob = await hub.arrives('Bob', { mesh: { stream: fakeCamera() } })
    await hub.pump()
    assert.equal(bob.peer(ada).state, 'connecting')
    ada.opens({ stream: fakeCamera() })
    await hub.pump()
    assertConnected(ada, bob)
})

test('a mesh that closes hangs up; the room goes on; a later mesh calls again', async () => {
    const { hub, people: [ada, bob] } = await meeting('Ada', 'Bob')
    const left = []
    bob.mesh.on('peer-left', (_, reason) => left.push(reason))
    ada.mesh.close()
    await hub.pump()
    assert.deepEqual([left, bob.mesh.peers.size, bob.room.people.length], [['hangup'], 0, 2])
    ada.opens({ stream: fakeCamera() })
    await hub.pump()
    assertConnected(ada, bob)
})

test('candidates wait for a description, and those of another generation are dropped', async () => {
    const applied = []
    const errors = []
    const world = { isIgnoring: false }
    const connection = { remoteDescription: null, addIceCandidate: async (candidate) => { applied.push(candidate?.candidate ?? null) } }
    const candidates = new RemoteCandidates({ connection, isIgnoring: () => world.isIgnoring, onError: (error) => errors.push(error) })
    await candidates.add({ candidate: 'early', usernameFragment: 'new' })
    await candidates.add({ candidate: 'old', usernameFragment: 'old' })
    await candidates.add({ candidate: 'candidate:1 ufrag old' })
    assert.deepEqual(applied, [])
    connection.remoteDescription = { sdp: 'v=0\r\na=ice-ufrag:new\r\n' }
    await candidates.release()
    await candidates.add({ candidate: '', usernameFragment: 'new' })
    await candidates.add(null)
    assert.deepEqual(applied, ['early', '', null])
    world.isIgnoring = true
    await candidates.add({ candidate: 'of the ignored offer' })
    assert.deepEqual([applied.length, errors], [3, []])
})

test('a candidate that fails is told, unless its offer was ignored', async () => {
    const errors = []
    const world = { isIgnoring: false }
    const connection = { remoteDescription: { sdp: 'a=ice-ufrag:f\r\n' }, addIceCandidate: async () => { throw new Error('refused') } }
    const candidates = new RemoteCandidates({ connection, isIgnoring: () => world.isIgnoring, onError: ({ message }) => errors.push(message) })
    await candidates.add({ candidate: 'x', usernameFragment: 'f' })
    await candidates.add(null)
    world.isIgnoring = true
    await candidates.add({ candidate: 'x', usernameFragment: 'f' })
    assert.deepEqual(errors, ['refused'])
})

test('no connection is left open by a room that is closed', async () => {
    const { people } = await meeting('Ada', 'Bob', 'Cem')
    const mine = people[0].mesh.peers.size
    assert.equal(mine, 2)
    const connections = [...people[0].mesh.peers.values()].map(({ connection }) => connection)
    people[0].parley.close()
    assert.deepEqual(connections.map(({ isClosed }) => isClosed), [true, true])
    assert.ok(FakePeerConnection.all.length >= 6)
})
