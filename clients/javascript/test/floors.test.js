import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inMeeting, meetingSnapshot } from './meeting-scripted.js'
import { FakeSocket, events, person, settle, welcome } from './support.js'

const screen = { capacity: 1, policy: 'free', holders: { p_bob: { since: 3, order: 1 } }, queue: { p_eve: 2, p_ada: 3 } }

test('a floor: who has it, who waits, and where we stand', async () => {
    const { room, heard, says } = await inMeeting({ floors: { screen } }, { names: ['floor-taken', 'floor-left', 'floor-revoked'] })
    assert.deepEqual(room.floor('screen'), {
        name: 'screen', capacity: 1, policy: 'free', holders: ['p_bob'], queue: ['p_eve', 'p_ada'], isMine: false, place: 1,
    })
    assert.deepEqual(room.floor('spotlight'), { name: 'spotlight', holders: [], queue: [], isMine: false })
    says(events(2,
        { type: 'floor-left', participant: 'p_bob', floor: 'screen', patch: { floors: { screen: { holders: { p_bob: null } } } } },
        { type: 'floor-taken', participant: 'p_ada', floor: 'screen', patch: { floors: { screen: { holders: { p_ada: { since: 4, order: 3 } }, queue: { p_ada: null } } } } }))
    assert.deepEqual([room.floor('screen').isMine, room.floor('screen').place], [true, undefined])
    says(events(3, { type: 'floor-revoked', participant: 'p_ada', floor: 'screen', by: 'p_bob', id: 2, patch: { floors: { screen: null } } }))
    assert.deepEqual(heard.map(([name, floor, who, why]) => [name, floor.isMine, who.id, why]), [
        ['floor-left', false, 'p_bob', {}], ['floor-taken', true, 'p_ada', {}], ['floor-revoked', false, 'p_ada', { by: 'p_bob' }],
    ])
    assert.deepEqual(room.floors, [])
})

test('after a new membership the screen is asked for behind the rest, and may be lost to somebody else', async () => {
    const { room, clock, heard, says, sent } = await inMeeting({}, { names: ['screen-refused'] })
    room.media({ audio: true, screen: true })
    says(events(2, { type: 'media-changed', participant: 'p_ada', by: 'p_ada', id: 2, patch: {} }))
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ session: 's_2' }), meetingSnapshot({ self: 'p_ada2', people: { p_ada2: person(4) } }))
    assert.deepEqual(sent().at(-1), { type: 'media', id: 2, room: 'r_1', audio: true })
    FakeSocket.last.says(events(2, { type: 'media-changed', participant: 'p_ada2', by: 'p_ada2', id: 2, patch: {} }))
    await settle()
    assert.deepEqual(sent(), [{ type: 'media', id: 3, room: 'r_1', screen: true }])
    FakeSocket.last.says({ type: 'rejected', of: 'media', room: 'r_1', id: 3, code: 'floor-busy', message: '' })
    await settle()
    assert.deepEqual(heard.map(([name, { code }]) => [name, code]), [['screen-refused', 'floor-busy']])
})

test('questions: those that wait for my answer', async () => {
    const { room, heard, says } = await inMeeting({
        consents: { 2: { kind: 'unmute-audio', by: 'p_bob', asked: { p_ada: true } }, 1: { kind: 'vote', by: 'p_ada', asked: { p_ada: true, p_bob: true }, answers: { p_ada: true } } },
    }, { names: ['consent-asked', 'consent-answered', 'consent-closed'] })
    assert.deepEqual(room.consents.map(({ id }) => id), ['1', '2'])
    assert.deepEqual(room.questions.map(({ id, kind }) => [id, kind]), [['2', 'unmute-audio']])
    says(events(2, { type: 'consent-asked', consent: 3, by: 'p_bob', id: 4, patch: { consents: { 3: { kind: 'lunch', asked: { p_ada: true } } } } }))
    says(events(3, { type: 'consent-answered', consent: 1, participant: 'p_bob', answer: false, by: 'p_bob', id: 5, patch: { consents: { 1: { answers: { p_bob: false } } } } }))
    says(events(4, { type: 'consent-closed', consent: 1, outcome: 'refused', patch: { consents: { 1: null } } }))
    assert.deepEqual(heard.map(([name, consent, ...more]) => [name, consent.kind, ...more.map((value) => value?.id ?? value)]), [
        ['consent-asked', 'lunch'], ['consent-answered', 'vote', 'p_bob', false], ['consent-closed', 'vote', 'refused'],
    ])
    assert.deepEqual(room.questions.map(({ id }) => id), ['2', '3'])
})

