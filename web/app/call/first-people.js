/**
 * A room as the mesh may see it: only the first `count` people, by their arrival. Everybody computes the same, so
 * nobody calls somebody who does not answer. When one of them leaves, the next one moves up, and for the mesh that is
 * somebody who joins. Everything else is the room itself.
 */
export class FirstPeople {
    #room
    #count
    #listeners = { joined: new Set(), left: new Set(), change: new Set() }
    #known

    constructor(room, count) {
        this.#room = room
        this.#count = count
        this.#known = this.people
        room.on('change', () => this.#compare())
        // Whatever else the mesh uses of the room, it gets from the room.
        return new Proxy(this, {
            get: (own, name) => {
                if (['people', 'person', 'on', 'includes'].includes(name)) {
                    const value = own[name]
                    return typeof value === 'function' ? value.bind(own) : value
                }
                const value = room[name]
                return typeof value === 'function' ? value.bind(room) : value
            },
        })
    }

    /**
     * Without oneself among the first, there is nobody to be connected with. Whoever is counted, and in no list, is
     * called by those who want to: for them everybody is there.
     */
    get people() {
        const first = this.#first
        if (this.#room.isCounted) return first
        return first.some((person) => person.isSelf) ? first : this.#room.people.filter((person) => person.isSelf)
    }

    includes(id) {
        return this.#first.some((person) => person.id === id)
    }

    /**
     * Observers are seen by moderators alone, so nobody else could be connected with them. Of the counted audience those
     * whose hand is up are in the room's list, and not on the stage.
     */
    get #first() {
        return this.#room.people.filter(({ role, counted }) => role !== 'observer' && counted !== true).slice(0, this.#count)
    }

    person(id) {
        if (id === this.#room.self) return this.#room.person(id)
        return this.people.find((person) => person.id === id)
    }

    on(name, listener) {
        // Whoever comes to the stage has a place only if they are one of the first.
        if (name === 'on-stage') return this.#room.on(name, (person) => (person.isSelf || this.includes(person.id)) && listener(person))
        const listeners = this.#listeners[name]
        if (listeners === undefined) return this.#room.on(name, listener)
        listeners.add(listener)
        return () => listeners.delete(listener)
    }

    #compare() {
        const before = this.#known
        this.#known = this.people
        const has = (people, id) => people.some((person) => person.id === id)
        before.filter(({ id }) => !has(this.#known, id)).forEach((person) => this.#emit('left', person, 'left'))
        this.#known.filter(({ id }) => !has(before, id)).forEach((person) => this.#emit('joined', person))
        this.#emit('change')
    }

    #emit(name, ...values) {
        [...this.#listeners[name]].forEach((listener) => listener(...values))
    }
}
