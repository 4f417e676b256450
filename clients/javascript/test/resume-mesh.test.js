import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hub } from './hub.js'
import { assertConnected, meetingIn } from './meeting.js'

const keeping = (...names) => meetingIn(new Hub({ keepsSessions: true }), ...names)
const connectionsOf = (...people) => people.flatMap(({ mesh }) => [...mesh.peers.values()].map(({ connection }) => connection))

async function returns(hub, ...people) {
    await hub.pump()
    for (const { clock } of people) clock.advance(0)
    await hub.pump()
}

test('a resume tears nothing down and negotiates nothing', async () => {
    const { hub, people: [ada, bob, cem] } = await keeping('Ada', 'Bob', 'Cem')
    const earlier = connectionsOf(ada, bob, cem)
    const told = []
    for (const { mesh } of [ada, bob, cem]) for (const name of ['peer', 'peer-left', 'stream']) mesh.on(name, () => told.push(name))
    hub.log = []
    hub.cut('Bob')
    await returns(hub, bob)
    for (const { clock } of [ada, bob, cem]) clock.advance(20_000)
    await hub.pump()
    assert.deepEqual([told, hub.log, connectionsOf(ada, bob, cem).every((connection, index) => connection === earlier[index])], [[], [], true])
    assert.deepEqual([ada.room.hash, cem.room.hash], [bob.room.hash, bob.room.hash])
    assertConnected(ada, bob, cem)
})

test('after a resume a path that is gone for three seconds is made anew by the impolite side', async () => {
    const { hub, people: [ada, bob] } = await keeping('Ada', 'Bob')
    hub.cut('Bob')
    for (const connection of connectionsOf(ada, bob)) connection.turns('disconnected')
    await returns(hub, bob)
    hub.log = []
    for (const { clock } of [ada, bob]) clock.advance(2_999)
    await hub.pump()
    assert.deepEqual(hub.log, [])
    for (const { clock } of [ada, bob]) clock.advance(1)
    await hub.pump()
    for (const { clock } of [ada, bob]) clock.advance(10_000)
    await hub.pump()
    assert.equal(hub.signals('offer').length, 1)
    assert.match(hub.signals('offer')[0], /^Ada>Bob/)
    assertConnected(ada, bob)
})

test('the polite side helps out three seconds later, and a path that came back is left alone', async () => {
    const { hub, people: [ada, bob] } = await keeping('Ada', 'Bob')
    hub.cut('Bob')
    bob.peer(ada).connection.turns('disconnected')
    await returns(hub, bob)
    hub.log = []
    bob.clock.advance(5_999)
    await hub.pump()
    assert.deepEqual(hub.log, [])
    bob.clock.advance(1)
    await hub.pump()
    assert.deepEqual(hub.signals('offer').length, 1)
    assertConnected(ada, bob)
    bob.peer(ada).connection.turns('disconnected')
    bob.peer(ada).connection.turns('connected')
    bob.clock.advance(10_000)
    await hub.pump()
    assert.equal(hub.signals('offer').length, 1)
})

test('a negotiation that is cut anywhere is completed by the resume', async () => {
    for (let frames = 1; ; frames += 1) {
        const hub = new Hub({ keepsSessions: true })
        const { people: [ada, bob] } = await meetingIn(hub, 'Ada', 'Bob')
        hub.cutAfter('Bob', frames)
        ada.mesh.restart(bob.room.self)
        await returns(hub, bob)
        for (let i = 0; i < 3; i += 1) { for (const { clock } of [ada, bob]) clock.advance(100); await hub.pump() }
        assertConnected(ada, bob)
        if (!hub.hasCut) break
    }
})

test('moved at every single frame: the same, and nobody hears of anything', async () => {
    for (let frames = 1; ; frames += 1) {
        const hub = new Hub({ keepsSessions: true })
        const ada = await hub.arrives('Ada', { hasMesh: false })
        const bob = await hub.arrives('Bob', { hasMesh: false })
        await hub.pump()
        const heard = { Ada: [], Bob: [] }
        for (const { name, room } of [ada, bob]) room.on('signal', ({ data }) => heard[name].push(data))
        const told = []
        for (const { room, parley } of [ada, bob]) {
            for (const name of ['interrupted', 'resumed', 'resynced', 'rejoined', 'left']) room.on(name, () => told.push(name))
            parley.on('status', ({ status }) => told.push(status))
        }
        hub.drainAfter('Bob', frames)
        const outcomes = []
        for (const data of [1, 2, 3, 4]) {
            outcomes.push(ada.room.send(bob.room.self, data), bob.room.send(ada.room.self, data), bob.room.media({ audio: data % 2 === 1 }))
            bob.clock.advance(0)
            // Half of them while the hello of the new connection is on its way.
            if (data % 2 === 0) await hub.pump()
        }
        for (let i = 0; i < 5; i += 1) { for (const { clock } of [ada, bob]) clock.advance(100); await hub.pump() }
        await Promise.all(outcomes)
        assert.deepEqual([heard, told], [{ Ada: [1, 2, 3, 4], Bob: [1, 2, 3, 4] }, []], `moved after frame ${frames}`)
        assert.deepEqual([ada.room.state, bob.room.state], [hub.state, hub.state], `moved after frame ${frames}`)
        if (!hub.hasCut) break
        assert.equal(hub.socketsOf('Bob'), 2, `moved after frame ${frames}`)
        assert.ok(frames < 100)
    }
})

test('cut at every single frame: each signal arrives once and in order, each command is done once', async () => {
    for (let frames = 1; ; frames += 1) {
        const hub = new Hub({ keepsSessions: true })
        const ada = await hub.arrives('Ada', { hasMesh: false })
        const bob = await hub.arrives('Bob', { hasMesh: false })
        await hub.pump()
        const heard = { Ada: [], Bob: [] }
        for (const { name, room } of [ada, bob]) room.on('signal', ({ data }) => heard[name].push(data))
        hub.cutAfter('Bob', frames)
        const outcomes = []
        for (const data of [1, 2, 3]) {
            outcomes.push(ada.room.send(bob.room.self, data), bob.room.send(ada.room.self, data), bob.room.media({ audio: data % 2 === 1 }))
            await hub.pump()
            bob.clock.advance(0)
            await hub.pump()
        }
        for (let i = 0; i < 5; i += 1) { for (const { clock } of [ada, bob]) clock.advance(100); await hub.pump() }
        await Promise.all(outcomes)
        assert.deepEqual(heard, { Ada: [1, 2, 3], Bob: [1, 2, 3] }, `cut at frame ${frames}`)
        assert.deepEqual([ada.room.state, bob.room.state], [hub.state, hub.state], `cut at frame ${frames}`)
        assert.equal(bob.room.person(bob.room.self).media.audio, true)
        if (!hub.hasCut) break
        assert.ok(frames < 100)
    }
})
