import assert from 'node:assert/strict'
import { test } from 'node:test'
import { begin, inRoom } from './scripted.js'
import { FakeSocket, person, welcome } from './support.js'

const people = { p_ada: person(1), p_bob: person(2) }
const two = { endpoints: ['ws://a/v1/connect', 'ws://b/v1/connect'], url: undefined }
const resumed = (members) => welcome({ resumed: true, resume: { secret: 'y' }, ...members })
const beat = (members) => ({ type: 'beat', time: 0, ...members })

/** Time goes by, and the server is heard meanwhile. */
const wait = ({ clock }, socket, milliseconds, members) => {
    for (let left = milliseconds; left > 0; left -= 1_000) { clock.advance(Math.min(left, 1_000)); socket.says(beat(members)) }
}

test('a server that can decide nothing is told once, and another one is tried while the line is kept', async () => {
    const world = await inRoom(people, two)
    const told = []
    world.parley.on('degraded', (isDegraded) => told.push(isDegraded))
    const first = FakeSocket.last
    first.says(beat({ degraded: true }))
    wait(world, first, 2_000, { degraded: true })
    assert.deepEqual([told, world.parley.isDegraded, world.parley.status], [[true], true, 'connected'])
    const second = FakeSocket.last
    assert.equal(second.url, 'ws://b/v1/connect?resume=1')
    assert.equal(first.closedWith, null)
    second.opens()
    second.says(resumed())
    assert.deepEqual([told, world.parley.isDegraded, world.parley.url], [[true, false], false, 'ws://b/v1/connect'])
})

test('a trouble that is over is no reason to go', async () => {
    const world = await inRoom(people, two)
    const first = FakeSocket.last
    first.says(beat({ degraded: true }))
    wait(world, first, 1_000)
    first.says(beat({ degraded: false }))
    wait(world, first, 10_000)
    assert.equal(FakeSocket.all.length, 1)
    assert.equal(world.parley.isDegraded, false)
})

test('a server that goes away as well is left all the same', async () => {
    const world = await inRoom(people, two)
    const first = FakeSocket.last
    first.says({ type: 'goaway', withinMilliseconds: 8_000, deadlineMilliseconds: 45_000 }, beat({ degraded: true }))
    wait(world, first, 1_000)
    first.says(beat({ degraded: false }))
    wait(world, first, 3_000)
    assert.equal(FakeSocket.all.length, 2)
})

test('whoever knows one address stays', async () => {
    const world = await inRoom(people)
    FakeSocket.last.says(beat({ degraded: true }))
    wait(world, FakeSocket.last, 10_000)
    assert.equal(FakeSocket.all.length, 1)
})

test('a server that cannot be had leaves the line as it is', async () => {
    const world = await inRoom(people, two)
    const first = FakeSocket.last
    first.says(beat({ degraded: true }))
    wait(world, first, 2_000)
    FakeSocket.last.ends(1006)
    assert.equal(world.parley.status, 'connected')
    world.room.media({ audio: true })
    assert.deepEqual(first.take().map(({ type }) => type), ['media'])
})

test('a goaway names where to go', async () => {
    const world = await inRoom(people, two)
    const first = FakeSocket.last
    first.says({ type: 'goaway', withinMilliseconds: 1_000, deadlineMilliseconds: 45_000, endpoint: 'ws://c/v1/connect' })
    wait(world, first, 500)
    assert.equal(FakeSocket.last.url, 'ws://c/v1/connect?resume=1')
    // It comes to nothing: the next one that is known.
    FakeSocket.last.ends(1006)
    wait(world, first, 5_000)
    assert.equal(FakeSocket.last.url, 'ws://a/v1/connect?resume=1')
})

test('a welcome names where else the session can be had, and the next one anew', () => {
    const world = begin()
    world.parley.connect()
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ endpoints: ['ws://b/v1/connect', 'wss://c/v1/connect'] }))
    const urls = []
    for (let round = 0; round < 4; round += 1) {
        FakeSocket.last.ends(1006)
        world.clock.advance(6_000)
        urls.push(new URL(FakeSocket.last.url).host)
    }
    assert.deepEqual(urls, ['b', 'c', 'test', 'b'])
    FakeSocket.last.opens()
    FakeSocket.last.says(resumed())
    FakeSocket.last.ends(1006)
    world.clock.advance(6_000)
    assert.equal(new URL(FakeSocket.last.url).host, 'test')
})

test('an address that is less safe than the own ones, or none, is not heeded', () => {
    const world = begin({ url: 'wss://test/v1/connect' })
    world.parley.connect()
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ endpoints: ['ws://b/v1/connect', 'javascript:alert(1)', '', 'http://d'] }))
    FakeSocket.last.ends(1006)
    world.clock.advance(6_000)
    assert.equal(new URL(FakeSocket.last.url).host, 'test')
})

test('so many addresses are taken from a server, and no more', () => {
    const world = begin()
    world.parley.connect()
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ endpoints: Array.from({ length: 40 }, (_, index) => `ws://n${index}/v1/connect`) }))
    const hosts = new Set()
    for (let round = 0; round < 50; round += 1) {
        FakeSocket.last.ends(1006)
        world.clock.advance(6_000)
        hosts.add(new URL(FakeSocket.last.url).host)
    }
    assert.equal(hosts.size, 17)
})
