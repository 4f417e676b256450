import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ParleyError, explain } from '../parley.js'
import { begin, inRoom } from './scripted.js'
import { FakeSocket, at, events, person, settle, snapshot, welcome } from './support.js'

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

test('whoever leaves and joins again is somebody new, to whom the others count from 1', async () => {
    const { parley, room } = await inRoom({ p_ada: person(1), p_bob: person(2) })
    const heard = []
    const says = (n, data) => FakeSocket.last.says({ type: 'signal', from: 'p_bob', n, floor: 1, data })
    room.on('signal', ({ data }) => heard.push(data))
    says(1, 'one')
    says(2, 'two')
    const left = room.leave()
    FakeSocket.last.says(events(2, { type: 'left', participant: 'p_ada', reason: 'left', by: 'p_ada', id: 2, patch: { people: { p_ada: null } } }))
    await left
    const joined = parley.join('blue-fox')
    FakeSocket.last.says(snapshot('p_ada2', { p_bob: person(2), p_ada2: person(3) }, 3))
    ;(await joined).on('signal', ({ data }) => heard.push(data))
    says(1, 'one, to the new one')
    assert.deepEqual(heard, ['one', 'two', 'one, to the new one'])
})

test('a leave while the line is down is done: the room is not joined again', async () => {
    const { clock, room } = await inRoom()
    FakeSocket.last.ends(1006)
    await room.leave()
    clock.advance(250)
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].join, undefined)
})

test('a leave between a new session and its snapshot takes back the new membership', async () => {
    const { clock, parley, room } = await inRoom()
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome())
    await room.leave()
    FakeSocket.last.take()
    FakeSocket.last.says(snapshot('p_ada2', { p_ada2: person(2) }))
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

test('the secret is saved before an app that closes on pagehide hears of it', () => {
    const values = new Map()
    const storage = { getItem: () => null, setItem: (key, value) => values.set(key, value), removeItem: () => {} }
    const [early, late] = [[], []]
    // A window has two rounds of listeners, and this app was there first.
    const environment = {
        addEventListener: (name, listener, isCapturing) => { if (name === 'pagehide') (isCapturing ? early : late).push(listener) },
        removeEventListener: () => {},
    }
    let parley = null
    environment.addEventListener('pagehide', () => parley.close())
    ;({ parley } = begin({ storage, environment }))
    parley.connect()
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome())
    for (const listener of [...early, ...late]) listener()
    assert.deepEqual([values.size, parley.status], [1, 'closed'])
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
