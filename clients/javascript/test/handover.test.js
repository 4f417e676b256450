import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inRoom } from './scripted.js'
import { FakeSocket, at, events, person, snapshot, welcome } from './support.js'

const people = { p_ada: person(1), p_bob: person(2) }
const goaway = { type: 'goaway', withinMilliseconds: 12_000, deadlineMilliseconds: 45_000 }
const resumed = (members) => welcome({ resumed: true, resume: { secret: 'y' }, ...members })
const names = ['interrupted', 'resumed', 'resynced', 'rejoined', 'joined', 'left', 'signal', 'closed']

/** Ada is in a room with Bob when her server says that it drains. `heard` is what she is told. */
async function draining(members = goaway) {
    const world = await inRoom(people, { endpoints: ['ws://a/v1/connect', 'ws://b/v1/connect'], url: undefined })
    const told = []
    for (const name of names) world.room.on(name, (value) => told.push(`${name} ${value?.id ?? value?.data ?? value ?? ''}`.trim()))
    for (const name of ['reconnecting', 'resumed', 'restarted']) world.parley.on(name, () => told.push(`session ${name}`))
    world.statuses.splice(0)
    const first = FakeSocket.last
    first.says(members)
    const opens = () => {
        beats(first, world.clock, 3)
        FakeSocket.last.opens()
        return FakeSocket.last
    }
    return { ...world, told, first, opens }
}

/** A test that waits for long keeps the line alive as a server does. */
const beats = (socket, clock, times) => { for (let i = 0; i < times; i += 1) { clock.advance(2_000); socket.says({ type: 'beat', time: 0 }) } }

test('the next endpoint is asked within the given time, and the old line works until the new one has the session', async () => {
    const { clock, room, first, told, statuses, parley } = await draining()
    beats(first, clock, 2)
    clock.advance(1_999)
    assert.equal(FakeSocket.all.length, 1)
    clock.advance(1)
    const second = FakeSocket.last
    assert.equal(second.url, 'ws://b/v1/connect?resume=1')
    second.opens()
    const [hello] = second.take()
    assert.deepEqual([hello.resume, hello.join], [{ session: 's_1', secret: 'x', attempt: 1, rooms: { r_1: at(1) }, selves: { r_1: 'p_ada' } }, undefined])

    room.media({ audio: true })
    room.send('p_bob', 'a')
    assert.deepEqual(first.take().map(({ type }) => type), ['media', 'signal'], 'still on the old line')
    first.says({ type: 'signal', from: 'p_bob', n: 1, floor: 1, data: 'old' })
    assert.equal(first.closedWith, null)

    second.says(resumed())
    assert.notEqual(first.closedWith, 1000, 'a goodbye would end the session')
    assert.equal(first.onmessage, null)
    assert.deepEqual(second.take().map(({ type, id, n }) => [type, id ?? n]), [['media', 2], ['signal', 1]])
    assert.deepEqual([told, statuses, parley.status, parley.url], [['signal old'], [], 'connected', 'ws://b/v1/connect'])
    assert.equal(parley.credentials.secret, 'y')
})

test('what came over both lines is taken once, and nothing is missing between them', async () => {
    const { room, first, told, opens } = await draining()
    const second = opens()
    const joins = (sequence, id) => events(sequence, { type: 'joined', participant: id, patch: { people: { [id]: person(sequence) } } })
    const signal = (n) => ({ type: 'signal', from: 'p_bob', n, floor: 1, data: n })
    first.says(joins(2, 'p_cem'), signal(1), joins(3, 'p_dan'))
    second.says(resumed(), joins(2, 'p_cem'), joins(3, 'p_dan'), joins(4, 'p_eve'), signal(1), signal(2))
    assert.deepEqual(told, ['joined p_cem', 'signal 1', 'joined p_dan', 'joined p_eve', 'signal 2'])
    assert.deepEqual(room.position, at(4))
    assert.equal(FakeSocket.all.length, 2)
})

test('two lines that tell different stories are a gap', async () => {
    const { first, opens, parley } = await draining()
    const second = opens()
    first.says(events(2, { type: 'x' }))
    const other = { ...events(2, { type: 'x' }), at: [1, 2, 'ffffffffffffffff'] }
    second.says(resumed(), other)
    assert.equal(parley.status, 'reconnecting')
})

test('the server ends the old line before the welcome of the new one arrives: nobody hears of it', async () => {
    const { room, first, told, statuses, opens, clock } = await draining()
    const second = opens()
    first.ends(4509, 'Another connection has taken over this session.')
    room.send('p_bob', 'a')
    assert.deepEqual([statuses, told], [[], []])
    clock.advance(1_000)
    second.says(resumed())
    assert.deepEqual([statuses, told, room.isInterrupted], [[], [], false])
    assert.deepEqual(second.take().slice(-1).map(({ data }) => data), ['a'])
})

test('… and if it never arrives, the connection is lost like any other, and resumed', async () => {
    const { first, told, statuses, opens, clock, parley } = await draining()
    opens()
    first.ends(4509)
    clock.advance(5_000)
    assert.deepEqual([statuses.map(({ status }) => status), told], [['reconnecting'], ['interrupted p_ada', 'session reconnecting']])
    clock.advance(250)
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].resume.session, 's_1')
    FakeSocket.last.says(resumed())
    assert.equal(parley.status, 'connected')
})

