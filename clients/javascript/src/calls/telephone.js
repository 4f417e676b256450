import { Emitter } from '../emitter.js'
import { ParleyError } from '../errors.js'
import { Mesh } from '../mesh.js'
import { said, setOf } from '../meeting/sets.js'
import { EarlyAnswer, EarlyOffer } from './early.js'
import { Watches } from './watches.js'

/**
 * What a session does about calls: it is online, calls people, and looks at their presence. `Parley` stands on it and
 * gives it `join` and `transmit`.
 */
export class Telephone extends Emitter {
    #watches
    #line = null

    /** Of the person of this session, while this device is online. */
    get line() { return this.#line?.isClosed === false ? this.#line : null }

    /**
     * This device rings for its person from now on, and others see that they are there. `availability`, `note`,
     * `whenBusy`, `showLastSeen`: how reachable they are. To go offline: `line.leave()`.
     */
    async online({ name, availability = 'available', note, whenBusy, showLastSeen, ...options } = {}) {
        if (this.line) return this.line
        const status = said({ availability, note, whenBusy, showLastSeen })
        this.#line = await this.join(undefined, { ...options, ...said({ name }), kind: 'line', status })
        return this.#line
    }

    /**
     * Calls somebody, or several of whom the first one comes in (`mode: 'each'`: all). Resolves with the call as soon as it
     * is begun; `ring-answered` and `ended` tell the rest. `mesh`: options of a `Mesh`, which the call has then (`call.mesh`);
     * its offer travels with the ring.
     */
    async call(to, { name, mode, intent, ringMilliseconds, data, mesh, earlyOffer = true, ...options } = {}) {
        const hasPictures = (mesh?.stream?.getVideoTracks().length ?? 0) > 0
        const early = mesh && earlyOffer && mode !== 'each' ? await this.#early((given) => EarlyOffer.make(this.#session, given), mesh) : undefined
        const order = said({ to: setOf(to), mode, intent: intent ?? (hasPictures ? 'video' : 'audio'), ringMilliseconds, data, offer: early?.value })
        return this.#begin(undefined, { ...options, ...said({ name }), kind: 'call', call: order }, { mesh, early })
    }

    /**
     * Waits in a queue, and resolves with the call as soon as somebody else is in it with you; while they do not come you
     * wait on. `onWaiting(queue)` gets the room at whose door you
     * wait: its `place`, `estimateMilliseconds`, `code`, and `leave()`, which gives up. `skills`: what whoever serves you has to
     * be able to do; `key`: with whom you want to be put together; `code`: that somebody has told you.
     */
    queue(room, { skills, key, priority, code, mesh, onWaiting, ...options } = {}) {
        const wish = said({ skills: skills && setOf(skills), key, priority, code })
        return new Promise((resolve, reject) => {
            let [to, call, isDone, isLetGo] = []
            const done = () => { isDone = true; resolve(call) }
            const fails = (error) => {
                if (!isDone) call?.hangUp().catch(() => {})
                reject(error)
            }
            const waits = (door) => {
                const look = async () => {
                    if (isDone || door.isClosed || door.takenTo === to) return
                    const goal = to = door.takenTo
                    // Nobody has come: we stand in the line again.
                    call?.hangUp().catch(() => {})
                    call = undefined
                    if (goal === undefined) return
                    const { name } = options
                    try {
                        const entered = await this.#begin(goal, said({ name }), { mesh })
                        if (to !== goal) return void entered.hangUp().catch(() => {})
                        call = entered
                        if (isLetGo || call.isAnswered) return done()
                        call.on('joined', done)
                    } catch (error) {
                        if (to !== goal) return
                        fails(error)
                        door.leave().catch(() => {})
                    }
                }
                for (const event of ['change', 'resynced', 'rejoined']) door.on(event, look)
                onWaiting?.(door)
                look()
            }
            this.join(room, { ...options, kind: 'queue', queue: wish, onWaiting: waits }).catch((error) => {
                isLetGo = error.code === 'met'
                if (!isLetGo) return fails(error)
                if (call) done()
            })
        })
    }

    /** `listener(person, presence)`: now, and whenever it changes; null for somebody who cannot be seen. Returns what ends it. */
    watch(people, listener) {
        const names = [people].flat()
        return this.#watching.add(names, listener)
    }

    /** By room: one to which you have taken somebody from a queue, or a call of this person's on another device. */
    async enter(room, { incoming, name = this.line?.name, audio, video, mesh, ...options } = {}) {
        const early = mesh && incoming ? await this.#early((given) => EarlyAnswer.make(this.#session, given, incoming), mesh) : undefined
        if (incoming?.isRinging === false) {
            early?.close()
            throw new ParleyError(incoming.reason, 'It does not ring any more.')
        }
        const wishes = { ...options, ...said({ name, ring: incoming?.ring, answer: early?.value }) }
        return this.#begin(room, wishes, { mesh, early, media: said({ audio, video }) })
    }

    // MARK: For the library's own use

    isIn(room) { return this.rooms.some(({ id }) => id === room) }

    presenceFrame(frame) { this.#watching.take(frame) }

    async #begin(target, wishes, { mesh, early, media = {} }) {
        let call
        try {
            call = await this.join(target, { ...wishes, as: 'call' })
        } catch (error) {
            early?.close()
            throw error
        }
        if (mesh) call.mesh = new Mesh(call, { ...mesh, early })
        const on = { ...tracksIn(call.mesh), ...media }
        if (Object.keys(on).length > 0) call.media(on).catch(() => {})
        call.on('transferred', (person, to) => { if (person?.isSelf && to.ticket !== undefined) this.#follow(call, to, mesh) })
        return call
    }

    // The same people elsewhere: whoever was told to go there, goes.
    async #follow(call, { room, ticket }, mesh) {
        if (call.isMoving) return
        call.isMoving = true
        const tracks = call.mesh?.tracks
        const { name } = call
        call.emit('moving')
        try {
            const { audio, video } = call.me.media ?? {}
            const next = await this.#begin(room, said({ name, ticket }), { mesh: mesh && { ...mesh, tracks }, media: said({ audio, video }) })
            call.emit('moved', next)
        } catch (error) {
            call.isMoving = false
            call.emit('move-failed', error)
            return
        }
        call.hangUp('transferred').catch(() => {})
    }

    // Sealed signals are for participants whose key is known, which nobody is yet; and before the first welcome there is no ICE server.
    async #early(make, mesh) {
        if (this.sealing || this.status !== 'connected') return undefined
        return make(Mesh.given(mesh, () => this.iceServers)).catch(() => undefined)
    }

    get #session() {
        return { clock: this.clock, can: (feature) => this.features.includes(feature), hint: () => this.retry() }
    }

    get #watching() {
        if (this.#watches) return this.#watches
        this.#watches = new Watches({ send: (frame) => this.transmit(frame), clock: this.clock })
        this.on('welcome', () => this.#watches.again())
        this.on('rejected', (frame) => { if (frame.of === 'watch') this.#watches.rejected(frame) })
        return this.#watches
    }
}

/** What is on at the beginning, if nobody says otherwise. */
function tracksIn(mesh) {
    const { audio, video } = mesh?.tracks ?? {}
    return audio || video ? { audio: audio?.enabled === true, video: video?.enabled === true } : {}
}
