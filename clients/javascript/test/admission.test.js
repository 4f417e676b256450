import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Mesh } from '../parley.js'
import { FakeMediaStream, FakePeerConnection, fakeCamera } from './fake-connection.js'
import { atTheDoor, doorSnapshot, inMeeting, meetingSnapshot } from './meeting-scripted.js'
import { FakeSocket, at, events, person, settle, welcome } from './support.js'

const eve = { name: 'Eve', identity: 'i_9', since: 5, waiting: 1 }
const inside = (members) => meetingSnapshot({ self: 'p_eve', sequence: 6, people: { p_eve: person(3) } }, { lastCommand: 1, ...members })

test('a join says all that it wishes', async () => {
    const { hello } = await atTheDoor({ pin: '1234', invitation: 'x', role: 'audience', settings: { topic: 'T' } })
    assert.deepEqual(hello.join, {
        id: 1, room: 'blue-fox', name: 'Eve', pin: '1234', invitation: 'x', role: 'audience', settings: { topic: 'T' },
    })
})

test('whoever waits hears of it, and the join resolves when they are in', async () => {
    const { parley, room, outcome, joined } = await atTheDoor()
    await settle()
    assert.deepEqual([room.status, room.waitingReason, room.people, outcome.room], ['waiting', 'approval', [], undefined])
    assert.equal(parley.join('blue-fox'), joined, 'asked twice, it is one wait')
    const heard = []
    for (const name of ['admitted', 'joined', 'resynced']) room.on(name, (person) => heard.push([name, person?.id]))
    FakeSocket.last.says(inside())
    assert.equal(await joined, room)
    assert.equal(room.status, 'joined')
    assert.deepEqual(heard, [['admitted', 'p_eve'], ['resynced', undefined]])
    assert.deepEqual(room.people.map(({ id }) => id), ['p_ada', 'p_bob', 'p_eve'])
})

test('a mesh that was made at the door meets everybody inside', async () => {
    const { room, joined } = await atTheDoor()
    const mesh = new Mesh(room, { stream: fakeCamera(), RTCPeerConnection: FakePeerConnection, MediaStream: FakeMediaStream })
    await settle()
    FakeSocket.last.says(inside())
    await joined
    assert.deepEqual([...mesh.peers.keys()], ['p_ada', 'p_bob'])
})

test('why one waits: what the server said, or what the room shows by now', async () => {
    assert.equal((await atTheDoor({}, 'host')).room.waitingReason, 'host')
    const { room } = await atTheDoor()
    FakeSocket.last.says(events(6, { type: 'locked', by: 'p_ada', id: 2, patch: { room: { lifecycle: 'locked' } } }))
    assert.equal(room.waitingReason, 'locked')
    FakeSocket.last.says({ ...doorSnapshot('host', { at: at(7), events: [] }) })
    assert.equal(room.waitingReason, 'approval')
})

test('words to the door come with a state', async () => {
    const { room } = await atTheDoor()
    const heard = []
    room.on('notice', (notice) => heard.push(notice))
    FakeSocket.last.says(doorSnapshot('approval', { at: at(6), events: [{ type: 'notice', text: 'Soon.', by: 'p_ada', id: 4 }] }))
    FakeSocket.last.says(events(7, { type: 'notice', text: 'You too.', by: 'p_ada', id: 5, participants: { p_eve: true } }))
    FakeSocket.last.says(events(8, { type: 'notice', text: 'Not you.', by: 'p_ada', id: 6, participants: { p_max: true } }))
    assert.deepEqual(heard.map(({ text }) => text), ['Soon.', 'You too.'])
})

test('a resume says which view its position belongs to', async () => {
    const { clock } = await atTheDoor()
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    const { resume } = FakeSocket.last.take()[0]
    assert.deepEqual([resume.rooms, resume.views], [{ r_1: at(5) }, { r_1: 'waiting' }])
})

test('denied, removed while waiting, over meanwhile: the join says so by name', async () => {
    const ends = {
        denied: { type: 'denied', participant: 'p_eve', by: 'p_ada', id: 9 },
        'room-ended': { type: 'ended', reason: 'host', patch: { room: { lifecycle: 'ended' } } },
        closed: { type: 'left', participant: 'p_eve', reason: 'left', by: 'p_eve', id: 2 },
    }
    for (const [code, event] of Object.entries(ends)) {
        const { parley, joined } = await atTheDoor()
        FakeSocket.last.says(events(6, event))
        await assert.rejects(joined, { code })
        assert.deepEqual(parley.rooms, [])
    }
})

test('a wait is given up by leaving', async () => {
    const { room, joined } = await atTheDoor()
    const left = room.leave()
    assert.deepEqual(FakeSocket.last.take().at(-1), { type: 'leave', id: 2, room: 'r_1' })
    FakeSocket.last.says(events(6, { type: 'left', participant: 'p_eve', reason: 'left', by: 'p_eve', id: 2, patch: {} }))
    await left
    await assert.rejects(joined, { code: 'closed' })
})

