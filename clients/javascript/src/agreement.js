import { ParleyError } from './errors.js'

const resyncsMax = 3

/**
 * Whether the server and this client hold the same. A difference is told, and mended with a snapshot; one that comes
 * back every time is no accident, and asking would not end.
 */
export class Agreement {
    #resyncs = 0
    #hasReconnected = false
    /** A question on a line that was lost has no answer: whoever resumes sets it back. */
    isAsking = false
    /** What we hold cannot be right: a resume has to bring a snapshot. */
    isMistrusted = false

    /** `report(error)`, `send(frame)`, `reconnect(reason)`, `canResync()`: whether the server knows the question. */
    constructor(replica, { report, send, reconnect, canResync }) {
        Object.assign(this, { replica, report, send, reconnect, canResync })
    }

    /** The server's hash at `at`: says nothing to whoever is further, or not there yet. */
    compare(at, theirs) {
        if (this.isAsking || !this.replica.isAt(at)) return
        const { hash } = this.replica
        if (hash === theirs) return void (this.#resyncs = 0)
        this.#differs(theirs, hash)
        if (!this.canResync()) return this.#mistrust()
        this.#resyncs += 1
        if (this.#resyncs <= resyncsMax) this.isAsking = this.send({ type: 'resync', at, hash, ...(this.replica.view && { view: this.replica.view }) })
    }

    /** A snapshot was taken; it says what its state hashes to. */
    taken(theirs) {
        this.isAsking = this.isMistrusted = false
        if (theirs === undefined) return
        const { hash } = this.replica
        if (theirs === hash) return
        this.#differs(theirs, hash)
        this.#mistrust()
    }

    // Once only: a second time is no accident of transport, and coming back would not end.
    #mistrust() {
        this.isMistrusted = true
        if (!this.#hasReconnected) this.reconnect('hash-mismatch')
        this.#hasReconnected = true
    }

    #differs(theirs, ours) {
        this.report(new ParleyError('hash-mismatch', `The server's hash of the room is ${theirs}, ours is ${ours}.`))
    }
}
