import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NamedRecovery } from '../src/named-recovery.js'
import { ManualClock } from './support.js'

/** One end of a pair; `did` is what it did about its connection. */
function end({ isPolite = false, canAsk = true } = {}) {
    const clock = new ManualClock()
    const connection = { connectionState: 'connected', signalingState: 'stable' }
    const did = []
    const note = (name) => () => { did.push(name) }
    const recovery = new NamedRecovery({
        connection, isPolite, clock, ask: () => { did.push('ask'); return canAsk },
        restart: note('restart'), request: note('request'), rebuild: note('rebuild'), giveUp: note('give up'),
    })
    const turns = (state) => {
        connection.connectionState = state
        return { connected: () => recovery.connected(), disconnected: () => recovery.disconnected(), failed: () => recovery.failed() }[state]?.()
    }
    return { clock, connection, recovery, turns, take: () => did.splice(0) }
}

for (const [who, action] of [['self', 'restart'], ['other', 'request'], [null, 'rebuild']]) {
    test(`named twice while it is down, ${who}: ${action} once`, () => {
        const { recovery, turns, take, clock } = end()
        turns('disconnected')
        recovery.named(who)
        recovery.named(who)
        clock.advance(9_000)
        assert.deepEqual(take(), [action])
    })
}

test('nobody can, and we are polite: the other one hangs up', () => {
    const { recovery, turns, take } = end({ isPolite: true })
    turns('disconnected')
    recovery.named(null)
    assert.deepEqual(take(), [])
})

test('up when named: nothing; down within thirty seconds: at once; later: three seconds, and a question', () => {
    const { recovery, turns, take, clock } = end()
    recovery.named('self')
    assert.deepEqual(take(), [])
    clock.advance(29_000)
    turns('disconnected')
    assert.deepEqual(take(), ['restart'])
    turns('connected')
    recovery.named('self')
    clock.advance(31_000)
    turns('disconnected')
    clock.advance(2_999)
    assert.deepEqual(take(), [])
    clock.advance(1)
    assert.deepEqual(take(), ['ask'])
})

test('what breaks after a restart that has helped is another matter', () => {
    const { recovery, turns, take } = end()
    turns('disconnected')
    recovery.named('self')
    turns('connected')
    take()
    turns('disconnected')
    assert.deepEqual(take(), [])
})

test('asked while our side is up all the time: once per exchange', () => {
    const { recovery, take } = end()
    recovery.asked()
    recovery.asked()
    assert.deepEqual(take(), ['restart'])
    recovery.settled()
    recovery.asked()
    assert.deepEqual(take(), ['restart'])
})

test('an exchange that is under way goes first; if it has not helped, then', () => {
    const { recovery, connection, turns, take, clock } = end()
    connection.signalingState = 'have-local-offer'
    turns('disconnected')
    recovery.named('self')
    clock.advance(2_999)
    connection.signalingState = 'stable'
    assert.deepEqual(take(), [])
    clock.advance(1)
    assert.deepEqual(take(), ['restart'])
})

test('three attempts in a row, then no hope; somebody’s return gives new hope', () => {
    const { recovery, turns, take } = end()
    recovery.named('self')
    assert.deepEqual([1, 2, 3, 4].map(() => turns('failed')), [true, true, true, false])
    assert.deepEqual(take(), ['restart', 'restart', 'restart'])
    recovery.resumed()
    assert.equal(turns('failed'), true)
})

test('an attempt that comes to nothing is over after ten seconds', () => {
    const { recovery, turns, take, clock } = end()
    turns('disconnected')
    recovery.named('other')
    clock.advance(40_000)
    assert.deepEqual(take(), ['request', 'request', 'request', 'ask', 'give up'])
})

test('a server that cannot be asked costs no attempt', () => {
    const { turns, take } = end({ canAsk: false })
    for (let i = 0; i < 5; i += 1) assert.equal(turns('failed'), true)
    assert.equal(take().length, 5)
})
