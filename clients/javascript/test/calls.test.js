import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Call, Line } from '../parley.js'
import { FakeMediaStream, FakePeerConnection, fakeCamera } from './fake-connection.js'
import { begin } from './scripted.js'
import { FakeSocket, at, person, settle, welcome } from './support.js'

const bob = { identity: 'i_9', name: 'Bob', user: 'bob' }
const rings = (members) => ({ from: bob, ring: 1, mode: 'first', intent: 'audio', since: 0, until: 45_000, ...members })
const frame = (room, kind) => (self, sequence, state, members) => ({
    type: 'snapshot', room, self, at: at(sequence), events: [], ...members,
    state: { room: { id: room, kind, lifecycle: 'open', createdAt: 0, capacity: 100 }, ...state },
})
const line = frame('r_line', 'line')
const call = frame('r_call', 'call')
const happens = (room, sequence, ...list) => ({ type: 'events', room, at: at(sequence), after: at(sequence - 1), events: list })
const says = (...frames) => FakeSocket.last.says(...frames)
const sent = (type) => FakeSocket.last.take().filter((one) => type === undefined || one.type === type)
const own = (members) => ({ p_1: person(1, { identity: 'i_1', ...members }) })

async function online(state, options) {
    const world = begin({ user: 'ada' })
    const asked = world.parley.online({ name: 'Ada', ...options })
    FakeSocket.last.opens()
    const [hello] = FakeSocket.last.take()
    says(welcome(), line('p_1', 1, { people: own(), ...state }))
    return { ...world, hello, line: await asked }
}

const heardFrom = (room, ...names) => {
    const heard = []
    for (const name of names) room.on(name, (...values) => heard.push([name, ...values]))
    return heard
}

test('online: the line of the person, asked for in hello and there once', async () => {
    const { parley, hello, line: mine } = await online({}, { availability: 'away', note: 'Lunch' })
    assert.deepEqual([hello.user, hello.join], ['ada', { id: 1, name: 'Ada', kind: 'line', status: { availability: 'away', note: 'Lunch' } }])
    assert.ok(mine instanceof Line)
    assert.equal(await parley.online(), mine)
    assert.equal(parley.line, mine)
})

test('what rings is told once: when it comes, or to a listener that comes later', async () => {
    const { line: mine } = await online({ incoming: { r_call: rings() } })
    const first = heardFrom(mine, 'incoming')
    const second = heardFrom(mine, 'incoming')
    await settle()
    assert.deepEqual([first.length, second.length, first[0][1].from.name, first[0][1].room], [1, 1, 'Bob', 'r_call'])
    says(happens('r_line', 2, { type: 'incoming', call: 'r_2', patch: { incoming: { r_2: rings({ intent: 'video' }) } } }))
    assert.deepEqual([first.length, mine.incoming.map(({ intent }) => intent)], [2, ['audio', 'video']])
    says(line('p_1', 5, { people: own(), incoming: { r_call: rings() } }))
    assert.deepEqual([first.length, mine.incoming.map(({ room }) => room)], [2, ['r_call']])
})

test('it ends once, and says why', async () => {
    const cases = {
        'answered-elsewhere': { reason: 'answered', patch: { incoming: null } },
        cancelled: { reason: 'cancelled', patch: { incoming: null } },
        'no-answer': { reason: 'no-answer', patch: { incoming: null } },
    }
    for (const [reason, event] of Object.entries(cases)) {
        const { line: mine } = await online({ incoming: { r_call: rings() } })
        const [incoming] = mine.incoming
        const heard = heardFrom(incoming, 'ended')
        says(happens('r_line', 2, { type: 'incoming-ended', call: 'r_call', ...event }))
        assert.deepEqual([heard, incoming.isRinging, mine.incoming], [[['ended', reason]], false, []])
        await assert.rejects(incoming.accept(), { code: reason }, 'nothing is asked of the server')
        assert.deepEqual(sent('join'), [])
    }
})

test('declined here it goes on elsewhere', async () => {
    const { line: mine } = await online({ incoming: { r_call: rings() } })
    const [incoming] = mine.incoming
    const heard = heardFrom(incoming, 'ended')
    FakeSocket.last.take()
    incoming.decline({ scope: 'device', message: 'Later' })
    assert.deepEqual(sent(), [{ type: 'decline', id: 2, call: 'r_call', scope: 'device', message: 'Later', room: 'r_line' }])
    says(happens('r_line', 2, { type: 'incoming-declined', call: 'r_call', participant: 'p_1', by: 'p_1', id: 2, patch: { incoming: { r_call: { declined: { p_1: true } } } } }))
    assert.deepEqual([heard, mine.incoming], [[['ended', 'declined']], []])
})

