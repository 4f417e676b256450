import assert from 'node:assert/strict'
import { test } from 'node:test'
import { begin } from './scripted.js'
import { FakeSocket, at, person, settle, welcome } from './support.js'

const says = (...frames) => FakeSocket.last.says(...frames)
const sent = (type) => FakeSocket.last.take().filter((one) => type === undefined || one.type === type)
const happens = (sequence, ...list) => ({ type: 'events', room: 'r_q', at: at(sequence), after: at(sequence - 1), events: list })
const shown = (self, view, state, members) => ({
    type: 'snapshot', room: 'r_q', self, at: at(1), view, events: [], ...members,
    state: { room: { id: 'r_q', alias: 'support', kind: 'queue', lifecycle: 'open', createdAt: 0, capacity: 100 }, ...state },
})

async function waits(options, queue = { line: { p_1: 5, p_2: 3 }, taken: {} }, members) {
    const world = begin()
    const doors = []
    const outcome = {}
    const asked = world.parley.queue('support', { name: 'Eve', onWaiting: (door) => doors.push(door), ...options })
    asked.then((call) => { outcome.call = call }, (error) => { outcome.error = error })
    FakeSocket.last.opens()
    const [hello] = sent('hello')
    says(welcome(), shown('p_1', 'waiting', { queue }, members))
    await settle()
    return { ...world, hello, asked, outcome, door: doors[0], doors }
}

test('a place in the line, and how long it may take', async () => {
    const { hello, door, outcome } = await waits({ skills: ['german'], priority: 2 }, { line: { p_1: 5, p_2: 3, p_3: 9 }, taken: {}, pace: 60_000 })
    assert.deepEqual(hello.join, { id: 1, room: 'support', name: 'Eve', kind: 'queue', queue: { skills: { german: true }, priority: 2 } })
    assert.deepEqual([door.place, door.estimateMilliseconds], [1, 120_000])
    says(happens(2, { type: 'taken', room: 'r_9', people: { p_2: true }, patch: { queue: { line: { p_2: null }, taken: { p_2: 'r_9' } } } }))
    await settle()
    assert.deepEqual([door.place, outcome, sent('join')], [0, {}, []])
})

test('taken: in the call, and away from the door', async () => {
    const { outcome, door } = await waits()
    FakeSocket.last.take()
    says(happens(2, { type: 'taken', room: 'r_9', people: { p_1: true }, agent: 'p_7', patch: { queue: { line: { p_1: null }, taken: { p_1: 'r_9' } } } }))
    await settle()
    assert.deepEqual(sent('join'), [{ type: 'join', id: 1, room: 'r_9', name: 'Eve' }])
    says({ ...shown('p_5', 'participant', {}), room: 'r_9', state: { room: { id: 'r_9', kind: 'call' }, people: { p_5: person(1), p_6: person(2) } } })
    await settle()
    assert.deepEqual([outcome.call.id, sent('leave'), door.isClosed], ['r_9', [], false])
    says(happens(3, { type: 'left', participant: 'p_1', reason: 'met' }))
    await settle()
    assert.deepEqual([door.isClosed, outcome.error, sent('leave')], [true, undefined, []])
})

const alone = { ...shown('p_5', 'participant', {}), room: 'r_9', state: { room: { id: 'r_9', kind: 'call' }, people: { p_5: person(1) } } }
const toNine = { type: 'taken', room: 'r_9', people: { p_1: true }, patch: { queue: { line: { p_1: null }, taken: { p_1: 'r_9' } } } }

test('the other does not come: in the line again, out of the room, and to the next one', async () => {
    const { door, outcome } = await waits()
    says(happens(2, toNine), alone)
    await settle()
    assert.deepEqual([outcome, door.place], [{}, undefined])
    sent()
    says(happens(3, { type: 'unmet', room: 'r_9', people: { p_1: true }, patch: { queue: { line: { p_1: 5 }, taken: { p_1: null } } } }))
    await settle()
    assert.deepEqual([sent().map(({ type, room }) => [type, room]), door.place, outcome], [[['leave', 'r_9']], 1, {}])
    says(happens(4, { type: 'taken', room: 'r_8', people: { p_1: true }, patch: { queue: { line: { p_1: null }, taken: { p_1: 'r_8' } } } }))
    await settle()
    assert.deepEqual(sent('join').map(({ room }) => room), ['r_8'])
})

