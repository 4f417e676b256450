import assert from 'node:assert/strict'
import { test } from 'node:test'
import { begin, inRoom, withBob } from './scripted.js'
import { FakeSocket, at, events, person, settle, snapshot, welcome } from './support.js'

const people = { p_ada: person(1), p_bob: person(2) }
const resumed = () => welcome({ resumed: true, resume: { secret: 'y' } })
const told = (world) => {
    const heard = []
    for (const name of ['joined', 'left', 'interrupted', 'resumed', 'resynced', 'rejoined', 'ended', 'closed', 'signal']) {
        world.room.on(name, (value, reason) => heard.push([name, value?.id ?? value?.data ?? value, reason].filter((part) => part !== undefined).join(' ')))
    }
    return heard
}

/** The socket is lost and another one is open; answers with what it said first. */
function returns({ clock }, code = 1006) {
    FakeSocket.last.ends(code)
    clock.advance(250)
    FakeSocket.last.opens()
    return FakeSocket.last.take()[0]
}

test('a resume says what is held; room and participant stay; what was missed is told as it happened', async () => {
    const world = await withBob()
    const heard = told(world)
    FakeSocket.last.says({ type: 'signal', from: 'p_bob', n: 1, floor: 1, data: 'a' })
    const hello = returns(world)
    assert.deepEqual(hello.resume, { session: 's_1', secret: 'x', attempt: 1, rooms: { r_1: at(1) }, selves: { r_1: 'p_ada' }, received: { p_bob: 1 } })
    assert.equal(hello.join, undefined)
    FakeSocket.last.says(resumed(),
        events(2, { type: 'joined', participant: 'p_cem', by: 'p_cem', id: 1, patch: { people: { p_cem: person(3) } } }),
        events(3, { type: 'left', participant: 'p_bob', reason: 'left', patch: { people: { p_bob: null } } }))
    assert.deepEqual(heard, ['signal a', 'interrupted p_ada', 'resumed p_ada', 'joined p_cem', 'left p_bob left'])
    assert.deepEqual([world.room.self, world.room.position, world.parley.status], ['p_ada', at(3), 'connected'])
    assert.deepEqual(world.statuses.slice(2).map(({ status }) => status), ['reconnecting', 'connected'])
    assert.equal(returns(world).resume.secret, 'y', 'each welcome brings a new secret')
})

test('nobody goes on as whom a server takes us for that has lost who we are: we forget everything, and join anew', async () => {
    const world = await withBob()
    world.room.media({ audio: true }).catch(() => {})
    returns(world)
    const earlier = FakeSocket.last
    earlier.says(welcome({ resumed: true, resume: { secret: 'y' }, selves: { r_1: 'p_ada0' } }))
    assert.deepEqual(earlier.take(), [])
    world.clock.advance(250)
    FakeSocket.last.opens()
    assert.deepEqual(FakeSocket.last.take().map(({ type, resume }) => [type, resume]), [['hello', { session: 's_1', secret: 'y' }]])
    FakeSocket.last.says(welcome({ session: 's_2', resumed: false }))
    assert.deepEqual(FakeSocket.last.take().map(({ type, id }) => [type, id]), [['join', 1]])
    FakeSocket.last.says(snapshot('p_ada2', { p_ada2: person(1), p_bob: person(2) }, 1))
    assert.equal(world.room.self, 'p_ada2')
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'media', id: 2, audio: true, room: 'r_1' }])
})

test('a join that is answered by somebody who has said more than that is answered by whom we were before', async () => {
    const world = await withBob()
    world.parley.join('green-owl').catch(() => {})
    FakeSocket.last.take()
    FakeSocket.last.says({ ...snapshot('p_ada0', people, 1), room: 'r_2', lastCommand: 5, state: { room: { alias: 'green-owl' }, people: {} } })
    assert.equal(world.parley.status, 'reconnecting')
    world.clock.advance(250)
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].resume.rooms, undefined)
})

test('a command that was lost on its way goes again under its number; behind it those that waited', async () => {
    const world = await withBob()
    const done = world.room.media({ audio: true })
    returns(world)
    const later = world.room.media({ video: true })
    FakeSocket.last.says(resumed())
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'media', id: 2, audio: true, room: 'r_1' }])
    FakeSocket.last.says(events(2, { type: 'media-changed', participant: 'p_ada', by: 'p_ada', id: 2, patch: {} }))
    await done
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'media', id: 3, video: true, room: 'r_1' }])
    FakeSocket.last.says(events(3, { type: 'media-changed', participant: 'p_ada', by: 'p_ada', id: 3, patch: {} }))
    await later
})

test('a command whose event was lost is acknowledged by the replay', async () => {
    const world = await withBob()
    const done = world.room.media({ audio: true })
    returns(world)
    FakeSocket.last.says(resumed(), events(2, { type: 'media-changed', participant: 'p_ada', by: 'p_ada', id: 2, patch: {} }))
    await done
    world.room.media({ video: true })
    assert.deepEqual(FakeSocket.last.take().map(({ id }) => id), [2, 3])
})