test('a phone that has lost the server does not ring for ever', async () => {
    const { clock, line: mine } = await online({ incoming: { r_call: rings() } })
    const heard = heardFrom(mine.incoming[0], 'ended')
    FakeSocket.last.ends(1006)
    clock.advance(49_000)
    assert.deepEqual(heard, [])
    clock.advance(1_000)
    assert.deepEqual(heard, [['ended', 'no-answer']])
})

test('a resume tells what became of it meanwhile, without an event too', async () => {
    const { clock, line: mine } = await online({ incoming: { r_call: rings() } })
    const heard = heardFrom(mine.incoming[0], 'ended')
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    says(welcome({ resumed: true }), line('p_1', 9, { people: own() }))
    assert.deepEqual(heard, [['ended', 'over']])
})

async function accepts(outcome) {
    const world = await online({ incoming: { r_call: rings() } })
    const [incoming] = world.line.incoming
    const heard = heardFrom(incoming, 'ended')
    FakeSocket.last.take()
    const accepted = incoming.accept({ audio: true, video: false })
    accepted.catch(() => {})
    await settle()
    const [join] = sent('join')
    // The line may say first that it is over.
    says(happens('r_line', 2, { type: 'incoming-ended', call: 'r_call', reason: 'answered', patch: { incoming: null } }))
    says(outcome)
    await settle()
    return { ...world, accepted, join, heard }
}

test('accepted: in the call, and what is on is said', async () => {
    const { accepted, join, heard } = await accepts(call('p_7', 3, { people: { p_5: person(1), p_7: person(2) } }))
    const mine = await accepted
    assert.deepEqual(join, { type: 'join', id: 1, room: 'r_call', name: 'Ada', ring: 1 })
    assert.ok(mine instanceof Call && mine.isAnswered)
    assert.deepEqual(heard, [['ended', 'accepted']])
    assert.deepEqual(sent('media'), [{ type: 'media', id: 2, audio: true, video: false, room: 'r_call' }])
})

test('a call that is a meeting by now is still a call for whoever is rung into it', async () => {
    const { accepted } = await accepts({ ...call('p_7', 3, { people: { p_5: person(1), p_6: person(2), p_7: person(3) } }), state: { room: { id: 'r_call', lifecycle: 'open' }, people: {} } })
    const mine = await accepted
    assert.deepEqual([mine instanceof Call, mine.kind], [true, 'meeting'])
})

test('accepted a moment too late: it says who was first', async () => {
    const { accepted, heard, parley } = await accepts({ type: 'rejected', of: 'join', room: 'r_call', id: 1, code: 'answered-elsewhere', message: '' })
    await assert.rejects(accepted, { code: 'answered-elsewhere' })
    assert.deepEqual([heard, parley.rooms.length], [[['ended', 'answered-elsewhere']], 1])
})

async function calls(to, options) {
    const world = await online()
    FakeSocket.last.take()
    const asked = world.parley.call(to, options)
    await settle()
    const [join] = sent('join')
    says(call('p_8', 1, { people: { p_8: person(1, { identity: 'i_1' }) }, rings: { 1: { by: 'i_1', people: { i_9: { name: 'Bob', state: 'calling' } } } } }))
    return { ...world, join, call: await asked }
}

test('a call: whom, how, and what became of each', async () => {
    const { join, call: mine } = await calls(['bob', 'eve'], { ringMilliseconds: 20_000, data: { subject: 'Hi' } })
    assert.deepEqual(join, {
        type: 'join', id: 1, kind: 'call', call: { to: { bob: true, eve: true }, intent: 'audio', ringMilliseconds: 20_000, data: { subject: 'Hi' } },
    })
    assert.deepEqual(mine.rings, [{ id: '1', by: 'i_1', isMine: true, people: [{ identity: 'i_9', name: 'Bob', state: 'calling' }] }])
    const heard = heardFrom(mine, 'ring-changed', 'ring-answered', 'ended')
    says(happens('r_call', 2, { type: 'ring-changed', ring: 1, person: 'i_9', state: 'ringing', patch: { rings: { 1: { people: { i_9: { state: 'ringing' } } } } } }))
    says(happens('r_call', 3,
        { type: 'joined', participant: 'p_9', patch: { people: { p_9: person(2, { name: 'Bob' }) } } },
        { type: 'ring-answered', ring: 1, participant: 'p_9', answer: { sdp: 'v=0' }, patch: { rings: null } }))
    says(happens('r_call', 4, { type: 'ended', reason: 'hung-up', code: 'normal' }))
    assert.deepEqual(heard.map(([name, who, news]) => [name, who.name ?? who, news]), [
        ['ring-changed', 'Bob', { ring: 1, state: 'ringing' }], ['ring-answered', 'Bob', { ring: 1, answer: { sdp: 'v=0' }, by: 'i_1' }], ['ended', 'hung-up', undefined],
    ])
    assert.deepEqual([mine.end, mine.isAnswered], [{ reason: 'hung-up', code: 'normal' }, true])
})

