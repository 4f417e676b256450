import assert from 'node:assert/strict'
import { test } from 'node:test'
import { begin, inRoom, withBob } from './scripted.js'
import { FakeSocket, at, events, person, snapshot, welcome } from './support.js'

test('a missing frame means a new connection, and the room is joined again', async () => {
    const { parley, clock, room, heard } = await withBob()
    const socket = FakeSocket.last
    socket.says(events(3, { type: 'media-changed', participant: 'p_bob', patch: {} }))
    assert.equal(socket.closedWith, 4000)
    assert.equal(parley.status, 'reconnecting')
    clock.advance(250)
    FakeSocket.last.opens()
    assert.deepEqual(FakeSocket.last.take().map(({ resume, join }) => ({ resume, join })),
        [{ resume: { session: 's_1', secret: 'x', attempt: 1, rooms: { r_1: at(1) }, selves: { r_1: 'p_ada' } }, join: undefined }])
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
    assert.deepEqual(FakeSocket.last.take().slice(2), [{ type: 'media', id: 2, room: 'r_1', audio: true, video: false }])
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

test('a server that is full says when to come again, and is not asked before', async () => {
    const fetch = async () => ({ ok: false, status: 503, json: async () => ({ ok: false, code: 'connections-full', message: 'Full.', retryAfterMilliseconds: 8000 }) })
    const { parley, clock, statuses } = begin({ url: 'wss://test/v1/connect', fetch })
    parley.connect()
    FakeSocket.last.ends(1006)
    await new Promise((resolve) => setImmediate(resolve))
    const { retryInMilliseconds, reason } = statuses.at(-1)
    assert.equal(reason, 'connections-full')
    // Spread over half as long behind it.
    assert.ok(retryInMilliseconds >= 8000 && retryInMilliseconds <= 12_000, `${retryInMilliseconds}`)
    clock.advance(7999)
    assert.equal(FakeSocket.all.length, 1)
    clock.advance(4001)
    assert.equal(FakeSocket.all.length, 2)
    assert.equal(parley.status, 'reconnecting')
})

test('so does one that refuses the hello; where there is another server, that one is tried', async () => {
    for (const [url, milliseconds] of [['wss://a/v1/connect', 7000], [['wss://a/v1/connect', 'wss://b/v1/connect'], 0]]) {
        const { parley, statuses } = begin({ url })
        parley.connect()
        FakeSocket.last.opens()
        FakeSocket.last.says({ type: 'rejected', of: 'hello', code: 'authorization-unavailable', message: '', retryAfterMilliseconds: 7000 })
        FakeSocket.last.ends(4412, 'later')
        const { retryInMilliseconds } = statuses.at(-1)
        assert.ok(milliseconds ? retryInMilliseconds >= milliseconds : retryInMilliseconds <= 250, `${url} ${retryInMilliseconds}`)
    }
})
