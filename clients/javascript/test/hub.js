import { Mesh, Parley, fold, stateHash } from '../parley.js'
import { browserOf } from './fake-browser.js'
import { FakeMediaStream, FakePeerConnection } from './fake-connection.js'
import { Counted } from './hub-audience.js'
import { Pairs, restarterOf, verdictOn } from './hub-pairs.js'
import { ManualClock, at, person, settle, welcome } from './support.js'

// It says nothing by itself, and nobody shall mind.
const heartbeat = { silenceMilliseconds: 2_000, darkMilliseconds: 60_000 }

/**
 * One room of a server in memory, with the rules of the protocol that a mesh depends on. Frames wait in
 * `inbound` until `pump`, so a test decides what crosses what.
 */
export class Hub {
    inbound = []
    log = []
    rejected = []
    #state = { room: { id: 'r_1', alias: 'blue-fox', lifecycle: 'open', createdAt: 0, capacity: 100 }, people: {} }
    #sequence = 0
    #joined = 0
    #members = new Map()
    #pairs = new Pairs()
    #frames = []
    #sessions = new Map()
    #countdown = null
    #sockets = []
    #counted = new Counted()
    audience = new Set() // Names of those who come into it.
    meddle = (frame) => frame; vouch = (assertion) => assertion && { assertion } // What a hostile server makes of them.

    /**
     * `keepsSessions`: whoever loses the socket is interrupted and may resume; otherwise they have left.
     * `namesRestarters`: it says who restarts ICE, after a resume and when asked. `closesFirst`: a socket that another one
     * takes the session from hears of it before the other one does.
     */
    constructor({ keepsSessions = false, namesRestarters = false, closesFirst = false } = {}) {
        this.keepsSessions = keepsSessions
        this.closesFirst = closesFirst
        this.features = namesRestarters ? ['restarter', 'network-changed'] : []
    }

