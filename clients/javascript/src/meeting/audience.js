import { Roster, pageOf } from './roster.js'

/**
 * Beyond the people on the stage there is an audience that is counted, not listed: nobody is told who comes and goes.
 * Those who may see it ask for it page by page.
 */
export const Audience = (Base) => class extends Base {
    #own
    #told = 0
    #roster = new Roster({ send: (frame) => this.transmit({ ...frame, room: this.id }) })

    /** How many are counted; 0 while everybody is listed. The server says it about once a second. */
    get audience() { return this.state.audience?.count ?? 0 }

    /** Whether you are one of them: in nobody's list, and nobody calls you. */
    get isCounted() { return this.#own !== undefined && this.view !== 'waiting' }

    /**
     * One page of the counted audience, in order of arrival: `{ people, next }`. `next` is the `after` of the page behind
     * it, undefined at the end. At most 100 at a time; needs `roster`.
     */
    async roster({ after = 0, max = 50 } = {}) {
        const page = pageOf(await this.#roster.page(after, max, this.isClosed))
        return { ...page, people: page.people.map((person) => ({ ...person, isSelf: person.id === this.self })) }
    }

    // MARK: What the session tells

    get ownRow() { return this.#own }

    /** Of a snapshot: `me` is there as long as we are in no list. */
    takeOwn(row) { this.#own = row }

    tellAudience() {
        if (this.audience === this.#told) return
        this.#told = this.audience
        this.emit('audience', this.audience)
    }

    rosterFrame(frame) {
        if (frame.type === 'roster') this.#roster.take(frame)
        else this.#roster.rejected(frame)
    }

    rosterAgain() { this.#roster.again() }
    closeRoster() { this.#roster.close() }
}

/** On the stage: listed, and not because of a raised hand. */
export const isOnStage = (row) => row !== undefined && row.counted !== true

/** Whom an event is about, also if they are listed no more: then as they were, without what the list had them for. */
export function lately(room, id, before) {
    const present = room.person(id)
    if (present || id === undefined) return present
    const { hand, handRaisedAt, handToSpeak, ...row } = before.people?.[id] ?? {}
    return { id, ...row, isSelf: false }
}

/** From the counted audience to the stage or back, as `[event, person]`. Signals go on counting: it is the same participant. */
export function moves(room, id, before) {
    const [was, is] = [before, room.state].map(({ people }) => isOnStage(people?.[id]))
    if (was === is) return []
    return is ? [['on-stage', room.person(id)]] : [['off-stage', { ...lately(room, id, before), role: 'audience', counted: true }]]
}

/** Who is new on the stage in a state that came as a whole, as `[event, person]`; ourselves first. */
export function arrivals(room, people, wasCounted) {
    const own = wasCounted === room.isCounted ? [] : [[wasCounted ? 'on-stage' : 'off-stage', room.me]]
    const earlier = (id) => people.find((person) => person.id === id)
    const others = room.people.filter((person) => isOnStage(person) && !person.isSelf && !isOnStage(earlier(person.id)))
    return [...own, ...others.map((person) => [earlier(person.id) ? 'on-stage' : 'joined', person])]
}
