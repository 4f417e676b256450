import { listOf, said } from './sets.js'

/** Who may do what. The server judges every command; this is what a page shows or hides. */
export const Roles = (Base) => class extends Base {
    /** Your own one; undefined while you wait. */
    get role() { return this.state.people?.[this.self]?.role }

    /** Whether your role allows it: `admit`, `remove`, `roles`, `settings`, `end`, `mute`, `floors`, `record` … */
    may(permission) { return this.state.roles?.[this.role]?.[permission] === true }

    /** Every role of this room with what it allows: `{ host: { admit: true, … }, … }`. */
    get roles() { return this.state.roles ?? {} }

    get bans() { return listOf(this.state.bans) }

    setRole(id, role) { return this.command('set-role', { participant: id, role }) }

    /** You become co-host. Only a host can. */
    transferHost(id) { return this.command('transfer-host', { participant: id }) }

    /** Out of the room; with `ban` the same person does not come in again, for that long or for good. */
    remove(id, { ban, banMilliseconds } = {}) {
        return this.command('remove', said({ participant: id, ban: ban || undefined, banMilliseconds }))
    }

    unban(id) { return this.command('unban', { ban: Number(id) }) }
}

export const rolesEvents = {
    'role-changed': (room, { participant, by, reason }) => [room.person(participant), said({ by, reason })],
    banned: (room, { by, name, identity }) => [said({ by, name, identity })],
    unbanned: (room, { by }) => [said({ by })],
}
