import { listOf, said } from '../meeting/sets.js'
import { Room } from '../room.js'
import { Incoming } from './incoming.js'

/**
 * The line of one person, which each of their devices that is online is in: what rings, what was missed, and how
 * reachable they are. It tells of each call once: `incoming`, also to a listener that comes later.
 */
export class Line extends Room {
    #incoming = new Map()
    #reasons = new Map()
    #telephone

    constructor(session, membership) {
        super(session, membership)
        this.#telephone = session.telephone
        this.on('event', (event) => { if (event.type === 'incoming-ended') this.#reasons.set(event.call, event.reason) })
        for (const name of ['change', 'resynced', 'rejoined']) this.on(name, () => this.#compare())
        // A ring is not heard of any more: it is over here, whatever becomes of it.
        this.on('closed', () => this.#endAll('offline'))
        this.#compare()
    }

    /** What rings here, the first one first. */
    get incoming() { return [...this.#incoming.values()].filter(({ isRinging }) => isRinging) }

    /** How reachable this person is: `{ availability, note, whenBusy, showLastSeen }`. */
    get presence() { return this.state.status ?? {} }

    /** Calls that nobody has taken, the newest first: `{ id, from, at, intent, reason, call }`. */
    get missed() { return listOf(this.state.missed).reverse() }

    /** Whose calls do not get through: `{ identity, user }`. */
    get blocked() { return Object.entries(this.state.blocked ?? {}).map(([identity, user]) => ({ identity, user })) }

    /** Calls on other devices of yours: `{ room, device, since }`. */
    get elsewhere() {
        return Object.entries(this.state.calls ?? {}).filter(([room]) => !this.#telephone.isIn(room)).flatMap(([room, devices]) =>
            Object.entries(devices).filter(([device]) => device !== this.self)
                .map(([device, since]) => ({ room, device, name: this.person(device)?.name, since })))
    }

    /** `availability`: `available`, `busy`, `away`, `do-not-disturb`; the others stay as they are. */
    async setAvailability(availability, { note, whenBusy, showLastSeen } = {}) {
        const { since, ...now } = this.presence
        const members = { ...now, ...said({ availability, note, whenBusy, showLastSeen }) }
        // For the case that the line has to be made anew.
        this.wishes = { ...this.wishes, status: members }
        return this.command('availability', members)
    }

    /** They do not get through any more, and are not told so. */
    block(person, blocked = true) { return this.command('block', { person, blocked }) }
    unblock(person) { return this.block(person, false) }

    /** Missed calls up to that one have been looked at. */
    missedSeen(through) { return this.command('missed-seen', { through: Number(through) }) }

    /** A call on another device goes on here, and ends there. */
    continueHere(call, options) { return this.#telephone.enter(call.room ?? call, options) }

    on(name, listener) {
        const off = super.on(name, listener)
        if (name === 'incoming') for (const call of this.incoming) queueMicrotask(() => { if (call.isRinging) listener(call) })
        return off
    }

    // MARK: Inside

    #compare() {
        const { incoming = {} } = this.state
        for (const [room, call] of this.#incoming) {
            const row = incoming[room]
            if (row === undefined || row.ring !== call.ring) this.#ends(room, this.#reasons.get(room) ?? 'over')
            else if (row.declined?.[this.self]) call.ends('declined')
        }
        this.#reasons.clear()
        for (const [room, row] of Object.entries(incoming)) {
            if (this.#incoming.has(room) || row.declined?.[this.self]) continue
            const call = new Incoming({ line: this, room, row, telephone: this.#telephone })
            this.#incoming.set(room, call)
            this.emit('incoming', call)
        }
    }

    #ends(room, reason) {
        this.#incoming.get(room)?.ends(reason)
        this.#incoming.delete(room)
    }

    #endAll(reason) { for (const room of [...this.#incoming.keys()]) this.#ends(room, reason) }
}
