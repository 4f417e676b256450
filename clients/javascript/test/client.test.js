import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Parley, ParleyError, explain } from '../parley.js'
import { FakeSocket, ManualClock, at, events, person, settle, snapshot, welcome } from './support.js'

/** A client with its clock, and what it said about itself. */
function begin(options = {}) {
    FakeSocket.all = []
    const clock = new ManualClock()
    const parley = new Parley({ url: 'ws://test/v1/connect', WebSocket: FakeSocket, clock, random: () => 0.5, ...options })
    const statuses = []
    parley.on('status', (change) => statuses.push(change))
    return { clock, parley, statuses }
}

/** Ada is in the room, alone or with others. */
async function inRoom(people = { p_ada: person(1) }, options) {
    const world = begin(options)
    const joined = world.parley.join('blue-fox', { name: 'Ada' })
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome(), snapshot('p_ada', people))
    const room = await joined
    const heard = []
    for (const name of ['change', 'joined', 'left', 'media-changed', 'rejoined', 'ended', 'closed']) {
        room.on(name, (...values) => heard.push([name, ...values.map((value) => value?.id ?? value)]))
    }
    FakeSocket.last.take()
    return { ...world, room, heard }
}

const withBob = () => inRoom({ p_ada: person(1), p_bob: person(2) })

test('hello carries the join: one round trip and in the room', async () => {
    const { parley, statuses } = begin({ client: { name: 'test', version: '1' } })
    const joined = parley.join('blue-fox', { name: 'Ada' })
    const socket = FakeSocket.last
    assert.equal(socket.protocol, 'parley.v1')
    socket.opens()
    assert.deepEqual(socket.take(), [{
        type: 'hello', protocol: 1, client: { name: 'test', version: '1' },
        abilities: { rollback: true, trickle: true, restart: true }, join: { id: 1, room: 'blue-fox', name: 'Ada' },
    }])
    socket.says(welcome(), snapshot('p_ada', { p_ada: person(1), p_bob: person(2) }))
    const room = await joined
    assert.deepEqual([room.id, room.alias, room.self, room.position], ['r_1', 'blue-fox', 'p_ada', at(1)])
    assert.deepEqual(room.people.map(({ id, isSelf }) => [id, isSelf]), [['p_ada', true], ['p_bob', false]])
    assert.deepEqual(socket.take(), [])
    assert.deepEqual(statuses.map(({ status }) => status), ['connecting', 'connected'])
})

test('a refused join throws by name; the session lives on', async () => {
    const { parley } = begin()
    const joined = parley.join('blue-fox')
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome(), { type: 'rejected', of: 'join', room: 'blue-fox', id: 1, code: 'room-full', message: 'Full.', retryAfterMilliseconds: 9 })
    await assert.rejects(joined, (error) => error instanceof ParleyError && error.code === 'room-full' && error.retryAfterMilliseconds === 9)
    assert.equal(parley.status, 'connected')
    FakeSocket.last.take()
    const again = parley.join('blue-fox')
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'join', id: 1, room: 'blue-fox' }])
    FakeSocket.last.says(snapshot('p_ada', { p_ada: person(1) }))
    assert.equal((await again).id, 'r_1')
})

test('rooms without a name are created one after the other', async () => {
    const { parley } = begin()
    const first = parley.join()
    const second = parley.join()
    await settle()
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome())
    assert.deepEqual(FakeSocket.last.take().map(({ type }) => type), ['hello'])
    FakeSocket.last.says(snapshot('p_a', { p_a: person(1) }, 1, { id: 'r_1' }))
    assert.equal((await first).id, 'r_1')
    await settle()
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'join', id: 1 }])
    FakeSocket.last.says(snapshot('p_b', { p_b: person(1) }, 1, { id: 'r_2' }))
    assert.equal((await second).id, 'r_2')
})

