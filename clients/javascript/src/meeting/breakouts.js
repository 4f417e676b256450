import { listOf, said, setOf } from './sets.js'

/** Small rooms beside this one. Whoever goes to one stays in this one as well, and comes back by leaving it. */
export const Breakouts = (Base) => class extends Base {
    /** Each with `id`, `name`, `room`, perhaps `endsAt`, and `people`: `{ p_…: 'assigned' | 'moved' }`. */
    get breakouts() { return listOf(this.state.breakouts) }

    /** The one that you are assigned to. */
    get breakout() { return this.breakouts.find(({ people = {} }) => people[this.self] !== undefined) }

    /** The one that somebody is in now. */
    breakoutOf(id) { return this.breakouts.find(({ people = {} }) => people[id] !== undefined && people[id] !== 'assigned') }

    /** The room that this one is a breakout of. */
    get parent() { return this.state.room.parent }

    /** `rooms`: `{ name: [participant ids] }`. */
    openBreakouts(rooms, { durationMilliseconds } = {}) {
        const members = Object.entries(rooms).map(([name, ids = []]) => [name, ids.length > 0 ? { people: setOf(ids) } : {}])
        return this.command('open-breakouts', said({ rooms: Object.fromEntries(members), durationMilliseconds }))
    }

    /** Without `breakout`: to none. */
    assign(id, breakout) {
        return this.command('assign', said({ participant: id, breakout: breakout === undefined ? undefined : Number(breakout) }))
    }

    /** Everybody shall come back; the rooms stay. */
    recall() { return this.command('recall') }
    closeBreakouts() { return this.command('close-breakouts') }
    /** Tells them to go to another room; their client is told how to get in. */
    transfer(id, room) { return this.command('transfer', { participant: id, destination: room }) }
}

export const breakoutsEvents = {
    'breakouts-opened': (room) => [room.breakouts],
    assigned: (room, { participant, breakout }) => [room.person(participant), breakout === undefined ? undefined : String(breakout)],
    'breakout-joined': (room, { participant, breakout }) => [room.person(participant), String(breakout)],
    'breakout-left': (room, { participant, breakout }) => [room.person(participant), String(breakout)],
    'breakouts-ending': (room, { endsAt }) => [{ endsAt }],
    recalled: () => [],
    'breakouts-closed': (room, { reason }) => [said({ reason })],
    transferred: (room, { participant, room: to, ticket }) => [room.person(participant), said({ room: to, ticket })],
}
