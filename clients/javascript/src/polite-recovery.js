const restartsMax = 3
const politeRestartMilliseconds = 3_000
const troubleMilliseconds = 3_000
const suspectMilliseconds = 30_000
const troubles = new Set(['disconnected', 'failed'])

/**
 * For servers that name nobody: who restarts ICE follows from politeness. `disconnected` often heals by itself;
 * `failed` asks for new paths, three times in a row at most. After a resume there may be another network
 * under us: then `disconnected` asks for new paths as well.
 */
export class PoliteRecovery {
    #restarts = 0
    #timer = null
    #troubledSince = null
    #resumedAt = -Infinity

    /** `restart()` looks for new paths. */
    constructor({ connection, isPolite, clock, restart }) {
        Object.assign(this, { connection, isPolite, clock, restart })
    }

    connected() {
        this.stop()
        this.#restarts = 0
        this.#troubledSince = null
    }

    disconnected() {
        this.stop()
        this.#troubledSince ??= this.clock.now()
        // A browser takes seconds to notice that a path is gone: the resume may have been faster.
        if (this.clock.now() - this.#resumedAt < suspectMilliseconds) this.#restartSoon()
    }

    /** Whether there is hope. */
    failed() {
        this.stop()
        this.#troubledSince ??= this.clock.now()
        if (this.#restarts >= restartsMax) return false
        this.#restarts += 1
        // One side is enough; the polite one helps out if nothing comes.
        if (this.isPolite) this.#restartIn(politeRestartMilliseconds)
        else this.restart()
        return true
    }

    /** One of the two is back with the server, so that new paths can be agreed on, if they are needed. */
    resumed() {
        this.#resumedAt = this.clock.now()
        this.#restarts = 0
        if (this.#troubledSince !== null) this.#restartSoon()
    }

    /** Somebody has asked for new paths: the app, or the other side. */
    asked() { this.restart() }

    // Nobody is named, and exchanges end by themselves.
    named() {}
    settled() {}

    stop() {
        if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
        this.#timer = null
    }

    #restartSoon() {
        const wait = Math.max(0, troubleMilliseconds - (this.clock.now() - this.#troubledSince))
        this.#restartIn(this.isPolite ? wait + politeRestartMilliseconds : wait)
    }

    #restartIn(milliseconds) {
        this.stop()
        this.#timer = this.clock.setTimeout(() => {
            this.#timer = null
            const { connectionState, signalingState } = this.connection
            // An exchange that is under way brings the new paths itself.
            if (signalingState === 'stable' && troubles.has(connectionState)) this.restart()
        }, milliseconds)
    }
}
