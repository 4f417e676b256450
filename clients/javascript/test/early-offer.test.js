import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Mesh } from '../parley.js'
import { EarlyAnswer, EarlyOffer } from '../src/calls/early.js'
import { FakeMediaStream, FakePeerConnection, fakeCamera } from './fake-connection.js'
import { Hub } from './hub.js'
import { assertConnected } from './meeting.js'
import { settle } from './support.js'

const classes = { RTCPeerConnection: FakePeerConnection, MediaStream: FakeMediaStream }
const given = (stream) => Mesh.given({ stream, ...classes }, () => [])
const sessionOf = (clock) => ({ clock, can: () => false, hint: () => false })

/** Ada has made an offer and waits in the room; `answered` makes what Bob's device says to it. */
async function calling() {
    FakePeerConnection.all = []
    const hub = new Hub()
    const ada = await hub.arrives('Ada', { hasMesh: false })
    const stream = fakeCamera()
    const early = await EarlyOffer.make(sessionOf(ada.clock), given(stream))
    ada.opens({ stream, early })
    hub.happens({ type: 'ring-started', ring: 1, patch: { rings: { 1: { by: ada.room.me.identity, people: {} } } } })
    await settle()
    const answered = (camera = fakeCamera()) => EarlyAnswer.make(sessionOf(ada.clock), given(camera), { offer: early.value, from: { identity: ada.room.me.identity } })
    const accepts = async (answer, { isTold = true, stream: own = fakeCamera() } = {}) => {
        if (isTold) ada.room.on('joined', ({ id }) => hub.happens({ type: 'ring-answered', ring: 1, participant: id, answer: answer?.value, patch: { rings: null } }))
        return hub.arrives('Bob', { mesh: { stream: own, early: answer } })
    }
    return { hub, ada, early, answered, accepts }
}

test('an offer travels with the ring, and its answer with the join: nothing is negotiated twice', async () => {
    const { hub, ada, early, answered, accepts } = await calling()
    assert.match(early.value.sdp, /m=audio/)
    assert.equal(JSON.parse(early.value.candidates).length, 2)
    const answer = await answered()
    let connectedAt
    ada.mesh.on('state', (peer) => { if (peer.state === 'connected') connectedAt ??= hub.signals().length })
    const bob = await accepts(answer)
    await hub.pump()
    assertConnected(ada, bob)
    assert.equal(FakePeerConnection.all.length, 2, 'one connection each')
    assert.equal(connectedAt, 0, 'before anything went over the room')
    assert.deepEqual(hub.signals().filter((line) => !line.includes('candidate')), ['Ada>Bob offer 1', 'Bob>Ada answer 1'])
    assert.deepEqual(hub.rejected, [])
    assert.deepEqual([bob, ada].map(({ mesh }) => [...mesh.peers.values()][0].camera.getTracks().length), [2, 2])
})

test('… and goes on as any other: a screen is negotiation as usual', async () => {
    const { hub, ada, answered, accepts } = await calling()
    const bob = await accepts(await answered())
    await hub.pump()
    await bob.mesh.addScreen(new FakeMediaStream([fakeCamera().getVideoTracks()[0]]))
    await hub.pump()
    await ada.mesh.addScreen(new FakeMediaStream([fakeCamera().getVideoTracks()[0]]))
    await hub.pump()
    assertConnected(ada, bob)
    assert.ok(ada.peer(bob).screen && bob.peer(ada).screen)
    assert.deepEqual(hub.rejected, [])
})

test('two devices answer, one is in: the other one gives its connection up', async () => {
    const { hub, ada, answered, accepts } = await calling()
    const [first, second] = [await answered(), await answered()]
    const bob = await accepts(first)
    second.close()
    await hub.pump()
    assertConnected(ada, bob)
    assert.deepEqual(FakePeerConnection.all.map(({ isClosed }) => isClosed), [false, false, true])
})

