import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stateHash } from '../parley.js'
import { inRoom, withBob } from './scripted.js'
import { FakeSocket, at, events, person, settle, snapshot, welcome } from './support.js'

const beat = (news) => ({ type: 'beat', time: 1, rooms: { r_1: news } })
const wrong = '0123456789abcdef'

async function watched(features = ['resync']) {
    const world = await withBob()
    world.parley.features = features
    const told = []
    for (const name of ['resynced', 'joined', 'left', 'interrupted']) world.room.on(name, () => told.push(name))
    world.parley.on('error', ({ code }) => told.push(code))
    return { ...world, told }
}

test('the same hash at the same position says nothing', async () => {
    const { room, told } = await watched()
    FakeSocket.last.says(beat({ at: at(1), hash: room.hash }))
    assert.deepEqual([FakeSocket.last.take(), told], [[], []])
})

test('another hash at the same position: asked once, with our own; the snapshot mends it and says so', async () => {
    const { room, parley, told } = await watched()
    const mended = []
    parley.on('resynced', ({ id }) => mended.push(id))
    const ours = room.hash
    FakeSocket.last.says(beat({ at: at(1), hash: wrong }), beat({ at: at(1), hash: wrong }))
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'resync', at: at(1), hash: ours, room: 'r_1' }])
    assert.deepEqual(told, ['hash-mismatch'])
    const people = { p_ada: person(1), p_cem: person(3) }
    FakeSocket.last.says({ ...snapshot('p_ada', people, 1), lastCommand: 1 })
    assert.deepEqual([told, mended], [['hash-mismatch', 'left', 'joined', 'resynced'], ['r_1']])
    FakeSocket.last.says(beat({ at: at(1), hash: stateHash(room.state) }))
    assert.deepEqual(FakeSocket.last.take(), [])
})

test('whoever is further, behind, or in another history compares nothing', async () => {
    const { told } = await watched()
    FakeSocket.last.says(beat({ at: at(2), hash: wrong }), beat({ at: [1, 1, 'ffffffffffffffff'], hash: wrong }),
        beat({ at: [2, 1, at(1)[2]], hash: wrong }), events(2, { type: 'x' }), beat({ at: at(1), hash: wrong }))
    assert.deepEqual([FakeSocket.last.take(), told], [[], []])
})

test('the hash follows the patches', async () => {
    const { room } = await watched()
    const before = room.hash
    FakeSocket.last.says(events(2, { type: 'later', patch: { people: { p_bob: { hat: 'red' } } } }))
    assert.notEqual(room.hash, before)
    FakeSocket.last.says(beat({ at: at(2), hash: before }))
    assert.deepEqual(FakeSocket.last.take().map(({ hash }) => hash), [stateHash(room.state)])
})

test('a difference that no snapshot mends is asked about three times, not for ever', async () => {
    await watched()
    for (let i = 0; i < 6; i += 1) {
        FakeSocket.last.says(beat({ at: at(1), hash: wrong }), snapshot('p_ada', { p_ada: person(1) }))
    }
    assert.equal(FakeSocket.last.take().length, 3)
})

test('a server that does not know the question is asked by a new connection, and once is enough', async () => {
    const { clock, parley, room } = await watched([])
    FakeSocket.last.says(beat({ at: at(1), hash: wrong }))
    await settle()
    assert.equal(parley.status, 'reconnecting')
    clock.advance(250)
    FakeSocket.last.opens()
    assert.deepEqual(FakeSocket.last.take()[0].resume.rooms, { r_1: null })
    FakeSocket.last.says(welcome({ resumed: true }), { ...snapshot('p_ada', { p_ada: person(1) }, 2) })
    assert.deepEqual(room.resumePosition, at(2))
    FakeSocket.last.says(beat({ at: at(2), hash: wrong }))
    await settle()
    assert.equal(parley.status, 'connected')
})

test('a question that was lost with its line is asked again', async () => {
    const { clock } = await watched()
    FakeSocket.last.says(beat({ at: at(1), hash: wrong }))
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ resumed: true, features: ['resync'] }))
    FakeSocket.last.take()
    FakeSocket.last.says(beat({ at: at(1), hash: wrong }))
    assert.deepEqual(FakeSocket.last.take().map(({ type }) => type), ['resync'])
})

test('a room that the server does not have us in any more is joined again', async () => {
    const { told } = await watched()
    FakeSocket.last.says(beat({ at: at(1), hash: wrong }))
    FakeSocket.last.take()
    FakeSocket.last.says({ type: 'rejected', of: 'resync', room: 'r_1', code: 'not-joined', message: '' })
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'join', id: 1, room: 'blue-fox', name: 'Ada' }])
    assert.deepEqual(told, ['hash-mismatch', 'interrupted'])
})

test('how far away people are: the newest value of each, gone with them', async () => {
    const { room } = await withBob()
    const told = []
    room.on('round-trip', ({ id, roundTripMilliseconds }) => told.push(`${id} ${roundTripMilliseconds}`))
    assert.equal('roundTripMilliseconds' in room.person('p_bob'), false)
    FakeSocket.last.says(beat({ roundTripMilliseconds: { p_ada: 3, p_bob: 34 } }), beat({ roundTripMilliseconds: { p_bob: 90, p_zoe: 1 } }))
    assert.deepEqual(told, ['p_ada 3', 'p_bob 34', 'p_bob 90'])
    assert.deepEqual(room.people.map(({ roundTripMilliseconds }) => roundTripMilliseconds), [3, 90])
    const left = { type: 'left', participant: 'p_bob', reason: 'left', patch: { people: { p_bob: null } } }
    const back = { type: 'joined', participant: 'p_bob', patch: { people: { p_bob: person(2) } } }
    FakeSocket.last.says(events(2, left), events(3, back))
    assert.equal(room.person('p_bob').roundTripMilliseconds, undefined)
    assert.equal(room.person('p_ada').roundTripMilliseconds, 3)
})

test('beats about rooms that one is not in, or not yet again, are ignored', async () => {
    const { clock } = await inRoom()
    FakeSocket.last.says({ type: 'beat', time: 1, rooms: { r_9: { at: at(1), hash: wrong, roundTripMilliseconds: { p_x: 1 } } } })
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ session: 's_2' }))
    FakeSocket.last.take()
    FakeSocket.last.says(beat({ at: at(1), hash: wrong }))
    assert.deepEqual(FakeSocket.last.take(), [])
})
