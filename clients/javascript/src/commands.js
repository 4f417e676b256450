import { ParleyError } from './errors.js'

const defaultWaitMilliseconds = 1_000
const keptMax = 64
const tryAgain = new Set(['busy', 'rate-limited', 'engine-unavailable'])
// These never reached the room, so their number is still to be used.
const leavesNumber = new Set(['malformed', 'invalid-member', 'unknown-type', 'not-joined'])

/**
 * The commands of one membership, `join` having been number 1. One is under way at a time: numbers are
 * dense by construction, and changes of media that wait are folded into one.
 *
 * Those that have an outcome are kept for a while: a server whose store has lost them says so with a snapshot,
 * and gets them again. Nobody is told twice.
 */
export class CommandOutbox {
    #queue = []
    #current = null
    #kept = []
    #nextID = 2
    #timer = null
    #retryFrom = Infinity

    /** `send` returns whether the frame went out. */
    constructor({ send, clock }) {
        this.send = send
        this.clock = clock
    }

    /** Resolves with the event when it is accepted, or with nothing when there was nothing to change. */
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

    accepted(id, event) {
        // Ignored: one of those that were sent once more.
        if (this.#current?.id === id) this.#finish(({ resolve }) => resolve(event))
    }

    rejected(frame) {
        const isCurrent = this.#current?.id === frame.id
        if (!isCurrent && !this.#kept.some(({ id }) => id === frame.id)) return
        if (tryAgain.has(frame.code) || frame.retryAfterMilliseconds !== undefined) return this.#retryLater(frame)
        if (frame.code === 'command-gap') return this.#fillGap(frame)
        // Ignored: its outcome was told when it came for the first time.
        if (!isCurrent) return
        if (frame.code === 'no-change') return this.#finish(({ resolve }) => resolve(), { refused: frame.code })
        const isUnused = leavesNumber.has(frame.code)
        if (isUnused) this.#nextID = this.#current.id
        const error = ParleyError.ofRejection(frame)
        this.#finish(({ reject }) => reject(error), { isUnused, refused: frame.code })
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

    /**
     * A snapshot has come in place of the frames that might have told an outcome. `lastCommand` is the last of ours
     * that is in it; a server that does not say it is judged by `media`, what it says of us.
     */
    resynced({ lastCommand, media = {} }) {
        const current = this.#current
        if (lastCommand === undefined) {
            const isDone = current?.type === 'media' && Object.entries(current.members).every(([kind, value]) => media[kind] === value)
            if (isDone) this.#finish(({ resolve }) => resolve())
            return
        }
        this.#nextID = Math.max(this.#nextID, lastCommand + 1)
        const isDone = current !== null && current.id <= lastCommand
        if (isDone) this.#finish(({ resolve }) => resolve())
        this.#kept = this.#kept.filter(({ id }) => id > lastCommand)
        if (!isDone) this.#sendFrom(lastCommand + 1)
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
        this.#kept = []
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

    #sendFrom(first) {
        for (const command of this.#kept) if (command.id >= first) this.send(frameOf(command))
        this.resend()
    }

    #retryLater(frame) {
        this.#retryFrom = Math.min(this.#retryFrom, frame.id)
        this.#timer ??= this.clock.setTimeout(() => {
            const first = this.#retryFrom
            this.#stopTimer()
            this.#sendFrom(first)
        }, frame.retryAfterMilliseconds ?? defaultWaitMilliseconds)
    }

    #fillGap({ id, expected }) {
        // Everything behind a gap is refused as well: the answer to the last one is enough to begin again.
        if (id !== (this.#current ?? this.#kept.at(-1)).id) return
        if (this.#kept.some((command) => command.id === expected)) return this.#sendFrom(expected)
        // Older than what is kept, or further than we have been: the numbers go on where the server says.
        this.#kept = []
        this.#nextID = expected
        if (!this.#current) return
        this.#current.id = expected
        this.#nextID += 1
        this.resend()
    }

    #finish(tell, { isUnused = false, refused } = {}) {
        this.#stopTimer()
        const { id, type, members, outcomes } = this.#current
        this.#current = null
        // Sent again, it says what became of it: whoever refused it may be gone, and it is not to be judged twice.
        if (!isUnused) this.#kept.push({ id, type, members: { ...members, ...(refused && { refused }) } })
        if (this.#kept.length > keptMax) this.#kept.shift()
        outcomes.forEach(tell)
        this.flush()
    }

    #stopTimer() {
        if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
        this.#timer = null
        this.#retryFrom = Infinity
    }
}

const frameOf = ({ type, id, members }) => ({ type, id, ...members })
