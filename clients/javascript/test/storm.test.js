import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hub } from './hub.js'

/** Mulberry32 (Tommy Ettinger, public domain): a number in 0 ..< 1 at each call, the same row for the same seed. */
function generator(seed) {
    return () => {
        seed = seed + 0x6d2b79f5 | 0
        let mixed = Math.imul(seed ^ seed >>> 15, 1 | seed)
        mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
        return ((mixed ^ mixed >>> 14) >>> 0) / 0x1_0000_0000
    }
}

/** Three people who talk while lines are cut and servers drain, at random; then quiet. */
async function storm(seed, steps) {
    const random = generator(seed)
    const pick = (list) => list[Math.floor(random() * list.length)]
    const hub = new Hub({ keepsSessions: true, closesFirst: random() < 0.5 })
    const people = []
    for (const name of ['Ada', 'Bob', 'Cem']) people.push(await hub.arrives(name, { hasMesh: false }))
    await hub.pump()
    const sent = {}
    const got = {}
    const told = []
    for (const one of people) {
        one.room.on('signal', ({ from, data }) => (got[`${from}>${one.room.self}`] ??= []).push(data))
        for (const name of ['left', 'rejoined', 'closed']) one.room.on(name, () => told.push(`${one.name} ${name}`))
    }
    const ids = people.map(({ room }) => room.self)
    const outcomes = []
    for (let step = 0; step < steps; step += 1) {
        const one = pick(people)
        const other = pick(people.filter((candidate) => candidate !== one))
        const chance = random()
        if (chance < 0.45) {
            (sent[`${one.room.self}>${other.room.self}`] ??= []).push(step)
            outcomes.push(one.room.send(other.room.self, step))
        } else if (chance < 0.6) outcomes.push(one.room.media({ audio: random() < 0.5 }))
        else if (chance < 0.75) hub.cutAfter(one.name, 1 + Math.floor(random() * 6))
        else if (chance < 0.9) hub.drainAfter(one.name, 1 + Math.floor(random() * 6))
        else one.clock.advance(Math.floor(random() * 400))
        if (random() < 0.3) await hub.pump()
    }
    hub.calm()
    for (let i = 0; i < 8; i += 1) { for (const { clock } of people) clock.advance(200); await hub.pump() }
    await Promise.all(outcomes)
    return { hub, people, ids, sent, got, told }
}

test('whatever is cut and moved, and when: nothing lost, nothing twice, one state', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
        const { hub, people, ids, sent, got, told } = await storm(seed, 40)
        assert.deepEqual(got, sent, `seed ${seed}`)
        assert.deepEqual(told, [], `seed ${seed}`)
        assert.deepEqual(people.map(({ room }) => room.self), ids, `seed ${seed}`)
        for (const { room, name } of people) assert.deepEqual([room.state, room.hash], [hub.state, people[0].room.hash], `seed ${seed}: ${name}`)
    }
})