test('a snapshot takes the place of too much: differences are told, and a command shows in the state', async () => {
    const world = await withBob()
    const heard = told(world)
    const done = world.room.media({ audio: true })
    returns(world)
    FakeSocket.last.says(resumed(), snapshot('p_ada', {
        p_ada: person(1, { media: { audio: true, video: false, screen: false } }), p_cem: person(3) }, 9))
    await done
    assert.deepEqual(heard, ['interrupted p_ada', 'resumed p_ada', 'left p_bob resynced', 'joined p_cem', 'resynced'])
    assert.deepEqual([world.room.self, world.room.position], ['p_ada', at(9)])
})

test('signals that are not known to be delivered go again, each under its number; new ones behind', async () => {
    const world = await withBob()
    const outcomes = []
    for (const data of ['a', 'b', 'c']) world.room.send('p_bob', data).then(() => outcomes.push(data))
    FakeSocket.last.says({ type: 'beat', time: 1, delivered: { p_bob: 1 } })
    FakeSocket.last.ends()
    world.room.send('p_bob', 'd').then(() => outcomes.push('d'))
    world.clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.take()
    FakeSocket.last.says(resumed())
    assert.deepEqual(FakeSocket.last.take().map(({ n, data, floor }) => `${n}:${data}/${floor}`), ['2:b/2', '3:c/2', '4:d/2'])
    FakeSocket.last.says({ type: 'beat', time: 1, delivered: { p_bob: 4 } })
    await settle()
    assert.deepEqual(outcomes, ['a', 'b', 'c', 'd'])
})

test('signals that come again are taken once', async () => {
    const world = await withBob()
    const heard = told(world)
    const signal = (n) => ({ type: 'signal', from: 'p_bob', n, floor: 1, data: n })
    FakeSocket.last.says(signal(1), signal(2))
    assert.deepEqual(returns(world).resume.received, { p_bob: 2 })
    FakeSocket.last.says(resumed(), signal(2), signal(3))
    assert.deepEqual(heard.filter((line) => line.startsWith('signal')), ['signal 1', 'signal 2', 'signal 3'])
})

test('a gap is filled by a resume; the same gap again asks for a snapshot', async () => {
    const world = await withBob()
    const later = events(4, { type: 'media-changed', participant: 'p_bob', patch: {} })
    const again = () => { world.clock.advance(5_000); FakeSocket.last.opens(); return FakeSocket.last.take()[0].resume.rooms }
    FakeSocket.last.says(later)
    assert.deepEqual(again(), { r_1: at(1) })
    FakeSocket.last.says(resumed(), later)
    assert.deepEqual(again(), { r_1: null })
    FakeSocket.last.says(resumed(), snapshot('p_ada', people, 4))
    FakeSocket.last.ends(1006)
    assert.deepEqual([world.room.position, again()], [at(4), { r_1: at(4) }])
})

test('a gap of signals that a resume does not fill needs a new session', async () => {
    const world = await withBob()
    const missing = { type: 'signal', from: 'p_bob', n: 2, floor: 1, data: 1 }
    const again = () => { world.clock.advance(5_000); FakeSocket.last.opens(); return FakeSocket.last.take()[0].resume }
    FakeSocket.last.says(missing)
    assert.deepEqual(again().rooms, { r_1: at(1) })
    FakeSocket.last.says(resumed(), missing)
    assert.deepEqual(again(), { session: 's_1', secret: 'y' })
})

test('a session that is over: joined again, under a new name for the same somebody', async () => {
    const world = await withBob()
    const heard = told(world)
    returns(world)
    FakeSocket.last.says(welcome({ session: 's_2' }))
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'join', id: 1, room: 'blue-fox', name: 'Ada' }])
    FakeSocket.last.says(snapshot('p_ada2', { p_ada2: person(3) }, 5))
    assert.deepEqual(heard, ['interrupted p_ada', 'rejoined'])
})

test('a room that has let us go while the session lived on is joined again; senders count anew', async () => {
    const world = await withBob()
    const heard = told(world)
    const signal = { type: 'signal', from: 'p_bob', n: 1, floor: 1, data: 1 }
    FakeSocket.last.says(signal)
    returns(world)
    FakeSocket.last.says(resumed(), { type: 'rejected', of: 'resume', room: 'r_1', code: 'not-joined', message: '' })
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'join', id: 1, room: 'blue-fox', name: 'Ada' }])
    FakeSocket.last.says(snapshot('p_ada2', { p_bob: person(2), p_ada2: person(3) }, 5), signal)
    assert.deepEqual([heard.at(-2), heard.at(-1), world.room.self], ['rejoined', 'signal 1', 'p_ada2'])
})

test('a room in which another device has taken the place is not joined again by itself', async () => {
    const world = await withBob()
    const reasons = []
    world.room.on('closed', (reason) => reasons.push(reason))
    returns(world)
    FakeSocket.last.says(resumed(), { type: 'rejected', of: 'resume', room: 'r_1', code: 'identity-present', message: '' })
    world.clock.advance(60_000)
    assert.deepEqual([FakeSocket.last.take(), reasons, world.parley.rooms], [[], ['replaced'], []])
})

