import { retryDelay } from './clock.js'

const welcomeMilliseconds = 5_000
const goodbye = 1000
/** Any code that is no goodbye: the session may be on that line already, and shall survive it. */
const givenUp = 4000

/**
 * From a server that drains to another one, make before break: the line in use goes on until another one has
 * said that the session is there. A line that is refused, or comes to nothing, is tried again later.
 */
export class Handover {
    #line = null
    #timer = null
    #attempt = 0
    #hasGivenUp = false

    /**
     * `open(events)` gives a line to the next endpoint; `onTaken(line, welcome)`: the session is there now;
     * `onFailed(code)`: this try came to nothing; `code` if the line was closed by the other side.
     */
    constructor({ clock, random, open, onTaken, onFailed }) {
        Object.assign(this, { clock, random, open, onTaken, onFailed })
    }

    /** From here on the server may give the session to that line at any moment, and take it from the one in use. */
    get isDeciding() { return this.#line?.hasSaidHello === true }

    /** It is under way, or will be. */
    get isPlanned() { return this.#timer !== null || this.#line !== null }

    /** A line that came to nothing had said hello: whoever heard that may have taken the session from the one in use. */
    get mayHaveDecided() { return this.isDeciding || this.#hasGivenUp }

    /** Another line is in use. */
    settle() { this.#hasGivenUp = false }

    /** The server spreads its clients; full jitter spreads those that it has told the same. */
    begin(withinMilliseconds) {
        // Ignored: said again while the session is on its way.
        if (this.isDeciding) return
        this.cancel()
        this.#attempt = 0
        this.#arm(() => this.#try(), Math.floor(this.random() * withinMilliseconds))
    }

    /** The drain was taken back. What may be decided already goes on: taking it back could lose both lines. */
    stay() { if (!this.isDeciding) this.cancel() }

    cancel(code = givenUp) {
        this.#disarm()
        if (this.isDeciding) this.#hasGivenUp = true
        this.#line?.end(code)
        this.#line = null
    }

    #try() {
        this.#arm(() => this.#fail(), welcomeMilliseconds)
        try {
            this.#line = this.open({
                onFrame: (frame) => this.#heard(frame),
                onUnreadable: () => this.#fail(),
                onEnd: (code) => this.#fail(givenUp, code),
            })
        } catch { this.#fail() }
    }

    #heard(frame) {
        if (frame.type !== 'welcome') return
        // Another session is not what was asked for: the server may end it at once.
        if (!frame.resumed) return this.#fail(goodbye)
        const line = this.#line
        this.#line = null
        this.#disarm()
        this.onTaken(line, frame)
    }

    #fail(code = givenUp, endedBy) {
        this.cancel(code)
        const wait = retryDelay(this.#attempt, this.random())
        this.#attempt += 1
        this.#arm(() => this.#try(), wait)
        this.onFailed(endedBy)
    }

    #arm(action, milliseconds) {
        this.#disarm()
        this.#timer = this.clock.setTimeout(() => { this.#timer = null; action() }, milliseconds)
    }

    #disarm() {
        if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
        this.#timer = null
    }
}
