import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeMediaStream, FakePeerConnection, fakeCamera, fakeTrack } from './fake-connection.js'
import { Hub } from './hub.js'
import { assertConnected, meeting } from './meeting.js'

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
    assert.deepEqual(left, [[earlier, 'left']])
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

test('no connection is left open by a room that is closed', async () => {
    const { people } = await meeting('Ada', 'Bob', 'Cem')
    const mine = people[0].mesh.peers.size
    assert.equal(mine, 2)
    const connections = [...people[0].mesh.peers.values()].map(({ connection }) => connection)
    people[0].parley.close()
    assert.deepEqual(connections.map(({ isClosed }) => isClosed), [true, true])
    assert.ok(FakePeerConnection.all.length >= 6)
})