test('events are folded, told and acknowledged by name', async () => {
    const { room, heard } = await inRoom()
    FakeSocket.last.says(events(2, { type: 'joined', participant: 'p_bob', by: 'p_bob', id: 1, patch: { people: { p_bob: person(2) } } }))
    const done = room.media({ audio: true })
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'media', id: 2, audio: true, room: 'r_1' }])
    FakeSocket.last.says(events(3, { type: 'media-changed', participant: 'p_ada', by: 'p_ada', id: 2, patch: { people: { p_ada: { media: { audio: true } } } } }))
    await done
    FakeSocket.last.says(events(4, { type: 'left', participant: 'p_bob', reason: 'disconnected', patch: { people: { p_bob: null } } }))
    assert.deepEqual(heard, [['joined', 'p_bob'], ['change'], ['media-changed', 'p_ada'], ['change'], ['left', 'p_bob', 'disconnected'], ['change']])
    assert.equal(room.person('p_ada').media.audio, true)
})

test('one command at a time; what waits is folded; no-change is success; numbers go on', async () => {
    const { room } = await inRoom()
    const all = [room.media({ audio: true }), room.media({ video: true }), room.media({ video: false, screen: true })]
    assert.deepEqual(FakeSocket.last.take().map(({ id }) => id), [2])
    FakeSocket.last.says({ type: 'rejected', of: 'media', room: 'r_1', id: 2, code: 'no-change', message: '' })
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'media', id: 3, room: 'r_1', video: false, screen: true }])
    FakeSocket.last.says(events(2, { type: 'media-changed', participant: 'p_ada', by: 'p_ada', id: 3, patch: {} }))
    await Promise.all(all)
})

test('a command that may be accepted later is sent again under its number; one that never arrived gives it back', async () => {
    const { room, clock } = await inRoom()
    const first = room.media({ audio: true })
    FakeSocket.last.says({ type: 'rejected', of: 'media', room: 'r_1', id: 2, code: 'busy', message: '', retryAfterMilliseconds: 300 })
    FakeSocket.last.take()
    clock.advance(299)
    assert.deepEqual(FakeSocket.last.take(), [])
    clock.advance(1)
    assert.deepEqual(FakeSocket.last.take().map(({ id }) => id), [2])
    FakeSocket.last.says({ type: 'rejected', of: 'media', room: 'r_1', id: 2, code: 'invalid-member', message: '' })
    await assert.rejects(first, { code: 'invalid-member' })
    room.media({ audio: false })
    assert.deepEqual(FakeSocket.last.take().map(({ id }) => id), [2])
    FakeSocket.last.says({ type: 'rejected', of: 'media', room: 'r_1', id: 2, code: 'command-gap', expected: 7, message: '' })
    assert.deepEqual(FakeSocket.last.take().map(({ id }) => id), [7])
})

test('a missing frame means a new connection, and the room is joined again', async () => {
    const { parley, clock, room, heard } = await withBob()
    const socket = FakeSocket.last
    socket.says(events(3, { type: 'media-changed', participant: 'p_bob', patch: {} }))
    assert.equal(socket.closedWith, 4000)
    assert.equal(parley.status, 'reconnecting')
    clock.advance(250)
    FakeSocket.last.opens()
    assert.deepEqual(FakeSocket.last.take().map(({ resume, join }) => ({ resume, join })),
        [{ resume: { session: 's_1', secret: 'x' }, join: { id: 1, room: 'blue-fox', name: 'Ada' } }])
    FakeSocket.last.says(welcome({ session: 's_2' }), snapshot('p_ada2', { p_bob: person(2), p_ada2: person(3) }, 5))
    assert.deepEqual([room.self, room.position, parley.status], ['p_ada2', at(5), 'connected'])
    assert.deepEqual(heard, [['rejoined'], ['change']])
    FakeSocket.last.says(events(6, { type: 'left', participant: 'p_bob', reason: 'left', patch: { people: { p_bob: null } } }))
    assert.deepEqual(room.people.map(({ id }) => id), ['p_ada2'])
})

test('after a reconnect: media are asked for again, and unsure signals say so', async () => {
    const { clock, room } = await withBob()
    const media = room.media({ audio: true, video: false })
    const signal = room.send('p_bob', 1)
    FakeSocket.last.ends(1006)
    await Promise.resolve()
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ session: 's_2' }), snapshot('p_ada2', { p_bob: person(2), p_ada2: person(3) }, 5))
    await assert.rejects(signal, { code: 'interrupted' })
    assert.deepEqual(FakeSocket.last.take().slice(1), [{ type: 'media', id: 2, room: 'r_1', audio: true, video: false }])
    FakeSocket.last.says(events(6, { type: 'media-changed', participant: 'p_ada2', by: 'p_ada2', id: 2, patch: {} }))
    await media
    room.send('p_bob', 2)
    assert.deepEqual(FakeSocket.last.take().map(({ n, data }) => [n, data]), [[1, 2]])
})

