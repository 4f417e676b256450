import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatOf, mediaAbilities, preferred } from '../src/codecs.js'
import { fakeCamera, fakeTrack, FakeMediaStream } from './fake-connection.js'
import { browserOf } from './fake-browser.js'
import { Hub } from './hub.js'
import { assertConnected } from './meeting.js'
import { FakeSocket, ManualClock, events, person, settle, snapshot, vectors, welcome } from './support.js'
import { Parley } from '../parley.js'

const everything = { video: ['VP8', 'rtx', 'VP9', 'H264', 'AV1'], audio: ['opus', 'red', 'PCMU'] }
const entries = (...codecs) => Object.fromEntries(codecs.map((codec, index) => [index + 1, { codec }]))
const policyOf = (revision, video, more = {}) => ({
    revision, mode: 'common', video: entries(...video), audio: entries('opus'), reason: `${video[0]}: because.`, ...more,
})

async function meetingOf(hub, ...names) {
    const people = []
    for (const name of names) people.push(await hub.arrives(name, { mesh: { stream: fakeCamera() }, codecs: everything }))
    await hub.pump()
    return people
}

const sent = (from, to) => from.peer(to).connection.sends('video')

async function passes(hub, people, milliseconds) {
    await hub.pump()
    for (const { clock } of people) clock.advance(milliseconds)
    await hub.pump()
}

for (const { name, codec, fmtp, clockRate, channels, profile, isIgnored } of vectors('media-formats')) {
    test(`media format: ${name}`, () => {
        const format = formatOf({ mimeType: `video/${codec}`, sdpFmtpLine: fmtp || undefined, clockRate, channels })
        if (isIgnored) assert.equal(format, null)
        else assert.deepEqual([format.codec.toLowerCase(), format.profile ?? null], [codec.toLowerCase(), profile])
    })
}

test('a browser says what it can, each profile once, and no repair', () => {
    const h264 = (level, mode) => ({ mimeType: 'video/H264', sdpFmtpLine: `packetization-mode=${mode};profile-level-id=42e0${level}` })
    const video = [{ mimeType: 'video/VP8', clockRate: 90000 }, { mimeType: 'video/rtx' }, h264('1f', 1), h264('34', 1), h264('1f', 0)]
    const getCapabilities = (kind) => kind === 'video' ? { codecs: video } : { codecs: [{ mimeType: 'audio/opus', clockRate: 48000, channels: 2 }] }
    const codecs = [
        { codec: 'VP8' }, { codec: 'H264', profile: 'constrained-baseline' }, { codec: 'H264', profile: 'constrained-baseline-single-nal' },
    ]
    const sound = { codecs: [{ codec: 'opus' }] }
    assert.deepEqual(mediaAbilities({ RTCRtpSender: { getCapabilities }, RTCRtpReceiver: { getCapabilities } }, { height: 720 }), {
        video: { send: { codecs }, receive: { codecs, height: 720 } }, audio: { send: sound, receive: sound },
    })
    assert.equal(mediaAbilities({}), undefined)
})

test('hello says it, unless the app has other words for it', () => {
    const environment = Object.assign(new EventTarget(), browserOf({ video: ['VP8'] }))
    const said = (options) => {
        const parley = new Parley({ url: 'ws://test/v1/connect', WebSocket: FakeSocket, clock: new ManualClock(), environment, fetch: null, ...options })
        parley.connect()
        FakeSocket.last.opens()
        return FakeSocket.last.take()[0].abilities
    }
    assert.deepEqual(said({}).media.video.receive, { codecs: [{ codec: 'VP8' }] })
    assert.deepEqual(said({ bounds: { height: 480 } }).media.video.receive, { codecs: [{ codec: 'VP8' }], height: 480 })
    assert.equal(said({ abilities: { rollback: true, media: null } }).media, undefined)
    assert.deepEqual(said({ abilities: { media: { audio: {} } } }), { media: { audio: {} } })
})

test('the order changes, and nothing is left out', () => {
    const codecs = ['VP8', 'rtx', 'H264', 'VP9', 'red'].map((name) => ({ mimeType: `video/${name}` }))
    codecs.push({ mimeType: 'video/H264', sdpFmtpLine: 'packetization-mode=1;profile-level-id=42e01f' })
    const order = preferred(codecs, [{ codec: 'H264', profile: 'constrained-baseline' }, { codec: 'VP9', profile: 'profile-0' }])
    assert.deepEqual(order, [codecs[5], codecs[2], codecs[3], codecs[0], codecs[1], codecs[4]])
})

