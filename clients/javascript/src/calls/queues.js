import { said, setOf } from '../meeting/sets.js'

/** A room of kind `queue`: people wait at its door, and whoever is in it takes them. */
export const Queues = (Base) => class extends Base {
    /** How many are before you; undefined if you do not stand in a line, or nobody is before others. */
    get place() {
        const { line = {} } = this.state.queue ?? {}
        const mine = line[this.self]
        return mine === undefined || this.#isMatch ? undefined : Object.values(line).filter((place) => place < mine).length
    }

    /** In a match: how many with your key are there, you among them; the room's `size` says how many are wanted. */
    get found() {
        const { line = {} } = this.state.queue ?? {}
        const mine = line[this.self]
        return mine === undefined || !this.#isMatch ? undefined : Object.values(line).filter((group) => group === mine).length
    }

    get #isMatch() { return this.state.room.queue?.rule === 'match' }

    /** How long it may take, as far as those before you tell; undefined if nobody can say. */
    get estimateMilliseconds() {
        const { pace } = this.state.queue ?? {}
        return pace === undefined || this.place === undefined ? undefined : pace * (this.place + 1)
    }

    /** To tell whoever you want to be put together with. */
    get code() { return this.me.code }

    /** The room that you are expected in; undefined while you wait. */
    get takenTo() { return this.state.queue?.taken?.[this.self] }

    /** Those who wait, as agents see them, the next one first. */
    get customers() {
        const { line = {} } = this.state.queue ?? {}
        const names = this.state.waiting ?? {}
        return Object.entries(this.state.customers ?? {}).filter(([, { taken }]) => taken === undefined)
            .map(([id, { skills = {}, ...row }]) => ({ id, name: names[id]?.name, identity: names[id]?.identity, ...row, skills: Object.keys(skills) }))
            .sort((a, b) => (line[a.id] ?? Infinity) - (line[b.id] ?? Infinity))
    }

    /** Those who take them: `available`, `skills`, since when, whom they serve (`serving`, a room) or are offered (`offer`). */
    get agents() {
        return Object.entries(this.state.agents ?? {}).map(([id, { skills = {}, ...row }]) => ({
            id, name: this.person(id)?.name, ...row, skills: Object.keys(skills), isSelf: id === this.self,
        }))
    }

    /** The next one, the first who asks for a `skill`, or one whom you name. The event says the `room`: see `parley.enter`. */
    take({ skill, participant } = {}) { return this.command('take', said({ skill, participant })) }
    /** Whom you are offered shall be offered to somebody else. */
    pass() { return this.command('pass') }
    /** Whether you serve, and what you can; it also says that you are done with the one before. */
    serve(available = true, { skills } = {}) { return this.command('agent', said({ available, skills: skills && setOf(skills) })) }
}

export const queuesEvents = {
    taken: (room, { room: to, people = {}, agent }) => [said({ room: to, people: Object.keys(people), agent, isSelf: agent === room.self || room.self in people })],
    offered: (room, { participant, customer, until }) => [room.person(participant), said({ customer, until })],
    'offer-ended': (room, { participant, reason }) => [room.person(participant), said({ reason })],
    came: (room, { participant }) => [participant],
    unmet: (room, { room: to, people = {}, agent }) => [said({ room: to, people: Object.keys(people), agent, isSelf: agent === room.self || room.self in people })],
    'agent-changed': (room, { participant }) => [room.agents.find(({ id }) => id === participant)],
}
