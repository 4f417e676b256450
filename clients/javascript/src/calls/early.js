import { Emitter } from '../emitter.js'
import { Peer } from '../peer.js'

const offerMilliseconds = 250
const answerMilliseconds = 100
/** So long the caller has time to play the exchange again over the room. */
const confirmMilliseconds = 3_000
const bytesMax = 16_384

/**
 * A room for a connection whose other side is not known yet, or not there: what it says is kept until `open`, and then
 * goes to them in its order.
 */
class Anteroom extends Emitter {
    #outbox = { negotiation: 0, hasHungUp: false }
    #room = null
    #to
    kept = []

    constructor(session) {
        super()
        this.session = session
    }

    get clock() { return this.session.clock }
    get policy() { return this.#room?.policy }
    get isOpen() { return this.#room !== null }
    can(feature) { return this.session.can(feature) }
    hint() { return this.session.hint() }
    verified() { return null }
    outbox() { return this.#room?.outbox(this.#to) ?? this.#outbox }

    signal(type, to, payload) {
        if (this.#room) return this.#room.signal(type, to, payload)
        this.kept.push({ type, payload })
        this.emit('kept')
        return Promise.resolve()
    }

    /** `isKnown(type, payload)`: what has reached them in another way. */
    open(room, to, isKnown = () => false) {
        this.#room = room
        this.#to = to
        const outbox = room.outbox(to)
        outbox.negotiation = Math.max(outbox.negotiation, this.#outbox.negotiation)
        for (const { type, payload } of this.kept.splice(0)) if (!isKnown(type, payload)) room.signal(type, to, payload).catch(() => {})
    }

    /** The description, as soon as it is there, with the candidates that follow within that time; undefined if it is too large. */
    async described(type, milliseconds) {
        const description = await this.#until(() => this.kept.find((signal) => signal.type === type), milliseconds * 20)
        if (!description) return undefined
        await this.#until(() => this.kept.find(({ payload }) => payload.candidate === null), milliseconds)
        const { sdp } = description.payload
        const candidates = this.kept.filter((signal) => signal.type === 'ice-candidate').map(({ payload }) => payload.candidate)
        const whole = { type, sdp, candidates: JSON.stringify(candidates.filter(Boolean)) }
        return [whole, { type, sdp }].find((value) => new TextEncoder().encode(JSON.stringify(value)).length <= bytesMax)
    }

    #until(find, milliseconds) {
        return new Promise((resolve) => {
            const done = () => {
                off()
                this.clock.clearTimeout(timer)
                resolve(find())
            }
            const off = this.on('kept', () => { if (find()) done() })
            const timer = this.clock.setTimeout(done, milliseconds)
            if (find()) done()
        })
    }
}

const nobody = { id: 'nobody' }

/** They travel as one text: a room's state knows no lists. */
function candidatesOf({ candidates = '[]' }) {
    try {
        const list = JSON.parse(candidates)
        return Array.isArray(list) ? list.filter((candidate) => typeof candidate?.candidate === 'string') : []
    } catch { return [] }
}

/** Whether a signal is a candidate that has travelled with the description. */
function isIn(value) {
    const known = new Set(candidatesOf(value).map((candidate) => JSON.stringify(candidate)))
    return (type, { candidate }) => type === 'ice-candidate' && known.has(JSON.stringify(candidate))
}

/**
 * The caller's connection and its offer, made before anybody has answered: it travels with the ring, and whoever accepts
 * answers it in their `join`. Over the room the same exchange is then played once more, as negotiation 1: nothing of it
 * is applied again, but the server knows of it, and candidates may follow. Whoever has not answered it, or not it alone, is met as usual.
 */
export class EarlyOffer {
    #peer
    #anteroom

    /** `given`: what a `Mesh` makes its peers of. Resolves with undefined if there is no offer, for whatever reason. */
    static async make(session, given) {
        const early = new EarlyOffer(session, given)
        early.value = await early.#anteroom.described('offer', offerMilliseconds)
        if (early.value !== undefined) return early
        early.close()
        return undefined
    }

    constructor(session, given) {
        this.#anteroom = new Anteroom(session)
        this.#peer = new Peer({ room: this.#anteroom, person: nobody, polite: false, offersFirst: true, ...given })
    }

    /** The connection, once: for the first who has answered it. */
    take(room, id, { polite }, answer) {
        const peer = this.#peer
        if (!peer || typeof answer?.sdp !== 'string') return undefined
        this.#peer = null
        Object.assign(peer, { id, polite })
        this.#anteroom.open(room, id, isIn(this.value))
        peer.receive({ type: 'answer', negotiation: 1, sdp: answer.sdp })
        for (const candidate of candidatesOf(answer)) peer.receive({ type: 'ice-candidate', candidate })
        return peer
    }

    close() {
        this.#peer?.close()
        this.#peer = null
    }
}

/** Answers an early offer. It waits for the same offer over the room; `lapsed` says that it is another one, or none. */
class AnsweringPeer extends Peer {
    #anteroom
    #known
    #room
    #timer = null

    constructor({ room: anteroom, ...rest }) {
        super({ room: anteroom, ...rest })
        this.#anteroom = anteroom
    }

    settle(room, id, { polite }, known) {
        Object.assign(this, { id, polite })
        this.#room = room
        this.#known = known
        this.#timer = room.clock.setTimeout(() => this.emit('lapsed'), confirmMilliseconds)
    }

    receive(frame) {
        if (!this.#room || this.#anteroom.isOpen) return super.receive(frame)
        if (frame.type !== 'offer') return undefined
        this.#stop()
        if (frame.sdp !== this.#known.offer.sdp || frame.negotiation !== 1) return void this.emit('lapsed', frame)
        this.#anteroom.open(this.#room, this.id, isIn(this.#known.answer))
    }

    close() {
        this.#stop()
        super.close()
    }

    #stop() {
        if (this.#timer !== null) this.#anteroom.clock.clearTimeout(this.#timer)
        this.#timer = null
    }
}

/** The answer to an offer that came with a ring, made before the join that it travels in. */
export class EarlyAnswer {
    #peer
    #anteroom

    static async make(session, given, { offer, from }) {
        if (typeof offer?.sdp !== 'string') return undefined
        const early = new EarlyAnswer(session, given, offer, from)
        early.value = await early.#anteroom.described('answer', answerMilliseconds)
        if (early.value !== undefined) return early
        early.close()
        return undefined
    }

    constructor(session, given, offer, from) {
        Object.assign(this, { offer, from })
        this.#anteroom = new Anteroom(session)
        this.#peer = new AnsweringPeer({ room: this.#anteroom, person: nobody, polite: true, offersFirst: false, ...given })
        this.#peer.receive({ type: 'offer', negotiation: 1, sdp: offer.sdp })
        for (const candidate of candidatesOf(offer)) this.#peer.receive({ type: 'ice-candidate', candidate })
    }

    /** The connection, once: for the one who has called. */
    takeFor(room, person, rule) {
        const peer = this.#peer
        if (!peer || person.identity !== this.from.identity) return undefined
        this.#peer = null
        peer.settle(room, person.id, rule, { offer: this.offer, answer: this.value })
        return peer
    }

    close() {
        this.#peer?.close()
        this.#peer = null
    }
}