test('a room that is gone after a reconnect has ended', async () => {
    const { clock, room, heard } = await inRoom()
    FakeSocket.last.ends(4400)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome(), { type: 'rejected', of: 'join', room: 'blue-fox', id: 1, code: 'unknown-room', message: '' })
    assert.deepEqual(heard, [['ended', 'gone'], ['closed', 'gone']])
    await assert.rejects(room.media({ audio: true }), { code: 'closed' })
})

test('a room that is full for the moment is joined again later', async () => {
    const { clock, heard } = await inRoom()
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome(), { type: 'rejected', of: 'join', room: 'blue-fox', id: 1, code: 'room-full', message: '' })
    FakeSocket.last.take()
    clock.advance(2000)
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'join', id: 1, room: 'blue-fox', name: 'Ada' }])
    FakeSocket.last.says(snapshot('p_ada2', { p_ada2: person(3) }, 5))
    assert.deepEqual(heard, [['rejoined'], ['change']])
})

test('nothing goes out under the old membership between the loss and the return', async () => {
    const { clock, room } = await withBob()
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome())
    FakeSocket.last.take()
    room.media({ audio: true })
    room.pulse('typing', true)
    room.send('p_bob', 1).catch(() => {})
    assert.deepEqual(FakeSocket.last.take(), [])
    FakeSocket.last.says(snapshot('p_ada2', { p_bob: person(2), p_ada2: person(3) }, 5))
    assert.deepEqual(FakeSocket.last.take().map(({ type, id }) => [type, id]), [['media', 2]])
})

test('tries come with jitter, ever later, at most five seconds apart; online and a visible page try at once', async () => {
    const environment = new EventTarget()
    environment.document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
    const { clock, statuses } = await inRoom(undefined, { environment })
    const waits = []
    for (let i = 0; i < 8; i += 1) {
        FakeSocket.last.ends(1006)
        waits.push(statuses.at(-1).retryInMilliseconds)
        clock.advance(waits.at(-1))
    }
    assert.deepEqual(waits, [125, 250, 500, 1000, 2000, 2500, 2500, 2500])
    FakeSocket.last.ends(1006)
    const count = FakeSocket.all.length
    environment.dispatchEvent(new Event('online'))
    assert.equal(FakeSocket.all.length, count + 1)
    FakeSocket.last.ends(1006)
    environment.document.dispatchEvent(new Event('visibilitychange'))
    assert.equal(FakeSocket.all.length, count + 2)
})

for (const [code, comesBack] of [[1001, true], [1006, true], [1011, true], [1012, true], [4000, true], [4400, true], [4408, true], [4499, true],
    [1000, false], [1003, false], [1009, false], [4500, false], [4501, false], [4505, false], [4999, false]]) {
    test(`close code ${code} ${comesBack ? 'comes back' : 'stays away'}`, async () => {
        const { parley, clock, heard } = await inRoom()
        FakeSocket.last.ends(code, 'because')
        assert.equal(parley.status, comesBack ? 'reconnecting' : 'closed')
        clock.advance(60_000)
        assert.equal(FakeSocket.all.length > 1, comesBack)
        assert.deepEqual(heard, comesBack ? [] : [['closed', 'closed']])
    })
}

test('silence is noticed; a suspended page first reads what waits for it', async () => {
    const { parley, clock } = await inRoom()
    clock.advance(4000)
    FakeSocket.last.says({ type: 'beat', time: 1 })
    clock.advance(4499)
    assert.equal(parley.status, 'connected')
    FakeSocket.last.says({ type: 'beat', time: 2 })
    clock.sleepThrough(3_600_000)
    assert.equal(parley.status, 'connected')
    FakeSocket.last.says({ type: 'beat', time: 3 })
    clock.advance(4499)
    assert.equal(parley.status, 'connected')
    clock.advance(2)
    assert.equal(parley.status, 'reconnecting')
    assert.equal(FakeSocket.all[0].closedWith, 4000)
})

test('a server that never says welcome is given up', async () => {
    const { parley, clock } = begin()
    parley.connect()
    FakeSocket.last.opens()
    clock.advance(10_000)
    assert.equal(parley.status, 'reconnecting')
})

