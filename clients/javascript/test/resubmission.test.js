import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommandOutbox } from '../src/commands.js'
import { withBob } from './scripted.js'
import { FakeSocket, ManualClock, events, person, settle, snapshot } from './support.js'

const people = { p_ada: person(1), p_bob: person(2) }

/** An outbox whose server is the test. `does` runs a command to its outcome; `take` gives the numbers that were sent since. */
function commands() {
    const clock = new ManualClock()
    const sent = []
    const outbox = new CommandOutbox({ clock, send: (frame) => { sent.push(frame); return true } })
    const outcomes = []
    const take = () => sent.splice(0).map(({ id }) => id)
    const push = (members) => outbox.push('media', members).then(() => outcomes.push('done'), ({ code }) => outcomes.push(code))
    const does = (count) => { for (let i = 0; i < count; i += 1) { push({ audio: i % 2 === 0 }); outbox.accepted(sent.at(-1).id) } take() }
    const rejects = (id, code, members) => outbox.rejected({ type: 'rejected', of: 'media', id, code, message: '', ...members })
    return { outbox, clock, sent, outcomes, take, push, does, rejects }
}

test('what the state of a snapshot does not hold is sent again in order, with what became of it, and told to nobody', async () => {
    const { outbox, sent, outcomes, take, push, does, rejects } = commands()
    does(3)
    push({ video: true })
    rejects(5, 'room-full')
    push({ screen: true })
    await settle()
    sent.splice(0)
    outcomes.splice(0)
    outbox.resynced({ lastCommand: 3 })
    assert.deepEqual(sent, [{ type: 'media', id: 4, audio: true }, { type: 'media', id: 5, video: true, refused: 'room-full' }, { type: 'media', id: 6, screen: true }])
    take()
    outbox.accepted(4)
    rejects(5, 'room-full')
    await settle()
    assert.deepEqual(outcomes, [])
    outbox.accepted(6)
    await settle()
    assert.deepEqual(outcomes, ['done'])
    push({ audio: false })
    assert.deepEqual(take(), [7])
})

test('what it holds is done, and forgotten', async () => {
    const { outbox, outcomes, take, push, does } = commands()
    does(2)
    push({ video: true })
    take()
    outbox.resynced({ lastCommand: 4 })
    outbox.resynced({ lastCommand: 2 })
    await settle()
    assert.deepEqual([outcomes, take()], [['done', 'done', 'done'], []])
})

test('the last 64 are kept', () => {
    const { outbox, take, does } = commands()
    does(100)
    outbox.resynced({ lastCommand: 1 })
    const all = take()
    assert.deepEqual([all.length, all[0], all.at(-1)], [64, 38, 101])
})

test('a gap is filled from the number that is expected, once for a whole row of refusals', () => {
    const { take, push, does, rejects } = commands()
    does(4)
    push({ video: true })
    take()
    for (const id of [4, 5, 6]) rejects(id, 'command-gap', { expected: 3 })
    assert.deepEqual(take(), [3, 4, 5, 6])
})

test('a gap in what is not kept any more: numbers go on where the server says', () => {
    const { outbox, take, push, does, rejects } = commands()
    does(2)
    outbox.resynced({ lastCommand: 3 })
    push({ video: true })
    take()
    rejects(4, 'command-gap', { expected: 2 })
    assert.deepEqual(take(), [2])
    outbox.accepted(2)
    push({ video: false })
    assert.deepEqual(take(), [3])
})

test('what has changed nothing says so when it is sent again: it shall not change something now', async () => {
    const { outbox, sent, outcomes, push, rejects } = commands()
    push({ audio: true })
    rejects(2, 'no-change')
    push({ video: true })
    await settle()
    assert.deepEqual(outcomes.splice(0), ['done'])
    sent.splice(0)
    outbox.resynced({ lastCommand: 1 })
    assert.deepEqual(sent, [{ type: 'media', id: 2, audio: true, refused: 'no-change' }, { type: 'media', id: 3, video: true }])
    rejects(2, 'no-change')
    await settle()
    assert.deepEqual(outcomes, [])
})

test('too fast while sending again: later, from the first that was refused', () => {
    const { outbox, clock, take, does, rejects } = commands()
    does(4)
    outbox.resynced({ lastCommand: 1 })
    take()
    rejects(3, 'rate-limited', { retryAfterMilliseconds: 400 })
    rejects(4, 'command-gap', { expected: 3 })
    clock.advance(399)
    assert.deepEqual(take(), [])
    clock.advance(1)
    assert.deepEqual(take(), [3, 4, 5])
})

test('a number that was never used is not kept', async () => {
    const { outbox, sent, push, rejects } = commands()
    push({ audio: 1 })
    rejects(2, 'invalid-member')
    push({ audio: true })
    outbox.accepted(2)
    sent.splice(0)
    outbox.resynced({ lastCommand: 1 })
    assert.deepEqual(sent, [{ type: 'media', id: 2, audio: true }])
})

test('a new membership begins with nothing', () => {
    const { outbox, take, does } = commands()
    does(3)
    outbox.restart()
    outbox.resynced({ lastCommand: 1 })
    assert.deepEqual(take(), [])
})

test('a snapshot that answers no join: commands behind it and signals that are not known to be delivered go again', async () => {
    const { room } = await withBob()
    room.media({ audio: true })
    FakeSocket.last.says(events(2, { type: 'media-changed', participant: 'p_ada', by: 'p_ada', id: 2, patch: {} }))
    for (const data of ['a', 'b', 'c']) room.send('p_bob', data)
    FakeSocket.last.says({ type: 'beat', time: 1, delivered: { p_bob: 1 } })
    FakeSocket.last.take()
    FakeSocket.last.says({ ...snapshot('p_ada', people, 9), lastCommand: 1 })
    assert.deepEqual(FakeSocket.last.take(), [
        { type: 'media', id: 2, audio: true, room: 'r_1' },
        { type: 'signal', to: 'p_bob', n: 2, floor: 2, data: 'b' }, { type: 'signal', to: 'p_bob', n: 3, floor: 2, data: 'c' },
    ])
})
