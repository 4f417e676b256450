import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Parley } from '../parley.js'
import { begin, inRoom } from './scripted.js'
import { FakeSocket, person, settle, snapshot, welcome } from './support.js'

function pageWith(visibilityState = 'visible') {
    const environment = new EventTarget()
    environment.document = Object.assign(new EventTarget(), { visibilityState })
    environment.navigator = { connection: Object.assign(new EventTarget(), { type: 'wifi' }) }
    return environment
}

/** Ada is in a room of a server that knows the hint. */
async function hinting(options) {
    const environment = pageWith()
    const world = begin({ environment, ...options })
    world.parley.join('blue-fox', { name: 'Ada' })
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ features: ['network-changed'] }), snapshot('p_ada', { p_ada: person(1) }))
    await settle()
    FakeSocket.last.take()
    world.clock.advance(2_000)
    FakeSocket.last.says({ type: 'beat', time: 0 })
    return { ...world, environment }
}

const wakes = {
    'the network is back': (page) => page.dispatchEvent(new Event('online')),
    'the page is seen again': (page) => page.document.dispatchEvent(new Event('visibilitychange')),
    'the network is another one': (page) => changes(page, page.navigator.connection.type === 'wifi' ? 'cellular' : 'wifi'),
}

function changes({ navigator: { connection } }, type) {
    connection.type = type
    connection.dispatchEvent(new Event('change'))
}

for (const [name, wake] of Object.entries(wakes)) {
    test(`${name}: a server that is connected hears the hint, once in a second`, async () => {
        const { environment, clock } = await hinting()
        wake(environment)
        wake(environment)
        assert.deepEqual(FakeSocket.last.take(), [{ type: 'network-changed' }])
        FakeSocket.last.says({ type: 'ice-servers', iceServers: [] })
        clock.advance(1_000)
        wake(environment)
        assert.deepEqual(FakeSocket.last.take(), [{ type: 'network-changed' }])
    })

    test(`${name}: the next try is made at once`, async () => {
        const { environment } = await hinting()
        FakeSocket.last.ends(1006)
        wake(environment)
        assert.equal(FakeSocket.all.length, 2)
    })
}

test('another estimate of the same network says nothing, nor does the loss of every network', async () => {
    const { environment } = await hinting()
    changes(environment, 'wifi')
    changes(environment, 'none')
    assert.deepEqual(FakeSocket.last.take(), [])
    changes(environment, 'wifi')
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'network-changed' }])
})

test('a page that is hidden says nothing', async () => {
    const { environment } = await hinting()
    environment.document.visibilityState = 'hidden'
    environment.document.dispatchEvent(new Event('visibilitychange'))
    assert.deepEqual(FakeSocket.last.take(), [])
})

test('a hint without an answer means that the line is dead, earlier than silence alone would', async () => {
    const { environment, clock, parley } = await hinting()
    environment.dispatchEvent(new Event('online'))
    clock.advance(1_999)
    assert.equal(parley.status, 'connected')
    clock.advance(1)
    assert.equal(parley.status, 'reconnecting')
})

test('… and one with an answer that it lives', async () => {
    const { environment, clock, parley } = await hinting()
    environment.dispatchEvent(new Event('online'))
    clock.advance(300)
    FakeSocket.last.says({ type: 'ice-servers', iceServers: [{ urls: 'stun:new' }] })
    clock.advance(4_499)
    assert.equal(parley.status, 'connected')
    assert.deepEqual(parley.iceServers, [{ urls: 'stun:new' }])
    clock.advance(1)
    assert.equal(parley.status, 'reconnecting')
})

test('an older server is spared what it does not know', async () => {
    const environment = pageWith()
    await inRoom(undefined, { environment })
    environment.dispatchEvent(new Event('online'))
    assert.deepEqual(FakeSocket.last.take(), [])
})

test('a try that hangs is made again on the new network; one that has just begun is left alone', async () => {
    const { environment, clock } = await hinting()
    FakeSocket.last.ends(1006)
    clock.advance(125)
    environment.dispatchEvent(new Event('online'))
    assert.equal(FakeSocket.all.length, 2)
    clock.advance(1_000)
    environment.dispatchEvent(new Event('online'))
    assert.deepEqual([FakeSocket.all.length, FakeSocket.all[1].closedWith], [3, 4000])
})

test('… and a room that it was to create is asked for once more, behind the welcome', async () => {
    const environment = pageWith()
    const world = begin({ environment })
    world.parley.join()
    await settle()
    FakeSocket.last.opens()
    assert.deepEqual(FakeSocket.last.take()[0].join, { id: 1 })
    world.clock.advance(1_000)
    environment.dispatchEvent(new Event('online'))
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].join, undefined)
    FakeSocket.last.says(welcome())
    assert.deepEqual(FakeSocket.last.take(), [{ type: 'join', id: 1 }])
})

test('a closed client does not wake', async () => {
    const { environment, parley } = await hinting()
    parley.close()
    environment.dispatchEvent(new Event('online'))
    assert.equal(FakeSocket.all.length, 1)
})

test('each try goes to the next endpoint; the one that works is kept', async () => {
    const world = begin({ url: undefined, endpoints: ['ws://a/', 'ws://b/', 'ws://c/'] })
    const used = () => FakeSocket.all.map(({ url }) => url.at(5)).join('')
    world.parley.connect()
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome())
    FakeSocket.last.ends(1006)
    assert.equal(world.parley.url, 'ws://b/')
    world.clock.advance(250)
    FakeSocket.last.ends(1006)
    world.clock.advance(500)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ resumed: true }))
    assert.equal(world.parley.url, 'ws://c/')
    FakeSocket.last.ends(4400)
    world.clock.advance(1_000)
    assert.equal(used(), 'abca')
})

test('the pause grows each time that all endpoints have been tried', async () => {
    const world = begin({ url: undefined, endpoints: ['ws://a/', 'ws://b/', 'ws://c/'] })
    const pauses = []
    world.parley.on('reconnecting', ({ delayMilliseconds }) => pauses.push(delayMilliseconds))
    world.parley.connect()
    for (let count = 0; count < 7; count += 1) {
        FakeSocket.last.ends(1006)
        world.clock.advance(5_000)
    }
    assert.deepEqual(pauses, [125, 125, 125, 250, 250, 250, 500])
})

test('one endpoint or several may stand for the options', () => {
    const WebSocket = FakeSocket
    assert.equal(new Parley('ws://a/', { WebSocket }).url, 'ws://a/')
    assert.equal(new Parley(['ws://b/', 'ws://c/'], { WebSocket }).url, 'ws://b/')
    assert.equal(new Parley({ url: 'ws://d/', WebSocket }).url, 'ws://d/')
    assert.throws(() => new Parley({ environment: {} }), TypeError)
})

test('a refusal at the door is final only when every endpoint refuses', async () => {
    const asked = []
    const fetch = async (url) => { asked.push(url); return { ok: false, status: 403, json: async () => ({ code: 'origin-not-allowed', message: '' }) } }
    const { parley, clock } = begin({ url: undefined, endpoints: ['ws://a/v1/connect', 'ws://b/v1/connect'], fetch })
    const joined = parley.join('blue-fox').catch(({ code }) => code)
    FakeSocket.last.ends(1006)
    await settle()
    assert.equal(parley.status, 'reconnecting')
    clock.advance(250)
    FakeSocket.last.ends(1006)
    assert.equal(await joined, 'origin-not-allowed')
    assert.deepEqual(asked, ['http://a/v1/validate', 'http://b/v1/validate'])
})
