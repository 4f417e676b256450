import { ParleyError } from './errors.js'

const defaultWaitMilliseconds = 1_000
const tryAgain = new Set(['busy', 'rate-limited', 'engine-unavailable'])
// These never reached the room, so their number is still to be used.
const leavesNumber = new Set(['malformed', 'invalid-member', 'unknown-type', 'not-joined'])

/**
 * The commands of one membership, `join` having been number 1. One is under way at a time: numbers are
 * dense by construction, and changes of media that wait are folded into one.
 */
export class CommandOutbox {
    #queue = []
    #current = null
    #nextID = 2
    #timer = null

    /** `send` returns whether the frame went out. */
    constructor({ send, clock }) {
        this.send = send
        this.clock = clock
    }

    /** Resolves when it is accepted, or when there was nothing to change. */
    push(type, members) {
        return new Promise((resolve, reject) => {
            const last = this.#queue.at(-1)
            if (type === 'media' && last?.type === 'media') {
                Object.assign(last.members, members)
                last.outcomes.push({ resolve, reject })
            } else {
                this.#queue.push({ id: null, type, members: { ...members }, outcomes: [{ resolve, reject }] })
            }
            this.flush()
        })
    }

    has(type) { return this.#current?.type === type || this.#queue.some((command) => command.type === type) }

    accepted(id) {
        if (this.#current?.id !== id) return
        this.#finish(({ resolve }) => resolve())
    }

    rejected(frame) {
        if (this.#current?.id !== frame.id) return
        if (frame.code === 'no-change') return this.#finish(({ resolve }) => resolve())
        if (tryAgain.has(frame.code) || frame.retryAfterMilliseconds !== undefined) {
            if (this.#timer !== null) return
            this.#timer = this.clock.setTimeout(() => { this.#timer = null; this.resend() },
                frame.retryAfterMilliseconds ?? defaultWaitMilliseconds)
            return
        }
        if (frame.code === 'command-gap') {
            this.#current.id = frame.expected
            this.#nextID = frame.expected + 1
            return this.resend()
        }
        if (leavesNumber.has(frame.code)) this.#nextID = this.#current.id
        const error = ParleyError.ofRejection(frame)
        this.#finish(({ reject }) => reject(error))
    }

    flush() {
        if (this.#current || this.#queue.length === 0) return
        this.#current = this.#queue.shift()
        this.#current.id = this.#nextID
        this.#nextID += 1
        this.resend()
    }

    /** The same number means the same command, so this is always safe. */
    resend() {
        if (this.#current) this.send(frameOf(this.#current))
    }

    /** A snapshot has come in place of the frames that might have told the outcome: `media` is what it says of us. */
    resynced(media = {}) {
        const current = this.#current
        if (current?.type !== 'media') return
        if (Object.entries(current.members).every(([kind, value]) => media[kind] === value)) this.#finish(({ resolve }) => resolve())
    }

    /** What is left to say for somebody who is gone: the command under way, for its number, and a leave behind it. */
    farewell() {
        const current = this.#current?.type === 'leave' ? [] : [this.#current].filter(Boolean).map(frameOf)
        const id = this.#current?.type === 'leave' ? this.#current.id : this.#nextID
        return [...current, { type: 'leave', id }]
    }

    /** A new membership: numbers start again, and what had no outcome is asked for again. */
    restart() {
        this.#stopTimer()
        if (this.#current) this.#queue.unshift(this.#current)
        this.#current = null
        this.#nextID = 2
    }

    close(error) {
        this.#stopTimer()
        const open = [...(this.#current ? [this.#current] : []), ...this.#queue]
        this.#current = null
        this.#queue = []
        // To be out of the room is what a leave asked for.
        for (const { type, outcomes } of open) {
            for (const { resolve, reject } of outcomes) type === 'leave' ? resolve() : reject(error)
        }
    }

    #finish(tell) {
        this.#stopTimer()
        const { outcomes } = this.#current
        this.#current = null
        outcomes.forEach(tell)
        this.flush()
    }

    #stopTimer() {
        if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
        this.#timer = null
    }
}

const frameOf = ({ type, id, members }) => ({ type, id, ...members })
