import assert from 'node:assert/strict'
import { test } from 'node:test'
import { begin } from './scripted.js'
import { FakeSocket, settle, welcome } from './support.js'

/** A service that gives a new ticket each time, and counts. */
function service() {
    const made = []
    return { made, ticket: async () => { made.push(`k${made.length + 1}`); return made.at(-1) } }
}

const refusal = (code) => ({ type: 'rejected', of: 'hello', code, message: '' })

test('a ticket stands in the address, and nowhere else', async () => {
    const { parley, clock } = begin({ ticket: 'a/b' })
    parley.connect()
    assert.equal(FakeSocket.last.url, 'ws://test/v1/connect?ticket=a%2Fb')
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].token, undefined)
    FakeSocket.last.says(welcome())
    // Whoever comes back needs no other one; the server does not look at the old one.
    FakeSocket.last.ends(1006)
    clock.advance(250)
    assert.equal(FakeSocket.last.url, 'ws://test/v1/connect?ticket=a%2Fb&resume=1')
})

test('behind another query it is one more member', () => {
    const { parley } = begin({ ticket: 'k', url: 'ws://test/v1/connect?a=b' })
    parley.connect()
    assert.equal(FakeSocket.last.url, 'ws://test/v1/connect?a=b&ticket=k')
})

test('a function is asked before the first connection, and again when a server wants to know anew', async () => {
    const { made, ticket } = service()
    const { parley, clock, statuses } = begin({ ticket })
    parley.connect()
    assert.equal(FakeSocket.all.length, 0)
    await settle()
    assert.match(FakeSocket.last.url, /ticket=k1$/)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome())
    for (const code of ['invalid-token', 'token-required', 'token-expired']) {
        FakeSocket.last.ends(1006)
        clock.advance(60_000)
        FakeSocket.last.opens()
        FakeSocket.last.says(refusal(code))
        await settle()
        clock.advance(60_000)
        assert.match(FakeSocket.last.url, new RegExp(`ticket=k${made.length}&`))
        FakeSocket.last.opens()
        FakeSocket.last.says(welcome())
    }
    assert.deepEqual(made, ['k1', 'k2', 'k3', 'k4'])
    assert.ok(!statuses.some(({ status }) => status === 'closed'))
})

test('a new ticket that is refused at once is the end', async () => {
    const { made, ticket } = service()
    const { parley, clock, statuses } = begin({ ticket })
    parley.connect()
    await settle()
    for (let tries = 0; tries < 2; tries += 1) {
        clock.advance(60_000)
        FakeSocket.last.opens()
        FakeSocket.last.says(refusal('invalid-token'))
        await settle()
    }
    FakeSocket.last.ends(4510)
    assert.equal(statuses.at(-1).status, 'closed')
    assert.deepEqual(made, ['k1', 'k2'])
})

test('a session is prolonged with a token, not with a ticket', async () => {
    const { made, ticket } = service()
    const { parley } = begin({ ticket })
    parley.connect()
    await settle()
    FakeSocket.last.opens()
    FakeSocket.last.says({ ...welcome(), features: ['authenticate'] })
    FakeSocket.last.take()
    FakeSocket.last.says({ type: 'token-expiring', expiresAt: 1 })
    await settle()
    assert.deepEqual(FakeSocket.last.take(), [])
    assert.deepEqual(made, ['k1'])
    parley.authenticate('t')
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'authenticate', token: 't' }])
})

/** A connection that was lost comes back: what it shows in its address and in its hello. */
function comesBack(clock) {
    FakeSocket.last.ends(1006)
    clock.advance(60_000)
    FakeSocket.last.opens()
    const { token, resume } = FakeSocket.last.take()[0]
    return { ticket: new URL(FakeSocket.last.url).searchParams.get('ticket'), token, resumes: resume !== undefined }
}

test('from then on the token is shown, and the ticket is not; when it is over, a new ticket alone', async () => {
    const { made, ticket } = service()
    const { parley, clock, statuses } = begin({ ticket })
    parley.connect()
    await settle()
    FakeSocket.last.opens()
    FakeSocket.last.says({ ...welcome(), features: ['authenticate'] })
    assert.deepEqual(comesBack(clock), { ticket: 'k1', token: undefined, resumes: true })
    FakeSocket.last.says({ ...welcome({ resumed: true }), features: ['authenticate'] })
    parley.authenticate('t')
    assert.deepEqual(comesBack(clock), { ticket: null, token: 't', resumes: true })
    // The server has forgotten the session, and the token is over.
    FakeSocket.last.says(refusal('token-expired'))
    await settle()
    assert.deepEqual(comesBack(clock), { ticket: 'k2', token: undefined, resumes: true })
    FakeSocket.last.says(welcome())
    assert.deepEqual(made, ['k1', 'k2'])
    assert.ok(!statuses.some(({ status }) => status === 'closed'))
})

test('a token that comes while a ticket is on its way is shown by the next connection', async () => {
    const { parley, clock } = begin({ ticket: 'k' })
    parley.connect()
    parley.authenticate('t')
    FakeSocket.last.opens()
    assert.match(FakeSocket.last.url, /ticket=k$/)
    assert.equal(FakeSocket.last.take()[0].token, undefined)
    FakeSocket.last.says({ ...welcome(), features: ['authenticate'] })
    assert.deepEqual(comesBack(clock), { ticket: null, token: 't', resumes: true })
})

test('a token and a ticket are one too many', () => {
    assert.throws(() => begin({ ticket: 'k', token: 't' }), TypeError)
})
