const restartsMax = 3
const politeRestartMilliseconds = 3_000

/**
 * What a connection's state means for people, and what is done about it. `disconnected` often heals by
 * itself, so nothing is ever closed for it; `failed` asks for new paths, three times in a row at most.
 */
export class Health {
    #restarts = 0
    #timer = null
    #state = 'connecting'

    /** `become(state)` is told each change, `restart()` looks for new paths. */
    constructor({ connection, isPolite, clock, become, restart }) {
        Object.assign(this, { connection, isPolite, clock, become, restart })
        connection.onconnectionstatechange = () => this.#changed()
    }

    stop() {
        this.#stopTimer()
        this.connection.onconnectionstatechange = null
    }

    #changed() {
        this.#stopTimer()
        switch (this.connection.connectionState) {
        case 'connected':
            this.#restarts = 0
            return this.#tell('connected')
        case 'disconnected': return this.#tell('reconnecting')
        case 'failed': return this.#failed()
        // A restart passes through here again: people still wait for the same connection.
        default: if (this.#state !== 'reconnecting') this.#tell('connecting')
        }
    }

    #failed() {
        if (this.#restarts >= restartsMax) return this.#tell('failed')
        this.#restarts += 1
        this.#tell('reconnecting')
        if (!this.isPolite) return this.restart()
        // One side is enough; the polite one helps out if nothing comes.
        this.#timer = this.clock.setTimeout(() => {
            this.#timer = null
            if (this.connection.connectionState === 'failed') this.restart()
        }, politeRestartMilliseconds)
    }

    #tell(state) {
        this.#state = state
        this.become(state)
    }

    #stopTimer() {
        if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
        this.#timer = null
    }
}
