import { listOf, said, setOf } from './sets.js'

/** Small rooms beside this one. */
export const Breakouts = (Base) => class extends Base {
    /** Each with `id`, `name`, `room`, perhaps `endsAt`, and `people`: `{ p_…: 'assigned' | 'moved' }`. */
    get breakouts() { return listOf(this.state.breakouts) }

    /** The one that you are assigned to. */
    get breakout() { return this.breakouts.find(({ people = {} }) => people[this.self] !== undefined) }

    /** The room that this one is a breakout of. */
    get parent() { return this.state.room.parent }

    /** `rooms`: `{ name: [participant ids] }`. */
    openBreakouts(rooms, { durationMilliseconds } = {}) {
        const members = Object.entries(rooms).map(([name, ids = []]) => [name, ids.length > 0 ? { people: setOf(ids) } : {}])
        return this.command('open-breakouts', said({ rooms: Object.fromEntries(members), durationMilliseconds }))
    }

    assign(id, breakout) { return this.command('assign', { participant: id, breakout: Number(breakout) }) }
    /** Everybody shall come back; the rooms stay. */
    recall() { return this.command('recall') }
    closeBreakouts() { return this.command('close-breakouts') }
    /** Tells them to go to another room; their client is told how to get in. */
    transfer(id, room) { return this.command('transfer', { participant: id, room }) }
}

export const breakoutsEvents = {
    'breakouts-opened': (room) => [room.breakouts],
    assigned: (room, { participant, breakout }) => [room.person(participant), String(breakout)],
    recalled: () => [],
    'breakouts-closed': () => [],
    transferred: (room, { participant, room: to, ticket }) => [room.person(participant), said({ room: to, ticket })],
}
