/**
 * Rooms that were left while there was no connection. For the app they are over; the server keeps our place in
 * them until the session is resumed and says goodbye, or until it is over.
 */
export class Departures {
    #departures = new Map()

    constructor({ send }) { this.send = send }

    add(room, frames) {
        const { id, alias, self, position, view } = room
        this.#departures.set(id, { alias, self, position, view, frames })
    }

    /** For hello, as of every other room. */
    get positions() { return [...this.#departures].map(([id, { position }]) => [id, position]) }
    get selves() { return [...this.#departures].map(([id, { self }]) => [id, self]) }
    get views() { return [...this.#departures].map(([id, { view }]) => [id, view]) }

    /** Whether a room of that id or alias is one of them: it can be joined again only after the goodbye. */
    includes(target) {
        return this.#departures.has(target) || [...this.#departures.values()].some(({ alias }) => alias !== undefined && alias === target)
    }

    /** Whether that snapshot shows a place that we have given up. */
    isOld({ room, self }) { return this.#departures.get(room)?.self === self }

    resumed() {
        for (const [room, { frames }] of this.#departures) for (const frame of frames) this.send({ ...frame, room })
    }

    /** Our own `left` is the last word about a place. */
    events({ room, events }) {
        const departure = this.#departures.get(room)
        if (departure && events.some(({ type, participant }) => type === 'left' && participant === departure.self)) this.forget(room)
    }

    /** The server does not know us in that room either. */
    forget(room) { return this.#departures.delete(room) }

    clear() { this.#departures.clear() }
}
