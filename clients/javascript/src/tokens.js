import { ParleyError } from './errors.js'

/**
 * What lets this person in: a token that the app's own service has signed, or a ticket for the address; or a function that gets a
 * new one. Only with a function for tokens the client renews it by itself; else the app hears `token-expiring` and calls
 * `authenticate`. A ticket is good once: the session that it began needs no other one on that server.
 */
export class Tokens {
    #value
    /** The last `rejected` of a `hello`. */
    refusal
    #source
    #session
    #asking = null
    /** Whether the first connection waits for the first token or ticket. */
    #isAwaited = false
    #isTicket
    #ticket
    /** Whether the connection that says `hello` next has a ticket in its address: both would be one too many. */
    #isInAddress = false
    /** Whether a new ticket was fetched since the last welcome: one that is refused at once is not to be mended so. */
    #isAnew = false

    /** `session`: `{ connection(), can(feature), emit(name, value), on(name, call) }`. */
    constructor({ token, ticket }, session) {
        if (token !== undefined && ticket !== undefined) throw new TypeError('Give a token or a ticket, not both')
        this.#isTicket = ticket !== undefined
        this.#source = ticket ?? token
        this.#session = session
        if (!this.#isRenewable) this.#keep(this.#source)
        session.on('welcome', () => { this.#isAnew = false })
    }

    get #isRenewable() { return typeof this.#source === 'function' }

    /** The token that the next `hello` shows. */
    get value() { return this.#isInAddress ? undefined : this.#value }

    #keep(text) {
        this.#ticket = this.#isTicket ? text : undefined
        this.#value = this.#isTicket ? undefined : text
    }

    /** Connects, as soon as there is something to show. */
    begin() {
        this.#isAwaited = this.#isRenewable && this.#value === undefined && this.#ticket === undefined
        if (this.#isAwaited) this.#renew()
        else this.#session.connection().start()
    }

    stop() { this.#isAwaited = false }

    /** Where to connect. */
    address(url) {
        this.#isInAddress = this.#ticket !== undefined
        if (!this.#isInAddress) return url
        return `${url}${url.includes('?') ? '&' : '?'}ticket=${encodeURIComponent(this.#ticket)}`
    }

    authenticate(token) {
        // A token counts for more: from now on it is shown.
        this.#ticket = undefined
        this.#value = token
        return this.#session.can('authenticate') && this.#session.connection().send({ type: 'authenticate', token })
    }

    /** `token-expiring`, `token-expired` */
    ends(frame) {
        this.#session.emit(frame.type, frame)
        if (this.#isRenewable && !this.#isTicket) this.#renew()
    }

    /** Whether that was only an old token, or a used ticket: a page that has slept for long comes back with a new one. */
    refused(frame) {
        const { of, code } = frame
        if (of === 'hello') this.refusal = frame
        if (of !== 'hello' || !this.#isRenewable || !this.#isMended(code)) return false
        this.#isAnew = true
        this.#renew()
        this.#session.connection().reconnect(code)
        return true
    }

    #isMended(code) {
        if (!this.#isTicket) return code === 'token-expired'
        return !this.#isAnew && ['invalid-token', 'token-required', 'token-expired'].includes(code)
    }

    // Whoever asks meanwhile gets the same answer.
    #renew() {
        this.#asking ??= Promise.resolve()
            .then(() => this.#source())
            .then((text) => this.#renewed(text), (error) => this.#session.emit('error', new ParleyError('token-unavailable', String(error?.message ?? error))))
            .finally(() => { this.#asking = null })
    }

    #renewed(text) {
        const connection = this.#session.connection()
        if (connection.isConnected && !this.#isTicket) return this.authenticate(text)
        this.#keep(text)
        // Where a try is under way, or comes later, that one will show it.
        if (!this.#isAwaited) return
        this.#isAwaited = false
        connection.start()
    }
}
