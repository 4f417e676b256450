import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Mesh, Sealing, believing } from '../parley.js'
import { FakeMediaStream, FakePeerConnection, fakeCamera } from './fake-connection.js'
import { Hub } from './hub.js'

const encoder = new TextEncoder()
const base64url = (bytes) => Buffer.from(bytes).toString('base64url')

/** Somebody who vouches for people, and whose public key everybody has. */
class Issuer {
    static async make() {
        const issuer = new Issuer()
        issuer.keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
        issuer.publicKey = await crypto.subtle.exportKey('jwk', issuer.keys.publicKey)
        return issuer
    }

    async signs(claims, header = { alg: 'ES256', typ: 'parley-assertion+jwt' }) {
        const text = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`
        const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, this.keys.privateKey, encoder.encode(text))
        return `${text}.${base64url(signature)}`
    }

    vouchesFor(name) {
        return (jwk) => this.signs({ sub: name, name, exp: Date.now() / 1_000 + 60, cnf: { jwk } })
    }
}

const issuer = await Issuer.make()
const verify = believing({ keys: [issuer.publicKey] })
const begin = (name, more = {}) => Sealing.begin({ assertion: issuer.vouchesFor(name), verify, ...more })

/** Keys are made beside the loop: until the condition holds. */
async function until(hub, condition, what) {
    const end = performance.now() + 10_000
    while (performance.now() < end) {
        await hub.pump()
        if (condition()) return
        await new Promise((done) => setTimeout(done, 2))
    }
    assert.fail(what)
}

async function settled(hub) {
    for (let turn = 0; turn < 20; turn += 1) {
        await hub.pump()
        await new Promise((done) => setTimeout(done, 2))
    }
}

/** Everybody sealed, in a call; `hub` may do as it likes. */
async function call(hub, ...people) {
    const worlds = []
    for (const { name, sealing } of people) {
        const world = await hub.arrives(name, { sealing, hasMesh: false })
        world.unsealed = []
        world.unverified = []
        world.room.on('unsealed', ({ error }) => world.unsealed.push(error.code))
        world.room.on('unverified', ({ id }) => world.unverified.push(id))
        world.opens({ stream: fakeCamera() })
        worlds.push(world)
    }
    return worlds
}

const isConnected = (one, other) => one.peer(other)?.state === 'connected' && other.peer(one)?.state === 'connected'

test('a sealed call connects, each is who their own service says, and the server has seen nothing of it', async () => {
    const hub = new Hub()
    const seen = []
    hub.meddle = (frame) => { seen.push(JSON.stringify(frame)); return frame }
    const [ada, bob] = await call(hub, { name: 'Ada', sealing: await begin('ada') }, { name: 'Bob', sealing: await begin('bob') })
    await until(hub, () => isConnected(ada, bob), 'they are connected')
    assert.equal(ada.peer(bob).verified.identity, 'bob')
    assert.equal(bob.peer(ada).verified.identity, 'ada')
    assert.deepEqual([ada.unsealed, bob.unsealed], [[], []])
    const said = ada.room.send(bob.room.self, { secret: 'between us' })
    const heard = new Promise((done) => bob.room.on('signal', done))
    await until(hub, () => seen.some((text) => text.includes('"signal"')), 'it passes by')
    assert.deepEqual(await heard, { from: ada.room.self, data: { secret: 'between us' } })
    said.catch(() => {})
    assert.ok(seen.length >= 4)
    for (const text of seen) assert.doesNotMatch(text, /v=0|fake|candidate:|ufrag|fingerprint|between us/)
})

test('a restart and a hangup are sealed as well', async () => {
    const hub = new Hub()
    const [ada, bob] = await call(hub, { name: 'Ada', sealing: await begin('ada') }, { name: 'Bob', sealing: await begin('bob') })
    await until(hub, () => isConnected(ada, bob), 'they are connected')
    const before = hub.signals('offer').length
    ada.peer(bob).restart()
    await until(hub, () => hub.signals('offer').length > before && isConnected(ada, bob), 'new paths')
    ada.mesh.close()
    await until(hub, () => bob.mesh.peers.size === 0, 'Bob hears the hangup')
    assert.deepEqual(bob.unsealed, [])
})

// What a server may try: each is told, and none of it reaches the connection.
const attacks = {
    'a swapped fingerprint is noticed': (frame) => frame.type === 'offer' ? { ...frame, sdp: 'v=0\r\na=fingerprint:sha-256 00:11' } : frame,
    'a changed byte is noticed': (frame) => frame.type === 'offer' ? { ...frame, sdp: `${frame.sdp.slice(0, -2)}${frame.sdp.at(-2) === 'A' ? 'B' : 'A'}${frame.sdp.at(-1)}` } : frame,
    'an answer in the place of an offer is noticed': (frame) => frame.type === 'offer' ? { ...frame, negotiation: frame.negotiation + 1 } : frame,
    'another number is noticed': (frame) => frame.type === 'offer' ? { ...frame, sdp: frame.sdp.replace(/^sealed:1\.\d+\./, 'sealed:1.99.') } : frame,
    'nonsense is noticed': (frame) => frame.type === 'offer' ? { ...frame, sdp: 'sealed:1.1.!' } : frame,
}
for (const [name, meddle] of Object.entries(attacks)) {
    test(name, async () => {
        const hub = new Hub()
        hub.meddle = meddle
        const [ada, bob] = await call(hub, { name: 'Ada', sealing: await begin('ada') }, { name: 'Bob', sealing: await begin('bob') })
        await until(hub, () => ada.unsealed.length + bob.unsealed.length > 0, 'somebody is told')
        assert.deepEqual([...new Set([...ada.unsealed, ...bob.unsealed])], ['seal-broken'])
        await settled(hub)
        assert.ok(!isConnected(ada, bob))
        for (const one of [ada, bob]) for (const { connection } of one.mesh.peers.values()) assert.equal(connection.remoteDescription, null)
    })
}

test('a replayed signal, and one out of its order, are noticed', async () => {
    const [ada, bob] = [await begin('ada'), await begin('bob')]
    const claims = async (sealing) => await verify(sealing.assertion)
    const there = await ada.pair({ room: 'r_1', self: 'p_1', other: 'p_2', assertion: bob.assertion }, await claims(bob))
    const here = await bob.pair({ room: 'r_1', self: 'p_2', other: 'p_1', assertion: ada.assertion }, await claims(ada))
    const context = { room: 'r_1', from: 'p_1', to: 'p_2', type: 'signal' }
    const [first, second, third] = [await ada.seal(there.outward, context, 1), await ada.seal(there.outward, context, 2), await ada.seal(there.outward, context, 3)]
    assert.equal(await bob.open(here.inward, context, first), 1)
    await assert.rejects(bob.open(here.inward, context, first), { code: 'seal-broken' })
    assert.equal(await bob.open(here.inward, context, third), 3)
    await assert.rejects(bob.open(here.inward, context, second), { code: 'seal-broken' })
    // In another room, by somebody else, to somebody else, as something else, or back to where it came from: nothing of it opens.
    const fourth = await ada.seal(there.outward, context, 4)
    for (const change of [{ room: 'r_2' }, { from: 'p_3' }, { to: 'p_3' }, { type: 'offer' }, { negotiation: 1 }]) {
        await assert.rejects(bob.open(here.inward, { ...context, ...change }, fourth), { code: 'seal-broken' })
    }
    await assert.rejects(ada.open(there.inward, context, fourth), { code: 'seal-broken' })
    assert.equal(await bob.open(here.inward, context, fourth), 4)
    // How long it is says little.
    assert.equal(first.length, (await ada.seal(there.outward, context, 'a'.repeat(200))).length)
})

test('keys of the same two in another room, or with other assertions, are others', async () => {
    const [ada, bob] = [await begin('ada'), await begin('bob')]
    const context = { room: 'r_1', from: 'p_1', to: 'p_2', type: 'signal' }
    const there = await ada.pair({ room: 'r_1', self: 'p_1', other: 'p_2', assertion: bob.assertion }, await verify(bob.assertion))
    const text = await ada.seal(there.outward, context, 1)
    for (const [place, whose] of [
        [{ room: 'r_2', self: 'p_2', other: 'p_1', assertion: ada.assertion }, ada], [{ room: 'r_1', self: 'p_2', other: 'p_3', assertion: ada.assertion }, ada],
        // The same key, called theirs by somebody else.
        [{ room: 'r_1', self: 'p_2', other: 'p_1', assertion: `${ada.assertion}x` }, ada],
    ]) {
        const here = await bob.pair(place, await verify(whose.assertion))
        await assert.rejects(bob.open(here.inward, context, text), { code: 'seal-broken' })
    }
})

test('a number is never used twice, also by a page that joins again', async () => {
    const [ada, bob] = [await begin('ada'), await begin('bob')]
    const place = { room: 'r_1', self: 'p_1', other: 'p_2', assertion: bob.assertion }
    const context = { room: 'r_1', from: 'p_1', to: 'p_2', type: 'signal' }
    const numbers = []
    for (let turn = 0; turn < 3; turn += 1) {
        const { outward } = await ada.pair(place, await verify(bob.assertion))
        numbers.push((await ada.seal(outward, context, turn)).split('.')[1])
    }
    assert.deepEqual(numbers, ['1', '2', '3'])
})

test('swapped senders are noticed', async () => {
    const hub = new Hub()
    const people = []
    for (const name of ['Ada', 'Bob', 'Cem']) people.push({ name, sealing: await begin(name) })
    const [ada, bob, cem] = await call(hub, ...people)
    await until(hub, () => isConnected(ada, bob) && isConnected(ada, cem) && isConnected(bob, cem), 'they are connected')
    const heard = []
    cem.room.on('signal', (signal) => heard.push(signal))
    hub.meddle = (frame) => frame.type === 'signal' ? { ...frame, from: bob.room.self, n: 1 + Number(hub.last?.get(bob.room.self) ?? 0) } : frame
    // The first number that Cem has not yet from Bob.
    const received = hub.log.filter((line) => line.startsWith('Bob>Cem')).length
    hub.last = new Map([[bob.room.self, received]])
    ada.room.send(cem.room.self, 'I am Bob').catch(() => {})
    await until(hub, () => cem.unsealed.length > 0, 'Cem is told')
    assert.deepEqual([heard, cem.unsealed], [[], ['seal-broken']])
})

test('another assertion in the state is another person, and a stripped or forged one is nobody', async () => {
    const stranger = await Issuer.make()
    const shown = (assertion) => assertion && { assertion }
    for (const vouch of [() => undefined, () => 'nonsense', (assertion) => `${assertion.slice(0, -3)}AAA`]) {
        const hub = new Hub()
        hub.vouch = (assertion, name) => shown(name === 'Bob' ? vouch(assertion) : assertion)
        const [ada, bob] = await call(hub, { name: 'Ada', sealing: await begin('ada') }, { name: 'Bob', sealing: await begin('bob') })
        await until(hub, () => ada.unverified.length > 0 || ada.errors.length > 0 || ada.unsealed.length > 0, 'Ada is told')
        await settled(hub)
        assert.ok(!isConnected(ada, bob))
        assert.equal(ada.peer(bob)?.verified ?? null, null)
    }
    // One that is good, but not theirs: what they seal does not open with that key, and nobody is taken for Eve.
    const hub = new Hub()
    const eve = await begin('eve')
    hub.vouch = (assertion, name) => shown(name === 'Bob' ? eve.assertion : assertion)
    const [ada, bob] = await call(hub, { name: 'Ada', sealing: await begin('ada') }, { name: 'Bob', sealing: await begin('bob') })
    await until(hub, () => ada.unsealed.length + bob.unsealed.length > 0, 'somebody is told')
    assert.ok(!isConnected(ada, bob))
    assert.equal(ada.peer(bob)?.verified ?? null, null)
    // An issuer whom nobody believes.
    const mallory = await Sealing.begin({ assertion: stranger.vouchesFor('bob'), verify })
    assert.equal(await eve.claims(mallory.assertion), null)
})

test('preferred talks with who has no assertion, and never plainly with who has one', async () => {
    const hub = new Hub()
    const [ada, bob] = await call(hub, { name: 'Ada', sealing: await begin('ada', { policy: 'preferred' }) }, { name: 'Bob' })
    await until(hub, () => isConnected(ada, bob), 'they are connected')
    assert.equal(ada.peer(bob).verified, null)
    const other = new Hub()
    other.meddle = (frame) => frame.type === 'offer' ? { ...frame, sdp: 'v=0\r\n' } : frame
    const preferring = { policy: 'preferred' }
    const [cem, dan] = await call(other, { name: 'Cem', sealing: await begin('cem', preferring) }, { name: 'Dan', sealing: await begin('dan', preferring) })
    await until(other, () => cem.unsealed.length + dan.unsealed.length > 0, 'it is told')
    assert.ok(!isConnected(cem, dan))
})

test('required does not speak with who has no assertion', async () => {
    const hub = new Hub()
    const [ada, bob] = await call(hub, { name: 'Ada', sealing: await begin('ada') }, { name: 'Bob' })
    await until(hub, () => ada.unverified.length > 0, 'Ada is told')
    assert.ok(!isConnected(ada, bob))
    await assert.rejects(ada.room.send(bob.room.self, 'psst'), { code: 'unverified' })
    await assert.rejects(Sealing.begin({ assertion: issuer.vouchesFor('x'), verify, policy: 'maybe' }), TypeError)
})

test('what is wrong with an assertion', async () => {
    const jwk = { kty: 'EC', crv: 'P-256', x: 'A', y: 'A' }
    const good = { sub: 'ada', iss: 'https://id.example.org', aud: 'parley', exp: 2_000, cnf: { jwk } }
    const strict = believing({ keys: [issuer.publicKey], issuer: good.iss, audience: 'parley', now: () => 1_000_000 })
    assert.equal((await strict(await issuer.signs(good))).identity, 'ada')
    for (const [what, text] of Object.entries({
        over: await issuer.signs({ ...good, exp: 1_000 }), endless: await issuer.signs({ ...good, exp: undefined }),
        'another issuer': await issuer.signs({ ...good, iss: 'https://else.example.org' }), 'another audience': await issuer.signs({ ...good, aud: 'else' }),
        'no key': await issuer.signs({ ...good, cnf: undefined }), 'another curve': await issuer.signs({ ...good, cnf: { jwk: { ...jwk, crv: 'P-384' } } }),
        'a token of another kind': await issuer.signs(good, { alg: 'ES256', typ: 'JWT' }), none: await issuer.signs(good, { alg: 'none', typ: 'parley-assertion+jwt' }),
        critical: await issuer.signs(good, { alg: 'ES256', typ: 'parley-assertion+jwt', crit: ['b64'] }), nonsense: 'a.b.c', long: 'a'.repeat(3_000),
    })) await assert.rejects(strict(text), what)
})

test('a mesh shows who is verified', async () => {
    const hub = new Hub()
    const ada = await hub.arrives('Ada', { sealing: await begin('ada'), hasMesh: false })
    const shown = []
    ada.mesh = new Mesh(ada.room, { RTCPeerConnection: FakePeerConnection, MediaStream: FakeMediaStream, stream: fakeCamera() })
    ada.mesh.on('verified', (peer) => shown.push(peer.verified.name))
    await hub.arrives('Bob', { sealing: await begin('bob'), mesh: { stream: fakeCamera() } })
    await until(hub, () => shown.length > 0, 'it is shown')
    assert.deepEqual(shown, ['bob'])
})