test('recording: asked, answered, and asked of whoever comes late', async () => {
    const { room, heard, says } = await inMeeting({}, { names: ['recording-asked', 'recording-started', 'recording-stopped'] })
    assert.equal(room.recording, undefined)
    const question = (asked, answers = {}) => ({ 7: { kind: 'recording', by: 'p_bob', asked, answers } })
    says(events(2, { type: 'recording-asked', participant: 'p_bob', by: 'p_bob', id: 3, patch: { recording: { status: 'asking', by: 'p_bob', since: 4, consent: 7 }, consents: question({ p_ada: true }) } }))
    assert.deepEqual([room.recording.status, room.recording.isAsked], ['asking', true])
    says(events(3, { type: 'recording-started', participant: 'p_bob', patch: { recording: { status: 'on', consent: null, consents: { i_1: true } }, consents: null } }))
    assert.deepEqual([room.recording.status, room.recording.isAsked, room.recording.answer], ['on', false, true])
    says(events(4, { type: 'recording-stopped', by: 'p_bob', id: 4, patch: { recording: null } }))
    assert.deepEqual(heard, [['recording-asked', { by: 'p_bob' }], ['recording-started', { by: 'p_bob' }], ['recording-stopped', { by: 'p_bob' }]])
    const own = await inMeeting({ recording: { status: 'asking', by: 'p_ada' } })
    assert.equal(own.room.recording.isAsked, false, 'whoever asks agrees')
    const others = await inMeeting({ recording: { status: 'asking', by: 'p_bob', consent: 7 }, consents: question({ p_eve: true }) })
    assert.equal(others.room.recording.isAsked, false, 'others are asked')
    const late = await inMeeting({ recording: { status: 'on', by: 'p_bob', rule: 'all', consents: { i_2: true } } })
    assert.equal(late.room.recording.isAsked, true)
    const informed = await inMeeting({ recording: { status: 'on', by: 'p_bob' }, rules: { recordingConsent: 'inform' } })
    assert.equal(informed.room.recording.isAsked, false)
})

test('attributes of the room and of people', async () => {
    const { room, heard, says } = await inMeeting({
        attributes: { slide: { value: 3, version: 1 } }, people: { p_bob: person(2, { attributes: { mood: { value: 'good', version: 2 } } }) },
    }, { names: ['attribute-set'] })
    assert.deepEqual(room.attributes('p_bob'), { mood: { value: 'good', version: 2 } })
    assert.deepEqual(room.attributes('p_ada'), {})
    says(events(2, { type: 'attribute-set', key: 'slide', by: 'p_bob', id: 2, patch: { attributes: { slide: { value: 4, version: 2 } } } }))
    says(events(3, { type: 'attribute-set', key: 'slide', by: 'p_bob', id: 3, patch: { attributes: { slide: null } } }))
    assert.deepEqual(heard, [['attribute-set', { key: 'slide', by: 'p_bob', value: 4, version: 2 }], ['attribute-set', { key: 'slide', by: 'p_bob' }]])
})

test('breakout rooms: mine, and the way there', async () => {
    const { room, heard, says } = await inMeeting({}, { names: ['breakouts-opened', 'assigned', 'transferred', 'breakouts-closed'] })
    says(events(2, { type: 'breakouts-opened', by: 'p_bob', id: 2, patch: { breakouts: { 2: { name: 'B', room: 'r_b' }, 1: { name: 'A', room: 'r_a', people: { p_ada: 'assigned' } } } } }))
    assert.deepEqual([room.breakouts.map(({ name }) => name), room.breakout.name], [['A', 'B'], 'A'])
    says(events(3, { type: 'assigned', participant: 'p_ada', breakout: 2, by: 'p_bob', id: 3, patch: { breakouts: { 1: { people: null }, 2: { people: { p_ada: 'assigned' } } } } }))
    assert.equal(room.breakout.room, 'r_b')
    assert.equal(room.breakoutOf('p_ada'), undefined)
    says(events(4, { type: 'breakout-joined', participant: 'p_ada', breakout: 2, patch: { breakouts: { 2: { people: { p_ada: 'moved' } } } } }))
    assert.equal(room.breakoutOf('p_ada').name, 'B')
    says(events(5, { type: 'transferred', participant: 'p_ada', room: 'r_b', ticket: 't' }))
    says(events(6, { type: 'breakouts-closed', reason: 'closed', by: 'p_bob', id: 4, patch: { breakouts: null } }))
    assert.deepEqual(heard.slice(1).map(([name, who, what]) => [name, who?.id, what]), [
        ['assigned', 'p_ada', '2'], ['transferred', 'p_ada', { room: 'r_b', ticket: 't' }], ['breakouts-closed', undefined, undefined],
    ])
})