test('the first line is superseded by one of ours that has come to nothing: that is no other tab', async () => {
    const { first, statuses, opens, clock, parley } = await draining()
    opens().ends(1006)
    assert.deepEqual([statuses, parley.status], [[], 'connected'])
    first.ends(4509)
    assert.deepEqual(statuses.map(({ status }) => status), ['reconnecting'])
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(resumed())
    assert.equal(parley.status, 'connected')
    FakeSocket.last.ends(4509)
    assert.equal(parley.status, 'closed', 'and this one by somebody else')
})

test('refused: another session is ended, the old line stays in use, and it is tried again with back-off', async () => {
    const { first, told, statuses, opens, clock, room, parley } = await draining()
    const second = opens()
    second.says(welcome({ session: 's_2', resumeRefused: 'unknown' }))
    assert.equal(second.closedWith, 1000)
    assert.deepEqual([parley.session, parley.credentials.secret, first.closedWith], ['s_1', 'x', null])
    room.send('p_bob', 'a')
    assert.equal(first.take().at(-1).data, 'a')
    clock.advance(125)
    assert.deepEqual(FakeSocket.all.map(({ url }) => url.at(5)), ['a', 'b', 'a'])
    FakeSocket.last.ends(1006)
    clock.advance(249)
    assert.equal(FakeSocket.all.length, 3)
    clock.advance(1)
    assert.equal(FakeSocket.all.length, 4)
    // No answer at all is no goodbye: the session may have moved.
    const fourth = FakeSocket.last
    fourth.opens()
    first.says({ type: 'beat', time: 0 })
    clock.advance(3_000)
    first.says({ type: 'beat', time: 0 })
    clock.advance(2_000)
    assert.equal(fourth.closedWith, 4000)
    assert.deepEqual([statuses, told], [[], []])
})

test('the drain is taken back: nobody moves', async () => {
    const { first, clock } = await draining()
    first.says({ type: 'stay' })
    beats(first, clock, 20)
    assert.equal(FakeSocket.all.length, 1)
})

test('… but a line that has said hello goes on: the session may be there already', async () => {
    const { first, opens, parley } = await draining()
    const second = opens()
    first.says({ type: 'stay' })
    assert.equal(second.closedWith, null)
    second.says(resumed())
    assert.deepEqual([parley.status, parley.url], ['connected', 'ws://b/v1/connect'])
})

test('… and one that has not is given up', async () => {
    const { first, clock } = await draining()
    clock.advance(4_000)
    first.says({ type: 'beat', time: 0 })
    clock.advance(2_000)
    first.says({ type: 'stay' })
    assert.equal(FakeSocket.last.closedWith, 4000)
    beats(first, clock, 10)
    assert.equal(FakeSocket.all.length, 2)
})

test('a server that stops before anybody has moved is left like any other', async () => {
    const { first, statuses, clock } = await draining()
    first.ends(4400)
    assert.equal(statuses.at(-1).status, 'reconnecting')
    clock.advance(125)
    assert.deepEqual(FakeSocket.all.map(({ url }) => url.at(5)), ['a', 'b'])
    clock.advance(9_000)
    assert.equal(FakeSocket.all.length, 2, 'the handover is forgotten')
})

test('a snapshot on the new line takes the place of what the old one has told', async () => {
    const { first, room, opens } = await draining()
    const second = opens()
    first.says(events(2, { type: 'x' }), events(3, { type: 'x' }))
    second.says(resumed(), { ...snapshot('p_ada', people, 2), lastCommand: 1 }, events(3, { type: 'x' }), events(4, { type: 'x' }))
    assert.deepEqual(room.position, at(4))
})

test('a room that was joined by the old line after the hello of the new one is resumed by one more line', async () => {
    const { first, opens, parley, clock, room, told } = await draining()
    const second = opens()
    const joined = parley.join('red-fox')
    first.says(snapshot('p_me', { p_me: person(1) }, 1, { id: 'r_2', alias: 'red-fox' }))
    const red = await joined
    assert.deepEqual(Object.keys(second.take()[0].resume.rooms), ['r_1'])
    second.says(resumed())
    assert.equal(parley.status, 'reconnecting')
    assert.deepEqual(second.take(), [], 'nothing is said where the room is not known')
    clock.advance(1_000)
    FakeSocket.last.opens()
    const [hello] = FakeSocket.last.take()
    assert.deepEqual([hello.resume.secret, hello.resume.attempt, hello.resume.rooms], ['y', 2, { r_1: at(1), r_2: at(1) }])
    FakeSocket.last.says(resumed())
    assert.deepEqual([parley.status, room.isClosed, red.isClosed, red.self], ['connected', false, false, 'p_me'])
    assert.ok(!told.includes('rejoined'))
})

test('a join that is under way is not asked for twice at once; what the new line does not know is asked there', async () => {
    const { first, opens, parley } = await draining()
    const joined = parley.join('red-fox')
    assert.equal(first.take().at(-1).type, 'join')
    const second = opens()
    assert.equal(second.take()[0].join, undefined)
    second.says(resumed())
    assert.deepEqual(second.take(), [{ type: 'join', id: 1, room: 'red-fox' }])
    second.says(snapshot('p_me', { p_me: person(1) }, 1, { id: 'r_2', alias: 'red-fox' }))
    assert.equal((await joined).self, 'p_me')
})
