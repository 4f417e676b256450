import assert from 'node:assert/strict'
import { test } from 'node:test'
import { begin } from './scripted.js'
import { FakeSocket, welcome } from './support.js'

const settled = () => new Promise((resolve) => { setImmediate(resolve) })
const withTokens = (more = {}) => ({ ...welcome(more), features: ['authenticate'] })

/** A service that gives a new token each time, and counts. */
function service() {
    const made = []
    return { made, token: async () => { made.push(`t${made.length + 1}`); return made.at(-1) } }
}

test('a token that is a text goes into every hello', async () => {
    const { parley, clock } = begin({ token: 't' })
    parley.connect()
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].token, 't')
    FakeSocket.last.says(withTokens())
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].token, 't')
})

test('a function is asked before the first connection, and again when its token ends', async () => {
    const { made, token } = service()
    const { parley } = begin({ token })
    parley.connect()
    assert.equal(FakeSocket.all.length, 0)
    await settled()
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].token, 't1')
    FakeSocket.last.says(withTokens())
    FakeSocket.last.says({ type: 'token-expiring', expiresAt: 1 })
    FakeSocket.last.says({ type: 'token-expired', withinMilliseconds: 30_000 })
    await settled()
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'authenticate', token: 't2' }])
    assert.deepEqual(made, ['t1', 't2'])
})

test('after a renewal the next connection shows the newer token', async () => {
    const { made, token } = service()
    const { parley, clock } = begin({ token })
    parley.connect()
    await settled()
    FakeSocket.last.opens()
    FakeSocket.last.says(withTokens())
    FakeSocket.last.says({ type: 'token-expiring', expiresAt: 1 })
    await settled()
    FakeSocket.last.says({ type: 'authenticated', expiresAt: 2 })
    FakeSocket.last.ends(1006)
    clock.advance(60_000)
    FakeSocket.last.opens()
    const hello = FakeSocket.last.take()[0]
    assert.equal(hello.token, 't2')
    assert.ok(hello.resume)
    assert.deepEqual(made, ['t1', 't2'])
})

test('after a long sleep the old token is refused, and the next try has a new one', async () => {
    const { token } = service()
    const { parley, clock, statuses } = begin({ token })
    parley.connect()
    await settled()
    FakeSocket.last.opens()
    FakeSocket.last.says(withTokens())
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].token, 't1')
    FakeSocket.last.says({ type: 'rejected', of: 'hello', code: 'token-expired', message: '' })
    await settled()
    clock.advance(60_000)
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].token, 't2')
    assert.ok(!statuses.some(({ status }) => status === 'closed'))
})

test('without a function the app hears of the end, and hands over a newer token', async () => {
    const { parley } = begin({ token: 't' })
    const heard = []
    parley.on('token-expiring', ({ expiresAt }) => heard.push(expiresAt))
    parley.connect()
    FakeSocket.last.opens()
    FakeSocket.last.says(withTokens())
    FakeSocket.last.take()
    FakeSocket.last.says({ type: 'token-expiring', expiresAt: 7 })
    assert.deepEqual(heard, [7])
    parley.authenticate('u')
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'authenticate', token: 'u' }])
})

test('a service that is down is an error, and whoever closes meanwhile stays closed', async () => {
    const down = begin({ token: async () => { throw new Error('down') } })
    const errors = []
    down.parley.on('error', ({ code, message }) => errors.push([code, message]))
    down.parley.connect()
    await settled()
    assert.deepEqual(errors, [['token-unavailable', 'down']])
    const late = begin(service())
    late.parley.connect()
    late.parley.close()
    await settled()
    assert.equal(FakeSocket.all.length, 0)
})

test('a token that is refused for good ends the connection, and joins fail by that name', async () => {
    for (const [frame, close, code] of [['invalid-token', 4510, 'invalid-token'], [null, 4511, 'token-expired'], [null, 4512, 'token-revoked']]) {
        const { parley, statuses } = begin({ token: 't' })
        const joined = parley.join('blue-fox')
        FakeSocket.last.opens()
        if (frame) FakeSocket.last.says({ type: 'rejected', of: 'hello', code: frame, message: 'No.' })
        FakeSocket.last.ends(close)
        assert.equal(statuses.at(-1).status, 'closed')
        await assert.rejects(joined, { code, closeCode: close })
    }
})
