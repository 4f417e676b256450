/** What a connection's state means for people. What is done about it is a matter of its `recovery`. */
export class Health {
    #state = 'connecting'

    /** `become(state)` is told each change: `connecting`, `connected`, `reconnecting`, `failed`. */
    constructor({ connection, become, recovery }) {
        Object.assign(this, { connection, become, recovery })
        connection.onconnectionstatechange = () => this.#changed()
    }

    stop() {
        this.recovery.stop()
        this.connection.onconnectionstatechange = null
    }

    #changed() {
        switch (this.connection.connectionState) {
        case 'connected':
            this.recovery.connected()
            return this.#tell('connected')
        case 'disconnected':
            this.recovery.disconnected()
            return this.#tell('reconnecting')
        case 'failed': return this.#tell(this.recovery.failed() ? 'reconnecting' : 'failed')
        // A restart passes through here again: people still wait for the same connection.
        default: if (this.#state !== 'reconnecting') this.#tell('connecting')
        }
    }

    #tell(state) {
        this.#state = state
        this.become(state)
    }
}
