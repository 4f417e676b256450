/**
 * The people whose presence is looked at. The server is told the whole set, again on each connection; what it answers
 * goes to everybody who has asked for that person.
 */
export class Watches {
    #all = new Set()
    #known = new Map()
    #said = ''
    #isDue = false
    #timer = null

    /** `send(frame)` returns whether it went out. */
    constructor({ send, clock }) { Object.assign(this, { send, clock }) }

    /** `listener(person, presence)`: null for somebody who cannot be seen. */
    add(people, listener) {
        const watch = { people: new Set(people), listener }
        this.#all.add(watch)
        for (const person of watch.people) if (this.#known.has(person)) queueMicrotask(() => this.#all.has(watch) && listener(person, this.#known.get(person)))
        this.#soon()
        return () => { if (this.#all.delete(watch)) this.#soon() }
    }

    /** On a new connection. */
    again() {
        this.#said = ''
        this.#soon()
    }

    take({ people = {} }) {
        for (const [person, presence] of Object.entries(people)) {
            this.#known.set(person, presence)
            for (const watch of [...this.#all]) if (watch.people.has(person)) watch.listener(person, presence)
        }
    }

    rejected({ retryAfterMilliseconds }) {
        if (retryAfterMilliseconds === undefined) return
        this.#timer ??= this.clock.setTimeout(() => { this.#timer = null; this.again() }, retryAfterMilliseconds)
    }

    get(person) { return this.#known.get(person) }

    // Several in a row are one question.
    #soon() {
        if (this.#isDue) return
        this.#isDue = true
        queueMicrotask(() => { this.#isDue = false; this.#tell() })
    }

    #tell() {
        const names = [...new Set([...this.#all].flatMap(({ people }) => [...people]))].sort()
        for (const person of [...this.#known.keys()]) if (!names.includes(person)) this.#known.delete(person)
        const said = JSON.stringify(names)
        // Nobody has asked for anything on this connection.
        if (said === this.#said || (this.#said === '' && names.length === 0)) return
        if (this.send({ type: 'watch', people: Object.fromEntries(names.map((name) => [name, true])) })) this.#said = said
    }
}
