const restartsMax = 3
const politeRestartMilliseconds = 3_000
const troubleMilliseconds = 3_000
const suspectMilliseconds = 30_000
const troubles = new Set(['disconnected', 'failed'])

/**
 * What a connection's state means for people, and what is done about it. `disconnected` often heals by
 * itself, so nothing is ever closed for it; `failed` asks for new paths, three times in a row at most.
 * After a resume there may be another network under us: then `disconnected` asks for new paths as well.
 */
export class Health {
    #restarts = 0
    #timer = null
    #state = 'connecting'
    #troubledSince = null
    #resumedAt = -Infinity

    /** `become(state)` is told each change, `restart()` looks for new paths. */
    constructor({ connection, isPolite, clock, become, restart }) {
        Object.assign(this, { connection, isPolite, clock, become, restart })
        connection.onconnectionstatechange = () => this.#changed()
    }

    /** One of the two is back with the server, so that new paths can be agreed on, if they are needed. */
    resumed() {
        this.#resumedAt = this.clock.now()
        this.#restarts = 0
        if (this.#troubledSince !== null) this.#restartSoon()
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
            this.#troubledSince = null
            return this.#tell('connected')
        case 'disconnected':
            this.#troubledSince ??= this.clock.now()
            // A browser takes seconds to notice that a path is gone: the resume may have been faster.
            if (this.clock.now() - this.#resumedAt < suspectMilliseconds) this.#restartSoon()
            return this.#tell('reconnecting')
        case 'failed':
            this.#troubledSince ??= this.clock.now()
            return this.#failed()
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
        this.#restartIn(politeRestartMilliseconds)
    }

    #restartSoon() {
        const wait = Math.max(0, troubleMilliseconds - (this.clock.now() - this.#troubledSince))
        this.#restartIn(this.isPolite ? wait + politeRestartMilliseconds : wait)
    }

    #restartIn(milliseconds) {
        this.#stopTimer()
        this.#timer = this.clock.setTimeout(() => {
            this.#timer = null
            const { connectionState, signalingState } = this.connection
            // An exchange that is under way brings the new paths itself.
            if (signalingState === 'stable' && troubles.has(connectionState)) this.restart()
        }, milliseconds)
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
