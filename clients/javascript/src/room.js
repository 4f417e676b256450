import { Agreement } from './agreement.js'
import { CommandOutbox } from './commands.js'
import { Emitter } from './emitter.js'
import { ParleyError } from './errors.js'
import { Replica } from './replica.js'
import { SignalOutbox } from './signals.js'

const backlogMax = 512

/** A membership in a room. It stays the same object over reconnects; `self` and even `id` may change then. */
export class Room extends Emitter {
    #session
    #commands
    #replica = new Replica()
    #agreement
    #outboxes = new Map()
    #roundTrips = new Map()
    #wantedMedia = {}
    #backlog = []

    /** Made by `Parley.join`. `target`, `name` and `devices` are what was joined, so that it can be joined again. */
    constructor(session, { target, name, devices, snapshot }) {
        super()
        this.#session = session
        Object.assign(this, { target, name, devices })
        this.isClosed = false
        /** Between the loss of a connection and the return, in whatever way: nothing may go out under the old one. */
        this.isInterrupted = false
        this.#commands = new CommandOutbox({ send: (frame) => this.#send({ ...frame, room: this.id }), clock: session.clock })
        this.#agreement = new Agreement(this.#replica, {
            report: session.report, reconnect: session.reconnect, canResync: () => session.can('resync'),
            send: (frame) => this.#send({ ...frame, room: this.id }),
        })
        this.#take(snapshot)
    }

    get state() { return this.#replica.state }
    get position() { return this.#replica.position }
    get id() { return this.state.room.id }
    get alias() { return this.state.room.alias }
    /** Computed from the state, to compare with what others hold. */
    get hash() { return this.#replica.hash }

    /** Everybody, in order of arrival. */
    get people() {
        return Object.keys(this.state.people ?? {}).map((id) => this.person(id)).sort((a, b) => a.joined - b.joined)
    }

    person(id) {
        const person = this.state.people?.[id]
        const roundTripMilliseconds = this.#roundTrips.get(id)
        return person && { id, ...person, ...(roundTripMilliseconds !== undefined && { roundTripMilliseconds }), isSelf: id === this.self }
    }

    // MARK: What an app does

    /** Any JSON to one participant. Resolves when it was delivered. */
    send(to, data) { return this.signal('signal', to, { data }) }

    /** Sent and forgotten: to everybody, or to one. */
    pulse(kind, data, { to } = {}) {
        return this.#send({ type: 'pulse', room: this.id, kind, data, ...(to && { to }) })
    }

    /** What your devices are doing. Asked for again by itself after a reconnect. */
    media({ audio, video, screen }) {
        const wanted = Object.fromEntries(Object.entries({ audio, video, screen }).filter(([, value]) => value !== undefined))
        Object.assign(this.#wantedMedia, wanted)
        return this.isClosed ? Promise.reject(closedError()) : this.#commands.push('media', wanted)
    }

    async leave() {
        if (this.isClosed) return
        if (!this.#session.isConnected || this.isInterrupted) {
            this.#session.departs(this, this.#commands.farewell())
            return this.#close('left')
        }
        await this.#commands.push('leave', {})
        this.#close('left')
    }

    /** A signal of any type; `Mesh` sends its negotiation with it. Resolves when it was delivered. */
    signal(type, to, payload) {
        if (this.isClosed) return Promise.reject(closedError())
        if (!this.state.people[to]) return Promise.reject(new ParleyError('unknown-recipient', 'Nobody in this room has that id.'))
        const outbox = this.outbox(to)
        if (type === 'hangup') outbox.hasHungUp = true
        return outbox.push(type, payload)
    }

    outbox(to) {
        let outbox = this.#outboxes.get(to)
        if (!outbox) {
            const { clock, unacknowledgedSignalsMax } = this.#session
            outbox = new SignalOutbox({ to, send: (frame) => this.#send(frame), clock, windowMax: unacknowledgedSignalsMax })
            this.#outboxes.set(to, outbox)
        }
        return outbox
    }

    // MARK: What the session tells

    /** One frame of the log. Returns false if something before it is missing. */
    events(frame) {
        const place = this.#replica.place(frame)
        if (place !== 'next') return place === 'known'
        for (const event of frame.events) this.#event(event)
        if (!this.isClosed) this.emit('change')
        return true
    }

    /** What a resume goes on from; null asks for a snapshot: the same gap twice, or a state that cannot be right. */
    get resumePosition() { return this.#replica.gapsInARow > 1 || this.#agreement.isMistrusted ? null : this.position }

    /** What the server says now and then: its hash, and how far away people are. */
    beat({ at, hash, roundTripMilliseconds = {} }) {
        if (hash !== undefined) this.#agreement.compare(at, hash)
        for (const [id, milliseconds] of Object.entries(roundTripMilliseconds)) {
            // Ignored: somebody who has left.
            if (!this.state.people[id]) continue
            this.#roundTrips.set(id, milliseconds)
            this.emit('round-trip', this.person(id))
        }
    }

    interrupt() {
        if (this.isInterrupted) return
        this.isInterrupted = true
        this.emit('interrupted', this.person(this.self))
    }

    /** The room again, on a new connection, with a new participant id. `why`, if the server has said. */
    rejoin(snapshot, why) {
        this.#forgetSignals(new ParleyError('interrupted', 'The connection was lost before this was known to be delivered.'))
        this.#backlog = []
        this.#roundTrips.clear()
        this.isInterrupted = false
        this.#take(snapshot)
        this.#commands.restart()
        const wanted = this.#wantedMedia
        if (Object.values(wanted).some(Boolean)) this.#commands.push('media', { ...wanted }).catch(() => {})
        this.#commands.flush()
        this.emit('rejoined', why)
        this.emit('change')
    }

    /** The same participant on a new connection: nothing is new but the socket. */
    resume() {
        const wasInterrupted = this.isInterrupted
        this.isInterrupted = false
        this.#agreement.isAsking = false
        this.#commands.resend()
        for (const outbox of this.#outboxes.values()) outbox.resend()
        // Otherwise it was a handover, of which nobody has to know.
        if (wasInterrupted) this.emit('resumed', this.person(this.self))
    }

    /** A snapshot in place of the frames that were missed. Who came and went follows from the two states. */
    replace(snapshot) {
        const before = this.people
        this.#take(snapshot)
        const { lastCommand } = snapshot
        this.#commands.resynced({ lastCommand, media: this.person(this.self)?.media })
        if (lastCommand !== undefined) for (const outbox of this.#outboxes.values()) outbox.resend()
        for (const person of before) if (!this.state.people[person.id]) this.#gone(person, 'resynced')
        for (const person of this.people) {
            if (!person.isSelf && !before.some(({ id }) => id === person.id)) this.emit('joined', person)
        }
        this.emit('resynced')
        this.emit('change')
    }

    delivered(to, n) { this.#outboxes.get(to)?.delivered(n) }
    rejectedSignal(frame) { this.#outboxes.get(frame.to)?.rejected(frame) }
    rejectedCommand(frame) { this.#commands.rejected(frame) }
    hasOutbox(to) { return this.#outboxes.has(to) }

    /** A signal that was addressed to this participant. */
    receive(frame) {
        if (frame.type === 'signal') this.emit('signal', { from: frame.from, data: frame.data })
        else if (this.hasListeners('negotiation')) this.emit('negotiation', frame)
        else this.#keep(frame)
    }

    /** Negotiation that arrived before there was a mesh, in order. */
    takeBacklog() { return this.#backlog.splice(0) }

    end(reason) {
        if (this.isClosed) return
        this.emit('ended', reason)
        this.#close(reason)
    }

    close(reason) { this.#close(reason) }

    get iceServers() { return this.#session.iceServers() }
    /** Whether the server does what this name stands for (`welcome.features`). */
    can(feature) { return this.#session.can(feature) }
    /** Asks the server who of each pair shall look for new paths. Returns whether the question went out. */
    hint() { return this.#session.hint() }
    get clock() { return this.#session.clock }
    get isLeaving() { return this.#commands.has('leave') }

    // MARK: Inside

    #send(frame) { return this.isInterrupted ? false : this.#session.send(frame) }

    #take(snapshot) {
        this.self = snapshot.self
        this.#replica.take(snapshot)
        this.#agreement.taken(snapshot.hash)
    }

    #event(event) {
        const before = event.participant && this.person(event.participant)
        if (event.patch) this.#replica.fold(event.patch)
        if (event.by === this.self) this.#commands.accepted(event.id)
        this.emit('event', event)
        switch (event.type) {
        case 'joined':
            if (event.participant !== this.self) this.emit('joined', this.person(event.participant))
            return
        case 'left': return this.#left(event, before)
        case 'media-changed':
            this.emit('media-changed', this.person(event.participant))
            return
        case 'interrupted': case 'resumed':
            // Of ourselves it is old news: our own socket has told it before.
            if (event.participant !== this.self) this.emit(event.type, this.person(event.participant))
            return
        case 'ended': return this.end(event.reason)
        }
    }

    #left({ participant, reason }, person) {
        if (participant === this.self) return this.#close(reason)
        this.#gone({ ...person, id: participant }, reason)
    }

    #gone(person, reason) {
        const { id: participant } = person
        this.#outboxes.get(participant)?.fail(new ParleyError('unknown-recipient', 'They have left the room.'))
        this.#outboxes.delete(participant)
        this.#roundTrips.delete(participant)
        this.#backlog = this.#backlog.filter((frame) => frame.from !== participant)
        this.#session.forget(participant)
        this.emit('left', person, reason)
    }

    #keep(frame) {
        // A hangup ends what came before it, and there is nothing here that it could end.
        if (frame.type === 'hangup') return void (this.#backlog = this.#backlog.filter(({ from }) => from !== frame.from))
        this.#backlog.push(frame)
        if (this.#backlog.length <= backlogMax) return
        this.#backlog.shift()
        this.#session.report(new ParleyError('backlog-full', 'Negotiation arrived, and no mesh took it.'))
    }

    #close(reason) {
        if (this.isClosed) return
        this.isClosed = true
        this.#backlog = []
        this.#forgetSignals(closedError())
        this.#commands.close(closedError())
        this.#session.closed(this)
        this.emit('closed', reason)
    }

    #forgetSignals(error) {
        for (const outbox of this.#outboxes.values()) outbox.fail(error)
        this.#outboxes.clear()
    }
}

const closedError = () => new ParleyError('closed', 'This room is closed here.')