test('all that meet after the room has a policy use its first codec at once', async () => {
    const hub = new Hub()
    hub.agrees(policyOf(1, ['H264', 'VP8']))
    const [ada, bob, cem] = await meetingOf(hub, 'Ada', 'Bob', 'Cem')
    assertConnected(ada, bob, cem)
    for (const [from, to] of [[ada, bob], [bob, ada], [ada, cem], [cem, bob]]) assert.equal(sent(from, to), 'H264')
    assert.deepEqual(ada.peer(bob).connection.getTransceivers()[1].preferences, ['H264', 'VP8', 'VP9', 'AV1', 'rtx'])
    assert.equal(hub.signals('offer').length, 3)
})

test('a codec that somebody lacks is left at once, by one offer of each pair; a better one comes back when it is calm', async () => {
    const hub = new Hub()
    hub.agrees(policyOf(1, ['H264', 'VP8']))
    const people = await meetingOf(hub, 'Ada', 'Bob', 'Cem')
    const [ada, bob, cem] = people
    hub.log = []
    hub.agrees(policyOf(2, ['VP8']))
    await hub.pump()
    assert.deepEqual(hub.signals('offer').sort(), ['Bob>Ada offer 2', 'Cem>Ada offer 2', 'Cem>Bob offer 2'])
    await passes(hub, people, 20_000)
    assert.equal(hub.signals('offer').length, 3, 'the others had nothing to help with')
    for (const [from, to] of [[ada, bob], [bob, ada], [bob, cem], [cem, bob]]) assert.equal(sent(from, to), 'VP8')

    hub.log = []
    hub.agrees(policyOf(3, ['H264', 'VP8']))
    await passes(hub, people, 4_999)
    assert.deepEqual(hub.signals('offer'), [])
    await passes(hub, people, 1)
    assert.equal(hub.signals('offer').length, 3)
    for (const [from, to] of [[ada, bob], [bob, ada], [bob, cem], [cem, bob]]) assert.equal(sent(from, to), 'H264')
    assertConnected(...people)
})

test('one who comes and goes within seconds makes nobody change twice', async () => {
    const hub = new Hub()
    hub.agrees(policyOf(1, ['VP8']))
    const people = await meetingOf(hub, 'Ada', 'Bob')
    hub.log = []
    hub.agrees(policyOf(2, ['H264', 'VP8']))
    await passes(hub, people, 3_000)
    hub.agrees(policyOf(3, ['VP8']))
    await passes(hub, people, 20_000)
    assert.deepEqual(hub.signals('offer'), [])
})

test('the other one helps out if the one who begins does not', async () => {
    const hub = new Hub()
    hub.agrees(policyOf(1, ['H264', 'VP8']))
    const people = await meetingOf(hub, 'Ada', 'Bob')
    const [ada, bob] = people
    hub.log = []
    // Bob's client is one that does not care.
    bob.peer(ada).policyChanged = () => {}
    hub.agrees(policyOf(2, ['VP8']))
    await passes(hub, people, 2_999)
    assert.deepEqual(hub.signals('offer'), [])
    await passes(hub, people, 1)
    assert.deepEqual(hub.signals('offer'), ['Ada>Bob offer 1'])
    assert.deepEqual([sent(ada, bob), sent(bob, ada)], ['VP8', 'VP8'])
    assertConnected(ada, bob)
})

test('a policy that changes in the midst of an exchange is followed after it', async () => {
    const hub = new Hub()
    hub.agrees(policyOf(1, ['H264', 'VP8']))
    const people = await meetingOf(hub, 'Ada', 'Bob')
    const [ada, bob] = people
    ada.peer(bob).restart()
    await settle()
    hub.agrees(policyOf(2, ['VP8']))
    await hub.pump()
    await passes(hub, people, 10_000)
    assert.deepEqual([sent(ada, bob), sent(bob, ada)], ['VP8', 'VP8'])
    assertConnected(ada, bob)
})

