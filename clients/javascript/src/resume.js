const key = 'parley.resume'

/**
 * What a reloaded page needs in order to be the same somebody. The storage holds it only from `pagehide` to
 * the next load: a duplicated tab copies the storage and would take over the session otherwise.
 */
export class ResumeStore {
    value = null

    /** `given`: what another page handed over; it is newer than anything stored. */
    constructor(storage, environment, given) {
        this.storage = storage
        this.value = given ?? null
        if (!storage) return
        try {
            this.value ??= JSON.parse(storage.getItem(key))
            storage.removeItem(key)
        } catch { /* somebody else's value, or a storage that is switched off */ }
        // Before anybody else hears of it: an app that leaves and closes then would have nothing kept of it.
        environment.addEventListener?.('pagehide', () => this.#save(), true)
        // Back from the back-forward cache: the page goes on living, and the stored value is too much.
        environment.addEventListener?.('pageshow', () => { try { storage.removeItem(key) } catch { /* as above */ } })
    }

    clear() { this.value = null }

    #save() {
        if (!this.value) return
        try { this.storage.setItem(key, JSON.stringify(this.value)) } catch { /* full, or switched off */ }
    }
}

/** What `hello` says of a session that is to go on: where its client stands in each room, and what it has received. */
export function resumeMember(credentials, attempt, held, departures, received) {
    const rooms = Object.fromEntries([...held.map((room) => [room.id, room.resumePosition]), ...departures.positions])
    // A position counts in its own view alone.
    const views = said([...held.map(({ id, view }) => [id, view]), ...departures.views])
    // While this hello is on its way, we may become somebody else there by the line that is in use.
    const selves = said([...held.map((room) => [room.id, room.self]), ...departures.selves])
    return { ...credentials, attempt, rooms, ...(views && { views }), ...(selves && { selves }), ...(Object.keys(received).length > 0 && { received }) }
}

function said(pairs) {
    const known = pairs.filter(([, value]) => value)
    return known.length > 0 ? Object.fromEntries(known) : undefined
}
