import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Mesh } from '../parley.js'
import { FakeMediaStream, FakePeerConnection, fakeCamera } from './fake-connection.js'
import { inMeeting, meetingSnapshot } from './meeting-scripted.js'
import { FakeSocket, events, person, settle, welcome } from './support.js'

const mutesAda = (sequence, more) => events(sequence, {
    type: 'muted', participant: 'p_ada', by: 'p_bob', id: 7,
    patch: { people: { p_ada: { media: { audio: false }, muted: { audio: 'p_bob' } } } }, ...more,
})

test('permissions follow the role; whoever has none may nothing', async () => {
    const { room, heard, says } = await inMeeting({}, { names: ['role-changed'] })
    assert.deepEqual([room.role, room.may('admit'), room.may('nonsense')], ['host', true, false])
    says(events(2, { type: 'role-changed', participant: 'p_ada', role: 'participant', reason: 'succession', patch: { people: { p_ada: { role: 'participant' } } } }))
    assert.deepEqual([room.role, room.may('admit'), room.may('chat')], ['participant', false, true])
    assert.deepEqual(heard.map(([name, who, why]) => [name, who.id, why]), [['role-changed', 'p_ada', { reason: 'succession' }]])
})

test('a room tells what differs from the usual roles', async () => {
    const { room } = await inMeeting({ roles: { host: { record: false }, participant: { share: false }, scribe: { chat: true } } })
    assert.deepEqual([room.may('record'), room.may('end')], [false, true])
    assert.deepEqual(room.roles.participant, { chat: true, react: true, publish: true, share: false, roster: true })
    assert.deepEqual(room.roles.scribe, { chat: true })
    assert.equal(room.roles['co-host'].end, undefined)
})

test('a new view comes as a snapshot: the command is done, the news is told once', async () => {
    const { room, heard, sent, says } = await inMeeting({}, { names: ['role-changed', 'resynced', 'joined', 'left'] })
    const given = room.transferHost('p_bob')
    sent()
    const people = { p_ada: person(1, { role: 'co-host' }), p_bob: person(2, { role: 'host' }) }
    says(meetingSnapshot({ sequence: 2, people }, {
        lastCommand: 2,
        events: [
            { type: 'role-changed', participant: 'p_bob', role: 'host', by: 'p_ada', id: 2 },
            { type: 'role-changed', participant: 'p_ada', role: 'co-host', by: 'p_ada', id: 2 },
        ],
    }))
    await given
    assert.deepEqual(heard.map(([name, who]) => [name, who?.id]), [['role-changed', 'p_bob'], ['role-changed', 'p_ada'], ['resynced', undefined]])
    says(meetingSnapshot({ sequence: 3, people: { p_ada: person(1), p_bob: person(2, { role: 'host' }) } }, { lastCommand: 2 }))
    assert.deepEqual(heard.slice(3).map(([name, who]) => [name, who?.id]), [['role-changed', 'p_ada'], ['resynced', undefined]])
})

test('being muted is told once, whatever tells it, and is not asked for again', async () => {
    const { room, clock, heard, says, sent } = await inMeeting({}, { names: ['muted', 'all-muted'] })
    room.media({ audio: true, video: true })
    says(events(2, { type: 'media-changed', participant: 'p_ada', by: 'p_ada', id: 2, patch: { people: { p_ada: { media: { audio: true, video: true } } } } }))
    says(mutesAda(3))
    says(events(4, { type: 'all-muted', by: 'p_bob', id: 8, audio: true, mayUnmute: false, patch: { rules: { mayUnmute: false } } }))
    assert.deepEqual(heard.map(([name, a, b]) => [name, a.id ?? a, b]), [
        ['muted', 'p_ada', { audio: 'p_bob' }], ['all-muted', { by: 'p_bob', audio: true, mayUnmute: false }, undefined],
    ])
    assert.deepEqual([room.mutedBy, room.mayUnmute], [{ audio: 'p_bob' }, true], 'a host may speak')
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ session: 's_2' }), { ...meetingSnapshot({ self: 'p_ada2', people: { p_ada2: person(4) } }) })
    assert.deepEqual(sent().at(-1), { type: 'media', id: 2, room: 'r_1', audio: false, video: true })
})

test('being muted by one event for all, or while away, is told too', async () => {
    const { heard, says } = await inMeeting({}, { names: ['muted'] })
    says(events(2, { type: 'all-muted', by: 'p_bob', id: 8, audio: true, patch: { people: { p_ada: { muted: { audio: 'p_bob' } } } } }))
    says(events(3, { type: 'media-changed', participant: 'p_ada', patch: { people: { p_ada: { muted: { audio: null } } } } }))
    says(meetingSnapshot({ sequence: 9, people: { p_ada: person(1, { role: 'host', muted: { audio: 'p_bob', video: 'p_bob' } }) } }, { lastCommand: 1 }))
    assert.deepEqual(heard.map(([, , by]) => by), [{ audio: 'p_bob' }, { audio: 'p_bob', video: 'p_bob' }])
})

