import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as library from '../parley.js'
import { FakeMediaStream, FakePeerConnection, fakeCamera } from './fake-connection.js'
import { doorSnapshot, meetingSnapshot } from './meeting-scripted.js'
import { FakeSocket, ManualClock, at, events, person, settle, snapshot, welcome } from './support.js'

// The examples of the README, run as they stand there. A page's own functions note that they were called.

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map((match) => match[1])
const AsyncFunction = (async () => {}).constructor

/** Runs one example in a page that is made of fakes. Returns what its functions were called with, and how it ended. */
function run(block, more = {}) {
    FakeSocket.all = []
    const calls = []
    const clock = new ManualClock()
    const page = { calls, clock, button: {}, parleys: [] }
    const location = { protocol: 'https:', host: 'test' }
    const environment = Object.assign(new EventTarget(), { location })
    class Parley extends library.Parley {
        constructor(where = {}, rest = {}) {
            const fakes = { WebSocket: FakeSocket, clock, random: () => 0.5, fetch: null, environment }
            super(...(typeof where === 'object' && !Array.isArray(where) ? [{ ...where, ...fakes }] : [where, { ...rest, ...fakes }]))
            page.parleys.push(this)
        }
    }
    class Mesh extends library.Mesh {
        constructor(room, options) {
            super(room, { ...options, RTCPeerConnection: FakePeerConnection, MediaStream: FakeMediaStream })
            page.mesh = this
        }
    }
    const [, names] = /^import \{ (.+) \} from '\/client\/parley\.js'\n/.exec(block)
    for (const name of names.split(', ')) assert.ok(name in library, `${name} is exported`)
    const scope = {
        ...library, Parley, Mesh, navigator: { mediaDevices: { getUserMedia: async () => fakeCamera() } }, button: page.button, ...more,
        ...Object.fromEntries(['show', 'hide', 'banner', 'draw', 'quality'].map((name) => [name, (...values) => calls.push([name, ...values])])),
    }
    page.done = new AsyncFunction(...Object.keys(scope), block.replace(/^import .*\n/, ''))(...Object.values(scope))
    return page
}

const people = { p_bob: person(1), p_ada: person(2) }

test('the first one: a call', async () => {
    const page = run(blocks[0])
    await settle()
    FakeSocket.last.opens()
    assert.deepEqual(FakeSocket.last.take()[0].join, { id: 1, room: 'blue-fox', name: 'Ada' })
    FakeSocket.last.says(welcome(), snapshot('p_ada', people))
    await page.done
    await settle()
    assert.deepEqual([...page.mesh.peers.keys()], ['p_bob'])
    assert.deepEqual(FakeSocket.last.take()[0].type, 'offer')
    FakeSocket.last.says(events(2, { type: 'left', participant: 'p_bob', reason: 'left', patch: { people: { p_bob: null } } }))
    assert.deepEqual(page.calls, [['hide', 'p_bob']])
})

test('what an app can show', async () => {
    const page = run(blocks[1])
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome(), snapshot('p_ada', people))
    await page.done
    FakeSocket.last.says({ type: 'beat', time: 1, rooms: { r_1: { roundTripMilliseconds: { p_bob: 34 } } } })
    FakeSocket.last.ends(1006)
    page.button.onclick()
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ resumed: true }), snapshot('p_ada', people, 5))
    FakeSocket.last.ends(1006)
    page.clock.advance(5_000)
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome({ session: 's_2', resumeRefused: 'over' }))
    const told = page.calls.filter(([name]) => name !== 'draw')
    assert.deepEqual(told, [
        ['quality', 'p_bob', 34], ['banner', 'Try 1 in 1 s'], ['banner', 'Back. Nothing was missed.'],
        ['banner', 'Try 2 in 1 s'], ['banner', 'Back, as somebody new (over)'],
    ])
    assert.ok(page.calls.some(([name]) => name === 'draw'))
    assert.deepEqual(FakeSocket.all.map(({ url }) => url.slice(6, 9)), ['one', 'two', 'one'])
})

test('a second device', async () => {
    const identity = { session: 's_1', secret: 'x' }
    const page = run(blocks[2], { received: JSON.stringify(identity) })
    FakeSocket.last.opens()
    const [hello] = FakeSocket.last.take()
    assert.deepEqual([hello.identity, hello.join.devices], [identity, 'reject'])
    FakeSocket.last.says(welcome(), { type: 'rejected', of: 'join', room: 'blue-fox', id: 1, code: 'identity-present', message: '' })
    await page.done
    assert.deepEqual(page.calls, [['banner', 'On another device or in another tab. Leave there first.']])
})

test('a meeting', async () => {
    const page = run(blocks[3], { confirm: () => true })
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].join.pin, '2718')
    FakeSocket.last.says(welcome(), doorSnapshot())
    FakeSocket.last.says(events(6, { type: 'notice', text: 'Soon.', by: 'p_ada', id: 3 }))
    FakeSocket.last.says(meetingSnapshot({ self: 'p_eve', sequence: 7, people: { p_eve: person(3, { role: 'host' }) } }, { lastCommand: 1 }))
    await page.done
    FakeSocket.last.says(
        events(8, { type: 'waiting', participant: 'p_max', patch: { waiting: { p_max: { name: 'Max', waiting: 1 } } } }),
        events(9, { type: 'admitted', participant: 'p_max', by: 'p_eve', id: 2, patch: { waiting: null } }),
        events(10, { type: 'consent-asked', consent: 1, patch: { consents: { 1: { kind: 'unmute-audio', asked: { p_eve: true } } } } }),
        events(11, { type: 'muted', participant: 'p_eve', by: 'p_ada', id: 4, patch: { people: { p_eve: { muted: { audio: 'p_ada' } } } } }))
    assert.deepEqual(FakeSocket.last.take().map(({ type, id }) => [type, id]), [['admit', 2], ['answer-consent', 3]])
    assert.deepEqual(page.calls, [
        ['banner', 'You wait (approval)'], ['banner', 'Soon.'], ['draw', []], ['banner', 'A moderator has muted you.'],
    ])
})

