import { said } from '../meeting/sets.js'
import { Room } from '../room.js'

/**
 * A room that rings: made by `parley.call`, by accepting an `Incoming`, or by `line.continueHere`. A third person makes a
 * meeting of it, and it stays the same object.
 */
export class Call extends Room {
    #end = null

    /** Of this call's own media, where it was begun with `mesh`. */
    mesh = null
    /** We are on the way to the room that this call has become: its end is not the end. */
    isMoving = false

    constructor(session, membership) {
        super(session, membership)
        this.on('event', (event) => { if (event.type === 'ended') this.#end = said({ reason: event.reason, code: event.code }) })
    }

    /** How it has ended, once it has: `{ reason, code }`. */
    get end() { return this.#end }

    /** Somebody else is in it. */
    get isAnswered() { return this.people.some(({ isSelf }) => !isSelf) }

    /** `code`: why, as the network says it (`normal`, `busy` …). */
    hangUp(code) { return this.leave(said({ code })) }

    /** Somebody else takes our place: we leave, and they ring. If they do not come, the others ring us. */
    transferTo(to) { return this.command('transfer-call', { to }) }

    /** The others of this call go to that one. `leave`: without us, in both. */
    mergeInto(call, { leave = false } = {}) { return this.command('merge', { into: call.id, leave }) }

    /** Several people at once, of whom the first one comes; each of them, with `mode: 'each'`. */
    add(to, options) { return this.ring(to, options) }
}
