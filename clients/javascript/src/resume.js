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
