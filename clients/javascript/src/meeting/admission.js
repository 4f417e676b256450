import { listOf, said, setOf } from './sets.js'

/** Who waits at the door, who lets them in, and who comes in by invitation. */
export const Admission = (Base) => class extends Base {
    #reason

    /** `waiting`: you see the door alone, until `admitted`. `joined`: you are in. `closed`: it is over for you. */
    get status() {
        if (this.isClosed) return 'closed'
        return this.view === 'waiting' ? 'waiting' : 'joined'
    }

    /** Why you wait: `approval`, `host`, `locked` or `scheduled`; undefined if you do not. */
    get waitingReason() {
        if (this.status !== 'waiting') return undefined
        const { lifecycle, waitForHost } = this.state.room
        if (lifecycle === 'scheduled' || lifecycle === 'locked') return lifecycle
        return this.#reason ?? (waitForHost ? 'host' : 'approval')
    }

    /** Those who wait, the first one first. Empty for whoever may not admit. */
    get waiting() { return listOf(this.state.waiting, (person) => person.waiting) }

    get invitations() { return listOf(this.state.invitations) }

    admit(...ids) { return this.command('admit', { participants: setOf(ids.flat()) }) }
    admitAll() { return this.command('admit', { all: true }) }
    deny(...ids) { return this.command('deny', { participants: setOf(ids.flat()) }) }
    denyAll() { return this.command('deny', { all: true }) }

    /** Words to those who wait: to all of them, or to some. */
    notice(text, ids) { return this.command('notice', said({ text, participants: ids && setOf(ids) })) }

    /**
     * Resolves with `{ id, secret }`. The secret is told once and to you alone; `join` takes it as `invitation`. It is
     * undefined if the connection was lost before it came: then revoke this invitation, and make another one.
     */
    async invite({ label, role, usesMax, expiresAt, bypass } = {}) {
        const before = new Set(this.invitations.map(({ id }) => id))
        const event = await this.command('invite', said({ label, role, usesMax, expiresAt, bypass }))
        const mine = this.invitations.find(({ id, by }) => by === this.self && !before.has(id))
        return { id: idOf(event?.invitation) ?? mine?.id, secret: event?.secret }
    }

    revoke(id) { return this.command('revoke', { invitation: Number(id) }) }

    // MARK: What the session tells

    heardAtDoor({ type, participant, reason }) {
        if (type === 'waiting' && participant === this.self) this.#reason = reason
    }
}

const idOf = (number) => number === undefined ? undefined : String(number)

const waiting = (state, id) => ({ id, ...state.waiting?.[id], isSelf: false })

export const admissionEvents = {
    waiting: (room, { participant, reason }) => participant === room.self ? null : [waiting(room.state, participant), reason],
    // Of ourselves the room tells when the state has come in which we are.
    admitted: (room, { participant }, before) => participant === room.self ? null : [waiting(before, participant)],
    denied: (room, { participant }, before) => participant === room.self ? null : [waiting(before, participant)],
    // Those at the door share their frames, also with words for one of them.
    notice: (room, { text, by, participants }) =>
        room.status === 'waiting' && participants && !participants[room.self] ? null : [said({ text, by })],
    invited: (room, { invitation, by }) => [said({ id: idOf(invitation), by })],
    revoked: (room, { invitation }) => [{ id: idOf(invitation) }],
}
