import { ParleyError } from './errors.js'

/** Where a signal of each type has its payload, and how a sealed one is written there. The server forwards these bytes as they are. */
const prefix = 'sealed:'
const places = {
    offer: { member: 'sdp', write: (text) => prefix + text, read: textOf },
    answer: { member: 'sdp', write: (text) => prefix + text, read: textOf },
    hangup: { member: 'reason', write: (text) => prefix + text, read: textOf },
    'ice-candidate': { member: 'candidate', write: (sealed) => ({ sealed }), read: (value) => value?.sealed },
    signal: { member: 'data', write: (sealed) => ({ sealed }), read: (value) => value?.sealed },
}

function textOf(value) { return typeof value === 'string' && value.startsWith(prefix) ? value.slice(prefix.length) : undefined }

/**
 * The sealed signals of one membership: with each participant a pair of keys, made when the first signal goes one way or the
 * other. Without a `Sealing` everything passes as it is.
 */
export class Seals {
    #room
    #sealing
    #pairs = new Map()
    #self

    constructor(room, sealing) {
        this.#room = room
        this.#sealing = sealing
    }

    /** Who somebody has proven to be, with what was sealed by their key; null: nothing is proven. */
    verified(id) {
        this.#renew()
        return this.#pairs.get(id)?.verified ?? null
    }

    /** Hands what is to be said to `push`, in the order in which it was asked for. `ice-restart` has nothing to seal. */
    signal(type, to, payload, push) {
        const place = places[type]
        if (!this.#sealing || !place) return push(payload)
        const pair = this.#pair(to)
        const { self } = this.#room
        const sealed = pair.sending.then(() => this.#seal(pair, place, type, to, payload))
        pair.sending = sealed.catch(() => {})
        return sealed.then((written) => {
            if (this.#room.isClosed || this.#room.self !== self) throw new ParleyError('interrupted', 'The connection was lost before this could be sent.')
            // A refusal says what was so behind all that came before it, a hangup perhaps: that is opened first.
            return push(written).catch((error) => pair.opening.then(() => { throw error }))
        })
    }

    /** Hands what was said to `take`, in the order in which it came; what is not what it should be is only told. */
    receive(frame, take) {
        const place = places[frame.type]
        if (!this.#sealing || !place) return take(frame)
        const pair = this.#pair(frame.from)
        pair.opening = pair.opening.then(async () => {
            const opened = await this.#open(pair, place, frame)
            if (!this.#room.isClosed) take(opened)
        }).catch((error) => this.#room.emit('unsealed', { from: frame.from, error }))
    }

    forget(id) { this.#pairs.delete(id) }

    // MARK: Inside

    /** Whoever joins again is somebody else to everybody. */
    #renew() {
        const self = `${this.#room.id} ${this.#room.self}`
        if (self !== this.#self) this.#pairs.clear()
        this.#self = self
    }

    #pair(id) {
        this.#renew()
        if (!this.#pairs.has(id)) {
            const place = { room: this.#room.id, self: this.#room.self, other: id, assertion: this.#room.state.people?.[id]?.assertion }
            const pair = { place, sending: Promise.resolve(), opening: Promise.resolve(), verified: null, isTold: false }
            pair.keys = this.#meet(pair)
            pair.keys.catch(() => {})
            this.#pairs.set(id, pair)
        }
        return this.#pairs.get(id)
    }

    /** Resolves with null for somebody who is not to be believed. */
    async #meet(pair) {
        pair.claims = await this.#sealing.claims(pair.place.assertion)
        return pair.claims && this.#sealing.pair(pair.place, pair.claims)
    }

    async #seal(pair, { member, write }, type, to, payload) {
        const keys = await pair.keys
        if (!keys) {
            if (this.#sealing.isRequired) throw this.#unverified(pair)
            return payload
        }
        const { room, self } = pair.place
        const context = { room, from: self, to, type, negotiation: payload.negotiation }
        const text = await this.#sealing.seal(keys.outward, context, payload[member] ?? null)
        return { ...payload, [member]: write(text) }
    }

    async #open(pair, { member, read }, frame) {
        const keys = await pair.keys
        if (!keys) {
            if (this.#sealing.isRequired) throw this.#unverified(pair)
            return frame
        }
        const text = read(frame[member])
        if (text === undefined) throw new ParleyError('seal-broken', 'A signal is not sealed, and whoever sent it seals theirs.')
        const { room, self } = pair.place
        const context = { room, from: frame.from, to: self, type: frame.type, negotiation: frame.negotiation }
        const payload = await this.#sealing.open(keys.inward, context, text)
        // Only now has somebody shown that they have the key that was vouched for.
        if (!pair.verified) {
            pair.verified = pair.claims
            this.#room.emit('verified', { id: frame.from, claims: pair.claims })
        }
        return { ...frame, [member]: payload ?? undefined }
    }

    #unverified(pair) {
        const error = new ParleyError('unverified', 'Nobody who is believed vouches for them.')
        if (!pair.isTold) this.#room.emit('unverified', { id: pair.place.other })
        pair.isTold = true
        return error
    }
}
