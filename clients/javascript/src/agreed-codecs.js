import { preferred, ranked } from './codecs.js'

/** A better codec can wait until nobody comes and goes; one that somebody lacks cannot. */
const upgradeMilliseconds = 5_000
/** So long the one who begins has time to; then the other one does. */
const helpMilliseconds = 3_000
const kinds = ['video', 'audio']

/**
 * Has one connection follow the room's media policy: the order of codecs in each description, the bounds of what is
 * sent, and a new exchange when the codec in use is another one. Descriptions are the browser's own, untouched.
 */
export class AgreedCodecs {
    #described = null
    #agreed = null
    #timer = null
    #said = new WeakMap()
    #bounded = new WeakSet()

    /** `policy()` is the room's; `codecs(kind)` all that this browser can receive; `begins`: this side offers first; `offer()` makes one. */
    constructor({ connection, policy, codecs, begins, clock, offer }) {
        Object.assign(this, { connection, policy, codecs, begins, clock, offer })
    }

    /** Before a description is made, of whichever kind: the newest policy counts. */
    prefer() {
        this.#described = this.#wanted
        const policy = this.policy()
        if (!policy) return
        for (const transceiver of this.connection.getTransceivers()) {
            const { kind } = transceiver.receiver.track
            const wanted = ranked(policy[kind])
            const order = preferred(this.codecs(kind), wanted)
            const said = JSON.stringify(order)
            if (wanted.length === 0 || order.length === 0 || this.#said.get(transceiver) === said) continue
            transceiver.setCodecPreferences?.(order)
            this.#said.set(transceiver, said)
        }
    }

    /** Both sides have agreed on what was described last. */
    async settled() {
        this.#agreed = this.#described
        this.#follow()
        await this.bound()
    }

    /** The room wants something else. */
    async changed() {
        this.#follow()
        await this.bound()
    }

    /** Sends no more than the room takes. */
    async bound() {
        const { height, frameRate } = this.policy()?.limits ?? {}
        for (const { sender } of this.connection.getTransceivers()) {
            if (sender.track?.kind !== 'video' || !sender.setParameters) continue
            const isBounded = height !== undefined || frameRate !== undefined
            // Nothing to say, and nothing to take back.
            if (!isBounded && !this.#bounded.has(sender)) continue
            const parameters = sender.getParameters()
            // Before the first exchange some browsers have none to set.
            if (!parameters.encodings?.length) continue
            for (const encoding of parameters.encodings) boundEncoding(encoding, sender.track, { height, frameRate })
            await sender.setParameters(parameters)
            this.#bounded.add(sender)
        }
    }

    stop() {
        if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
        this.#timer = null
    }

    get #wanted() { return kinds.map((kind) => ranked(this.policy()?.[kind])[0]?.codec ?? null) }

    #follow() {
        this.stop()
        // There is nothing to change before there is an agreement: the first one follows the policy by itself.
        if (this.#agreed === null || !this.#lags()) return
        const wait = (this.#isUrgent() ? 0 : upgradeMilliseconds) + (this.begins ? 0 : helpMilliseconds)
        if (wait === 0) return void this.offer()
        this.#timer = this.clock.setTimeout(() => { this.#timer = null; if (this.#lags()) this.offer() }, wait)
    }

    // Only the first codec counts: the order of the others is nobody's trouble.
    #lags() {
        return this.#wanted.some((codec, index) => codec !== null && codec !== this.#agreed[index])
    }

    #isUrgent() {
        return kinds.some((kind, index) => {
            const inUse = this.#agreed[index]
            return inUse !== null && !ranked(this.policy()?.[kind]).some(({ codec }) => codec === inUse)
        })
    }
}

function boundEncoding(encoding, track, { height, frameRate }) {
    // A picture that stands upright is as large as one that lies.
    const { width, height: lines } = track.getSettings?.() ?? {}
    const shorter = Math.min(width ?? lines, lines)
    if (lines > 0) encoding.scaleResolutionDownBy = height !== undefined && shorter > height ? shorter / height : 1
    if (frameRate !== undefined) encoding.maxFramerate = frameRate
    else delete encoding.maxFramerate
}