test('everything one does in it is a command', async () => {
    const { call: mine } = await calls('bob')
    const other = { id: 'r_other' }
    const actions = [
        () => mine.ring('eve', { mode: 'each' }), () => mine.add(['eve', 'max']), () => mine.cancelRing('1'), () => mine.hold(), () => mine.unhold(),
        () => mine.transferTo('carol'), () => mine.mergeInto(other, { leave: true }), () => mine.hangUp('busy'),
    ]
    const frames = actions.map((action, index) => {
        action().catch(() => {})
        const [one] = FakeSocket.last.take()
        says({ type: 'rejected', of: one.type, room: 'r_call', id: index + 2, code: 'not-permitted', message: '' })
        const { room, id, ...rest } = one
        return rest
    })
    assert.deepEqual(frames, [
        { type: 'ring', to: { eve: true }, mode: 'each' }, { type: 'ring', to: { eve: true, max: true } }, { type: 'ring-cancel', ring: 1 }, { type: 'hold', held: true }, { type: 'hold', held: false },
        { type: 'transfer-call', to: 'carol' }, { type: 'merge', into: 'r_other', leave: true }, { type: 'leave', code: 'busy' },
    ])
})

test('a session that begins anew: the line and the call are joined again, nobody is rung twice', async () => {
    const { clock, line: mine, call: second } = await calls('bob')
    mine.setAvailability('busy', { note: 'In a call' })
    says(happens('r_line', 2, { type: 'availability-changed', by: 'p_1', id: 2, patch: { status: { availability: 'busy' } } }))
    second.hold()
    says(happens('r_call', 2, { type: 'held', participant: 'p_8', by: 'p_8', id: 2, patch: { people: { p_8: { held: true } } } }))
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.take()
    says(welcome({ session: 's_2', resumeRefused: 'over' }))
    const joins = sent('join')
    assert.deepEqual(joins, [
        { type: 'join', id: 1, name: 'Ada', kind: 'line', status: { availability: 'busy', note: 'In a call' } }, { type: 'join', id: 1, room: 'r_call' },
    ])
    says(line('p_2', 1, { people: { p_2: person(1) } }), call('p_3', 9, { people: { p_3: person(3) } }))
    assert.deepEqual([mine.self, second.self, second.isClosed], ['p_2', 'p_3', false])
    assert.deepEqual(sent('hold'), [{ type: 'hold', id: 2, held: true, room: 'r_call' }])
    says({ type: 'rejected', of: 'hold', room: 'r_call', id: 2, code: 'not-permitted', message: '' })
})

test('transferred: the client goes there by itself, with its tracks', async () => {
    const { parley, call: mine } = await calls('bob', { mesh: { stream: fakeCamera(), RTCPeerConnection: FakePeerConnection, MediaStream: FakeMediaStream }, earlyOffer: false })
    const heard = heardFrom(mine, 'moving', 'moved', 'move-failed')
    assert.deepEqual(sent('media').map(({ audio, video }) => [audio, video]), [[true, true]], 'what is on at the beginning is said')
    says(happens('r_call', 2, { type: 'media-changed', participant: 'p_8', by: 'p_8', id: 2, patch: { people: { p_8: { media: { audio: true, video: true } } } } }))
    says(happens('r_call', 3, { type: 'transferred', participant: 'p_8', room: 'r_2', ticket: 't' }))
    await settle()
    assert.deepEqual(sent('join'), [{ type: 'join', id: 1, room: 'r_2', ticket: 't' }])
    says(frame('r_2', 'call')('p_4', 1, { people: { p_4: person(2), p_6: person(1) } }))
    await settle()
    const [, [, next]] = heard
    assert.deepEqual([heard.map(([name]) => name), next.id, next.mesh.peers.size], [['moving', 'moved'], 'r_2', 1])
    assert.deepEqual(next.mesh.tracks, mine.mesh.tracks)
    assert.equal(sent('leave')[0].code, 'transferred')
    assert.equal(parley.rooms.length, 3)
})

