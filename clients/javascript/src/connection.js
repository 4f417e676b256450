import { retryDelay } from './clock.js'
import { Endpoints } from './endpoints.js'
import { Handover } from './handover.js'
import { Line } from './line.js'
import { Rest, whyRefused } from './refusal.js'

const welcomeMilliseconds = 10_000
const steadyMilliseconds = 5_000
const suspendedMilliseconds = 1_000
const defaultDarkMilliseconds = 4_500
/** An attempt that is older has perhaps been made on a network that is gone. */
const freshMilliseconds = 1_000
const hintIntervalMilliseconds = 1_000
/** A short trouble is over by itself, and not everybody is elsewhere at once. */
const degradedMilliseconds = 4_000
const hintAnswerMilliseconds = 2_000

// RFC 6455, section 7.4.1: what the server would say again. 4500 and above: a person has to act.
const finalCodes = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010])
// Another page has taken the session over. Coming back would take it away from there, and so on for ever.
const supersededCode = 4509
export const isRetryable = (code) => !finalCodes.has(code) && !(code >= 4500 && code <= 4999)

/**
 * One line after the other, to one endpoint after the other. It watches for silence, and comes back with jitter.
 * States: idle, connecting (a line without welcome), connected, waiting (for the next try), closed. Only while
 * `connected` there may be a second line, of a handover.
 */
export class Connection {
    #state = 'idle'
    #isDegraded = false
    /** The handover has no other reason than a server that can decide nothing. */
    #fleesTrouble = false
    #line = null
    #timer = null
    #attempt = 0
    #rest
    #welcomedAt = 0
    #hintedAt = -Infinity
    #hasBeenWelcome = false
    #refusals = new Set()
    #darkMilliseconds = defaultDarkMilliseconds
    #handover