test('stage and audience', async () => {
    const page = run(blocks[4])
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome(), meetingSnapshot({ audience: { count: 2 } }))
    await settle()
    const listener = (joined, more) => person(joined, { role: 'audience', counted: true, ...more })
    FakeSocket.last.says({ type: 'roster', room: 'r_1', after: 0, people: { p_eve: listener(4) }, next: 4 })
    await settle()
    FakeSocket.last.says({ type: 'roster', room: 'r_1', after: 4, people: { p_max: listener(5) } })
    await page.done
    FakeSocket.last.says(
        events(2, { type: 'audience-counted', patch: { audience: { count: 3 } } }),
        events(3, { type: 'hand-raised', participant: 'p_eve', by: 'p_eve', id: 2, patch: { people: { p_eve: listener(4, { name: 'Eve', hand: 1 }) } } }),
        events(4, { type: 'role-changed', participant: 'p_eve', by: 'p_ada', id: 2, patch: { people: { p_eve: { role: 'participant', counted: null, hand: null } } } }),
        events(5, { type: 'role-changed', participant: 'p_eve', by: 'p_ada', id: 3, patch: { people: { p_eve: null } } }))
    const sent = FakeSocket.last.take().filter(({ type }) => type !== 'hello')
    assert.deepEqual(sent.map(({ type, after, participant }) => [type, after ?? participant]), [['roster', 0], ['roster', 4], ['set-role', 'p_eve']])
    assert.deepEqual(page.calls.map(([name, what]) => [name, what.map?.(({ id }) => id) ?? what]), [
        ['draw', ['p_eve']], ['draw', ['p_max']], ['banner', '3 in the audience'], ['show', 'p_eve'], ['hide', 'p_eve'],
    ])
})

test('calls', async () => {
    const page = run(blocks[5])
    FakeSocket.last.opens()
    assert.equal(FakeSocket.last.take()[0].join.kind, 'line')
    const line = { room: { id: 'r_l', kind: 'line', lifecycle: 'open' }, people: { p_1: person(1) } }
    FakeSocket.last.says(welcome(), { ...snapshot('p_1', {}), room: 'r_l', state: line })
    await settle()
    const said = FakeSocket.last.take()
    assert.deepEqual([said[0].people, said[1].call.to], [{ bob: true, carol: true }, { bob: true }])
    FakeSocket.last.says({ ...snapshot('p_2', { p_2: person(1) }), state: { room: { id: 'r_1', kind: 'call' }, people: {}, rings: { 1: { people: { i_9: { name: 'Bob' } } } } } })
    await page.done
    FakeSocket.last.says(
        { type: 'presence', people: { bob: { availability: 'busy' }, carol: null } }, events(2, { type: 'ring-changed', ring: 1, person: 'i_9', state: 'busy' }),
        events(3, { type: 'ended', reason: 'busy' }),
        { type: 'events', room: 'r_l', at: [1, 2, '2'], after: at(1), events: [{ type: 'incoming', patch: { incoming: { r_9: { from: { name: 'Eve' }, ring: 1, intent: 'video', since: 0, until: 9 } } } }] })
    await page.button.onclick()
    await settle()
    FakeSocket.last.says({ type: 'rejected', of: 'join', room: 'r_9', id: 1, code: 'ring-over', message: '' })
    await settle()
    assert.deepEqual(page.calls, [
        ['show', 'bob', 'busy'], ['show', 'carol', 'unknown'], ['banner', 'Bob: busy'], ['banner', 'busy'], ['show', 'Eve', 'video'],
        ['hide', 'ring-over'], ['banner', 'The call is over.'],
    ])
})

test('the call in the README of the project', async () => {
    const project = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
    const [block] = [...project.matchAll(/^```js\n(.*?)^```$/gms)].map((match) => match[1]).filter((text) => text.includes('parley.call('))
    const logged = []
    const page = run(block, { console: { log: (text) => logged.push(text) } })
    await settle()
    FakeSocket.last.opens()
    const [hello] = FakeSocket.last.take()
    assert.deepEqual([hello.user, hello.join.kind], ['ada', 'line'])
    const line = { room: { id: 'r_l', kind: 'line', lifecycle: 'open' }, people: { p_1: person(1) } }
    FakeSocket.last.says(welcome(), { ...snapshot('p_1', {}), room: 'r_l', state: line })
    await settle()
    assert.deepEqual(FakeSocket.last.take().find(({ call }) => call).call.to, { bob: true })
    FakeSocket.last.says({ ...snapshot('p_2', { p_2: person(1) }), state: { room: { id: 'r_1', kind: 'call' }, people: {}, rings: { 1: { people: {} } } } })
    await page.done
    FakeSocket.last.says(events(2, { type: 'ended', reason: 'no-answer' }))
    assert.deepEqual(logged, ['no-answer'])
})

test('there is no example that is not run', () => assert.equal(blocks.length, 6))