test('an early offer goes with the ring, and an answer with the join', async () => {
    FakePeerConnection.all = []
    const mesh = { stream: fakeCamera(), RTCPeerConnection: FakePeerConnection, MediaStream: FakeMediaStream }
    const { join, parley, call: mine } = await calls('bob', { mesh })
    assert.deepEqual([join.call.intent, join.call.offer.type, FakePeerConnection.all.length], ['video', 'offer', 1])
    says(happens('r_line', 2, { type: 'incoming', call: 'r_5', patch: { incoming: { r_5: rings({ offer: join.call.offer }) } } }))
    FakeSocket.last.take()
    parley.line.incoming[0].accept({ mesh }).catch(() => {})
    await settle()
    const [accepted] = sent('join')
    assert.deepEqual([accepted.ring, accepted.answer.type, FakePeerConnection.all.length], [1, 'answer', 2])
    says({ type: 'rejected', of: 'join', room: 'r_5', id: 1, code: 'answered-elsewhere', message: '' })
    await settle()
    assert.deepEqual(FakePeerConnection.all.map(({ isClosed }) => isClosed), [false, true], 'a device that came too late lets go')
    mine.close('left')
    assert.deepEqual(FakePeerConnection.all.map(({ isClosed }) => isClosed), [true, true], 'nobody has answered')
})

test('calls on other devices, and missed ones', async () => {
    const { parley, line: mine } = await online({
        calls: { r_2: { p_2: 5 } }, people: { ...own(), p_2: person(2, { name: 'Phone' }) },
        missed: { 1: { from: bob, reason: 'no-answer' }, 2: { from: bob, reason: 'cancelled' } }, blocked: { i_4: 'eve' },
    })
    assert.deepEqual(mine.elsewhere, [{ room: 'r_2', device: 'p_2', name: 'Phone', since: 5 }])
    assert.deepEqual([mine.missed.map(({ id }) => id), mine.blocked], [['2', '1'], [{ identity: 'i_4', user: 'eve' }]])
    FakeSocket.last.take()
    const goesOn = mine.continueHere(mine.elsewhere[0])
    await settle()
    assert.deepEqual(sent('join'), [{ type: 'join', id: 1, room: 'r_2', name: 'Ada' }])
    says(frame('r_2', 'call')('p_4', 1, { people: { p_4: person(2) } }))
    assert.ok(await goesOn instanceof Call)
    assert.deepEqual([mine.elsewhere, parley.rooms.length], [[], 2])
})

test('watched people: the whole set, on each connection, to whoever has asked', async () => {
    const { parley, clock } = await online()
    FakeSocket.last.take()
    const heard = []
    const off = parley.watch(['bob', 'eve'], (name, presence) => heard.push(['first', name, presence?.availability ?? null]))
    parley.watch('bob', (name, presence) => heard.push(['second', name, presence?.availability ?? null]))
    await settle()
    assert.deepEqual(sent(), [{ type: 'watch', people: { bob: true, eve: true } }])
    says({ type: 'presence', people: { bob: { availability: 'away' }, eve: null } })
    assert.deepEqual(heard, [['first', 'bob', 'away'], ['second', 'bob', 'away'], ['first', 'eve', null]])
    parley.watch('bob', (name, presence) => heard.push(['late', name, presence.availability]))
    await settle()
    assert.deepEqual(heard.at(-1), ['late', 'bob', 'away'])
    off()
    await settle()
    assert.deepEqual(sent(), [{ type: 'watch', people: { bob: true } }])
    says({ type: 'rejected', of: 'watch', code: 'rate-limited', message: '', retryAfterMilliseconds: 500 })
    clock.advance(500)
    await settle()
    assert.deepEqual(sent(), [{ type: 'watch', people: { bob: true } }])
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.take()
    says(welcome({ resumed: true }), line('p_1', 2, { people: own() }))
    await settle()
    assert.deepEqual(sent('watch'), [{ type: 'watch', people: { bob: true } }])
})
