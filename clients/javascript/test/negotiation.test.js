import assert from 'node:assert/strict'
import { test } from 'node:test'
import { otherRole, roleIn, withRole } from '../src/roles.js'
import { fakeCamera } from './fake-connection.js'
import { Hub } from './hub.js'
import { assertConnected, assertInStep, meeting } from './meeting.js'
import { settle } from './support.js'

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
            return sign && (socket.session.self === ada.room.self ? sign : sign.toUpperCase())
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
        const of = (person, type) => sent.find(({ socket, frame }) => socket.session.self === person.room.self && frame.type === type)
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
