import { readFileSync } from 'node:fs'

export const vectors = (name) => JSON.parse(readFileSync(new URL(`../../../Tests/Vectors/${name}.json`, import.meta.url)))

/** Time that moves when a test says so. */
export class ManualClock {
    #now = 0
    #timers = new Map()
    #next = 1

    now = () => this.#now
    setTimeout = (action, milliseconds) => {
        this.#timers.set(this.#next, { at: this.#now + milliseconds, action })
        return this.#next++
    }
    clearTimeout = (timer) => { this.#timers.delete(timer) }

    /** Runs what is due, in order of its time. */
    advance(milliseconds) {
        const end = this.#now + milliseconds
        for (;;) {
            const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0]
            if (!due) break
            this.#timers.delete(due[0])
            this.#now = Math.max(this.#now, due[1].at)
            due[1].action()
        }
        this.#now = end
    }

    /** The whole pause happens in one go: what a suspended laptop does to timers. */
    sleepThrough(milliseconds) {
        this.#now += milliseconds
        this.advance(0)
    }

    get dueIn() { return [...this.#timers.values()].map(({ at }) => at - this.#now).sort((a, b) => a - b) }
}

/** Lets promises and queued tasks run until nothing is left to do. */
export const settle = async () => { for (let i = 0; i < 12; i += 1) await new Promise((done) => setImmediate(done)) }

/** A WebSocket without a network. The test is the server: it reads `sent` and calls `says` and `ends`. */
export class FakeSocket {
    static all = []
    static get last() { return FakeSocket.all.at(-1) }

    constructor(url, protocol) {
        Object.assign(this, { url, protocol, sent: [], closedWith: null })
        FakeSocket.all.push(this)
    }

    opens() { this.onopen?.() }
    send(text) { this.sent.push(JSON.parse(text)) }
    close(code) { this.closedWith = code }
    says(...frames) { for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) }) }
    ends(code = 1006, reason = '') { this.onclose?.({ code, reason }) }
    /** What was sent since the last call. */
    take() { return this.sent.splice(0) }
}

export const welcome = (members) => ({
    type: 'welcome', protocol: 1, session: 's_1', identity: 'i_1', resumed: false, resume: { secret: 'x' },
    heartbeat: { silenceMilliseconds: 2000, darkMilliseconds: 4500 }, limits: { unacknowledgedSignalsMax: 256 },
    features: [], iceServers: [], time: 0, ...members,
})

export const person = (joined, members) => ({
    name: `N${joined}`, identity: `i_${joined}`, role: 'participant', connection: 'connected', joined, joinedAt: 0,
    abilities: { rollback: true, trickle: true, restart: true }, media: { audio: false, video: false, screen: false }, ...members,
})

const uid = (sequence) => sequence.toString(16).padStart(16, '0')
export const at = (sequence) => [1, sequence, uid(sequence)]

export const snapshot = (self, people, sequence = 1, room = { id: 'r_1', alias: 'blue-fox' }) => ({
    type: 'snapshot', room: room.id, self, at: at(sequence),
    state: { room: { ...room, lifecycle: 'open', createdAt: 0, capacity: 100 }, people }, events: [],
})

export const events = (sequence, ...list) => ({ type: 'events', room: 'r_1', at: at(sequence), after: at(sequence - 1), events: list })