test('whoever accepts without an answer is met as usual', async () => {
    const { hub, ada, accepts } = await calling()
    const bob = await accepts(undefined)
    await hub.pump()
    assertConnected(ada, bob)
    assert.deepEqual(hub.signals('offer'), ['Bob>Ada offer 1'])
    ada.mesh.close()
    assert.ok(FakePeerConnection.all[0].isClosed, 'what nobody has answered goes with the mesh')
})

test('the offer is gone meanwhile: there is another one', async () => {
    const { hub, ada, early, answered, accepts } = await calling()
    const answer = await answered()
    early.close()
    const bob = await accepts(answer)
    await hub.pump()
    assertConnected(ada, bob)
    assert.deepEqual(hub.signals().filter((line) => !line.includes('candidate')), ['Ada>Bob offer 1', 'Bob>Ada answer 1'])
})

test('nobody tells the caller of the answer: after a while there is a usual offer', async () => {
    const { hub, ada, answered, accepts } = await calling()
    const bob = await accepts(await answered(), { isTold: false })
    await hub.pump()
    assert.notEqual(ada.peer(bob).state, 'connected')
    // The early connection was made with the other clock.
    ada.clock.advance(3_000)
    bob.clock.advance(3_000)
    await hub.pump()
    assertConnected(ada, bob)
})

test('an answer that fits nothing costs the call nothing', async () => {
    const { hub, ada, answered, accepts } = await calling()
    const answer = await answered()
    answer.value = { sdp: 'v=0\r\nm=audio\r\na=mid:9\r\na=sendrecv\r\n' }
    const bob = await accepts(answer)
    await hub.pump()
    await hub.pump()
    assert.equal(ada.peer(bob).state, 'connected')
    assert.equal(bob.peer(ada).state, 'connected')
})

const sent = (world) => [...world.mesh.peers.values()].flatMap(({ connection }) => connection.getTransceivers().map(({ sender }) => sender.track !== null))

test('on hold nothing passes, in both directions; then the same tracks go on', async () => {
    const hub = new Hub()
    const [ada, bob] = [await hub.arrives('Ada', { mesh: { stream: fakeCamera() } }), await hub.arrives('Bob', { mesh: { stream: fakeCamera() } })]
    await hub.pump()
    const before = hub.signals().length
    const holds = (held) => hub.happens({ type: held ? 'held' : 'unheld', participant: ada.room.self, patch: { people: { [ada.room.self]: { held: held || null } } } })
    holds(true)
    await hub.pump()
    assert.deepEqual([sent(ada), sent(bob)], [[false, false], [false, false]])
    assert.ok(bob.peer(ada).camera.getTracks().every(({ enabled }) => enabled === false))
    await bob.mesh.setTrack('video', fakeCamera().getVideoTracks()[0])
    await hub.pump()
    assert.deepEqual(sent(bob), [false, false], 'another camera is no way around')
    holds(false)
    await hub.pump()
    assert.deepEqual([sent(ada), sent(bob)], [[true, true], [true, true]])
    assert.ok(bob.peer(ada).camera.getTracks().every(({ enabled }) => enabled))
    assert.equal(hub.signals().length, before, 'without negotiation')
})

test('who comes while somebody holds sends them nothing', async () => {
    const hub = new Hub()
    const ada = await hub.arrives('Ada', { mesh: { stream: fakeCamera() } })
    hub.happens({ type: 'held', participant: ada.room.self, patch: { people: { [ada.room.self]: { held: true } } } })
    const bob = await hub.arrives('Bob', { mesh: { stream: fakeCamera() } })
    await hub.pump()
    assertConnected(ada, bob)
    assert.deepEqual([...sent(ada), ...sent(bob)].filter(Boolean), [])
    hub.happens({ type: 'unheld', participant: ada.room.self, patch: { people: { [ada.room.self]: { held: null } } } })
    await hub.pump()
    assert.deepEqual([sent(ada), sent(bob)], [[true, true], [true, true]])
})
