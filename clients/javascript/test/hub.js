import { Mesh, Parley, fold, stateHash } from '../parley.js'
import { FakeMediaStream, FakePeerConnection } from './fake-connection.js'
import { ManualClock, at, person, settle, welcome } from './support.js'

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
    #pairs = new Map()
    #participants = 0

    /** Somebody with a client, a room, and (unless told otherwise) a mesh. */
    async arrives(name, { abilities, mesh: options = {}, hasMesh = true } = {}) {
        const hub = this
        const clock = new ManualClock()
        class HubSocket {
            constructor() { queueMicrotask(() => this.onopen?.()) }
            send(text) { hub.inbound.push({ socket: this, frame: JSON.parse(text) }) }
            close() { hub.#gone(this, 'disconnected') }
        }
        const parley = new Parley({ url: 'ws://hub/v1/connect', WebSocket: HubSocket, clock, random: () => 0, abilities, fetch: null })
        const joined = parley.join('blue-fox', { name })
        await this.pump()
        const world = { name, clock, parley, room: await joined, errors: [] }
        world.opens = (more = {}) => {
            world.mesh = new Mesh(world.room, { RTCPeerConnection: FakePeerConnection, MediaStream: FakeMediaStream, ...options, ...more })
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
            for (const { socket, frame } of this.inbound.splice(0)) this.#takes(socket, frame)
            await settle()
        } while (this.inbound.length > 0)
    }

    /** Types of the signals so far, as `Ada>Bob offer 1`. */
    signals(type) {
        return this.log.filter((line) => !type || line.includes(type))
    }

    #takes(socket, frame) {
        switch (frame.type) {
        case 'hello':
            socket.abilities = frame.abilities
            this.#says(socket, welcome())
            if (frame.join) this.#joins(socket, frame.join)
            return
        case 'join': return this.#joins(socket, frame)
        case 'beat': case 'pulse': case 'media': return
        default: return this.#relays(socket, frame)
        }
    }

    #joins(socket, { name }) {
        this.#joined += 1
        this.#participants += 1
        const id = `p_${this.#participants}`
        const joined = { type: 'joined', participant: id, by: id, id: 1, patch: { people: { [id]: person(this.#joined, { name, abilities: socket.abilities }) } } }
        this.#appends(joined)
        this.#members.set(id, socket)
        socket.self = id
        this.#says(socket, { type: 'snapshot', room: 'r_1', self: id, at: at(this.#sequence), state: this.#state, hash: stateHash(this.#state), events: [] })
    }

    #gone(socket, reason) {
        if (!this.#members.delete(socket.self)) return
        this.#appends({ type: 'left', participant: socket.self, reason, patch: { people: { [socket.self]: null } } })
    }

    #appends(event) {
        this.#sequence += 1
        this.#state = fold(this.#state, event.patch)
        const frame = { type: 'events', room: 'r_1', at: at(this.#sequence), after: at(this.#sequence - 1), events: [event] }
        for (const socket of this.#members.values()) this.#says(socket, frame)
    }

    #relays(socket, frame) {
        const recipient = this.#members.get(frame.to)
        if (!recipient || !this.#members.has(socket.self)) return this.#rejects(socket, frame, 'unknown-recipient')
        const mine = this.#pair(socket.self, frame.to)
        const theirs = this.#pair(frame.to, socket.self)
        if (frame.n <= mine.n) return
        if (frame.n > mine.n + 1) return this.#rejects(socket, frame, 'signal-gap', { expected: mine.n + 1 })
        const code = this.#negotiates(socket, recipient, frame, mine, theirs)
        if (code) return this.#rejects(socket, frame, code)
        mine.n = frame.n
        const name = (id) => this.#state.people[id].name
        this.log.push(`${name(socket.self)}>${name(frame.to)} ${frame.type}${frame.negotiation ? ` ${frame.negotiation}` : ''}`)
        const { to, ...relayed } = frame
        this.#says(recipient, { ...relayed, from: socket.self })
    }

    #negotiates(socket, recipient, { type, negotiation }, mine, theirs) {
        switch (type) {
        case 'offer':
            if (!socket.abilities.rollback && !recipient.abilities.rollback) return 'no-rollback'
            if (negotiation <= mine.newest) return 'stale-offer'
            Object.assign(mine, { newest: negotiation, isOpen: true, isBegun: true })
            theirs.isBegun = true
            return
        case 'answer':
            if (!mine.isBegun) return 'no-negotiation'
            if (!theirs.isOpen || theirs.newest !== negotiation) return 'stale-answer'
            theirs.isOpen = false
            return
        case 'ice-candidate': return mine.isBegun ? undefined : 'no-negotiation'
        case 'hangup':
            mine.isBegun = theirs.isBegun = mine.isOpen = theirs.isOpen = false
        }
    }

    #pair(from, to) {
        const key = `${from} ${to}`
        if (!this.#pairs.has(key)) this.#pairs.set(key, { n: 0, newest: 0, isOpen: false, isBegun: false })
        return this.#pairs.get(key)
    }

    #rejects(socket, { type, to, n }, code, members) {
        this.rejected.push(`${type} ${code}`)
        this.#says(socket, { type: 'rejected', of: type, to, n, code, message: '', ...members })
    }

    #says(socket, frame) { socket.onmessage?.({ data: JSON.stringify(frame) }) }
}
