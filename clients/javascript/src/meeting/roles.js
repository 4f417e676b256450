import { lately } from './audience.js'
import { listOf, said } from './sets.js'

const audience = ['chat', 'react']
const participant = [...audience, 'publish', 'share', 'roster']
const speaker = [...participant, 'speak', 'attributes']
const coHost = [...speaker, 'admit', 'remove', 'roles', 'settings', 'mute', 'floors', 'record', 'breakouts']
/** What roles may do where the room says nothing else (docs/PROTOCOL.md). */
const usual = { host: [...coHost, 'end'], 'co-host': coHost, speaker, participant, audience, observer: ['roster'] }

/** Who may do what. The server judges every command; this is what a page shows or hides. */
export const Roles = (Base) => class extends Base {
    /** Your own one; undefined while you wait. */
    get role() { return this.person(this.self)?.role }

    /** Whether your token or your role allows it: `admit`, `remove`, `roles`, `settings`, `end`, `mute`, `floors`, `record` … */
    may(permission) { return this.person(this.self)?.permissions?.[permission] ?? this.state.roles?.[this.role]?.[permission] ?? usual[this.role]?.includes(permission) ?? false }

    /** Every role with what it allows in this room: `{ host: { admit: true, … }, … }`. The state tells differences alone. */
    get roles() {
        const own = (role) => ({ ...Object.fromEntries((usual[role] ?? []).map((name) => [name, true])), ...this.state.roles?.[role] })
        return Object.fromEntries([...new Set([...Object.keys(usual), ...Object.keys(this.state.roles ?? {})])].map((role) => [role, own(role)]))
    }

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
    // Listed no more: they are one of the audience again, and counted.
    'role-changed': (room, { participant, by, reason }, before) => [
        room.person(participant) ?? { ...lately(room, participant, before), role: 'audience', counted: true }, said({ by, reason }),
    ],
    banned: (room, { by, name, identity }) => [said({ by, name, identity })],
    unbanned: (room, { by }) => [said({ by })],
}