test('a wait survives the loss of the session', async () => {
    const { clock, room, joined } = await atTheDoor({ pin: '1234' })
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.take()
    FakeSocket.last.says(welcome({ session: 's_2' }))
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'join', id: 1, room: 'blue-fox', name: 'Eve', pin: '1234' }])
    FakeSocket.last.says({ ...doorSnapshot(), self: 'p_eve2' })
    assert.equal(room.status, 'waiting')
    FakeSocket.last.says({ ...inside(), self: 'p_eve2', state: { ...inside().state, people: { p_eve2: person(3) } } })
    assert.equal(await joined, room)
})

test('who was in and is refused for good on the return does not ask for ever', async () => {
    const { clock, room, heard } = await inMeeting({}, { names: ['closed'] })
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ session: 's_2' }), { type: 'rejected', of: 'join', room: 'blue-fox', id: 1, code: 'banned', message: '' })
    assert.deepEqual([heard, room.isClosed], [[['closed', 'banned']], true])
})

test('moderators see the door in order, and what becomes of those who wait', async () => {
    const { room, heard, says, sent } = await inMeeting({ waiting: { p_zoe: { name: 'Zoe', waiting: 2 }, p_eve: eve } },
        { names: ['waiting', 'admitted', 'denied', 'waiting-left', 'joined', 'left', 'notice'] })
    assert.deepEqual(room.waiting.map(({ id, name }) => [id, name]), [['p_eve', 'Eve'], ['p_zoe', 'Zoe']])
    says(events(2, { type: 'waiting', participant: 'p_max', by: 'p_max', id: 1, reason: 'approval', patch: { waiting: { p_max: { name: 'Max', waiting: 3 } } } }))
    const admitted = room.admit('p_eve')
    assert.deepEqual(sent(), [{ type: 'admit', id: 2, room: 'r_1', participants: { p_eve: true } }])
    says(events(3,
        { type: 'admitted', participant: 'p_eve', by: 'p_ada', id: 2, patch: { waiting: { p_eve: null } } },
        { type: 'joined', participant: 'p_eve', patch: { people: { p_eve: person(3, { name: 'Eve' }) } } }))
    await admitted
    says(events(4, { type: 'denied', participant: 'p_zoe', by: 'p_bob', id: 4, patch: { waiting: { p_zoe: null } } }))
    says(events(5, { type: 'left', participant: 'p_max', reason: 'left', patch: { waiting: { p_max: null } } }))
    says(events(6, { type: 'notice', text: 'Five minutes.', by: 'p_bob', id: 5 }))
    assert.deepEqual(heard.map(([name, about]) => [name, about.name ?? about.text]), [
        ['waiting', 'Max'], ['admitted', 'Eve'], ['joined', 'Eve'], ['denied', 'Zoe'], ['waiting-left', 'Max'], ['notice', 'Five minutes.'],
    ])
    assert.deepEqual(room.waiting, [])
})

test('the commands at the door', async () => {
    const { room, sent, says } = await inMeeting()
    const commands = [
        [() => room.admitAll(), { type: 'admit', all: true }],
        [() => room.deny('p_a', 'p_b'), { type: 'deny', participants: { p_a: true, p_b: true } }],
        [() => room.denyAll(), { type: 'deny', all: true }],
        [() => room.notice('Soon.'), { type: 'notice', text: 'Soon.' }],
        [() => room.notice('Soon.', ['p_a']), { type: 'notice', text: 'Soon.', participants: { p_a: true } }],
        [() => room.revoke('4'), { type: 'revoke', invitation: 4 }],
        [() => room.lock(), { type: 'lock' }],
        [() => room.unlock(), { type: 'unlock' }],
        [() => room.configure({ topic: 'Plans', pin: '' }), { type: 'configure', topic: 'Plans', pin: '' }],
        [() => room.end(), { type: 'end' }],
    ]
    for (const [index, [act, frame]] of commands.entries()) {
        const done = act()
        assert.deepEqual(sent(), [{ ...frame, id: index + 2, room: 'r_1' }])
        says(events(index + 2, { type: 'something', by: 'p_ada', id: index + 2 }))
        await done
    }
})

test('an invitation tells its secret once', async () => {
    const { room, sent, says } = await inMeeting()
    const invited = room.invite({ label: 'Press', usesMax: 3 })
    assert.deepEqual(sent(), [{ type: 'invite', id: 2, room: 'r_1', label: 'Press', usesMax: 3 }])
    says(events(2, { type: 'invited', invitation: 1, secret: 'abc', by: 'p_ada', id: 2, patch: { invitations: { 1: { label: 'Press', uses: 0, by: 'p_ada' } } } }))
    assert.deepEqual(await invited, { id: '1', secret: 'abc' })
    const lost = room.invite()
    FakeSocket.last.says({ ...meetingSnapshot({ sequence: 9, invitations: { 1: { by: 'p_ada' }, 2: { by: 'p_ada' } } }), lastCommand: 3 })
    assert.deepEqual(await lost, { id: '2', secret: undefined })
})

test('a door that only the owner may pass is a named refusal', async () => {
    const { parley } = await inMeeting()
    const joined = parley.join('red-fox')
    FakeSocket.last.says({ type: 'rejected', of: 'join', room: 'red-fox', id: 1, code: 'wrong-pin', message: '' })
    await assert.rejects(joined, { code: 'wrong-pin' })
})
