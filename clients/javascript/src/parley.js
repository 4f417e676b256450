import { systemClock } from './clock.js'
import { Connection } from './connection.js'
import { Emitter } from './emitter.js'
import { ParleyError } from './errors.js'
import { Joins } from './joins.js'
import { ResumeStore } from './resume.js'
import { SignalInbox } from './signals.js'
import { wakeUps } from './wakeups.js'

const defaultSignalsMax = 256
const negotiationTypes = new Set(['offer', 'answer', 'ice-candidate', 'hangup', 'signal'])

/** A session with a server: one connection at a time, any number of rooms. */
export class Parley extends Emitter {
    #connection
    #inbox
    #joins
    #store
    #rooms = new Map()
    #options
    #stopWakeUps = () => {}

    constructor(options = {}) {
        super()
        const { clock = systemClock, random = Math.random, environment = globalThis } = options
        const WebSocket = options.WebSocket ?? globalThis.WebSocket
        const fetch = options.fetch ?? globalThis.fetch?.bind(globalThis)
        this.#options = { ...options, environment }
        this.clock = clock
        this.url = options.url ?? defaultURL(environment.location)
        this.status = 'idle'
        this.iceServers = []
        this.limits = {}
        this.features = []
        this.#store = new ResumeStore(options.storage, environment)
        this.#inbox = new SignalInbox({ send: this.#send, clock })
        this.#joins = new Joins({ send: this.#send, clock, session: this.#roomSession(), report: (error) => this.emit('error', error) })
        this.#connection = new Connection({
            url: this.url, WebSocket, clock, random, fetch,
            makeHello: () => this.#hello(),
            onFrame: (frame) => this.#frame(frame),
            onStatus: (change) => this.#changed(change),
            onLost: () => { this.#joins.lost() },
        })
    }

    /** The rooms that this session is in. */
    get rooms() { return [...this.#rooms.values()] }

    /** Without a room: only the session. `join` does it by itself. */
    connect() {
        if (this.status !== 'idle' && this.status !== 'closed') return
        this.#stopWakeUps = wakeUps(this.#options.environment, () => this.#connection.nudge())
        this.#connection.start()
    }

    /**
     * Resolves with the room, in which you are then. Rejects with a ParleyError if the server refuses; a network
     * that is down refuses nothing: watch `status`, and `close()` to give up.
     * @param {string} [target] a room id or an alias; without it a new room is created
     */
    join(target, { name } = {}) {
        const known = this.rooms.find((room) => target !== undefined && (room.id === target || room.alias === target))
        if (known) return Promise.resolve(known)
        const joined = this.#joins.ask(target, name)
        if (this.#connection.isConnected) this.#joins.flush()
        else this.connect()
        return joined
    }

    close() {
        this.#stopWakeUps()
        this.#store.clear()
        this.#connection.stop()
    }

    /** Gives up this connection and makes a new one, for example after the network has changed. */
    reconnect(reason = 'asked') { this.#connection.reconnect(reason) }

    #send = (frame) => this.#connection.send(frame)

    #roomSession() {
        const parley = this
        return {
            send: this.#send,
            clock: this.clock,
            unacknowledgedSignalsMax: () => parley.limits.unacknowledgedSignalsMax ?? defaultSignalsMax,
            get isConnected() { return parley.#connection.isConnected },
            report: (error) => parley.emit('error', error),
            forget: (participant) => parley.#inbox.forget(participant),
            // Not in the midst of a frame.
            reconnect: (reason) => queueMicrotask(() => parley.#connection.reconnect(reason)),
            closed: (room) => { parley.#rooms.delete(room.id) },
            iceServers: () => parley.iceServers,
            abilities: () => parley.#abilities,
        }
    }

    get #abilities() {
        return this.#options.abilities ?? { rollback: true, trickle: true, restart: true }
    }

    #hello() {
        const { client = { name: 'parley-client', version: '0.1.0' }, token } = this.#options
        const resume = this.#store.value
        const join = this.#joins.first(this.rooms)
        return {
            type: 'hello', protocol: 1, client, abilities: this.#abilities,
            ...(token && { token }), ...(resume && { resume }), ...(join && { join }),
        }
    }

    #changed(change) {
        this.status = change.status
        if (change.status === 'closed') {
            this.#stopWakeUps()
            const { code, reason, message } = change
            const error = new ParleyError(code === undefined ? reason : 'closed', message ?? reason ?? 'The connection was closed.')
            error.closeCode = code
            this.#joins.fail(error)
            this.#inbox.clear()
            for (const room of this.rooms) room.close('closed')
        }
        this.emit('status', change)
    }

    #frame(frame) {
        switch (frame.type) {
        case 'welcome': return this.#welcome(frame)
        case 'snapshot': return this.#snapshot(frame)
        case 'events': return this.#events(frame)
        case 'beat': return this.#beat(frame)
        case 'pulse': return this.#rooms.get(frame.room)?.emit('pulse', { from: frame.from, kind: frame.kind, data: frame.data })
        case 'rejected': return this.#rejected(frame)
        default:
            // Ignored: a type of a later server.
            if (negotiationTypes.has(frame.type)) this.#signal(frame)
        }
    }

    #welcome(frame) {
        const { session, identity, iceServers = [], limits = {}, features = [] } = frame
        Object.assign(this, { session, identity, iceServers, limits, features })
        this.#store.value = frame.resume && { session, secret: frame.resume.secret }
        this.#connection.welcome(frame.heartbeat)
        if (frame.resumed) {
            this.#joins.resumed(this.rooms)
        } else {
            this.#inbox.clear()
            this.#joins.again(this.rooms)
        }
        this.status = 'connected'
        this.#joins.flush()
        this.emit('status', { status: 'connected' })
        this.emit('welcome', frame)
    }

    #snapshot(frame) {
        const held = this.#rooms.get(frame.room)
        if (held?.self === frame.self) return held.replace(frame)
        this.#joins.snapshot(frame, (room, earlierID) => {
            if (earlierID !== undefined) this.#rooms.delete(earlierID)
            this.#rooms.set(room.id, room)
        })
    }

    #events(frame) {
        const room = this.#rooms.get(frame.room)
        // Ignored: a room that was left, or is being joined again; its snapshot comes.
        if (!room || this.#joins.isWaiting(room)) return
        if (!room.events(frame)) return this.#connection.reconnect('gap')
    }

    #beat({ delivered = {} }) {
        for (const [to, n] of Object.entries(delivered)) for (const room of this.rooms) room.delivered(to, n)
    }

    #signal(frame) {
        const room = this.rooms.find((candidate) => candidate.state.people[frame.from] && !this.#joins.isWaiting(candidate))
        // Ignored: from somebody of a room that was left, or that is being joined again.
        if (!room) return
        const outcome = this.#inbox.receive(frame.from, frame.n)
        if (outcome === 'accepted') room.receive(frame)
        else if (outcome === 'gap') this.#connection.reconnect('gap')
    }

    #rejected(frame) {
        this.emit('rejected', frame)
        if (frame.of === 'join') return this.#joins.rejected(frame)
        if (frame.to !== undefined && frame.n !== undefined) {
            return this.rooms.find((room) => room.hasOutbox(frame.to))?.rejectedSignal(frame)
        }
        if (frame.id !== undefined) return this.#rooms.get(frame.room)?.rejectedCommand(frame)
        if (frame.of !== 'pulse') this.emit('error', ParleyError.ofRejection(frame))
    }
}

function defaultURL(location) {
    if (!location) throw new TypeError('Outside a page, say the url: new Parley({ url })')
    return `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/v1/connect`
}
