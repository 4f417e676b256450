const attemptsMax = 3
const healMilliseconds = 3_000
const exchangeMilliseconds = 3_000
const attemptMilliseconds = 10_000
/** So long after a server has spoken, a path that breaks is taken for one of before. */
const freshMilliseconds = 30_000

/**
 * For servers that name one of the two as the one who restarts ICE (PROTOCOL.md, section 6): after a resume, after a
 * change of the network, and when asked. Nothing happens while the connection is up; one attempt is under way at a time.
 */
export class NamedRecovery {
    #attempts = 0
    #isUnderWay = false
    #timer = null
    #named = null

    /**
     * `restart()` makes an offer with new paths; `request()` asks the other side to; `rebuild()` starts over with a new
     * connection; `ask()` has the server name somebody, and returns whether it could be asked; `giveUp()`: no hope is left.
     */
    constructor({ connection, isPolite, clock, restart, request, rebuild, ask, giveUp }) {
        Object.assign(this, { connection, isPolite, clock, restart, request, rebuild, ask, giveUp })
    }

    connected() {
        this.#stopTimer()
        // Done: what breaks from here on is another matter.
        if (this.#isUnderWay) this.#named = null
        this.#isUnderWay = false
        this.#attempts = 0
    }

    disconnected() {
        if (this.#isUnderWay) return
        if (this.#isFresh) this.#act()
        // It often heals by itself.
        else this.#attemptIn(healMilliseconds)
    }

    /** Whether there is hope. */
    failed() {
        this.#stopTimer()
        this.#isUnderWay = false
        return this.#attempt()
    }

    /** One of the two is back with the server, which will name somebody in the same breath. */
    resumed() { this.#attempts = 0 }

    /** `who`: `self`, `other`, or null when neither device can. */
    named(who) {
        this.#named = { who, at: this.clock.now() }
        if (this.connection.connectionState !== 'connected') this.#act()
    }

    /** The other side has been told that it is us, and its connection is not up; ours may be. */
    asked() { if (!this.#isUnderWay) this.#restart() }

    /** An exchange is complete. Where the connection stayed up all the time there is nothing else to wait for. */
    settled() {
        if (this.connection.connectionState === 'connected') this.#isUnderWay = false
    }

    stop() { this.#stopTimer() }

    get #isFresh() { return this.#named !== null && this.clock.now() - this.#named.at < freshMilliseconds }

    #attempt() {
        if (this.#attempts >= attemptsMax) return false
        if (this.#isFresh) {
            this.#attempts += 1
            this.#act()
        } else if (this.ask()) {
            this.#attempts += 1
            this.#expectEnd()
        }
        // Without a server nothing can be agreed on; its return names somebody.
        return true
    }

    #act() {
        if (this.#isUnderWay) return
        switch (this.#named.who) {
        case 'self': return this.#restart()
        case 'other':
            this.#begin()
            return this.request()
        case null:
            this.#begin()
            if (!this.isPolite) this.rebuild()
        }
    }

    #restart() {
        // An exchange that is under way brings new paths itself, perhaps.
        if (this.connection.signalingState !== 'stable') {
            return this.#arm(() => { if (this.connection.connectionState !== 'connected') this.#restart() }, exchangeMilliseconds)
        }
        this.#begin()
        this.restart()
    }

    #begin() {
        this.#isUnderWay = true
        this.#expectEnd()
    }

    #expectEnd() { this.#attemptIn(attemptMilliseconds) }

    #attemptIn(milliseconds) {
        this.#arm(() => {
            this.#isUnderWay = false
            if (this.connection.connectionState !== 'connected' && !this.#attempt()) this.giveUp()
        }, milliseconds)
    }

    #arm(action, milliseconds) {
        this.#stopTimer()
        this.#timer = this.clock.setTimeout(() => { this.#timer = null; action() }, milliseconds)
    }

    #stopTimer() {
        if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
        this.#timer = null
    }
}
