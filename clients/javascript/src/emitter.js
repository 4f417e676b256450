/** Names to listeners. A listener that throws is reported and never stops its neighbours or the protocol. */
export class Emitter {
    #listeners = new Map()

    /** Returns a function that takes the listener away again. */
    on(name, listener) {
        let listeners = this.#listeners.get(name)
        if (!listeners) this.#listeners.set(name, listeners = new Set())
        listeners.add(listener)
        return () => { listeners.delete(listener) }
    }

    /** For the library's own use. The listeners are copied: one may add or remove others while it runs. */
    emit(name, ...values) {
        for (const listener of [...this.#listeners.get(name) ?? []]) {
            try { listener(...values) } catch (error) { report(error) }
        }
    }

    hasListeners(name) {
        return (this.#listeners.get(name)?.size ?? 0) > 0
    }
}

// As if it had been thrown in a task of its own.
function report(error) {
    if (typeof globalThis.reportError === 'function') globalThis.reportError(error)
    else queueMicrotask(() => { throw error })
}