test('a policy that only differs in its later codecs, or in words, costs nothing', async () => {
    const hub = new Hub()
    hub.agrees(policyOf(1, ['VP8', 'VP9']))
    const people = await meetingOf(hub, 'Ada', 'Bob')
    hub.log = []
    hub.agrees({ revision: 2, video: { 2: { codec: 'AV1' } }, reason: 'VP8: still.' })
    await passes(hub, people, 20_000)
    assert.deepEqual(hub.log, [])
})

test('no more lines and pictures are sent than the room takes, and all of them again later', async () => {
    const hub = new Hub()
    hub.agrees(policyOf(1, ['VP8'], { limits: { height: 360, frameRate: 15 } }))
    const camera = new FakeMediaStream([fakeTrack('audio'), { ...fakeTrack('video'), getSettings: () => ({ width: 1280, height: 720 }) }])
    const ada = await hub.arrives('Ada', { mesh: { stream: camera }, codecs: everything })
    const bob = await hub.arrives('Bob', { mesh: { stream: fakeCamera() }, codecs: everything })
    await hub.pump()
    const encoding = () => ada.peer(bob).connection.getTransceivers()[1].sender.parameters.encodings[0]
    assert.deepEqual(encoding(), { scaleResolutionDownBy: 2, maxFramerate: 15 })
    // Upright, as a phone holds it.
    await ada.mesh.setTrack('video', { ...fakeTrack('video'), getSettings: () => ({ width: 720, height: 1440 }) })
    assert.deepEqual(encoding(), { scaleResolutionDownBy: 2, maxFramerate: 15 })
    await ada.mesh.addScreen(new FakeMediaStream([{ ...fakeTrack('video'), getSettings: () => ({ width: 1920, height: 1080 }) }]))
    await hub.pump()
    assert.equal(ada.peer(bob).connection.getTransceivers()[2].sender.parameters.encodings[0].scaleResolutionDownBy, 3)
    hub.agrees({ revision: 2, limits: null })
    await hub.pump()
    assert.deepEqual(encoding(), { scaleResolutionDownBy: 1 })
    assertConnected(ada, bob)
})

test('without a policy, or without a word for codecs, all is as the browser likes it', async () => {
    const hub = new Hub()
    const [ada, bob] = await meetingOf(hub, 'Ada', 'Bob')
    assert.deepEqual([sent(ada, bob), ada.peer(bob).connection.getTransceivers()[1].sender.parameters], [undefined, { encodings: [{}] }])
    assertConnected(ada, bob)
})

test('a room tells a policy that is new to it, once, and says what was declared again in a new membership', async () => {
    const clock = new ManualClock()
    const parley = new Parley({ url: 'ws://test/v1/connect', WebSocket: FakeSocket, clock, random: () => 0, fetch: null })
    const joined = parley.join('blue-fox', { name: 'Ada' })
    FakeSocket.last.opens()
    const first = snapshot('p_ada', { p_ada: person(1) })
    first.state.policy = policyOf(1, ['VP8'])
    FakeSocket.last.says(welcome(), first)
    const room = await joined
    const told = []
    room.on('policy-changed', (policy) => told.push(policy?.revision))
    assert.equal(room.policy.reason, 'VP8: because.')
    FakeSocket.last.says(events(2, { type: 'joined', participant: 'p_bob', patch: { people: { p_bob: person(2) } } }))
    FakeSocket.last.says(events(3, { type: 'left', participant: 'p_bob', reason: 'left', patch: { people: { p_bob: null }, policy: policyOf(2, ['AV1']) } }))
    assert.deepEqual(told, [2])
    FakeSocket.last.take()
    room.abilities({ audio: {} }).catch(() => {})
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'abilities', id: 2, room: 'r_1', media: { audio: {} } }])
    FakeSocket.last.says(events(4, { type: 'abilities-changed', participant: 'p_ada', by: 'p_ada', id: 2, patch: { policy: null } }))
    assert.deepEqual(told, [2, undefined])
    FakeSocket.last.ends()
    clock.advance(0)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ session: 's_2', resumeRefused: 'over' }), snapshot('p_new', { p_new: person(3) }, 9))
    await settle()
    assert.deepEqual(FakeSocket.last.take().filter(({ type }) => type === 'abilities').map(({ media }) => media), [{ audio: {} }])
})
