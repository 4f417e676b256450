import assert from 'node:assert/strict'
import { test } from 'node:test'
import { begin, inRoom } from './scripted.js'
import { FakeSocket, person, snapshot, welcome } from './support.js'

const identity = { session: 's_0', secret: 'w' }

function says({ parley, clock }, milliseconds) {
    if (milliseconds === undefined) parley.connect()
    else { FakeSocket.last.ends(1006); clock.advance(milliseconds) }
    FakeSocket.last.opens()
    return FakeSocket.last.take()[0]
}

test('another device of the same person shows the other one’s session once; later it has its own', () => {
    const world = begin({ identity })
    const hello = says(world)
    assert.deepEqual([hello.identity, hello.resume], [identity, undefined])
    FakeSocket.last.says(welcome())
    const again = says(world, 250)
    assert.deepEqual([again.identity, again.resume], [undefined, { session: 's_1', secret: 'x', attempt: 1, rooms: {} }])
})

test('what a reload has kept goes first', () => {
    const storage = { getItem: () => JSON.stringify({ session: 's_5', secret: 'k' }), setItem() {}, removeItem() {} }
    const hello = says(begin({ identity, storage, environment: new EventTarget() }))
    assert.deepEqual([hello.identity, hello.resume], [undefined, { session: 's_5', secret: 'k' }])
})

test('a join says what the room shall do about a second device, also when it joins again', async () => {
    const world = begin()
    const joined = world.parley.join('blue-fox', { name: 'Ada', devices: 'replace' })
    FakeSocket.last.opens()
    const join = { id: 1, room: 'blue-fox', name: 'Ada', devices: 'replace' }
    assert.deepEqual(FakeSocket.last.take()[0].join, join)
    FakeSocket.last.says(welcome(), snapshot('p_ada', { p_ada: person(1) }))
    await joined
    says(world, 250)
    FakeSocket.last.says(welcome({ session: 's_2' }))
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'join', ...join }])
})

for (const resumeRefused of ['unknown', 'expired', 'outdated', 'over', undefined]) {
    test(`a session that cannot be had says why: ${resumeRefused}`, async () => {
        const world = await inRoom()
        const told = []
        world.parley.on('restarted', (why) => told.push(['restarted', why]))
        world.parley.on('resumed', () => told.push(['resumed']))
        world.room.on('rejoined', (why) => told.push(['rejoined', why]))
        says(world, 250)
        FakeSocket.last.says(welcome({ session: 's_2', resumeRefused }), snapshot('p_ada2', { p_ada2: person(2) }, 5))
        assert.deepEqual(told, [['restarted', resumeRefused], ['rejoined', resumeRefused]])
    })
}

test('an app hears: reconnecting with its attempt and delay, then resumed', async () => {
    const world = await inRoom()
    const told = []
    world.parley.on('reconnecting', (news) => told.push(news))
    world.parley.on('resumed', () => told.push('resumed'))
    FakeSocket.last.ends(1006)
    world.clock.advance(250)
    FakeSocket.last.ends(1001, 'away')
    world.clock.advance(500)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ resumed: true }))
    assert.deepEqual(told, [
        { attempt: 1, delayMilliseconds: 125, code: 1006, reason: '' },
        { attempt: 2, delayMilliseconds: 250, code: 1001, reason: 'away' }, 'resumed',
    ])
})
