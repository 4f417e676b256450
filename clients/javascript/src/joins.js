import { ParleyError } from './errors.js'
import { Call } from './calls/call.js'
import { Line } from './calls/telephone-line.js'
import { Room } from './room.js'

const roomIsOver = new Set(['unknown-room', 'room-ended'])
const giveUp = new Set([
    'malformed', 'invalid-member', 'invalid-name', 'invalid-alias', 'unknown-type',
    'denied', 'banned', 'pin-required', 'wrong-pin', 'invalid-invitation', 'invalid-settings', 'not-permitted',
    'no-agent', 'wrong-code', 'unsupported-kind',
])
const wishNames = [
    'name', 'devices', 'settings', 'pin', 'invitation', 'role', 'media', 'ticket', 'assertion', 'kind', 'status', 'call', 'ring', 'answer', 'queue',
]
const classOf = { call: Call, line: Line }
/** No room has such an alias. A line is found by whose it is, so it may be asked for twice. */
const lineKey = '~line'
const rejoinMilliseconds = 2_000
const unsureMilliseconds = 1_000

/**
 * The joins that have no outcome yet: by people for the first time, and by ourselves after a reconnect.
 * Each is known by what it asks for, because that is what its outcome names.
 */
export class Joins {
    #waiting = new Map()
    /** By room: who has asked for it, and waits at its door. */
    #atTheDoor = new Map()
    #creations = Promise.resolve()
    #timers = new Map()
    #epoch = 0
    #whyAgain

    constructor({ send, clock, session, report }) {
        Object.assign(this, { send, clock, session, report })
    }

