import { Emitter } from '../emitter.js'
import { said } from '../meeting/sets.js'

/** A device without a server stops by itself so long after the ring should be over. */
const silentMilliseconds = 5_000

/**
 * A call that rings on this device, until `ended` says why it does not any more: `accepted` (here), `answered-elsewhere`,
 * `declined`, `cancelled`, `no-answer` … It ends once.
 */
export class Incoming extends Emitter {
    #telephone
    #line
    #timer

    constructor({ line, room, row, telephone }) {
        super()
        this.#line = line
        this.#telephone = telephone
        const { ring, from, transferredBy, recall, mode, intent, since, until, data, offer } = row
        Object.assign(this, { room, ring, from, transferredBy, recall, mode, intent, since, until, data, offer })
        this.isRinging = true
        /** Between `accept` and its outcome. */
        this.isAccepting = false
        this.reason = undefined
        const { clock } = telephone
        this.#timer = clock.setTimeout(() => this.ends('no-answer'), until - since + silentMilliseconds)
    }

    /** Resolves with the call, in which you are then. `mesh`: options of a `Mesh`, which it has from the beginning. */
    async accept(options = {}) {
        this.isAccepting = true
        try {
            const call = await this.#telephone.enter(this.room, { ...options, incoming: this })
            this.ends('accepted')
            return call
        } catch (error) {
            this.ends(error.code)
            throw error
        } finally {
            this.isAccepting = false
        }
    }

    /** `scope`: this `device` alone, or the whole `person`. `message`: some words for whoever calls. */
    decline({ scope = 'person', code, message } = {}) {
        return this.#line.command('decline', said({ call: this.room, scope, code, message }))
    }

    /** For the library's own use. */
    ends(reason) {
        if (!this.isRinging) return
        // Whether it is us the outcome of `accept` will tell.
        if (this.isAccepting && reason === 'answered') return
        this.isRinging = false
        this.#telephone.clock.clearTimeout(this.#timer)
        this.reason = reason === 'answered' ? 'answered-elsewhere' : reason
        this.emit('ended', this.reason)
    }
}
