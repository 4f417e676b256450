/** Who is in the room. */
export const People = (Base) => class extends Base {
    #roundTrips = new Map()

    /** In order of arrival: all who are listed. The counted audience is not, but for those whose hand is up. */
    get people() {
        return Object.keys(this.state.people ?? {}).map((id) => this.person(id)).sort((a, b) => a.joined - b.joined)
    }

    person(id) {
        const person = this.state.people?.[id] ?? (id === this.self ? this.ownRow : undefined)
        const roundTripMilliseconds = this.#roundTrips.get(id)
        return person && { id, ...person, ...(roundTripMilliseconds !== undefined && { roundTripMilliseconds }), isSelf: id === this.self }
    }

    /** Ourselves, also while we wait or are one of the counted audience, and are in no list. */
    get me() { return this.person(this.self) ?? { id: this.self, name: this.name, isSelf: true } }

    /** Also those who wait, and those who are gone already. */
    whom(id) { return this.person(id) ?? { id, ...this.state.waiting?.[id], isSelf: id === this.self } }

    // MARK: What the session tells

    /** How far away people are, by id, in milliseconds there and back. */
    measured(roundTrips) {
        for (const [id, milliseconds] of Object.entries(roundTrips)) {
            // Ignored: somebody who has left.
            if (!this.state.people?.[id]) continue
            this.#roundTrips.set(id, milliseconds)
            this.emit('round-trip', this.person(id))
        }
    }

    unmeasured(id) {
        if (id === undefined) this.#roundTrips.clear()
        else this.#roundTrips.delete(id)
    }
}
