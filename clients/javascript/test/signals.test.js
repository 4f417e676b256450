import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignalInbox, SignalOutbox } from '../src/signals.js'
import { ManualClock, settle } from './support.js'

function outboxTo(to, windowMax = 256) {
    const clock = new ManualClock()
    const sent = []
    const line = { isUp: true }
    const outbox = new SignalOutbox({
        to, clock, windowMax: () => windowMax, send: (frame) => { if (line.isUp) sent.push(frame); return line.isUp },
    })
    /** `n:data/floor` of what was sent since. */
    const take = () => sent.splice(0).map(({ n, floor, data }) => `${n}:${data}/${floor}`)
    const outcomes = []
    const push = (data) => outbox.push('signal', { data }).then(() => outcomes.push(`${data} delivered`), (error) => outcomes.push(`${data} ${error.code}`))
    const reject = (n, code, members) => outbox.rejected({ type: 'rejected', of: 'signal', to, n, code, message: '', ...members })
    return { outbox, clock, line, take, push, reject, outcomes }
}

test('signals are numbered, kept until delivered, and say how far that is', async () => {
    const { outbox, take, push, outcomes } = outboxTo('p_bob')
    for (const data of ['a', 'b', 'c']) push(data)
    assert.deepEqual(take(), ['1:a/1', '2:b/1', '3:c/1'])
    outbox.delivered(2)
    push('d')
    assert.deepEqual(take(), ['4:d/3'])
    outbox.delivered(1)
    outbox.delivered(4)
    await settle()
    assert.deepEqual(outcomes, ['a delivered', 'b delivered', 'c delivered', 'd delivered'])
})

test('more than the recipient may leave unacknowledged waits', () => {
    const { outbox, take, push } = outboxTo('p_bob', 2)
    for (const data of ['a', 'b', 'c', 'd']) push(data)
    assert.deepEqual(take(), ['1:a/1', '2:b/1'])
    outbox.delivered(1)
    assert.deepEqual(take(), ['3:c/2'])
})

test('a refused signal leaves its number to the next, after all of its followers came back as a gap', async () => {
    const { outbox, take, push, reject, outcomes } = outboxTo('p_bob')
    for (const data of ['a', 'stale', 'b', 'c']) push(data)
    take()
    reject(2, 'stale-answer')
    push('d')
    reject(3, 'signal-gap', { expected: 2 })
    assert.deepEqual(take(), [], 'frames of the old numbering are still being refused')
    reject(4, 'signal-gap', { expected: 2 })
    assert.deepEqual(take(), ['2:b/1', '3:c/1', '4:d/1'])
    outbox.delivered(4)
    await settle()
    assert.deepEqual(outcomes, ['stale stale-answer', 'a delivered', 'b delivered', 'c delivered', 'd delivered'])
})

test('a gap is filled from the number that is expected', () => {
    const { take, push, reject } = outboxTo('p_bob')
    for (const data of ['a', 'b', 'c']) push(data)
    take()
    reject(3, 'signal-gap', { expected: 2 })
    assert.deepEqual(take(), ['2:b/1', '3:c/1'])
})

test('too fast: after the pause everything goes again, in order', () => {
    const { clock, take, push, reject } = outboxTo('p_bob')
    for (const data of ['a', 'b', 'c']) push(data)
    take()
    reject(2, 'rate-limited', { retryAfterMilliseconds: 400 })
    reject(3, 'rate-limited', { retryAfterMilliseconds: 500 })
    clock.advance(499)
    push('d')
    assert.deepEqual(take(), [])
    clock.advance(1)
    assert.deepEqual(take(), ['2:b/1', '3:c/1', '4:d/1'])
})

test('a full mailbox is tried again as soon as something was delivered', () => {
    const { outbox, take, push, reject } = outboxTo('p_bob')
    for (const data of ['a', 'b']) push(data)
    take()
    reject(2, 'mailbox-full')
    outbox.delivered(1)
    assert.deepEqual(take(), ['2:b/2'])
})

test('a server that swallows a refusal does not stop the pair for ever', () => {
    const { clock, take, push, reject } = outboxTo('p_bob')
    for (const data of ['a', 'b']) push(data)
    take()
    reject(1, 'stale-offer')
    clock.advance(1_000)
    assert.deepEqual(take(), ['1:b/1'])
})

test('nobody there: everything to them fails, and late refusals are ignored', async () => {
    const { take, push, reject, outcomes } = outboxTo('p_bob')
    for (const data of ['a', 'b']) push(data)
    reject(1, 'unknown-recipient')
    reject(2, 'unknown-recipient')
    await settle()
    assert.deepEqual(outcomes, ['a unknown-recipient', 'b unknown-recipient'])
    assert.deepEqual(take(), ['1:a/1', '2:b/1'])
})

test('without a line it waits; the same session on another line gets everything again', () => {
    const { outbox, line, take, push } = outboxTo('p_bob')
    push('a')
    line.isUp = false
    push('b')
    assert.deepEqual(take(), ['1:a/1'])
    line.isUp = true
    outbox.resend()
    assert.deepEqual(take(), ['1:a/1', '2:b/1'])
})

function inbox() {
    const clock = new ManualClock()
    const sent = []
    return { clock, sent, inbox: new SignalInbox({ clock, send: (frame) => sent.push(frame) }) }
}

test('received signals are acknowledged together after 100 ms', () => {
    const { clock, sent, inbox: mail } = inbox()
    assert.equal(mail.receive('p_a', 1), 'accepted')
    assert.equal(mail.receive('p_a', 2), 'accepted')
    assert.equal(mail.receive('p_b', 1), 'accepted')
    clock.advance(99)
    assert.deepEqual(sent, [])
    clock.advance(1)
    assert.deepEqual(sent, [{ type: 'beat', ack: { p_a: 2, p_b: 1 } }])
    clock.advance(1_000)
    assert.equal(sent.length, 1)
})

test('… or after 32', () => {
    const { clock, sent, inbox: mail } = inbox()
    for (let n = 1; n <= 33; n += 1) mail.receive('p_a', n)
    assert.deepEqual(sent, [{ type: 'beat', ack: { p_a: 32 } }])
    clock.advance(100)
    assert.deepEqual(sent.at(-1), { type: 'beat', ack: { p_a: 33 } })
})

test('a duplicate is swallowed and acknowledged again; a gap is told', () => {
    const { clock, sent, inbox: mail } = inbox()
    mail.receive('p_a', 1)
    clock.advance(100)
    assert.equal(mail.receive('p_a', 1), 'duplicate')
    assert.equal(mail.receive('p_a', 3), 'gap')
    clock.advance(100)
    assert.deepEqual(sent, [{ type: 'beat', ack: { p_a: 1 } }, { type: 'beat', ack: { p_a: 1 } }])
})
