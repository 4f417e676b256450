import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Parley, fold, politeness, stateHash } from '../parley.js'
import { murmur3 } from '../src/hash.js'
import { FakeSocket, ManualClock, vectors, welcome } from './support.js'

for (const { name, text, seed, hash } of vectors('murmur3')) {
    test(`MurmurHash3: ${name}`, () => assert.equal(murmur3(new TextEncoder().encode(text), seed), hash))
}

for (const { name, state, hash } of vectors('hash')) {
    test(`state hash: ${name}`, () => assert.equal(stateHash(state), hash))
}

for (const { name, state, patch, result } of vectors('patch')) {
    test(`patch: ${name}`, () => {
        const before = JSON.stringify(state)
        assert.deepEqual(fold(state, patch), result)
        assert.equal(JSON.stringify(state), before, 'the old state stays as it was')
    })
}

for (const { name, self, other, polite, offers } of vectors('politeness')) {
    test(`politeness: ${name}`, () => assert.deepEqual(politeness(self, other), { polite, offers }))
}

// Every frame that a server may send is taken without harm, in a room and out of it.
for (const { name, message } of vectors('messages').filter(({ direction }) => direction === 'server')) {
    test(`a client takes: ${name}`, async () => {
        const parley = new Parley({ url: 'ws://test/v1/connect', WebSocket: FakeSocket, clock: new ManualClock(), random: () => 0 })
        const errors = []
        parley.on('error', (error) => errors.push(error.code))
        const joined = parley.join('blue-fox', { name: 'Ada' }).catch(() => {})
        FakeSocket.last.opens()
        FakeSocket.last.says(welcome(), vectors('messages').find((vector) => vector.name === 'snapshot').message)
        await joined
        FakeSocket.last.says(message)
        assert.deepEqual(errors.filter((code) => code === 'hash-mismatch'), [])
    })
}

test('the worked call folds to one state and one hash on both sides', () => {
    const call = Object.fromEntries(vectors('messages').map(({ name, message }) => [name, message]))
    let ada = call['call-ada-snapshot'].state
    assert.equal(stateHash(ada), call['call-ada-snapshot'].hash)
    for (const event of call['call-ada-bob-joined'].events) ada = fold(ada, event.patch)
    assert.deepEqual(ada, call['call-bob-snapshot'].state)
    assert.equal(stateHash(ada), call['call-bob-snapshot'].hash)
})

test('a long room folds to the same state and hash after every frame as on the server', () => {
    const { entries, state: last } = vectors('room-log')
    let state = {}
    for (const { frame, hash } of entries) {
        for (const { patch } of frame.events) if (patch) state = fold(state, patch)
        assert.equal(stateHash(state), hash, `at ${frame.at}`)
    }
    assert.deepEqual(state, last)
})

test('a call and the line that it rings on fold to the same states and hashes as on the server', () => {
    const rooms = vectors('call-log')
    assert.equal(rooms.length, 2)
    for (const { entries, state: last } of rooms) {
        let state = {}
        for (const { events, hash } of entries) {
            for (const { patch } of events) if (patch) state = fold(state, patch)
            assert.equal(stateHash(state), hash)
        }
        assert.deepEqual(state, last)
    }
})
