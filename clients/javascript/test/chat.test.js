import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inMeeting, meetingSnapshot } from './meeting-scripted.js'
import { FakeSocket, person, settle, welcome } from './support.js'

const line = (n, text, more) => ({ type: 'chat', room: 'r_1', n, from: 'p_bob', name: 'Bob', text, time: n * 10, ...more })
const page = (...messages) => ({ type: 'chat-history', room: 'r_1', messages: messages.map(({ type, room, ...message }) => message) })
const texts = (room) => room.messages.map(({ n, text }) => `${n} ${text}`)

test('what I say comes back with its number; what others say is told', async () => {
    const { room, heard, says, sent } = await inMeeting({}, { names: ['chat'] })
    const done = room.chat('Hello')
    assert.deepEqual(sent(), [{ type: 'chat', cid: 'c1', text: 'Hello', room: 'r_1' }])
    says(line(1, 'Hello', { from: 'p_ada', name: 'Ada', cid: 'c1' }), line(2, 'Hi'), line(2, 'Hi'))
    assert.deepEqual(await done, { n: 1, from: 'p_ada', name: 'Ada', text: 'Hello', time: 10, cid: 'c1', isSelf: true })
    assert.deepEqual(heard.map(([, { text, isSelf }]) => [text, isSelf]), [['Hello', true], ['Hi', false]])
    assert.deepEqual(texts(room), ['1 Hello', '2 Hi'])
})

test('history goes in front, and is no news', async () => {
    const { room, heard, says, sent } = await inMeeting({}, { names: ['chat'] })
    const fetched = room.chatHistory({ limit: 2 })
    assert.deepEqual(sent(), [{ type: 'chat-history', limit: 2, room: 'r_1' }])
    says(page(line(3, 'c'), line(4, 'd')))
    assert.deepEqual((await fetched).map(({ n }) => n), [3, 4])
    const more = room.chatHistory({ before: 3 })
    assert.deepEqual(sent(), [{ type: 'chat-history', before: 3, limit: 50, room: 'r_1' }])
    says(page(line(1, 'a'), line(2, 'b')))
    await more
    assert.deepEqual([texts(room), heard], [['1 a', '2 b', '3 c', '4 d'], []])
})

test('a gap is asked for once', async () => {
    const { room, says, sent } = await inMeeting()
    says(line(1, 'a'), line(4, 'd'))
    assert.deepEqual(sent(), [{ type: 'chat-history', before: 4, limit: 2, room: 'r_1' }])
    says(page(line(2, 'b')))
    says(line(5, 'e'))
    assert.deepEqual([sent(), texts(room)], [[], ['1 a', '2 b', '4 d', '5 e']])
})

test('over a loss: the same words go under the same cid, and what was missed is fetched and told', async () => {
    const { room, clock, heard, says } = await inMeeting({}, { names: ['chat'] })
    says(line(1, 'a'))
    const done = room.chat('Hello')
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.take()
    FakeSocket.last.says(welcome({ resumed: true }))
    assert.deepEqual(FakeSocket.last.take(), [
        { type: 'chat', cid: 'c1', text: 'Hello', room: 'r_1' }, { type: 'chat-history', limit: 100, room: 'r_1' },
    ])
    FakeSocket.last.says(page(line(1, 'a'), line(2, 'b')), line(3, 'Hello', { from: 'p_ada', cid: 'c1' }))
    assert.equal((await done).n, 3)
    assert.deepEqual(heard.map(([, { text }]) => text), ['a', 'b', 'Hello'])
})

test('a refusal is told to whoever wrote, and the end to all that wait', async () => {
    const { room, parley, says } = await inMeeting()
    const [long, other, history] = [room.chat('too long'), room.chat('other', { to: 'p_bob' }), room.chatHistory()]
    says({ type: 'rejected', of: 'chat', room: 'r_1', cid: 'c1', code: 'too-long', message: '' })
    await assert.rejects(long, { code: 'too-long' })
    says({ type: 'rejected', of: 'chat-history', room: 'r_1', code: 'not-permitted', message: '' })
    await assert.rejects(history, { code: 'not-permitted' })
    parley.close()
    await assert.rejects(other, { code: 'closed' })
    await assert.rejects(room.chat('late'), { code: 'closed' })
    await assert.rejects(room.chatHistory(), { code: 'closed' })
    await settle()
})

test('a text that no server takes is not sent', async () => {
    const { room, sent } = await inMeeting()
    await assert.rejects(room.chat('ä'.repeat(2_049)), { code: 'too-long' })
    assert.deepEqual(sent(), [])
    room.chat('ä'.repeat(2_048)).catch(() => {})
    assert.equal(sent().length, 1)
})

test('as somebody new nothing is said again: it might stand there twice', async () => {
    const { room, clock, sent } = await inMeeting()
    const [done, history] = [room.chat('Hello'), room.chatHistory()]
    FakeSocket.last.ends(1006)
    clock.advance(250)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ session: 's_2' }))
    sent()
    FakeSocket.last.says(meetingSnapshot({ self: 'p_new', people: { p_new: person(4) } }))
    await assert.rejects(done, { code: 'interrupted' })
    assert.deepEqual(sent().map(({ type }) => type), ['chat-history'])
    FakeSocket.last.says(page(line(1, 'Hello')))
    assert.equal((await history)[0].text, 'Hello')
})

test('only the last are kept', async () => {
    const { room, says } = await inMeeting()
    for (let n = 1; n <= 510; n += 1) says(line(n, 'x'))
    assert.deepEqual([room.messages.length, room.messages[0].n], [500, 11])
})
