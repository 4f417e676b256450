import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hub } from './hub.js'
import { fakeCamera, fakeTrack } from './fake-connection.js'
import { assertConnected, meetingIn } from './meeting.js'

const naming = (...names) => meetingIn(new Hub({ keepsSessions: true, namesRestarters: true }), ...names)
const connection = (one, other) => one.peer(other).connection
const turn = (state, ...pairs) => { for (const [one, other] of pairs) connection(one, other).turns(state) }

/** The browsers find no path any more, until `heals`. */
function breaks(...people) {
    const earlier = people.map((one) => people.filter((other) => other !== one).map((other) => {
        const broken = connection(one, other)
        const { addIceCandidate } = broken
        broken.addIceCandidate = async () => {}
        return () => { broken.addIceCandidate = addIceCandidate }
    }))
    return () => earlier.flat().forEach((mend) => mend())
}

async function cut(hub, ...people) {
    for (const { name } of people) hub.cut(name)
    await hub.pump()
    hub.log = []
    for (const { clock } of people) clock.advance(0)
    await hub.pump()
}

async function passes(hub, milliseconds, ...people) {
    for (let left = milliseconds; left > 0; left -= 500) {
        for (const { clock } of people) clock.advance(500)
        await hub.pump()
    }
}

const restarts = (hub) => hub.log.filter((line) => /offer|ice-restart|hangup/.test(line)).map((line) => line.replace(/ \d+$/, ''))

test('media that never stopped: a resume and a named restarter change nothing', async () => {
    const { hub, people: [ada, bob] } = await naming('Ada', 'Bob')
    await cut(hub, bob)
    await passes(hub, 40_000, ada, bob)
    assert.deepEqual(restarts(hub), [])
    assertConnected(ada, bob)
})

test('both are down: the one who is named makes one offer, whoever asks', async () => {
    const { hub, people: [ada, bob] } = await naming('Ada', 'Bob')
    turn('disconnected', [ada, bob], [bob, ada])
    await cut(hub, bob)
    await passes(hub, 5_000, ada, bob)
    assert.deepEqual(restarts(hub).sort(), ['Ada>Bob offer', 'Bob>Ada ice-restart'])
    assertConnected(ada, bob)
})

test('only the named one sees it: it restarts', async () => {
    const { hub, people: [ada, bob] } = await naming('Ada', 'Bob')
    turn('disconnected', [ada, bob])
    await cut(hub, bob)
    assert.deepEqual(restarts(hub), ['Ada>Bob offer'])
    assertConnected(ada, bob)
})

test('only the other one sees it: it asks, and the named one restarts although it saw nothing', async () => {
    const { hub, people: [ada, bob] } = await naming('Ada', 'Bob')
    turn('disconnected', [bob, ada])
    await cut(hub, bob)
    await passes(hub, 5_000, ada, bob)
    assert.deepEqual(restarts(hub), ['Bob>Ada ice-restart', 'Ada>Bob offer'])
    assertConnected(ada, bob)
})

test('both were away, and come back one after the other: one restart', async () => {
    const { hub, people: [ada, bob] } = await naming('Ada', 'Bob')
    turn('disconnected', [ada, bob], [bob, ada])
    hub.cut('Ada')
    hub.cut('Bob')
    await hub.pump()
    hub.log = []
    bob.clock.advance(0)
    await hub.pump()
    await passes(hub, 1_000, bob)
    ada.clock.advance(0)
    await hub.pump()
    await passes(hub, 15_000, ada, bob)
    assert.equal(restarts(hub).filter((line) => line === 'Ada>Bob offer').length, 1)
    assertConnected(ada, bob)
})

test('the browser notices late: who was named acts when it does, without another question', async () => {
    const { hub, people: [ada, bob] } = await naming('Ada', 'Bob')
    await cut(hub, bob)
    await passes(hub, 6_000, ada, bob)
    turn('disconnected', [bob, ada])
    await hub.pump()
    assert.deepEqual(restarts(hub), ['Bob>Ada ice-restart', 'Ada>Bob offer'])
    assertConnected(ada, bob)
})

test('a path that breaks without a resume: three seconds later the server is asked who', async () => {
    const { hub, people: [ada, bob, cem] } = await naming('Ada', 'Bob', 'Cem')
    hub.log = []
    turn('disconnected', [ada, bob], [bob, ada])
    await passes(hub, 2_500, ada, bob, cem)
    assert.deepEqual(restarts(hub), [])
    await passes(hub, 500, ada, bob, cem)
    assert.deepEqual(restarts(hub).filter((line) => line.endsWith('offer')), ['Ada>Bob offer'])
    assertConnected(ada, bob, cem)
})

test('… and one that comes back by itself is left alone', async () => {
    const { hub, people: [ada, bob] } = await naming('Ada', 'Bob')
    hub.log = []
    turn('disconnected', [ada, bob], [bob, ada])
    await passes(hub, 2_000, ada, bob)
    turn('connected', [ada, bob], [bob, ada])
    await passes(hub, 20_000, ada, bob)
    assert.deepEqual(restarts(hub), [])
})

