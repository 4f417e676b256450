import { ParleyError } from './errors.js'

/**
 * What the app's own service has signed for this person: a token, or a function that gets a new one. Only with a function
 * the client renews it by itself; else the app hears `token-expiring` and calls `authenticate`.
 */
export class Tokens {
    value
    /** The last `rejected` of a `hello`. */
    refusal
    #source
    #session
    #asking = null
    /** Whether the first connection waits for the first token. */
    #isAwaited = false

    /** `session`: `{ connection(), can(feature), emit(name, value) }`. */
    constructor(source, session) {
        this.#source = source
        this.#session = session
        if (!this.#isRenewable) this.value = source
    }

    get #isRenewable() { return typeof this.#source === 'function' }

    /** Connects, as soon as there is something to show. */
    begin() {
        this.#isAwaited = this.#isRenewable && this.value === undefined
        if (this.#isAwaited) this.#renew()
        else this.#session.connection().start()
    }

    stop() { this.#isAwaited = false }

    authenticate(token) {
        this.value = token
        return this.#session.can('authenticate') && this.#session.connection().send({ type: 'authenticate', token })
    }

    /** `token-expiring`, `token-expired` */
    ends(frame) {
        this.#session.emit(frame.type, frame)
        if (this.#isRenewable) this.#renew()
    }

    /** Whether that was only an old token: a page that has slept for long comes back with a new one. */
    refused(frame) {
        const { of, code } = frame
        if (of === 'hello') this.refusal = frame
        if (of !== 'hello' || code !== 'token-expired' || !this.#isRenewable) return false
        this.#renew()
        this.#session.connection().reconnect(code)
        return true
    }

    // Whoever asks meanwhile gets the same answer.
    #renew() {
        this.#asking ??= Promise.resolve()
            .then(() => this.#source())
            .then((token) => this.#renewed(token), (error) => this.#session.emit('error', new ParleyError('token-unavailable', String(error?.message ?? error))))
            .finally(() => { this.#asking = null })
    }

    #renewed(token) {
        const connection = this.#session.connection()
        if (connection.isConnected) return this.authenticate(token)
        this.value = token
        // Where a try is under way, or comes later, that one will show it.
        if (!this.#isAwaited) return
        this.#isAwaited = false
        connection.start()
    }
}