test('what a meeting is about, and its end that comes', async () => {
    const { room, heard, says } = await inMeeting({ room: { topic: 'Plans', pin: true, endsAt: 99, lifecycle: 'locked' } }, { names: ['ending', 'unlocked', 'ended'] })
    assert.deepEqual([room.topic, room.hasPIN, room.isLocked, room.admission, room.endsAt], ['Plans', true, true, 'open', 99])
    says(events(2, { type: 'unlocked', by: 'p_bob', id: 2, patch: { room: { lifecycle: 'open' } } }))
    says(events(3, { type: 'ending', reason: 'duration' }))
    says(events(4, { type: 'ended', reason: 'host', by: 'p_bob', id: 3, patch: { room: { lifecycle: 'ended' } } }))
    assert.deepEqual(heard.map(([name, what]) => [name, what.id ?? what]), [['unlocked', 'p_bob'], ['ending', { reason: 'duration', endsAt: 99 }], ['ended', 'host']])
})

test('the commands of floors, questions, recording, attributes, breakouts and devices', async () => {
    const { room, sent, says } = await inMeeting()
    const commands = [
        [() => room.takeFloor('screen'), { type: 'take-floor', floor: 'screen' }],
        [() => room.takeFloor('screen', { wait: false }), { type: 'take-floor', floor: 'screen', wait: false }],
        [() => room.leaveFloor('screen'), { type: 'leave-floor', floor: 'screen' }],
        [() => room.giveFloor('spotlight', 'p_bob', { instead: 'p_ada' }), { type: 'give-floor', floor: 'spotlight', participant: 'p_bob', instead: 'p_ada' }],
        [() => room.revokeFloor('screen', 'p_bob'), { type: 'revoke-floor', floor: 'screen', participant: 'p_bob' }],
        [() => room.defineFloor('mic', { capacity: 2, policy: 'request' }), { type: 'define-floor', floor: 'mic', capacity: 2, policy: 'request' }],
        [() => room.ask({ kind: 'lunch', question: 'Now?', rule: 'majority' }), { type: 'ask-consent', kind: 'lunch', all: true, rule: 'majority', question: 'Now?' }],
        [() => room.ask({ kind: 'remote-control', participants: ['p_bob'], deadlineMilliseconds: 30_000 }), { type: 'ask-consent', kind: 'remote-control', participants: { p_bob: true }, deadlineMilliseconds: 30_000 }],
        [() => room.answer('3', true), { type: 'answer-consent', consent: 3, answer: true }],
        [() => room.cancel('3'), { type: 'cancel-consent', consent: 3 }],
        [() => room.startRecording(), { type: 'start-recording' }],
        [() => room.stopRecording(), { type: 'stop-recording' }],
        [() => room.answerRecording(false), { type: 'answer-recording', answer: false }],
        [() => room.setAttribute('slide', 4, { version: 3 }), { type: 'set-attribute', key: 'slide', value: 4, version: 3 }],
        [() => room.setAttribute('mood', undefined, { participant: 'p_ada' }), { type: 'set-attribute', key: 'mood', participant: 'p_ada' }],
        [() => room.openBreakouts({ A: ['p_bob'], B: [] }, { durationMilliseconds: 60_000 }), { type: 'open-breakouts', rooms: { A: { people: { p_bob: true } }, B: {} }, durationMilliseconds: 60_000 }],
        [() => room.assign('p_bob', '2'), { type: 'assign', participant: 'p_bob', breakout: 2 }],
        [() => room.assign('p_bob'), { type: 'assign', participant: 'p_bob' }],
        [() => room.recall(), { type: 'recall' }],
        [() => room.closeBreakouts(), { type: 'close-breakouts' }],
        [() => room.transfer('p_bob', 'r_b'), { type: 'transfer', participant: 'p_bob', destination: 'r_b' }],
        [() => room.abilities({ video: {} }), { type: 'abilities', media: { video: {} } }],
    ]
    for (const [index, [act, frame]] of commands.entries()) {
        const done = act()
        assert.deepEqual(sent(), [{ ...frame, id: index + 2, room: 'r_1' }])
        says(events(index + 2, { type: 'something', by: 'p_ada', id: index + 2 }))
        await done
    }
    assert.equal(meetingSnapshot().state.room.id, room.id)
})