test('a leave that was under way is repeated; if it was done, there is nothing to do', async () => {
    for (const answer of [
        events(2, { type: 'left', participant: 'p_ada', reason: 'left', by: 'p_ada', id: 2, patch: { people: { p_ada: null } } }),
        { type: 'rejected', of: 'resume', room: 'r_1', code: 'not-joined', message: '' },
    ]) {
        const world = await withBob()
        const left = world.room.leave()
        returns(world)
        FakeSocket.last.says(resumed(), answer)
        await left
        assert.deepEqual(FakeSocket.last.take(), [{ type: 'leave', id: 2, room: 'r_1' }])
        assert.deepEqual(world.parley.rooms, [])
    }
})

test('a room that was left without a line is told goodbye by the resume, and can be joined again', async () => {
    const world = await withBob()
    world.room.media({ audio: true }).catch(() => {})
    FakeSocket.last.ends()
    await world.room.leave()
    const again = world.parley.join('blue-fox', { name: 'Ada' })
    world.clock.advance(250)
    FakeSocket.last.opens()
    const [hello] = FakeSocket.last.take()
    assert.deepEqual([hello.resume.rooms, hello.join], [{ r_1: at(1) }, undefined])
    FakeSocket.last.says(resumed())
    assert.deepEqual(FakeSocket.last.take().map(({ type, id }) => [type, id]), [['media', 2], ['leave', 3], ['join', 1]])
    FakeSocket.last.says(snapshot('p_ada', people),
        events(2, { type: 'left', participant: 'p_ada', reason: 'left', by: 'p_ada', id: 3, patch: { people: { p_ada: null } } }),
        snapshot('p_ada2', { p_bob: person(2), p_ada2: person(3) }, 3))
    assert.equal((await again).self, 'p_ada2')
    assert.deepEqual(returns(world).resume.rooms, { r_1: at(3) })
})

test('a join that was lost goes with the resume; a creation waits whether its room shows up', async () => {
    const world = begin()
    const named = world.parley.join('blue-fox')
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome())
    const created = world.parley.join()
    await settle()
    assert.deepEqual(FakeSocket.last.take().map(({ type }) => type), ['hello', 'join'])
    assert.deepEqual(returns(world).join, { id: 1, room: 'blue-fox' })
    FakeSocket.last.says(resumed(), snapshot('p_a', { p_a: person(1) }))
    assert.equal((await named).self, 'p_a')
    assert.deepEqual(FakeSocket.last.take(), [])
    FakeSocket.last.says(snapshot('p_b', { p_b: person(1) }, 1, { id: 'r_2' }))
    assert.equal((await created).id, 'r_2')
    world.clock.advance(2_000)
    assert.deepEqual(FakeSocket.last.take(), [])
})

test('superseded by another page: over for good, by name; asked for, it comes back without a memory', async () => {
    const world = await withBob()
    const heard = told(world)
    FakeSocket.last.ends(4509, 'Another connection has taken over this session.')
    const { status, code, reason } = world.statuses.at(-1)
    assert.deepEqual([status, code, reason, heard], ['closed', 4509, 'superseded', ['closed superseded']])
    world.clock.advance(60_000)
    assert.equal(FakeSocket.all.length, 1)
    world.parley.join('blue-fox', { name: 'Ada' })
    FakeSocket.last.opens()
    const [hello] = FakeSocket.last.take()
    assert.deepEqual([hello.resume, hello.join.room], [{ session: 's_1', secret: 'x' }, 'blue-fox'])
})

test('credentials that another page has handed over', () => {
    const { parley } = begin({ credentials: { session: 's_9', secret: 'z' } })
    parley.connect()
    FakeSocket.last.opens()
    assert.deepEqual(FakeSocket.last.take()[0].resume, { session: 's_9', secret: 'z' })
})

test('others who are interrupted stay, and are told about; of ourselves we know better', async () => {
    const world = await withBob()
    const heard = told(world)
    const turns = (sequence, participant, type, connection) =>
        FakeSocket.last.says(events(sequence, { type, participant, patch: { people: { [participant]: { connection } } } }))
    turns(2, 'p_bob', 'interrupted', 'interrupted')
    assert.equal(world.room.person('p_bob').connection, 'interrupted')
    turns(3, 'p_bob', 'resumed', 'connected')
    turns(4, 'p_ada', 'interrupted', 'interrupted')
    turns(5, 'p_ada', 'resumed', 'connected')
    assert.deepEqual(heard, ['interrupted p_bob', 'resumed p_bob'])
    assert.equal((await inRoom()).room.person('p_ada').connection, 'connected')
})

test('the ICE servers of a resume are those of all connections from here on', async () => {
    const world = await withBob()
    const lists = []
    world.room.on('ice-servers', (list) => lists.push(list))
    returns(world)
    FakeSocket.last.says(welcome({ resumed: true, iceServers: [{ urls: 'stun:new' }], iceServersExpireAt: 9 }))
    assert.deepEqual([lists, world.parley.iceServersExpireAt], [[[{ urls: 'stun:new' }]], 9])
})
