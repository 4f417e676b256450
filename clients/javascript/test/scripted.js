import { Parley } from '../parley.js'
import { FakeSocket, ManualClock, person, snapshot, welcome } from './support.js'

/** A client with its clock, and what it said about itself. */
export function begin(options = {}) {
    FakeSocket.all = []
    const clock = new ManualClock()
    const parley = new Parley({ url: 'ws://test/v1/connect', WebSocket: FakeSocket, clock, random: () => 0.5, ...options })
    const statuses = []
    parley.on('status', (change) => statuses.push(change))
    return { clock, parley, statuses }
}

/** Ada is in the room, alone or with others. */
export async function inRoom(people = { p_ada: person(1) }, options) {
    const world = begin(options)
    const joined = world.parley.join('blue-fox', { name: 'Ada' })
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome(), snapshot('p_ada', people))
    const room = await joined
    const heard = []
    for (const name of ['change', 'joined', 'left', 'media-changed', 'rejoined', 'ended', 'closed']) {
        room.on(name, (...values) => heard.push([name, ...values.filter((value) => value !== undefined).map((value) => value.id ?? value)]))
    }
    FakeSocket.last.take()
    return { ...world, room, heard }
}

export const withBob = () => inRoom({ p_ada: person(1), p_bob: person(2) })
