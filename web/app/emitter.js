/** Listeners by event name. `on` answers with the function that takes the listener off again. */
export class Emitter {
    #listeners = new Map()

    on(name, listener) {
        if (!this.#listeners.has(name)) this.#listeners.set(name, new Set())
        this.#listeners.get(name).add(listener)
        return () => this.#listeners.get(name).delete(listener)
    }

    emit(name, value) {
        // A copy: a listener may take itself off while it runs.
        for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(value)
    }
}
