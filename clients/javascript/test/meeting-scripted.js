import { begin } from './scripted.js'
import { FakeSocket, at, person, welcome } from './support.js'

/** A snapshot of a meeting: Ada is its host, Bob takes part. `more`: other members of the state. */
export const meetingSnapshot = ({ self = 'p_ada', sequence = 1, people = {}, room, ...more } = {}, members) => ({
    type: 'snapshot', room: 'r_1', self, at: at(sequence), view: 'moderator', events: [], ...members,
    state: {
        room: { id: 'r_1', alias: 'blue-fox', lifecycle: 'open', createdAt: 0, capacity: 100, admission: 'open', ...room },
        people: { p_ada: person(1, { role: 'host' }), p_bob: person(2), ...people }, ...more,
    },
})

/** What somebody sees who waits. */
export const doorSnapshot = (reason = 'approval', members) => ({
    type: 'snapshot', room: 'r_1', self: 'p_eve', at: at(5), view: 'waiting',
    events: [{ type: 'waiting', participant: 'p_eve', by: 'p_eve', id: 1, reason }], ...members,
    state: { room: { id: 'r_1', alias: 'blue-fox', lifecycle: 'open', createdAt: 0, capacity: 100, admission: 'approval' } },
})

/** In the meeting, with everything that the room says in `heard`. */
export async function inMeeting(state, { names = [] } = {}) {
    const world = begin()
    const joined = world.parley.join('blue-fox', { name: 'Ada' })
    FakeSocket.last.opens()
    FakeSocket.last.says(welcome(), meetingSnapshot(state))
    const room = await joined
    const heard = []
    for (const name of names) room.on(name, (...values) => heard.push([name, ...values]))
    FakeSocket.last.take()
    return { ...world, room, heard, sent: () => FakeSocket.last.take(), says: (...frames) => FakeSocket.last.says(...frames) }
}

/** At the door. `joined` is what `join` came to, as soon as it has. */
export async function atTheDoor(options = {}, reason) {
    const world = begin()
    const waited = []
    const outcome = {}
    const joined = world.parley.join('blue-fox', { name: 'Eve', onWaiting: (room) => waited.push(room), ...options })
    joined.then((room) => { outcome.room = room }, (error) => { outcome.error = error })
    FakeSocket.last.opens()
    const hello = FakeSocket.last.take()[0]
    FakeSocket.last.says(welcome(), doorSnapshot(reason))
    return { ...world, joined, outcome, waited, room: waited[0], hello }
}
