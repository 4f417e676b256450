import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RemoteCandidates } from '../src/candidates.js'

test('candidates wait for a description, and those of another generation are dropped', async () => {
    const applied = []
    const errors = []
    const world = { isIgnoring: false }
    const connection = { remoteDescription: null, addIceCandidate: async (candidate) => { applied.push(candidate?.candidate ?? null) } }
    const candidates = new RemoteCandidates({ connection, isIgnoring: () => world.isIgnoring, onError: (error) => errors.push(error) })
    await candidates.add({ candidate: 'early', usernameFragment: 'new' })
    await candidates.add({ candidate: 'old', usernameFragment: 'old' })
    await candidates.add({ candidate: 'candidate:1 ufrag old' })
    assert.deepEqual(applied, [])
    connection.remoteDescription = { sdp: 'v=0\r\na=ice-ufrag:new\r\n' }
    await candidates.release()
    await candidates.add({ candidate: '', usernameFragment: 'new' })
    await candidates.add(null)
    assert.deepEqual(applied, ['early', '', null])
    world.isIgnoring = true
    await candidates.add({ candidate: 'of the ignored offer' })
    assert.deepEqual([applied.length, errors], [3, []])
})

test('a candidate that fails is told, unless its offer was ignored', async () => {
    const errors = []
    const world = { isIgnoring: false }
    const connection = { remoteDescription: { sdp: 'a=ice-ufrag:f\r\n' }, addIceCandidate: async () => { throw new Error('refused') } }
    const candidates = new RemoteCandidates({ connection, isIgnoring: () => world.isIgnoring, onError: ({ message }) => errors.push(message) })
    await candidates.add({ candidate: 'x', usernameFragment: 'f' })
    await candidates.add(null)
    world.isIgnoring = true
    await candidates.add({ candidate: 'x', usernameFragment: 'f' })
    assert.deepEqual(errors, ['refused'])
})
