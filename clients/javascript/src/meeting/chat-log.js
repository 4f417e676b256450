import { ParleyError } from '../errors.js'
import { said } from './sets.js'

const keptMax = 500
const pageMax = 100
const textBytesMax = 4_096
const encoder = new TextEncoder()

/**
 * What was written in a room, as far as it is known here, in the order of its numbers. What was sent and has not come
 * back goes again after a loss, under its own `cid`, which the server takes once.
 */
export class ChatLog {
    #messages = []
    #unsaid = new Map()
    #questions = []
    #cids = 0

    /** `told(message)`: one that is newer than all that were known. */
    constructor({ send, told }) { Object.assign(this, { send, told }) }

    get messages() { return this.#messages }
    get #last() { return this.#messages.at(-1)?.n ?? 0 }

    say(text, to, isClosed) {
        if (isClosed) return Promise.reject(closedError())
        // A frame that is too long for the server would cost the connection.
        if (encoder.encode(text).length > textBytesMax) return Promise.reject(new ParleyError('too-long', `A text has at most ${textBytesMax} bytes.`))
        return new Promise((resolve, reject) => {
            this.#cids += 1
            const frame = said({ type: 'chat', cid: `c${this.#cids}`, text, to })
            this.#unsaid.set(frame.cid, { frame, resolve, reject })
            this.send(frame)
        })
    }

    fetch(before, limit, isClosed) {
        if (isClosed) return Promise.reject(closedError())
        return new Promise((resolve, reject) => {
            const frame = said({ type: 'chat-history', before, limit: Math.min(limit, pageMax) })
            this.#questions.push({ frame, resolve, reject })
            this.send(frame)
        })
    }

    take({ n, from, name, text, time, to, cid }) {
        const message = said({ n, from, name, text, time, to, cid })
        const missing = n - this.#last - 1
        const isFirst = this.#messages.length === 0
        this.#insert([message])
        const mine = this.#unsaid.get(cid)
        if (mine && mine.frame.text === text) {
            this.#unsaid.delete(cid)
            mine.resolve(message)
        }
        // What others wrote to each other has a number too, so a gap is asked for once and then let be.
        if (missing > 0 && !isFirst) this.fetch(n, missing).catch(() => {})
    }

    takeHistory(messages) {
        this.#insert(messages)
        this.#questions.shift()?.resolve(messages)
    }

    rejected(frame) {
        const error = ParleyError.ofRejection(frame)
        if (frame.of === 'chat-history') return this.#questions.shift()?.reject(error)
        const cid = frame.cid ?? this.#unsaid.keys().next().value
        this.#unsaid.get(cid)?.reject(error)
        this.#unsaid.delete(cid)
    }

    /** As somebody new, whose `cid`s the server does not know: said again, it might stand there twice. */
    renewed() {
        const error = new ParleyError('interrupted', 'The connection was lost before this was known to be in the log.')
        for (const { reject } of this.#unsaid.values()) reject(error)
        this.#unsaid.clear()
        this.again()
    }

    /** On a new connection: what is under way again, and what was written meanwhile. */
    again() {
        for (const { frame } of [...this.#unsaid.values(), ...this.#questions]) this.send(frame)
        if (this.#messages.length > 0) this.fetch(undefined, pageMax).catch(() => {})
    }

    close(error) {
        for (const { reject } of [...this.#unsaid.values(), ...this.#questions]) reject(error)
        this.#unsaid.clear()
        this.#questions = []
    }

    #insert(messages) {
        const last = this.#last
        const known = new Set(this.#messages.map(({ n }) => n))
        const added = messages.filter(({ n }) => !known.has(n))
        if (added.length === 0) return
        this.#messages = [...this.#messages, ...added].sort((a, b) => a.n - b.n).slice(-keptMax)
        // An answer to somebody who knew nothing is history, not news.
        if (known.size > 0 || messages.length === 1) for (const message of added) if (message.n > last) this.told(message)
    }
}

const closedError = () => new ParleyError('closed', 'This room is closed here.')