    /** Somebody with a client, a room, and (unless told otherwise) a mesh. */
    async arrives(name, { abilities, mesh: options = {}, hasMesh = true, codecs, sealing } = {}) {
        const hub = this
        const clock = new ManualClock()
        class HubSocket {
            name = name
            constructor() {
                hub.#sockets.push(name)
                queueMicrotask(() => this.onopen?.())
            }

            send(text) { hub.inbound.push({ socket: this, frame: JSON.parse(text) }) }
            close(code) { hub.#closed(this, code) }
        }
        const parley = new Parley({ url: 'ws://hub/v1/connect', WebSocket: HubSocket, clock, random: () => 0, abilities, sealing, fetch: null })
        const joined = parley.join('blue-fox', { name })
        await this.pump()
        const world = { name, clock, parley, room: await joined, errors: [] }
        world.opens = (more = {}) => {
            world.mesh = new Mesh(world.room, { RTCPeerConnection: FakePeerConnection, MediaStream: FakeMediaStream, ...(codecs && browserOf(codecs)), ...options, ...more })
            world.mesh.on('error', ({ error }) => world.errors.push(error.code ?? error.message))
            world.peer = (other) => world.mesh.peers.get(other.room.self)
        }
        if (hasMesh) world.opens()
        return world
    }

    /** Until nobody has anything more to say. `acknowledge` is what a real client's 100 ms would do. */
    async pump() {
        do {
            await settle()
            for (const { socket, frame } of this.inbound.splice(0)) if (!this.#loses(socket)) this.#takes(socket, frame)
            await settle()
        } while (this.inbound.length > 0)
    }

    /** The room's media policy becomes another one, whatever the reason; null takes it away. */
    agrees(policy) { this.happens({ type: 'abilities-changed', patch: { policy } }) }
    happens(event) { this.#appends(event) }

    /** The network takes their socket away, with all that was on its way in it. */
    cut(name) {
        const session = [...this.#sessions.values()].find((candidate) => candidate?.socket?.name === name)
        if (session) this.#breaks(session.socket)
    }

    /** The same, when so many more frames have come from or gone to them: the last of them is lost. */
    cutAfter(name, frames) { this.#countdown = { name, frames, isCut: true } }

    /** Asks them to move to another connection after so many frames. */
    drainAfter(name, frames) { this.#countdown = { name, frames, isCut: false } }
    calm() { this.#countdown = null } get hasCut() { return this.#countdown === null }
    get state() { return this.#state }
    socketsOf(name) { return this.#sockets.filter((owner) => owner === name).length }

    /** Somebody of the audience comes to the stage: the others see it by an event, they by a snapshot. */
    raises(name) {
        this.#stages(...this.#counted.take(name))
    }

    /** Back to the audience. */
    counts(name) {
        const [id, row] = Object.entries(this.#state.people).find(([, candidate]) => candidate.name === name)
        this.#counted.add(id, row)
        this.#stages(id, null)
    }

    /** As `room.roster()` has them. */
    get roster() { return this.#counted.people }

    /** Types of the signals so far, as `Ada>Bob offer 1`. */
    signals(type) { return this.log.filter((line) => !type || line.includes(type)) }

    /** Something that no rule of this room makes it say. */
    tells(name, frame) { this.#says([...this.#members.values()].find((member) => member.name === name)?.socket, frame) }

    #takes(socket, frame) {
        switch (frame.type) {
        case 'hello': return this.#greets(socket, frame)
        case 'join': return this.#joins(socket, frame)
        case 'beat': return this.#acknowledges(socket.session, frame.ack)
        case 'media': return this.#media(socket.session, frame)
        case 'pulse': return
        case 'network-changed': return this.#names(socket.session)
        default: return this.#relays(socket, frame)
        }
    }

    #greets(socket, { abilities, resume, join }) {
        const session = this.#sessions.get(resume?.session)
        if (session && resume.rooms) return this.#resumes(socket, session, resume)
        const id = `s_${this.#sessions.size + 1}`
        socket.session = { id, name: socket.name, socket, abilities, self: null, commands: 1, isInterrupted: false }
        this.#sessions.set(id, socket.session)
        this.#says(socket, welcome({ session: id, heartbeat, features: this.features }))
        if (join) this.#joins(socket, join)
    }

    #resumes(socket, session, { rooms, received }) {
        socket.session = session
        if (session.socket) this.#supersedes(session.socket)
        if (session.isInterrupted) this.#turns(session, 'resumed', 'connected')
        session.isInterrupted = false
        this.#acknowledges(session, received)
        session.socket = socket
        this.#says(socket, welcome({ session: session.id, resumed: true, heartbeat, features: this.features }))
        for (const frame of this.#frames) if (frame.at[1] > rooms.r_1[1]) this.#says(socket, frame)
        for (const other of this.#members.keys()) {
            for (const signal of this.#pairs.of(other, session.self).waiting) this.#says(socket, signal)
            const { acknowledged } = this.#pairs.of(session.self, other)
            if (acknowledged > 0) this.#says(socket, { type: 'beat', time: 0, delivered: { [other]: acknowledged } })
        }
        if (this.features.length > 0) this.#names(session)
    }

    /** To both ends of every pair that has negotiated: the impolite one restarts, or the other, or neither. */
    #names({ self }) {
        for (const [other, { socket }] of this.#members) {
            if (!this.#pairs.of(self, other).isBegun) continue
            const restarter = restarterOf(...[self, other].map((id) => ({ id, ...this.#state.people[id] })))
            const mine = this.#members.get(self).socket
            for (const end of [mine, socket]) this.#says(end, { type: 'ice-servers', iceServers: [{ urls: 'stun:new' }] })
            this.#says(mine, { type: 'restarter', room: 'r_1', peer: other, restarter })
            this.#says(socket, { type: 'restarter', room: 'r_1', peer: self, restarter })
        }
    }

    // The newer socket wins; what is on its way in the older one is lost.
    #supersedes(socket) {
        socket.isBroken = true
        const close = () => socket.onclose?.({ code: 4509, reason: '' })
        if (this.closesFirst) close()
        else queueMicrotask(close)
    }

    #acknowledges({ self }, ack = {}) {
        for (const [from, n] of Object.entries(ack)) {
            const pair = this.#pairs.of(from, self)
            pair.acknowledged = Math.max(pair.acknowledged, n)
            pair.waiting = pair.waiting.filter((signal) => signal.n > n)
            this.#says(this.#members.get(from)?.socket, { type: 'beat', time: 0, delivered: { [self]: n } })
        }
    }

    #media(session, { id, type, room, ...media }) {
        // Seen before: its event has told or will tell.
        if (id <= session.commands) return
        session.commands = id
        const { self } = session
        this.#appends({ type: 'media-changed', participant: self, by: self, id, patch: { people: { [self]: { media } } } })
    }

    #turns({ self }, type, connection) {
        this.#appends({ type, participant: self, patch: { people: { [self]: { connection } } } })
    }

    #loses(socket) {
        if (socket.isBroken) return true
        if (this.#countdown?.name !== socket.name) return false
        this.#countdown.frames -= 1
        if (this.#countdown.frames > 0) return false
        const { isCut } = this.#countdown
        this.#countdown = null
        if (!isCut) return void this.#says(socket, { type: 'goaway', withinMilliseconds: 0, deadlineMilliseconds: 9 })
        this.#breaks(socket)
        return true
    }

    #breaks(socket) {
        socket.isBroken = true
        this.#lost(socket)
        queueMicrotask(() => socket.onclose?.({ code: 1006, reason: '' }))
    }

    #closed(socket, code) {
        if (socket.isBroken) return
        socket.isBroken = true
        if (code === 1000) this.#leaves(socket.session, 'left')
        else this.#lost(socket)
    }

    #lost(socket) {
        const { session } = socket
        if (!session || session.socket !== socket) return
        session.socket = null
        if (!this.keepsSessions || !session.self) return this.#leaves(session, 'disconnected')
        session.isInterrupted = true
        this.#turns(session, 'interrupted', 'interrupted')
    }

    #joins(socket, { name, assertion }) {
        this.#joined += 1
        const id = `p_${this.#joined}`
        const row = person(this.#joined, { name, abilities: socket.session.abilities, ...this.vouch(assertion, name) })
        if (this.audience.has(name)) {
            this.#counted.add(id, row)
            this.#appends({ type: 'audience-counted', patch: this.#counted.patch })
        } else {
            this.#appends({ type: 'joined', participant: id, by: id, id: 1, patch: { people: { [id]: row } } })
        }
        this.#members.set(id, socket.session)
        socket.session.self = id
        this.#shows(id)
    }

    #shows(id) {
        const me = this.#counted.rows.get(id)
        this.#says(this.#members.get(id).socket, {
            type: 'snapshot', room: 'r_1', self: id, at: at(this.#sequence), view: me ? 'audience' : 'participant',
            state: this.#state, hash: stateHash(this.#state), events: [], ...(me && { me }),
        })
    }

    #stages(id, row) {
        this.#appends({ type: 'role-changed', participant: id, patch: { people: { [id]: row }, ...this.#counted.patch } }, id)
        this.#shows(id)
    }

    #leaves(session, reason) {
        if (!session) return
        const { id, self } = session
        this.#sessions.set(id, null)
        if (this.#members.delete(self)) this.#appends({ type: 'left', participant: self, reason, patch: { people: { [self]: null } } })
    }

    #appends(event, except) {
        this.#sequence += 1
        this.#state = fold(this.#state, event.patch)
        const frame = { type: 'events', room: 'r_1', at: at(this.#sequence), after: at(this.#sequence - 1), events: [event] }
        this.#frames.push(frame)
        for (const { self, socket } of [...this.#members.values()]) if (self !== except) this.#says(socket, frame)
    }

    #relays(socket, frame) {
        const recipient = this.#members.get(frame.to)
        const { self } = socket.session
        if (!recipient || !this.#members.has(self)) return this.#rejects(socket, frame, 'unknown-recipient')
        const mine = this.#pairs.of(self, frame.to)
        const theirs = this.#pairs.of(frame.to, self)
        if (this.#counted.rows.has(self) && theirs.n === 0) return this.#rejects(socket, frame, 'not-permitted')
        if (frame.n <= mine.n) return
        if (frame.n > mine.n + 1) return this.#rejects(socket, frame, 'signal-gap', { expected: mine.n + 1 })
        const code = verdictOn(frame, { sender: socket.session, recipient, mine, theirs })
        if (code) return this.#rejects(socket, frame, code)
        mine.n = frame.n
        this.log.push(`${socket.name}>${recipient.name} ${frame.type}${frame.negotiation ? ` ${frame.negotiation}` : ''}`)
        const { to, ...relayed } = frame
        mine.waiting.push(this.meddle({ ...relayed, from: self }))
        this.#says(recipient.socket, mine.waiting.at(-1))
    }

    #rejects(socket, { type, to, n }, code, members) {
        this.rejected.push(`${type} ${code}`)
        this.#says(socket, { type: 'rejected', of: type, to, n, code, message: '', ...members })
    }

    #says(socket, frame) { if (socket && !this.#loses(socket)) socket.onmessage?.({ data: JSON.stringify(frame) }) }
}