test('a mesh switches the real track off, and never on', async () => {
    const { room, says } = await inMeeting()
    const camera = fakeCamera()
    const [microphone] = camera.getAudioTracks()
    microphone.enabled = true
    const mesh = new Mesh(room, { stream: camera, RTCPeerConnection: FakePeerConnection, MediaStream: FakeMediaStream })
    const hushed = []
    mesh.on('hushed', (kinds) => hushed.push(kinds))
    await settle()
    says(mutesAda(2))
    assert.deepEqual([microphone.enabled, hushed], [false, [['audio']]])
    says(events(3, { type: 'speak-allowed', participant: 'p_ada', by: 'p_bob', id: 9, allowed: true, patch: { people: { p_ada: { mayUnmute: true, muted: { audio: null } } } } }))
    assert.equal(microphone.enabled, false)
    // In a room where nobody may, another microphone is no way around.
    says(events(4, { type: 'role-changed', participant: 'p_ada', role: 'participant', patch: { rules: { mayUnmute: false }, people: { p_ada: { role: 'participant', mayUnmute: null } } } }))
    assert.equal(room.mayUnmute, false)
    const other = { kind: 'audio', enabled: true }
    await mesh.setTrack('audio', other)
    assert.equal(other.enabled, false)
})

test('hands in order, speakers, and what others hear of it', async () => {
    const { room, heard, says } = await inMeeting({ people: { p_bob: person(2, { hand: 4, handRaisedAt: 9 }), p_eve: person(3, { hand: 2 }) } },
        { names: ['hand-raised', 'hand-lowered', 'speaker-changed', 'muted'] })
    assert.deepEqual(room.hands.map(({ id }) => id), ['p_eve', 'p_bob'])
    says(events(2, { type: 'hand-raised', participant: 'p_ada', patch: { people: { p_ada: { hand: 5 } } } }))
    says(events(3, { type: 'hand-lowered', participant: 'p_eve', by: 'p_ada', id: 2, patch: { people: { p_eve: { hand: null } } } }))
    says(events(4, { type: 'speaker-changed', participant: 'p_bob', patch: { activeSpeaker: 'p_bob' } }))
    says(events(5, { type: 'muted', participant: 'p_bob', by: 'p_ada', id: 3, patch: { people: { p_bob: { muted: { audio: 'p_ada' } } } } }))
    assert.deepEqual(heard.map(([name, who, more]) => [name, who.id, more]), [
        ['hand-raised', 'p_ada', undefined], ['hand-lowered', 'p_eve', { by: 'p_ada' }],
        ['speaker-changed', 'p_bob', undefined], ['muted', 'p_bob', { audio: 'p_ada' }],
    ])
    assert.deepEqual(room.hands.map(({ id }) => id), ['p_bob', 'p_ada'])
    assert.equal(room.activeSpeaker.id, 'p_bob')
})

test('who may unmute', async () => {
    const { room, says } = await inMeeting({ rules: { mayUnmute: false } })
    assert.equal(room.mayUnmute, true)
    const becomes = (sequence, members, rules = {}) => says(events(sequence, { type: 'x', patch: { people: { p_ada: members }, rules } }))
    becomes(2, { role: 'participant' })
    assert.equal(room.mayUnmute, false)
    becomes(3, { mayUnmute: true })
    assert.equal(room.mayUnmute, true)
    becomes(4, { mayUnmute: null }, { mayUnmute: true })
    assert.equal(room.mayUnmute, true)
    becomes(5, { role: 'audience' })
    assert.equal(room.mayUnmute, false, 'a role without publish')
    becomes(6, { mayUnmute: true })
    assert.equal(room.mayUnmute, true, 'a right of their own')
})

test('the commands of a moderator', async () => {
    const { room, sent, says } = await inMeeting()
    const commands = [
        [() => room.mute('p_bob'), { type: 'mute', participant: 'p_bob', audio: true }],
        [() => room.mute('p_bob', { video: true }), { type: 'mute', participant: 'p_bob', video: true }],
        [() => room.muteAll(), { type: 'mute-all', audio: true }],
        [() => room.muteAll({ audio: true, video: true, except: ['p_bob'], mayUnmute: false }), { type: 'mute-all', audio: true, video: true, except: { p_bob: true }, mayUnmute: false }],
        [() => room.allowSpeak('p_bob'), { type: 'allow-speak', participant: 'p_bob', allowed: true }],
        [() => room.askUnmute(['p_bob']), { type: 'ask-unmute', participants: { p_bob: true }, audio: true }],
        [() => room.askUnmute('p_bob', { video: true }), { type: 'ask-unmute', participants: { p_bob: true }, video: true }],
        [() => room.raiseHand(), { type: 'raise-hand' }],
        [() => room.raiseHand({ speak: true }), { type: 'raise-hand', speak: true }],
        [() => room.lowerHand(), { type: 'lower-hand' }],
        [() => room.lowerHand('p_ada'), { type: 'lower-hand' }],
        [() => room.lowerHand('p_bob'), { type: 'lower-hand', participant: 'p_bob' }],
        [() => room.lowerHands(), { type: 'lower-hands' }],
        [() => room.setRole('p_bob', 'co-host'), { type: 'set-role', participant: 'p_bob', role: 'co-host' }],
        [() => room.remove('p_bob'), { type: 'remove', participant: 'p_bob' }],
        [() => room.remove('p_bob', { ban: true, banMilliseconds: 60_000 }), { type: 'remove', participant: 'p_bob', ban: true, banMilliseconds: 60_000 }],
        [() => room.unban('3'), { type: 'unban', ban: 3 }],
    ]
    for (const [index, [act, frame]] of commands.entries()) {
        const done = act()
        assert.deepEqual(sent(), [{ ...frame, id: index + 2, room: 'r_1' }])
        says({ type: 'rejected', of: frame.type, room: 'r_1', id: index + 2, code: 'no-change', message: '' })
        await done
    }
})

test('a refusal has its name', async () => {
    const { room, says } = await inMeeting()
    const refused = room.media({ audio: true })
    says({ type: 'rejected', of: 'media', room: 'r_1', id: 2, code: 'muted-by-rule', message: '' })
    await assert.rejects(refused, { code: 'muted-by-rule' })
})