test('the call is there when somebody comes to it, or when the queue lets go', async () => {
    for (const news of [
        { ...happens(2, { type: 'joined', participant: 'p_6', patch: { people: { p_6: person(2) } } }), room: 'r_9' },
        happens(3, { type: 'left', participant: 'p_1', reason: 'met' }),
    ]) {
        const { outcome } = await waits()
        says(happens(2, toNine), alone)
        await settle()
        assert.equal(outcome.call, undefined)
        says(news)
        await settle()
        assert.deepEqual([outcome.call?.id, outcome.error], ['r_9', undefined])
    }
})

test('a code to tell somebody; whoever gives up hears that it is over', async () => {
    const { door, outcome } = await waits({}, { line: {}, taken: {} }, { me: { code: '481516', codeExpiresAt: 9 } })
    assert.deepEqual([door.code, door.place], ['481516', undefined])
    says(happens(2, { type: 'left', participant: 'p_1', reason: 'expired' }))
    await settle()
    assert.ok(outcome.error)
})

test('a match counts those with the same key, and nobody goes before others', async () => {
    const { door } = await waits({ key: 'chess' }, { line: { p_1: 4, p_2: 3, p_3: 4 }, taken: {} })
    says(happens(2, { type: 'configured', patch: { room: { queue: { rule: 'match', size: 3 } } } }))
    assert.deepEqual([door.found, door.place, door.estimateMilliseconds, door.isCounted], [2, undefined, undefined, false])
})

test('a session that begins anew waits again, with the same wish', async () => {
    const { clock } = await waits({ key: 'chess' })
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.take()
    says(welcome({ session: 's_2', resumeRefused: 'over' }))
    assert.deepEqual(sent('join'), [{ type: 'join', id: 1, room: 'support', name: 'Eve', kind: 'queue', queue: { key: 'chess' } }])
})

test('an agent sees who waits, the next one first, and takes them', async () => {
    const { parley } = begin()
    const joined = parley.join('support', { kind: 'queue', name: 'Ada' })
    FakeSocket.last.opens()
    says(welcome(), shown('p_7', 'moderator', {
        people: { p_7: person(1, { name: 'Ada' }) }, waiting: { p_1: { name: 'Eve', waiting: 1 }, p_2: { name: 'Max', waiting: 2 } },
        queue: { line: { p_1: 5, p_2: 3 }, taken: { p_3: 'r_8' } }, agents: { p_7: { available: true, since: 1, skills: { german: true } } },
        customers: { p_1: { since: 1 }, p_2: { since: 2, skills: { german: true } }, p_3: { since: 0, taken: 'r_8' } },
    }))
    const queue = await joined
    assert.deepEqual(queue.customers.map(({ name, skills }) => [name, skills]), [['Max', ['german']], ['Eve', []]])
    assert.deepEqual(queue.agents, [{ id: 'p_7', name: 'Ada', available: true, since: 1, skills: ['german'], isSelf: true }])
    const heard = []
    for (const name of ['taken', 'offered']) queue.on(name, (...values) => heard.push([name, ...values]))
    FakeSocket.last.take()
    const taken = queue.take({ skill: 'german' })
    assert.deepEqual(sent(), [{ type: 'take', id: 2, skill: 'german', room: 'r_q' }])
    says(happens(2, { type: 'offered', participant: 'p_7', customer: 'p_2', until: 9 }),
        happens(3, { type: 'taken', room: 'r_9', people: { p_2: true }, agent: 'p_7', by: 'p_7', id: 2 }))
    assert.equal((await taken).room, 'r_9')
    assert.deepEqual(heard.map(([name, who, more]) => [name, who.name ?? who, more]), [
        ['offered', 'Ada', { customer: 'p_2', until: 9 }], ['taken', { room: 'r_9', people: ['p_2'], agent: 'p_7', isSelf: true }, undefined],
    ])
    queue.serve(false, { skills: ['polish'] })
    assert.deepEqual(sent(), [{ type: 'agent', id: 3, available: false, skills: { polish: true }, room: 'r_q' }])
})
