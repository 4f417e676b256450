import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explain } from '../parley.js'
import { fakeCamera } from './fake-connection.js'
import { Hub } from './hub.js'
import { assertConnected, meetingIn } from './meeting.js'
import { inMeeting, meetingSnapshot } from './meeting-scripted.js'
import { FakeSocket, events, person, welcome } from './support.js'

// Those who are counted: what a room says of them, and whom a mesh calls.

const listener = (joined, members) => person(joined, { role: 'audience', counted: true, ...members })
const counted = (sequence, count) => events(sequence, { type: 'audience-counted', patch: { audience: count === null ? null : { count } } })
const asListener = (members) => meetingSnapshot(
    { self: 'p_cleo', sequence: 9, audience: { count: 3 } },
    { view: 'audience', me: listener(7, { name: 'Cleo' }), ...members })

/** Cleo is counted. */
async function inAudience(names = []) {
    const world = await inMeeting({ self: 'p_cleo', people: { p_cleo: person(7, { name: 'Cleo' }) } }, { names })
    world.says(asListener())
    return world
}

test('how many there are is told when it changes', async () => {
    const { room, heard, says } = await inMeeting({}, { names: ['audience'] })
    assert.equal(room.audience, 0)
    says(counted(2, 9_950), events(3, { type: 'hands-lowered', by: 'p_bob', id: 4 }), counted(4, 9_951))
    assert.equal(room.audience, 9_951)
    says(meetingSnapshot({ sequence: 9, audience: { count: 7 } }), counted(10, null))
    assert.deepEqual([room.audience, heard.map(([, count]) => count)], [0, [9_950, 9_951, 7, 0]])
})

test('whoever is counted is in no list, and still somebody', async () => {
    const { room, says, heard } = await inAudience(['off-stage', 'left', 'role-changed', 'hand-raised', 'on-stage', 'joined'])
    assert.deepEqual([room.isCounted, room.people.map(({ id }) => id)], [true, ['p_ada', 'p_bob']])
    assert.deepEqual([room.me.id, room.me.name, room.me.isSelf, room.role, room.may('chat'), room.may('publish')], ['p_cleo', 'Cleo', true, 'audience', true, false])
    assert.deepEqual([room.mayUnmute, room.mutedBy, room.me.hand], [false, {}, undefined])
    assert.deepEqual(heard.map(([name, { id }]) => [name, id]), [['off-stage', 'p_cleo'], ['role-changed', 'p_cleo']])
    heard.length = 0
    const raised = room.raiseHand({ speak: true })
    says(asListener({
        at: [1, 10, '000000000000000a'], me: listener(7, { name: 'Cleo', hand: 2 }), lastCommand: 2,
        events: [{ type: 'hand-raised', participant: 'p_cleo', by: 'p_cleo', id: 2 }],
    }))
    assert.equal((await raised).type, 'hand-raised')
    assert.deepEqual([room.me.hand, heard.map(([name, { id, hand }]) => [name, id, hand])], [2, [['hand-raised', 'p_cleo', 2]]])
    heard.length = 0
    says(meetingSnapshot({ self: 'p_cleo', sequence: 11, people: { p_cleo: person(7) }, audience: { count: 2 } }, {
        view: 'participant', events: [{ type: 'role-changed', participant: 'p_cleo', by: 'p_ada', id: 3 }],
    }))
    assert.deepEqual([room.isCounted, room.role, room.me.hand], [false, 'participant', undefined])
    assert.deepEqual(heard.map(([name, { id }]) => [name, id]), [['role-changed', 'p_cleo'], ['on-stage', 'p_cleo']])
})

test('a raised hand shows them in the list, and that is neither a coming nor a going', async () => {
    const { room, heard, says } = await inMeeting({ audience: { count: 3 } }, { names: ['joined', 'left', 'on-stage', 'off-stage', 'hand-raised', 'hand-lowered', 'role-changed'] })
    const raises = { type: 'hand-raised', participant: 'p_cleo', by: 'p_cleo', id: 2, patch: { people: { p_cleo: listener(7, { name: 'Cleo', hand: 1 }) } } }
    says(events(2, raises))
    assert.deepEqual([room.hands.map(({ id }) => id), room.people.at(-1).id], [['p_cleo'], 'p_cleo'])
    says(events(3, { type: 'hand-lowered', participant: 'p_cleo', by: 'p_ada', id: 2, patch: { people: { p_cleo: null } } }), events(4, { ...raises, id: 3 }))
    assert.deepEqual(heard.map(([name, { name: who, hand }]) => [name, who, hand]), [['hand-raised', 'Cleo', 1], ['hand-lowered', 'Cleo', undefined], ['hand-raised', 'Cleo', 1]])
    heard.length = 0
    says(events(5, { type: 'role-changed', participant: 'p_cleo', by: 'p_ada', id: 3, patch: { people: { p_cleo: { role: 'participant', counted: null, hand: null } } } }))
    says(events(6, { type: 'role-changed', participant: 'p_cleo', by: 'p_ada', id: 4, patch: { people: { p_cleo: null } } }))
    assert.deepEqual(heard.map(([name, { id, role }]) => [name, id, role]), [
        ['on-stage', 'p_cleo', 'participant'], ['role-changed', 'p_cleo', 'participant'],
        ['off-stage', 'p_cleo', 'audience'], ['role-changed', 'p_cleo', 'audience'],
    ])
    heard.length = 0
    says(meetingSnapshot({ sequence: 9, audience: { count: 3 }, people: { p_cleo: listener(7, { hand: 1 }) } }), meetingSnapshot({ sequence: 12, audience: { count: 3 } }))
    assert.deepEqual(heard, [], 'nor is it in a resync')
})