test('nothing helps: three attempts, then it has failed; asked for, it is made anew', async () => {
    const { hub, people: [ada, bob] } = await naming('Ada', 'Bob')
    const mend = breaks(ada, bob)
    hub.log = []
    turn('failed', [ada, bob], [bob, ada])
    await passes(hub, 60_000, ada, bob)
    assert.deepEqual([ada.peer(bob).state, bob.peer(ada).state], ['failed', 'failed'])
    const offers = restarts(hub).filter((line) => line.endsWith('offer'))
    assert.ok(offers.length >= 1 && offers.length <= 6, `${offers.length} offers`)
    assert.ok(offers.every((line) => line === 'Ada>Bob offer'))
    mend()
    ada.mesh.restart(bob.room.self)
    await hub.pump()
    assertConnected(ada, bob)
})

test('neither device can restart: the impolite one hangs up and offers anew', async () => {
    const hub = new Hub({ keepsSessions: true, namesRestarters: true })
    const options = { abilities: { rollback: true, trickle: true, restart: false } }
    const ada = await hub.arrives('Ada', { ...options, mesh: { stream: fakeCamera() } })
    const bob = await hub.arrives('Bob', { ...options, mesh: { stream: fakeCamera() } })
    await hub.pump()
    const earlier = connection(ada, bob)
    turn('failed', [ada, bob], [bob, ada])
    await hub.pump()
    assert.deepEqual(restarts(hub).slice(-2), ['Ada>Bob hangup', 'Ada>Bob offer'])
    assert.equal(earlier.isClosed, true)
    assertConnected(ada, bob)
})

test('the polite one restarts when only it can', async () => {
    const hub = new Hub({ keepsSessions: true, namesRestarters: true })
    const ada = await hub.arrives('Ada', { abilities: { rollback: true, trickle: true }, mesh: { stream: fakeCamera() } })
    const bob = await hub.arrives('Bob', { mesh: { stream: fakeCamera() } })
    await hub.pump()
    turn('disconnected', [ada, bob], [bob, ada])
    await cut(hub, bob)
    await passes(hub, 2_000, ada, bob)
    assert.deepEqual(restarts(hub).sort(), ['Ada>Bob ice-restart', 'Bob>Ada offer'])
    assertConnected(ada, bob)
})

test('new ICE servers are in place before anybody restarts, on connections that are up as well', async () => {
    const { hub, people: [ada, bob, cem] } = await naming('Ada', 'Bob', 'Cem')
    await cut(hub, bob)
    for (const [one, other] of [[ada, bob], [bob, ada], [bob, cem], [cem, bob]]) {
        assert.deepEqual(connection(one, other).getConfiguration().iceServers, [{ urls: 'stun:new' }])
    }
    assert.equal(connection(ada, bob).getConfiguration().bundlePolicy, 'max-bundle')
})

test('a renewed list of ICE servers is in place at once, and nobody restarts because of it', async () => {
    const { hub, people: [ada, bob] } = await naming('Ada', 'Bob')
    const [before, earlier] = [restarts(hub).length, connection(ada, bob)]
    const iceServers = [{ urls: 'turn:a', username: '2:x', credential: 'y' }]
    hub.tells('Ada', { type: 'ice-servers', iceServers, iceServersExpireAt: 2_000 })
    await hub.pump()
    assert.deepEqual(connection(ada, bob).getConfiguration().iceServers, iceServers)
    assert.deepEqual([ada.room.iceServers, ada.parley.iceServersExpireAt], [iceServers, 2_000])
    assert.equal(connection(ada, bob), earlier)
    assert.equal(restarts(hub).length, before)
    assertConnected(ada, bob)
})

test('without a server nothing is tried and nothing is given up; its return names somebody', async () => {
    const { hub, people: [ada, bob] } = await naming('Ada', 'Bob')
    const mend = breaks(ada, bob)
    hub.cut('Ada')
    hub.cut('Bob')
    await hub.pump()
    hub.log = []
    turn('failed', [ada, bob], [bob, ada])
    await hub.pump()
    assert.deepEqual([ada.peer(bob).state, restarts(hub)], ['reconnecting', []])
    mend()
    await cut(hub, ada, bob)
    await passes(hub, 3_000, ada, bob)
    assertConnected(ada, bob)
})

test('an exchange that is under way is waited for', async () => {
    const { hub, people: [ada, bob] } = await naming('Ada', 'Bob')
    turn('disconnected', [ada, bob], [bob, ada])
    hub.cut('Bob')
    // Ada's offer waits in Bob's mailbox when she is named.
    await ada.mesh.setTrack('video', null)
    ada.mesh.addScreen(fakeCamera())
    await hub.pump()
    await cut(hub, bob)
    await passes(hub, 10_000, ada, bob)
    assert.ok(restarts(hub).filter((line) => line.endsWith('offer')).length <= 1)
    assertConnected(ada, bob)
})

test('asked about a connection that does not exist yet: nothing', async () => {
    const hub = new Hub({ namesRestarters: true })
    const ada = await hub.arrives('Ada', { mesh: { stream: fakeCamera() } })
    const bob = await hub.arrives('Bob', { hasMesh: false })
    await hub.pump()
    bob.room.signal('ice-restart', ada.room.self, {}).catch(() => {})
    await hub.pump()
    // It is still Bob who begins.
    await ada.mesh.setTrack('video', fakeTrack('video'))
    await hub.pump()
    assert.deepEqual(restarts(hub), ['Bob>Ada ice-restart'])
})
