import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { Parley } from '../parley.js'
import { at, events, person, snapshot, welcome } from './support.js'

const { WebSocket, WebSocketServer } = createRequire(import.meta.url)('ws')

// Real sockets and real time, with a server that says what the test wants.
let server, parley
const url = () => `ws://127.0.0.1:${server.address().port}/v1/connect`
before(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'parley.v1' })
    await once(server, 'listening')
})
// Also when it has failed: an open socket would keep the whole run from ending.
after(() => {
    parley?.close()
    for (const socket of server.clients) socket.terminate()
    server.close()
})

const frames = (socket) => {
    const waiting = []
    const arrived = []
    socket.on('message', (data) => { const frame = JSON.parse(data); waiting.length > 0 ? waiting.shift()(frame) : arrived.push(frame) })
    return () => arrived.length > 0 ? Promise.resolve(arrived.shift()) : new Promise((resolve) => waiting.push(resolve))
}
const say = (socket, ...list) => { for (const frame of list) socket.send(JSON.stringify(frame)) }

test('join, signal both ways, acknowledge, lose the socket, come back, leave', async () => {
    parley = new Parley({ url: url(), WebSocket, random: () => 0, fetch: null })
    const joined = parley.join('blue-fox', { name: 'Ada' })
    const [first] = await once(server, 'connection')
    assert.equal(first.protocol, 'parley.v1')
    let next = frames(first)
    assert.equal((await next()).join.room, 'blue-fox')
    say(first, welcome(), snapshot('p_ada', { p_ada: person(1), p_bob: person(2) }))
    const room = await joined

    const delivered = room.send('p_bob', { hello: 1 })
    assert.deepEqual(await next(), { type: 'signal', to: 'p_bob', n: 1, floor: 1, data: { hello: 1 } })
    say(first, { type: 'beat', time: 1, delivered: { p_bob: 1 } })
    await delivered

    const heard = new Promise((resolve) => room.on('signal', resolve))
    say(first, { type: 'signal', from: 'p_bob', n: 1, floor: 1, data: 'back' })
    assert.deepEqual(await heard, { from: 'p_bob', data: 'back' })
    assert.deepEqual(await next(), { type: 'beat', ack: { p_bob: 1 } })

    const rejoined = new Promise((resolve) => room.on('rejoined', resolve))
    first.terminate()
    const [second] = await once(server, 'connection')
    next = frames(second)
    const { resume } = await next()
    assert.deepEqual(resume, { session: 's_1', secret: 'x', attempt: 1, rooms: { r_1: at(1) }, selves: { r_1: 'p_ada' }, received: { p_bob: 1 } })
    say(second, welcome())
    assert.deepEqual(await next(), { type: 'join', id: 1, room: 'blue-fox', name: 'Ada' })
    say(second, snapshot('p_ada2', { p_ada2: person(3) }, 4))
    await rejoined

    const left = room.leave()
    assert.deepEqual(await next(), { type: 'leave', id: 2, room: 'r_1' })
    say(second, events(5, { type: 'left', participant: 'p_ada2', reason: 'left', by: 'p_ada2', id: 2, patch: { people: { p_ada2: null } } }))
    await left
    parley.close()
    const [code] = await once(second, 'close')
    assert.equal(code, 1000)
})