test('the audience is read page by page', async () => {
    const { room, sent, says } = await inMeeting({ audience: { count: 3 } })
    const [first, second] = [room.roster({ max: 2 }), room.roster({ after: 8, max: 900 })]
    assert.deepEqual(sent(), [{ type: 'roster', after: 0, max: 2, room: 'r_1' }, { type: 'roster', after: 8, max: 100, room: 'r_1' }])
    says({ type: 'roster', room: 'r_1', after: 0, people: { p_e: listener(8, { name: 'Eve' }), p_c: listener(7, { name: 'Cleo' }) }, next: 8 })
    says({ type: 'roster', room: 'r_1', after: 0, people: {} }, { type: 'roster', room: 'r_1', after: 8, people: { p_f: listener(9) } })
    const page = await first
    assert.deepEqual([page.people.map(({ id, name, isSelf }) => [id, name, isSelf]), page.next], [[['p_c', 'Cleo', false], ['p_e', 'Eve', false]], 8])
    assert.deepEqual([(await second).people.length, 'next' in await second], [1, false])
})

test('a page is asked for again after a loss; a refusal and the end are told', async () => {
    const { room, clock, parley, sent, says } = await inMeeting()
    const page = room.roster()
    sent()
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    sent()
    says(welcome({ resumed: true }))
    assert.deepEqual(sent(), [{ type: 'roster', after: 0, max: 50, room: 'r_1' }])
    says({ type: 'rejected', of: 'roster', room: 'r_1', code: 'rate-limited', message: '', retryAfterMilliseconds: 300 })
    await assert.rejects(page, { code: 'rate-limited', retryAfterMilliseconds: 300 })
    const late = room.roster()
    parley.close()
    await assert.rejects(late, { code: 'closed' })
    await assert.rejects(room.roster(), { code: 'closed' })
})

test('a full stage has words', async () => {
    const { room, says } = await inMeeting({ audience: { count: 3 } })
    const raised = room.setRole('p_cleo', 'participant')
    says({ type: 'rejected', of: 'set-role', room: 'r_1', id: 2, code: 'stage-full', message: '' })
    await assert.rejects(raised, (error) => explain(error).title === 'The stage is full')
})

/** Ada and Bob on the stage, Cleo in the audience. */
async function withAudience() {
    const hub = new Hub()
    hub.audience.add('Cleo')
    return meetingIn(hub, 'Ada', 'Bob', 'Cleo')
}

const peersOf = (...people) => people.map(({ mesh }) => mesh.peers.size)

test('nobody calls whoever is counted, and they call nobody', async () => {
    const { hub, people: [ada, bob, cleo] } = await withAudience()
    assertConnected(ada, bob)
    assert.deepEqual([peersOf(ada, bob, cleo), cleo.errors], [[1, 1, 0], []])
    await hub.arrives('Dan', { mesh: { stream: fakeCamera() } })
    await hub.pump()
    assert.deepEqual([peersOf(ada, bob, cleo), hub.signals('Cleo'), hub.rejected], [[2, 2, 0], [], []])
})

test('they answer whoever calls them; strangers of the audience are not heard', async () => {
    const { hub, people: [ada, bob, cleo] } = await withAudience()
    ada.mesh.meet(hub.roster[0])
    await hub.pump()
    assertConnected(ada, cleo)
    assert.deepEqual([peersOf(ada, bob, cleo), hub.rejected], [[2, 1, 1], []])
    assert.equal(cleo.mesh.peers.get(ada.room.self).streams.length, 1, 'Ada is seen')
    const [first] = hub.signals('Cleo')
    assert.equal(first, 'Ada>Cleo offer 1')
    ada.mesh.restart(cleo.room.self)
    await hub.pump()
    assertConnected(ada, cleo)
    const refused = assert.rejects(cleo.room.signal('offer', bob.room.self, { negotiation: 1, sdp: 'x' }), { code: 'not-permitted' })
    await hub.pump()
    await refused
    assert.equal(peersOf(bob)[0], 1)
})

test('on the stage they are met like everybody; back in the audience the connections end without errors', async () => {
    const { hub, people: [ada, bob, cleo] } = await withAudience()
    for (const round of [1, 2]) {
        hub.raises('Cleo')
        await hub.pump()
        assertConnected(ada, bob, cleo)
        assert.deepEqual([hub.rejected, cleo.room.isCounted], [[], false], `round ${round}`)
        const left = []
        cleo.mesh.on('peer-left', (_, reason) => left.push(reason))
        hub.counts('Cleo')
        await hub.pump()
        assert.deepEqual([peersOf(ada, bob, cleo), left, hub.rejected], [[1, 1, 0], ['off-stage', 'off-stage'], []])
        assertConnected(ada, bob)
        assert.deepEqual(cleo.errors, [])
    }
})

test('whoever was called in the audience keeps that connection on the stage', async () => {
    const { hub, people: [ada, bob, cleo] } = await withAudience()
    ada.mesh.meet(hub.roster[0])
    await hub.pump()
    const { connection } = cleo.peer(ada)
    hub.raises('Cleo')
    await hub.pump()
    assertConnected(ada, bob, cleo)
    assert.equal(cleo.peer(ada).connection, connection)
})
