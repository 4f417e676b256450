import { retryDelay } from './clock.js'

const welcomeMilliseconds = 10_000
const steadyMilliseconds = 5_000
const suspendedMilliseconds = 1_000
const defaultDarkMilliseconds = 4_500

// RFC 6455, section 7.4.1: what the server would say again. 4500 and above: a person has to act.
const finalCodes = new Set([1000, 1002, 1003, 1007, 1009, 1010])
// Another page has taken the session over. Coming back would take it away from there, and so on for ever.
const supersededCode = 4509
export const isRetryable = (code) => !finalCodes.has(code) && !(code >= 4500 && code <= 4999)

/**
 * One WebSocket after the other. It says hello, watches for silence, and comes back with jitter.
 * States: idle, connecting (a socket without welcome), connected, waiting (for the next try), closed.
 */
export class Connection {
    #state = 'idle'
    #socket = null
    #timer = null
    #attempt = 0
    #heardAt = 0
    #welcomedAt = 0
    #hasBeenWelcome = false
    #darkMilliseconds = defaultDarkMilliseconds

    /** `makeHello()` gives the first frame; `onFrame(frame)`, `onStatus(change)` and `onLost()` tell what happens. */
    constructor({ url, WebSocket, clock, random, fetch, makeHello, onFrame, onStatus, onLost }) {
        Object.assign(this, { url, WebSocket, clock, random, fetch, makeHello, onFrame, onStatus, onLost })
    }

    get isConnected() { return this.#state === 'connected' }

    start() {
        if (this.#state !== 'idle' && this.#state !== 'closed') return
        this.#attempt = 0
        this.#hasBeenWelcome = false
        this.onStatus({ status: 'connecting' })
        this.#open()
    }

    stop(code = 1000, reason = 'closed') {
        if (this.#state === 'closed') return
        this.#abandon(1000)
        this.#state = 'closed'
        this.onStatus({ status: 'closed', code, reason })
    }

    /** Whether the frame went out. Nothing is queued here: whoever sends knows what to send again. */
    send(frame) {
        if (this.#state !== 'connected') return false
        this.#socket.send(JSON.stringify(frame))
        return true
    }

    /** This connection is of no use any more. */
    reconnect(reason, code = 0) {
        if (this.#state !== 'connecting' && this.#state !== 'connected') return
        this.#abandon(4000)
        this.#lost(code, reason)
    }

    /** The network or the person is back: do not wait for a timer that may be throttled. */
    nudge() {
        if (this.#state === 'waiting') this.#open()
        else if (this.#state === 'connected') this.#watch()
    }

    welcome(heartbeat) {
        this.#state = 'connected'
        this.#hasBeenWelcome = true
        this.#welcomedAt = this.clock.now()
        this.#darkMilliseconds = heartbeat?.darkMilliseconds ?? defaultDarkMilliseconds
        this.#arm(() => this.#watch(), this.#darkMilliseconds)
    }

    #open() {
        this.#state = 'connecting'
        this.#arm(() => this.reconnect('no-welcome'), welcomeMilliseconds)
        let socket
        try {
            socket = new this.WebSocket(this.url, 'parley.v1')
        } catch (error) {
            this.#abandon(1000)
            this.#state = 'closed'
            this.onStatus({ status: 'closed', reason: 'refused', message: error.message })
            return
        }
        this.#socket = socket
        socket.onopen = () => { socket.send(JSON.stringify(this.makeHello())) }
        socket.onmessage = (event) => { this.#heard(event.data) }
        socket.onerror = () => {}
        socket.onclose = (event) => { this.#closed(event.code, event.reason) }
    }

    #heard(text) {
        this.#heardAt = this.clock.now()
        let frame
        try { frame = JSON.parse(text) } catch { return this.reconnect('unreadable') }
        this.onFrame(frame)
    }

    #closed(code, reason) {
        this.#abandon(null)
        if (!isRetryable(code)) {
            this.#state = 'closed'
            const isSuperseded = code === supersededCode
            this.onStatus({ status: 'closed', code, reason: isSuperseded ? 'superseded' : reason, ...(isSuperseded && { message: reason }) })
            return
        }
        // A browser does not say why a socket could not be opened; the server does, when asked.
        if (code === 1006 && !this.#hasBeenWelcome && this.#attempt === 0) this.#askWhy()
        this.#lost(code, reason)
    }

    #lost(code, reason) {
        if (this.#welcomedAt > 0 && this.clock.now() - this.#welcomedAt >= steadyMilliseconds) this.#attempt = 0
        this.#welcomedAt = 0
        this.#state = 'waiting'
        const retryInMilliseconds = retryDelay(this.#attempt, this.random())
        this.#attempt += 1
        this.#arm(() => this.#open(), retryInMilliseconds)
        this.onLost()
        this.onStatus({ status: 'reconnecting', code, reason, retryInMilliseconds })
    }

    // The timer may be late: a laptop slept, a tab was throttled. Then what the server said meanwhile
    // has not been read yet, and gets its turn before the connection counts as dark.
    #watch() {
        const silent = this.clock.now() - Math.max(this.#heardAt, this.#welcomedAt)
        if (silent < this.#darkMilliseconds) {
            this.#arm(() => this.#watch(), this.#darkMilliseconds - silent)
        } else if (silent > this.#darkMilliseconds + suspendedMilliseconds) {
            this.#arm(() => this.#watchAgain(), suspendedMilliseconds)
        } else {
            this.reconnect('dark', 4409)
        }
    }

    #watchAgain() {
        const silent = this.clock.now() - Math.max(this.#heardAt, this.#welcomedAt)
        if (silent < this.#darkMilliseconds) this.#watch()
        else this.reconnect('dark', 4409)
    }

    #abandon(closeCode) {
        this.#disarm()
        const socket = this.#socket
        this.#socket = null
        if (!socket) return
        socket.onopen = socket.onmessage = socket.onclose = null
        if (closeCode !== null) try { socket.close(closeCode) } catch { /* it was never open */ }
    }

    #arm(action, milliseconds) {
        this.#disarm()
        this.#timer = this.clock.setTimeout(() => { this.#timer = null; action() }, milliseconds)
    }

    #disarm() {
        if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
        this.#timer = null
    }

    async #askWhy() {
        if (!this.fetch) return
        try {
            const url = new URL(this.url)
            url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:'
            url.pathname = url.pathname.replace(/connect$/, 'validate')
            const response = await this.fetch(url.href)
            if (response.ok || response.status === 429 || response.status >= 500) return
            const { code, message } = await response.json()
            if (this.#hasBeenWelcome || this.#state === 'closed' || !code) return
            this.#abandon(1000)
            this.#state = 'closed'
            this.onStatus({ status: 'closed', reason: code, message })
        } catch { /* no server there at all: go on trying */ }
    }
}