test('why the door is shut is asked once, and a refusal is final', async () => {
    const asked = []
    const fetch = async (url) => { asked.push(url); return { ok: false, status: 403, json: async () => ({ ok: false, code: 'origin-refused', message: 'No.' }) } }
    const { parley, clock, statuses } = begin({ url: 'wss://test/v1/connect?token=t', fetch })
    const joined = parley.join('blue-fox')
    FakeSocket.last.ends(1006)
    await assert.rejects(joined, { code: 'origin-refused' })
    assert.deepEqual(asked, ['https://test/v1/validate?token=t'])
    assert.equal(statuses.at(-1).status, 'closed')
    clock.advance(60_000)
    assert.equal(FakeSocket.all.length, 1)
    assert.equal(parley.status, 'closed')
})

test('leave resolves with its event; close closes rooms and pending joins', async () => {
    const { parley, room, heard } = await inRoom()
    const left = room.leave()
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'leave', id: 2, room: 'r_1' }])
    FakeSocket.last.says(events(2,
        { type: 'left', participant: 'p_ada', reason: 'left', by: 'p_ada', id: 2, patch: { people: { p_ada: null } } },
        { type: 'ended', reason: 'empty', patch: { room: { lifecycle: 'ended' } } }))
    await left
    assert.deepEqual(heard, [['closed', 'left']])
    assert.deepEqual(parley.rooms, [])
    const joined = parley.join('red-fox')
    parley.close()
    await assert.rejects(joined, { code: 'closed' })
    assert.equal(FakeSocket.last.closedWith, 1000)
})

test('a leave while the line is down is done: the room is not joined again', async () => {
    const { clock, room } = await inRoom()
    FakeSocket.last.ends(1006)
    await room.leave()
    clock.advance(250)
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].join, undefined)
})

test('a leave between hello and snapshot takes back the new membership', async () => {
    const { clock, parley, room } = await inRoom()
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    await room.leave()
    FakeSocket.last.take()
    FakeSocket.last.says(welcome(), snapshot('p_ada2', { p_ada2: person(2) }))
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'leave', id: 2, room: 'r_1' }])
    assert.deepEqual(parley.rooms, [])
})

test('a wrong hash is reported, and mistrusted once', async () => {
    const { parley, clock } = begin()
    const errors = []
    parley.on('error', ({ code }) => errors.push(code))
    parley.join('blue-fox')
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome(), { ...snapshot('p_ada', { p_ada: person(1) }), hash: '0123456789abcdef' })
    await settle()
    assert.deepEqual([errors, parley.status], [['hash-mismatch'], 'reconnecting'])
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome(), { ...snapshot('p_ada', { p_ada: person(1) }), hash: '0123456789abcdef' })
    await settle()
    assert.deepEqual([errors.length, parley.status], [2, 'connected'])
})

test('the storage holds the secret only between two pages', async () => {
    const values = new Map()
    const storage = { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => values.set(key, value), removeItem: (key) => values.delete(key) }
    const environment = new EventTarget()
    await inRoom(undefined, { storage, environment })
    assert.equal(values.size, 0)
    environment.dispatchEvent(new Event('pagehide'))
    assert.equal(values.size, 1)
    const { parley } = begin({ storage, environment: new EventTarget() })
    parley.connect()
    FakeSocket.last.opens()
    assert.deepEqual(FakeSocket.last.take()[0].resume, { session: 's_1', secret: 'x' })
    assert.equal(values.size, 0)
})

test('a listener that throws stops nobody', async () => {
    const { parley } = begin()
    const failures = []
    globalThis.reportError = (error) => failures.push(error.message)
    parley.on('status', () => { throw new Error('mine') })
    const seen = []
    parley.on('status', ({ status }) => seen.push(status))
    parley.connect()
    delete globalThis.reportError
    assert.deepEqual([seen, failures], [['connecting'], ['mine']])
})

test('every code has plain words', () => {
    for (const code of ['room-full', 'no-rollback', 4505, 1006, 4777, 4123, 'something-new', undefined]) {
        const { title, text } = explain({ code })
        assert.ok(title.length > 0 && text.length > 0)
    }
    assert.equal(explain('unknown-room').title, explain(new ParleyError('unknown-room', '')).title)
})
