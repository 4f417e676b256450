import { listOf, said, setOf } from '../meeting/sets.js'

/** Every room can ring people, and whoever is in it can be on hold. */
export const Rings = (Base) => class extends Base {
    /** `meeting`, `call`, `line` or `queue`. */
    get kind() { return this.state.room.kind ?? 'meeting' }

    /**
     * Those that are not over, the oldest first, each with its number as `id`, the identity of whoever has begun it
     * (`by`, `isMine`), and `people`: how far it is with each of them.
     */
    get rings() {
        return listOf(this.state.rings).map(({ people = {}, ...ring }) => ({
            ...ring, isMine: ring.by === this.me.identity,
            people: Object.entries(people).map(([identity, person]) => ({ identity, ...person })),
        }))
    }

    /** Rings more people. `mode`: the `first` of them comes in, or `each`. */
    ring(to, { mode, intent, ringMilliseconds, data } = {}) {
        return this.command('ring', said({ to: setOf(to), mode, intent, ringMilliseconds, data }))
    }

    cancelRing(ring) { return this.command('ring-cancel', { ring: Number(ring) }) }

    /** No sound and no picture, in both directions; `Mesh` sees to it. */
    hold() { return this.holds(true) }
    unhold() { return this.holds(false) }

    get isHeld() { return this.me.held === true }

    /** Whether nothing shall pass between somebody and us. */
    isHeldWith(id) { return this.isHeld || this.person(id)?.held === true }

    // MARK: For the library's own use

    /** A new membership has held nothing yet. */
    async holds(held) {
        this.#listen()
        this.#wantsHold = held
        return this.command('hold', { held })
    }

    #wantsHold = false
    #off

    #listen() {
        this.#off ??= this.on('rejoined', () => { if (this.#wantsHold && !this.isHeld) this.command('hold', { held: true }).catch(() => {}) })
    }
}

const rung = (room, { ring, person }, before) => {
    const row = room.state.rings?.[ring]?.people?.[person] ?? before.rings?.[ring]?.people?.[person]
    return { identity: person, ...row }
}

export const ringsEvents = {
    'ring-started': (room, { ring }) => [room.rings.find(({ id }) => Number(id) === ring)],
    'ring-changed': (room, event, before) => [rung(room, event, before), said({ ring: event.ring, state: event.state, message: event.message })],
    'ring-answered': (room, { ring, participant, answer }, before) => [
        room.person(participant), said({ ring, answer, by: before.rings?.[ring]?.by }),
    ],
    'ring-ended': (room, { ring, reason }) => [said({ ring, reason })],
    held: (room, { participant }) => [room.person(participant)],
    unheld: (room, { participant }) => [room.person(participant)],
    'became-meeting': () => [],
    'transfer-failed': (room, { ring, reason }) => [said({ ring, reason })],
}
