import { Telephone } from './calls/telephone.js'
import { systemClock } from './clock.js'
import { Connection } from './connection.js'
import { Departures } from './departures.js'
import { endOf, ParleyError } from './errors.js'
import { endpointsOf, hello } from './hello.js'
import { Joins } from './joins.js'
import { ResumeStore, resumeMember } from './resume.js'
import { SignalInbox } from './signals.js'
import { Tokens } from './tokens.js'
import { wakeUps } from './wakeups.js'

const defaultSignalsMax = 256
const negotiationTypes = new Set(['offer', 'answer', 'ice-candidate', 'ice-restart', 'hangup', 'signal'])

/** A session with a server: one connection at a time, any number of rooms. */
export class Parley extends Telephone {
    #connection
    #inbox
    #joins
    #store
    #rooms = new Map()
    #departures
    /** Whether this object still knows what its session was about; a page that was just loaded does not. */
    #hasMemory = false
    #resumes = 0
    #listed = [] // rooms, by the newest hello
    #signalGapsInARow = 0
    #options
    #stopWakeUps = () => {}
    #tokens

    /** @param {string|string[]|object} where an endpoint, several of them, or options */
    constructor(where = {}, more = {}) {
        super()
        const options = typeof where === 'string' || Array.isArray(where) ? { ...more, endpoints: where } : where
        const { clock = systemClock, random = Math.random, environment = globalThis } = options
        const WebSocket = options.WebSocket ?? globalThis.WebSocket
        const fetch = options.fetch ?? globalThis.fetch?.bind(globalThis)
        this.#options = { ...options, environment }
        Object.assign(this, { clock, sealing: options.sealing, status: 'idle', iceServers: [], limits: {}, features: [] })
        this.#tokens = new Tokens(options, { connection: () => this.#connection, can: (feature) => this.features.includes(feature), emit: (name, value) => this.emit(name, value), on: (name, call) => this.on(name, call) })
        this.#store = new ResumeStore(options.storage, environment, options.credentials)
        this.#inbox = new SignalInbox({ send: this.#send, clock })
        this.#departures = new Departures({ send: this.#send })
        this.#joins = new Joins({ send: this.#send, clock, session: this.#roomSession(), report: (error) => this.emit('error', error) })
        this.#connection = new Connection({
            endpoints: endpointsOf(options, environment), addressOf: (url) => this.#tokens.address(url), WebSocket, clock, random, fetch,
            makeHello: (isHandover) => this.#hello(isHandover),
            onFrame: (frame) => this.#frame(frame),
            onStatus: (change) => this.#changed(change), onDegraded: (isDegraded) => this.emit('degraded', isDegraded),
            onLost: () => { this.#joins.lost() }, onTakenOver: () => { this.#joins.lost() },
        })
    }

    /** The endpoint in use, or the next one to try. */
    get url() { return this.#connection.url }

    /** The server lives, but can decide nothing now: commands and joins wait. */
    get isDegraded() { return this.#connection.isDegraded }

    /** The rooms that this session is in. */
    get rooms() { return [...this.#rooms.values()] }

    /** Session and secret: whoever shows them is this somebody, and ends this connection. */
    get credentials() { return this.#store.value ?? undefined }

    /** Without a room: only the session. `join` does it by itself. */
    connect() {
        if (this.status !== 'idle' && this.status !== 'closed') return
        this.#stopWakeUps = wakeUps(this.#options.environment, () => this.retry())
        this.#tokens.begin()
    }

    /** Hands over a newer token: for this session, and for connections from now on. */
    authenticate(token) { return this.#tokens.authenticate(token) }

    /**
     * Resolves with the room, in which you are then. Rejects with a ParleyError if the server, or whoever decides at the
     * door, refuses; a network that is down refuses nothing: watch `status`, and `close()` to give up. `onWaiting(room)` is
     * called if you have to wait at the door; `room.leave()` gives up the wait.
     * @param {string} [target] a room id or an alias; without it a new room is created
     */
    join(target, options = {}) {
        const known = this.rooms.find((room) => target !== undefined && (room.id === target || room.alias === target))
        if (known) return this.#joins.outcomeOf(known)
        const joined = this.#joins.ask(target, { assertion: this.#options.sealing?.assertion, ...options })
        if (this.#connection.isConnected) this.#joins.flush()
        else this.connect()
        return joined
    }

    close() {
        this.#stopWakeUps()
        this.#tokens.stop()
        this.#store.clear()
        this.#connection.stop()
    }

    /** Gives up this connection and makes a new one, for example after the network has changed. */
    reconnect(reason = 'asked') { this.#connection.reconnect(reason) }

    /**
     * Something about the network or the page has changed: tries at once instead of later, and has a connection
     * that is up checked. `online`, a page that is seen again and the like call it by themselves.
     */
    retry() { this.#connection.nudge(this.features.includes('network-changed') ? { type: 'network-changed' } : undefined) }

    /** For the library's own use. Returns whether it went out. */
    transmit(frame) { return this.#connection.send(frame) }
    #send = (frame) => this.transmit(frame)

    #roomSession() {
        const parley = this
        return {
            send: this.#send,
            clock: this.clock, sealing: this.sealing, telephone: this,
            unacknowledgedSignalsMax: () => parley.limits.unacknowledgedSignalsMax ?? defaultSignalsMax,
            get isConnected() { return parley.#connection.isConnected },
            report: (error) => parley.emit('error', error),
            forget: (participant) => parley.#inbox.forget(participant),
            // Not in the midst of a frame.
            reconnect: (reason) => queueMicrotask(() => parley.#connection.reconnect(reason)),
            // Whoever comes back is another participant, to whom all others count from 1.
            closed: (room) => { parley.#rooms.delete(room.id); for (const { id } of room.people) parley.#inbox.forget(id) },
            // One that is being joined again has no place that could be given up.
            departs: (room, frames) => { if (!parley.#joins.isWaiting(room)) parley.#departures.add(room, frames) },
            iceServers: () => parley.iceServers,
            can: (feature) => parley.features.includes(feature),
            hint() {
                if (parley.#connection.isConnected) parley.retry()
                return parley.#connection.isConnected
            },
        }
    }

    // A handover says nothing new: what was asked for is still on its way over the other line.
    #hello(isHandover) {
        const join = isHandover ? null : this.#joins.first((target) => this.#departures.includes(target))
        return hello({ ...this.#options, token: this.#tokens.value }, { resume: this.#resume(), join })
    }

    // Without `rooms` it says: I am the same somebody, and have forgotten everything else.
    #resume() {
        const { value } = this.#store
        if (!value || !this.#hasMemory) return value
        const held = this.#listed = this.rooms.filter((room) => !this.#joins.isWaiting(room))
        // Counted: one that is slow on its way does not take the session from a later one.
        return resumeMember(value, (this.#resumes += 1), held, this.#departures, this.#inbox.received)
    }

    #changed(change) {
        this.status = change.status
        if (change.status === 'reconnecting') this.#interrupted(change)
        if (change.status === 'closed') {
            this.#hasMemory = false
            this.#stopWakeUps()
            this.#joins.fail(endOf(change, this.#tokens.refusal))
            this.#inbox.clear()
            this.#departures.clear()
            for (const room of this.rooms) room.close(change.reason === 'superseded' ? change.reason : 'closed')
        }
        this.emit('status', change)
    }

    #interrupted({ attempt, retryInMilliseconds: delayMilliseconds, code, reason }) {
        for (const room of this.rooms) room.interrupt()
        this.emit('reconnecting', { attempt, delayMilliseconds, code, reason })
    }

    #frame(frame) {
        switch (frame.type) {
        case 'welcome': return this.#welcome(frame)
        case 'snapshot': return this.#snapshot(frame)
        case 'events': return this.#events(frame)
        case 'beat': return this.#beat(frame)
        case 'pulse': return this.#rooms.get(frame.room)?.emit('pulse', { from: frame.from, kind: frame.kind, data: frame.data })
        case 'chat': case 'chat-history': case 'roster': return this.#rooms.get(frame.room)?.queryFrame(frame)
        case 'rejected': return this.#rejected(frame)
        case 'ice-servers': return this.#newICEServers(frame)
        case 'presence': return this.presenceFrame(frame)
        case 'restarter': return this.#rooms.get(frame.room)?.emit('restarter', frame)
        case 'token-expiring': case 'token-expired': return this.#tokens.ends(frame)
        default:
            // Ignored: a type of a later server.
            if (negotiationTypes.has(frame.type)) this.#signal(frame)
        }
    }

    #welcome(frame) {
        const { session, identity, iceServers = [], iceServersExpireAt, limits = {}, features = [], resumed, resumeRefused } = frame
        const [hadMemory, wasAway] = [this.#hasMemory, this.status === 'reconnecting']
        Object.assign(this, { session, identity, iceServers, iceServersExpireAt, limits, features })
        this.#store.value = frame.resume && { session, secret: frame.resume.secret }
        this.#connection.welcome(frame.heartbeat, frame.endpoints)
        // A server that has lost entries takes us for whom we were before. Nobody knows any more which numbers that one has used.
        if (Object.entries(frame.selves ?? {}).some(([room, self]) => (this.#rooms.get(room)?.self ?? self) !== self)) return this.#beginAnew('former')
        // Joined by the line of before while this one's hello was on its way: the server here knows nothing of that.
        if (resumed && this.rooms.some((room) => !this.#joins.isWaiting(room) && !this.#listed.includes(room))) return this.#connection.reconnect('gap')
        this.status = 'connected'
        this.#hasMemory = true
        if (resumed) {
            this.#departures.resumed()
            this.#newICEServers(frame)
            this.#joins.resumed(this.rooms)
        } else {
            this.#resumes = 0
            this.#inbox.clear()
            this.#departures.clear()
            this.#joins.again(this.rooms, resumeRefused)
        }
        this.#joins.flush()
        // After a handover nothing has changed for anybody.
        if (wasAway || !resumed) this.emit('status', { status: 'connected' })
        this.emit('welcome', frame)
        if (wasAway && resumed) this.emit('resumed')
        else if (!resumed && (hadMemory || resumeRefused)) this.emit('restarted', resumeRefused)
    }

    #newICEServers({ iceServers = [], iceServersExpireAt }) {
        Object.assign(this, { iceServers, iceServersExpireAt })
        for (const room of this.rooms) room.emit('ice-servers', iceServers)
    }

    #snapshot(frame) {
        // Ignored: a place that was given up while there was no connection.
        if (this.#departures.isOld(frame)) return
        const held = this.#rooms.get(frame.room)
        if (held?.self === frame.self) {
            held.replace(frame)
            return this.emit('resynced', held)
        }
        if (frame.lastCommand > 1 && this.#joins.isAnsweredBy(frame)) return this.#beginAnew('former')
        this.#joins.snapshot(frame, (room, earlierID) => {
            if (earlierID !== undefined) this.#rooms.delete(earlierID)
            this.#rooms.set(frame.room, room)
        })
    }

    #events(frame) {
        this.#departures.events(frame)
        const room = this.#rooms.get(frame.room)
        // Ignored: a room that was left, or is being joined again; its snapshot comes.
        if (!room || this.#joins.isWaiting(room)) return
        if (!room.events(frame)) return this.#connection.reconnect('gap')
    }

    #beat({ delivered = {}, rooms = {} }) {
        for (const [to, n] of Object.entries(delivered)) for (const room of this.rooms) room.delivered(to, n)
        for (const [id, news] of Object.entries(rooms)) {
            const room = this.#rooms.get(id)
            // Ignored: a room that was left, or is being joined again.
            if (room && !this.#joins.isWaiting(room)) room.beat(news)
        }
    }

    #signal(frame) {
        const room = this.rooms.find((candidate) => candidate.hears(frame.from) && !this.#joins.isWaiting(candidate))
        // Ignored: of a room that was left or is being joined again, or of the counted audience, not written to by us.
        if (!room) return
        const outcome = this.#inbox.receive(frame.from, frame.n)
        if (outcome === 'gap') return this.#signalGap()
        this.#signalGapsInARow = 0
        if (outcome === 'accepted') room.receive(frame)
    }

    // The server sends again what we have not received. If it cannot, only a new session helps.
    #signalGap() {
        this.#signalGapsInARow += 1
        return this.#signalGapsInARow > 1 ? this.#beginAnew('gap') : this.#connection.reconnect('gap')
    }

    #beginAnew(reason) { this.#hasMemory = false; this.#connection.reconnect(reason) }

    // Our place is gone, though the session is not.
    #notResumed(frame) {
        this.#departures.forget(frame.room)
        const room = this.#rooms.get(frame.room)
        if (!room || this.#joins.isWaiting(room)) return
        for (const { id } of room.people) this.#inbox.forget(id)
        // Another device of the same person has the place by now: who comes back by itself does not take it away.
        if (frame.code === 'identity-present') return room.close('replaced')
        room.interrupt()
        this.#joins.again([room])
        this.#joins.flush()
    }

    #rejected(frame) {
        this.emit('rejected', frame)
        if (this.#tokens.refused(frame)) return
        if (frame.of === 'join') return this.#joins.rejected(frame)
        if (frame.of === 'resume' || (frame.of === 'resync' && frame.code === 'not-joined')) return this.#notResumed(frame)
        if (frame.to !== undefined && frame.n !== undefined) {
            return this.rooms.find((room) => room.hasOutbox(frame.to))?.rejectedSignal(frame)
        }
        if (frame.id !== undefined) return this.#rooms.get(frame.room)?.rejectedCommand(frame)
        if (['chat', 'chat-history', 'roster'].includes(frame.of)) return this.#rooms.get(frame.room)?.queryFrame(frame)
        if (frame.of !== 'pulse' && frame.of !== 'network-changed' && frame.of !== 'watch') this.emit('error', ParleyError.ofRejection(frame))
    }
}
