import { ParleyError } from './errors.js'
import { SignalOutbox } from './signals.js'

/** The signals of one membership: an outbox for each recipient, made when something is first written to them. */
export class Outboxes {
    #all = new Map()

    constructor({ send, clock, windowMax }) { Object.assign(this, { send, clock, windowMax }) }

    has(to) { return this.#all.has(to) }

    to(to) {
        if (!this.#all.has(to)) this.#all.set(to, new SignalOutbox({ to, send: this.send, clock: this.clock, windowMax: this.windowMax }))
        return this.#all.get(to)
    }

    delivered(to, n) { this.#all.get(to)?.delivered(n) }
    rejected(frame) { this.#all.get(frame.to)?.rejected(frame) }

    resend() { for (const outbox of this.#all.values()) outbox.resend() }

    /** They have left the room. */
    forget(to) {
        this.#all.get(to)?.fail(new ParleyError('unknown-recipient', 'They have left the room.'))
        this.#all.delete(to)
    }

    clear(error) {
        for (const outbox of this.#all.values()) outbox.fail(error)
        this.#all.clear()
    }
}
