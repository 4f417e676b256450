import { ParleyError } from './errors.js'

const defaultWaits = { 'rate-limited': 250, 'mailbox-full': 500, busy: 250, 'engine-unavailable': 1_000 }
const recipientIsGone = new Set(['unknown-recipient', 'recipient-is-self', 'too-many-peers', 'not-joined'])
const drainMilliseconds = 1_000

/**
 * The signals to one recipient: numbered, kept until delivered, sent again in order.
 *
 * A rejected signal does not use up its number, so everything that was sent behind it is rejected too
 * (`signal-gap`). The outbox therefore *drains*: it waits until the last frame that it has sent was
 * rejected, closes the ranks, and sends the rest again. Numbers never mean two things at once that way.
 */
export class SignalOutbox {
    #entries = []
    #next = 1
    #sentUpTo = 0
    #deliveredUpTo = 0
    #drain = null
    #pause = null

    /** `send` returns whether the frame went out; `windowMax` says how many may be unacknowledged. */
    constructor({ to, send, clock, windowMax }) {
        this.to = to
        this.send = send
        this.clock = clock
        this.windowMax = windowMax
        /** The number of our newest offer, for whoever negotiates over this pair. */
        this.negotiation = 0
        this.hasHungUp = false
    }

    get pendingCount() { return this.#entries.length }

    /** Resolves when the recipient has acknowledged it. */
    push(type, payload) {
        return new Promise((resolve, reject) => {
            this.#entries.push({ n: this.#next, type, payload, resolve, reject, refusal: null })
            this.#next += 1
            this.#flush()
        })
    }

    delivered(n) {
        this.#deliveredUpTo = Math.max(this.#deliveredUpTo, Math.min(n, this.#sentUpTo))
        while (this.#entries.length > 0 && this.#entries[0].n <= this.#deliveredUpTo) this.#entries.shift().resolve()
        if (this.#pause?.code === 'mailbox-full') this.#endPause()
        this.#flush()
    }

    rejected(frame) {
        // Ignored: an outcome of frames that are history here (delivered, or given up).
        const entry = this.#entries.find((candidate) => candidate.n === frame.n)
        if (!entry || frame.n > this.#sentUpTo) return
        if (recipientIsGone.has(frame.code)) return this.fail(ParleyError.ofRejection(frame))
        this.#drain ??= this.#startDrain(frame.n)
        this.#drain.from = Math.min(this.#drain.from, frame.n)
        const wait = frame.retryAfterMilliseconds ?? defaultWaits[frame.code]
        if (frame.code === 'signal-gap') {
            // Sent in order, and still something before it is missing.
            if (frame.expected <= this.#deliveredUpTo) return this.fail(ParleyError.ofRejection(frame))
            this.#drain.from = Math.min(this.#drain.from, frame.expected ?? frame.n)
        } else if (wait !== undefined) {
            this.#drain.waitMilliseconds = Math.max(this.#drain.waitMilliseconds, wait)
            this.#drain.code = frame.code
        } else {
            entry.refusal = ParleyError.ofRejection(frame)
        }
        if (frame.n >= this.#drain.until) this.#endDrain()
    }

    /** After the same session was resumed: the server ignores what it has seen. */
    resend() {
        if (this.#drain) this.clock.clearTimeout(this.#drain.timer)
        this.#drain = null
        this.#sentUpTo = this.#deliveredUpTo
        this.#flush()
    }

    /** Nothing more will be delivered. */
    fail(error) {
        if (this.#drain) this.clock.clearTimeout(this.#drain.timer)
        if (this.#pause) this.clock.clearTimeout(this.#pause.timer)
        this.#drain = this.#pause = null
        const entries = this.#entries
        this.#entries = []
        this.#next = this.#sentUpTo + 1
        for (const entry of entries) entry.reject(error)
    }

    #flush() {
        if (this.#drain || this.#pause) return
        for (const entry of this.#entries) {
            if (entry.n <= this.#sentUpTo) continue
            if (entry.n > this.#deliveredUpTo + this.windowMax()) return
            const frame = { type: entry.type, to: this.to, n: entry.n, floor: this.#deliveredUpTo + 1, ...entry.payload }
            if (!this.send(frame)) return
            this.#sentUpTo = entry.n
        }
    }

    #startDrain(from) {
        // The timer only helps against a server that does not answer every frame.
        const timer = this.clock.setTimeout(() => this.#endDrain(), drainMilliseconds)
        return { from, until: this.#sentUpTo, waitMilliseconds: 0, code: null, timer }
    }

    #endDrain() {
        const { from, waitMilliseconds, code, timer } = this.#drain
        this.clock.clearTimeout(timer)
        this.#drain = null
        const refused = this.#entries.filter((entry) => entry.refusal)
        this.#entries = this.#entries.filter((entry) => !entry.refusal)
        let next = from
        for (const entry of this.#entries) if (entry.n >= from) entry.n = next++
        this.#next = next
        this.#sentUpTo = from - 1
        if (waitMilliseconds > 0) {
            this.#pause = { code, timer: this.clock.setTimeout(() => { this.#endPause(); this.#flush() }, waitMilliseconds) }
        }
        this.#flush()
        for (const entry of refused) entry.reject(entry.refusal)
    }

    #endPause() {
        this.clock.clearTimeout(this.#pause.timer)
        this.#pause = null
    }
}

const acknowledgeAfterSignals = 32
const acknowledgeAfterMilliseconds = 100

/** What was received, by sender: each signal once, in order; acknowledged together. */
export class SignalInbox {
    #receivedUpTo = new Map()
    #unacknowledged = new Set()
    #count = 0
    #timer = null

    constructor({ send, clock }) {
        this.send = send
        this.clock = clock
    }

    /** `accepted`, `duplicate`, or `gap`: then something is missing for ever and only a new connection helps. */
    receive(from, n) {
        const receivedUpTo = this.#receivedUpTo.get(from) ?? 0
        if (n > receivedUpTo + 1) return 'gap'
        const isNew = n === receivedUpTo + 1
        if (isNew) this.#receivedUpTo.set(from, n)
        // A duplicate is acknowledged again: the sender has not heard of the first time.
        this.#unacknowledged.add(from)
        this.#count += 1
        if (this.#count >= acknowledgeAfterSignals) this.#acknowledge()
        else this.#timer ??= this.clock.setTimeout(() => this.#acknowledge(), acknowledgeAfterMilliseconds)
        return isNew ? 'accepted' : 'duplicate'
    }

    /** For a resume: by sender, the highest number that has arrived. It acknowledges, too. */
    get received() { return Object.fromEntries(this.#receivedUpTo) }

    forget(from) {
        this.#receivedUpTo.delete(from)
        this.#unacknowledged.delete(from)
    }

    clear() {
        if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
        this.#timer = null
        this.#count = 0
        this.#receivedUpTo.clear()
        this.#unacknowledged.clear()
    }

    #acknowledge() {
        if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
        this.#timer = null
        this.#count = 0
        const ack = {}
        for (const from of this.#unacknowledged) ack[from] = this.#receivedUpTo.get(from)
        this.#unacknowledged.clear()
        if (Object.keys(ack).length > 0) this.send({ type: 'beat', ack })
    }
}