    /**
     * `addressOf(endpoint)` is what is opened, `makeHello(isHandover)` gives the first frame of a line; `onFrame(frame)`, `onStatus(change)`, `onDegraded(isDegraded)`, `onLost()` and
     * `onTakenOver()` (the next frame is the welcome of another line) tell what happens.
     */
    constructor({ endpoints, addressOf, WebSocket, clock, random, fetch, makeHello, onFrame, onStatus, onDegraded = () => {}, onLost, onTakenOver }) {
        Object.assign(this, { endpoints: new Endpoints(endpoints), addressOf, WebSocket, clock, random, fetch, makeHello, onFrame, onStatus, onDegraded, onLost, onTakenOver })
        this.#rest = new Rest(clock, random)
        this.#handover = new Handover({
            clock, random,
            open: (events) => { this.endpoints.advance(true); return this.#newLine(events, true) },
            onTaken: (line, welcome) => this.#takeOver(line, welcome),
            onFailed: (code) => { if (this.#state === 'connecting' && !this.#line) this.#closed(code ?? 1006, 'handover') },
        })
    }

    get isConnected() { return this.#state === 'connected' }
    get isDegraded() { return this.#isDegraded }
    /** The endpoint in use, or the next one to try. */
    get url() { return this.endpoints.url }

    start() {
        if (this.#state !== 'idle' && this.#state !== 'closed') return
        this.#attempt = 0
        this.#hasBeenWelcome = false
        this.#refusals.clear()
        this.onStatus({ status: 'connecting' })
        this.#open()
    }

    stop(code = 1000, reason = 'closed') {
        if (this.#state === 'closed') return
        this.#end({ code, reason }, 1000)
    }

    /** Whether the frame went out. Nothing is queued here: whoever sends knows what to send again. */
    send(frame) {
        if (this.#state !== 'connected') return false
        this.#line.send(frame)
        return true
    }

    /** This connection is of no use any more. */
    reconnect(reason, code = 0) {
        if (this.#state !== 'connecting' && this.#state !== 'connected') return
        this.#abandon(4000)
        this.#lost(code, reason)
    }

    /**
     * The network or the person is back: do not wait for a timer that may be throttled. With `hint` the server
     * hears of it, answers, and looks after the pairs; a line on which no answer comes is dead.
     */
    nudge(hint) {
        switch (this.#state) {
        case 'waiting': return this.#open()
        case 'connecting':
            if (!this.#line || this.#line.age < freshMilliseconds) return
            this.#line.end(4000)
            this.onLost()
            return this.#open()
        case 'connected':
            if (!hint) return this.#watch()
            if (this.clock.now() - this.#hintedAt < hintIntervalMilliseconds) return
            this.#hintedAt = this.clock.now()
            this.send(hint)
            return this.#arm(() => this.#expectAnswer(), hintAnswerMilliseconds)
        }
    }

    /** `endpoints`: where else the session can be had, as this server says; the next one says it anew. */
    welcome(heartbeat, endpoints = []) {
        this.#setDegraded(false)
        this.endpoints.replace(endpoints)
        this.#state = 'connected'
        this.#hasBeenWelcome = true
        this.#welcomedAt = this.clock.now()
        this.#darkMilliseconds = heartbeat?.darkMilliseconds ?? defaultDarkMilliseconds
        this.#arm(() => this.#watch(), this.#darkMilliseconds)
    }

    // What concerns the way to the server ends here.
    #heard(frame) {
        switch (frame.type) {
        case 'goaway': return this.#goAway(frame)
        case 'stay': return this.#handover.stay()
        case 'rejected': if (frame.of === 'hello') this.#rest.note(frame.retryAfterMilliseconds); break
        case 'beat': if (frame.degraded !== undefined) this.#degraded(frame.degraded)
        }
        this.onFrame(frame)
    }

    // The server drains: go elsewhere, without a gap; to that endpoint first, if there is one.
    #goAway({ withinMilliseconds, endpoint }) {
        if (endpoint !== undefined) this.endpoints.advise(endpoint)
        this.#fleesTrouble = false
        this.#handover.begin(withinMilliseconds)
    }

    // The server can decide nothing now, or can again: perhaps another one can. Said again with every beat.
    #degraded(isDegraded) {
        if (!this.#setDegraded(isDegraded)) return
        if (!isDegraded) return this.#fleesTrouble && this.#handover.stay()
        if (this.endpoints.count === 1 || this.#handover.isPlanned) return
        this.#fleesTrouble = true
        this.#handover.begin(degradedMilliseconds)
    }

    #setDegraded(isDegraded) {
        if (isDegraded === this.#isDegraded) return false
        this.#isDegraded = isDegraded
        this.onDegraded(isDegraded)
        return true
    }

    // MARK: One line after the other

    #open() {
        this.#state = 'connecting'
        this.#handover.settle()
        this.#arm(() => this.reconnect('no-welcome'), welcomeMilliseconds)
        try {
            this.#line = this.#newLine({
                onFrame: (frame) => this.#heard(frame),
                onUnreadable: () => this.reconnect('unreadable'),
                onEnd: (code, reason) => this.#ended(code, reason),
            })
        } catch (error) {
            this.#end({ reason: 'refused', message: error.message })
        }
    }

    #newLine(events, isHandover = false) {
        const { WebSocket, clock } = this
        const url = this.addressOf(this.url)
        const isReturning = this.#hasBeenWelcome
        return new Line({ url, WebSocket, clock, isReturning, makeHello: () => this.makeHello(isHandover), ...events })
    }

    #takeOver(line, welcome) {
        line.adopt({
            onFrame: (frame) => this.#heard(frame),
            onUnreadable: () => this.reconnect('unreadable'),
            onEnd: (code, reason) => this.#ended(code, reason),
        })
        // The server ends the line of before by itself: a goodbye of ours would be one of the session.
        this.#line?.end(4000)
        this.#line = line
        this.#handover.settle()
        this.onTakenOver()
        this.onFrame(welcome)
    }

    #ended(code, reason) {
        this.#line = null
        if (this.#state === 'connected' && this.#handover.isDeciding) {
            // Most likely the other line has the session, and its welcome is on the way. Nobody has to hear of it.
            this.#disarm()
            this.#state = 'connecting'
            return
        }
        this.#closed(code, reason)
    }

    #closed(code, reason) {
        // Superseded by another line of our own, which has come to nothing since.
        const isOurDoing = code === supersededCode && this.#handover.mayHaveDecided
        this.#abandon()
        if (!isRetryable(code) && !isOurDoing) {
            const isSuperseded = code === supersededCode
            return this.#end({ code, reason: isSuperseded ? 'superseded' : reason, ...(isSuperseded && { message: reason }) })
        }
        // A browser does not say why a socket could not be opened; the server does, when asked.
        if (code === 1006 && !this.#hasBeenWelcome && this.#attempt < this.endpoints.count) this.#askWhy(this.url)
        this.#lost(code, reason)
    }

    #lost(code, reason) {
        if (this.#welcomedAt > 0 && this.clock.now() - this.#welcomedAt >= steadyMilliseconds) this.#attempt = 0
        this.#welcomedAt = 0
        this.#state = 'waiting'
        this.endpoints.advance()
        const delay = retryDelay(Math.floor(this.#attempt / this.endpoints.count), this.random()) // longer each round
        this.#attempt += 1
        this.onLost()
        this.#wait(delay, code, reason)
    }

    #wait(delay, code, reason) {
        // Another server is not asked for: it may have a place now.
        const retryInMilliseconds = Math.max(delay, this.endpoints.count === 1 ? this.#rest.milliseconds : 0)
        this.#arm(() => this.#open(), retryInMilliseconds)
        this.onStatus({ status: 'reconnecting', code, reason, retryInMilliseconds, attempt: this.#attempt })
    }

    #end(change, closeCode) {
        this.#abandon(closeCode)
        this.#state = 'closed'
        this.onStatus({ status: 'closed', ...change })
    }

    // MARK: Silence

    // The timer may be late: a laptop slept, a tab was throttled. Then what the server said meanwhile
    // has not been read yet, and gets its turn before the connection counts as dark.
    #watch() {
        const { silence } = this.#line
        if (silence < this.#darkMilliseconds) {
            this.#arm(() => this.#watch(), this.#darkMilliseconds - silence)
        } else if (silence > this.#darkMilliseconds + suspendedMilliseconds) {
            this.#arm(() => this.#watchAgain(), suspendedMilliseconds)
        } else {
            this.reconnect('dark', 4409)
        }
    }

    #watchAgain() {
        if (this.#line.silence < this.#darkMilliseconds) this.#watch()
        else this.reconnect('dark', 4409)
    }

    #expectAnswer() {
        if (this.#line.heardAt > this.#hintedAt) this.#watch()
        else this.reconnect('dark', 4409)
    }

    #abandon(closeCode = 4000) {
        this.#disarm()
        this.#handover.cancel(closeCode)
        this.#line?.end(closeCode)
        this.#line = null
    }

    #arm(action, milliseconds) {
        this.#disarm()
        this.#timer = this.clock.setTimeout(() => { this.#timer = null; action() }, milliseconds)
    }

    #disarm() {
        if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
        this.#timer = null
    }

    // Final is only what all endpoints refuse.
    async #askWhy(endpoint) {
        const refusal = this.fetch && await whyRefused(endpoint, this.fetch)
        if (!refusal || this.#hasBeenWelcome || this.#state === 'closed') return
        const { code, message, isFinal, retryAfterMilliseconds } = refusal
        if (!isFinal) {
            this.#rest.note(retryAfterMilliseconds)
            if (this.#state === 'waiting' && this.#rest.milliseconds > 0) this.#wait(0, 1006, code)
            return
        }
        this.#refusals.add(endpoint)
        if (this.#refusals.size === this.endpoints.count) this.#end({ reason: code, message }, 1000)
    }
}