    /** A promise of the room. Rooms without a name are created one after the other: their outcome names nothing. */
    ask(target, options) {
        if (options.kind === 'line') return this.#ask(lineKey, undefined, options)
        if (target !== undefined) return this.#ask(target, target, options)
        const epoch = this.#epoch
        const created = this.#creations.then(() => {
            if (epoch !== this.#epoch) throw new ParleyError('closed', 'The connection was closed.')
            const outcome = this.#ask('', undefined, options)
            this.flush()
            return outcome
        })
        this.#creations = created.catch(() => {})
        return created
    }

    /** For hello: one join that may travel with it, without its type. `isHeld(target)`: not now, after welcome. */
    first(isHeld) {
        const join = [...this.#waiting.values()].find(({ target, isUnsure }) => !isUnsure && !isHeld(target))
        if (!join) return null
        join.isSent = true
        return frameOf(join)
    }

    /** The session is a new one: the rooms of the earlier one are joined again. `why` it is, if the server says. */
    again(rooms, why) {
        this.#whyAgain = why
        for (const join of this.#waiting.values()) join.isUnsure = false
        this.#await(rooms)
    }

    /** The session is the same as before: nobody has to join again, but those who were just about to. */
    resumed(rooms) {
        for (const room of rooms) if (!this.isWaiting(room)) room.resume()
        const creation = this.#waiting.get('')
        if (!creation?.isUnsure) return
        // The room may exist already: then its snapshot comes now. A second one would belong to nobody.
        this.#timers.set('', this.clock.setTimeout(() => { creation.isUnsure = false; this.flush() }, unsureMilliseconds))
    }

    flush() {
        for (const [key, join] of this.#waiting) {
            if (!join.isSent && join.room?.isClosed) this.#waiting.delete(key)
            else if (!join.isSent && !join.isUnsure) join.isSent = this.send({ type: 'join', ...frameOf(join) })
        }
    }

    lost() {
        for (const timer of this.#timers.values()) this.clock.clearTimeout(timer)
        this.#timers.clear()
        for (const join of this.#waiting.values()) {
            // Others may be asked twice, because they name their room.
            join.isUnsure ||= join.isSent && join.target === undefined && join.wishes.kind !== 'line'
            join.isSent = false
        }
    }

    isWaiting(room) { return [...this.#waiting.values()].some((join) => join.room === room) }

    /** Whether that snapshot is what a join waits for. */
    isAnsweredBy(frame) { return this.#keyOf(frame) !== undefined }

    #keyOf({ room, state }) {
        return [room, state.room.alias, state.room.kind === 'line' ? lineKey : ''].find((candidate) => this.#waiting.has(candidate))
    }

    /** `place(room, earlierID)` is called before anybody hears of the room. */
    snapshot(frame, place) {
        const key = this.#keyOf(frame)
        if (key === undefined) return
        const join = this.#waiting.get(key)
        this.#waiting.delete(key)
        this.clock.clearTimeout(this.#timers.get(key))
        // Ignored: a leave that came between the loss and the return.
        if (join.room?.isClosed) return this.send({ type: 'leave', id: 2, room: frame.room })
        if (join.room) {
            const { room } = join
            place(room, room.id)
            room.rejoin(frame, this.#whyAgain)
        } else {
            const { target, wishes, as } = join
            // A call to which a third has come is a meeting by now, and whoever comes by a ring means the call.
            const Kind = classOf[frame.state.room.kind] ?? classOf[as] ?? Room
            const room = new Kind(this.session, { target, wishes: lasting(wishes), snapshot: frame })
            place(room)
            if (room.status === 'waiting') this.#waits(room, join)
            else join.resolve(room)
        }
    }

    /** For somebody who asks again for a room at whose door they wait. */
    outcomeOf(room) { return this.#atTheDoor.get(room) ?? Promise.resolve(room) }

    rejected(frame) {
        const key = frame.room ?? (this.#waiting.has('') ? '' : lineKey)
        const join = this.#waiting.get(key)
        if (!join) return
        const error = ParleyError.ofRejection(frame)
        if (!join.room || roomIsOver.has(frame.code) || giveUp.has(frame.code)) this.#waiting.delete(key)
        if (!join.room) return join.reject(error)
        if (roomIsOver.has(frame.code)) return join.room.over('gone')
        this.report(error)
        if (giveUp.has(frame.code)) return join.room.close(frame.code)
        // Full or busy for the moment: we were in and want to be in again.
        const timer = this.clock.setTimeout(() => { join.isSent = false; this.flush() }, frame.retryAfterMilliseconds ?? rejoinMilliseconds)
        this.#timers.set(key, timer)
    }

    fail(error) {
        this.lost()
        this.#epoch += 1
        const joins = [...this.#waiting.values()]
        this.#waiting.clear()
        for (const join of joins) join.reject?.(error)
    }

    #waits(room, { outcome, resolve, reject, onWaiting }) {
        this.#atTheDoor.set(room, outcome)
        const done = () => { this.#atTheDoor.delete(room) }
        room.on('admitted', ({ isSelf }) => { if (isSelf) { done(); resolve(room) } })
        room.on('closed', (reason) => {
            done()
            const code = ['left', 'superseded', 'replaced'].includes(reason) ? 'closed' : codeOfEnd[reason] ?? reason
            reject(new ParleyError(code, `The wait at the door is over: ${reason}.`))
        })
        onWaiting?.(room)
    }

    #ask(key, target, { onWaiting, as, ...options }) {
        const earlier = this.#waiting.get(key)
        if (earlier) return earlier.outcome
        const wishes = Object.fromEntries(wishNames.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]))
        const join = { target, wishes, onWaiting, as, room: null, isSent: false, isUnsure: false }
        join.outcome = new Promise((resolve, reject) => Object.assign(join, { resolve, reject }))
        this.#waiting.set(key, join)
        return join.outcome
    }

    #await(rooms) {
        for (const room of rooms) {
            // A leave that was under way is done by the loss of the membership.
            if (room.isLeaving) { room.close('left'); continue }
            if (this.isWaiting(room)) continue
            room.interrupt()
            const isLine = room.kind === 'line'
            const target = isLine ? undefined : room.alias ?? room.id
            this.#waiting.set(isLine ? lineKey : target, { target, wishes: room.wishes, room, isSent: false, isUnsure: false })
        }
    }
}

// The reasons of an end as codes, which have words.
const codeOfEnd = { removed: 'denied', host: 'room-ended', duration: 'room-ended', empty: 'room-ended', gone: 'room-ended' }

// What was asked for once: whoever comes back does not ring again.
const lasting = ({ call, ring, answer, kind, ...wishes }) => ({ ...wishes, ...(kind !== undefined && kind !== 'call' && { kind }) })

const frameOf = ({ target, wishes }) => ({ id: 1, ...(target !== undefined && { room: target }), ...wishes })
