import { Agreement } from './agreement.js'
import { Backlog } from './backlog.js'
import { CommandOutbox } from './commands.js'
import { ParleyError } from './errors.js'
import { arrivals, isOnStage, moves } from './meeting/audience.js'
import { Meeting, toldEvents } from './meeting/meeting.js'
import { Outboxes } from './outboxes.js'
import { OwnMedia } from './own-media.js'
import { Replica } from './replica.js'
import { Seals } from './seals.js'

/**
 * A membership in a room, or the wait for one. It stays the same object over reconnects; `self` and even `id` may
 * change then. What a meeting does lies in src/meeting, feature by feature.
 */
export class Room extends Meeting {
    #session
    #commands
    #replica = new Replica()
    #agreement
    #outboxes
    #media = new OwnMedia()
    #backlog
    #seals

    /** Made by `Parley.join`. `target` and `wishes` are what was joined, so that it can be joined again. */
    constructor(session, { target, wishes, snapshot }) {
        super()
        this.#session = session
        this.#backlog = new Backlog(session.report)
        this.#seals = new Seals(this, session.sealing)
        Object.assign(this, { target, wishes, name: wishes.name })
        this.isClosed = false
        /** Between the loss of a connection and the return, in whatever way: nothing may go out under the old one. */
        this.isInterrupted = false
        const { clock, unacknowledgedSignalsMax: windowMax } = session
        this.#outboxes = new Outboxes({ send: (frame) => this.transmit(frame), clock, windowMax })
        this.#commands = new CommandOutbox({ send: (frame) => this.transmit({ ...frame, room: this.id }), clock })
        this.#agreement = new Agreement(this.#replica, {
            report: session.report, reconnect: session.reconnect, canResync: () => session.can('resync'),
            send: (frame) => this.transmit({ ...frame, room: this.id }),
        })
        this.#take(snapshot)
        this.tellAudience()
        this.tellPolicy()
    }

    get state() { return this.#replica.state }
    get position() { return this.#replica.position }
    get view() { return this.#replica.view }
    get id() { return this.state.room.id }
    get alias() { return this.state.room.alias }
    /** Computed from the state, to compare with what others hold. */
    get hash() { return this.#replica.hash }

    // MARK: What an app does

    /** Any JSON to one participant. Resolves when it was delivered. */
    send(to, data) { return this.signal('signal', to, { data }) }

    /** Sent and forgotten: to everybody, or to one. */
    pulse(kind, data, { to } = {}) {
        return this.transmit({ type: 'pulse', room: this.id, kind, data, ...(to && { to }) })
    }

    /** What your devices are doing. Asked for again by itself after a reconnect. */
    media(changes) { return this.command('media', this.#media.want(changes)) }

    /** A command that has no method of its own. Resolves with the event that names it, if that was seen. */
    command(type, members = {}) {
        return this.isClosed ? Promise.reject(closedError()) : this.#commands.push(type, members)
    }

    async leave(members = {}) {
        if (this.isClosed) return
        if (!this.#session.isConnected || this.isInterrupted) {
            this.#session.departs(this, this.#commands.farewell())
            return this.#close('left')
        }
        await this.#commands.push('leave', members)
        this.#close('left')
    }

    /** A signal of any type; `Mesh` sends its negotiation with it. Resolves when it was delivered. */
    signal(type, to, payload) {
        if (this.isClosed) return Promise.reject(closedError())
        // Whoever is counted is in no list: the server knows whether they are here.
        if (!this.state.people?.[to] && this.audience === 0) return Promise.reject(new ParleyError('unknown-recipient', 'Nobody in this room has that id.'))
        const outbox = this.outbox(to)
        if (type === 'hangup') outbox.hasHungUp = true
        return this.#seals.signal(type, to, payload, (said) => outbox.push(type, said))
    }

    outbox(to) { return this.#outboxes.to(to) }
    /** Who they have proven to be, where signals are sealed: the claims of their assertion, or null. */
    verified(id) { return this.#seals.verified(id) }

    // MARK: What the session tells

    /** One frame of the log. Returns false if something before it is missing. */
    events(frame) {
        const place = this.#replica.place(frame)
        if (place !== 'next') return place === 'known'
        for (const event of frame.events) this.#event(event)
        this.tellAudience()
        if (!this.isClosed) this.emit('change')
        return true
    }

    /** What a resume goes on from; null asks for a snapshot: the same gap twice, or a state that cannot be right. */
    get resumePosition() { return this.#replica.gapsInARow > 1 || this.#agreement.isMistrusted ? null : this.position }

    /** What the server says now and then: its hash, and how far away people are. */
    beat({ at, hash, roundTripMilliseconds = {} }) {
        if (hash !== undefined) this.#agreement.compare(at, hash)
        this.measured(roundTripMilliseconds)
    }

    interrupt() {
        if (this.isInterrupted) return
        this.isInterrupted = true
        this.emit('interrupted', this.me)
    }

    /** The room again, on a new connection, with a new participant id. `why`, if the server has said. */
    rejoin(snapshot, why) {
        this.#outboxes.clear(new ParleyError('interrupted', 'The connection was lost before this was known to be delivered.'))
        this.#backlog.take()
        this.unmeasured()
        this.isInterrupted = false
        const wasWaiting = this.status === 'waiting'
        this.#take(snapshot)
        this.#commands.restart()
        this.#media.again((media) => this.command('media', media), (error) => this.isClosed || this.emit('screen-refused', error))
        this.#commands.flush()
        this.chatRenewed()
        this.rosterAgain()
        this.emit('rejoined', why)
        this.tellAudience()
        if (wasWaiting && this.status === 'joined') this.emit('admitted', this.me)
        this.emit('change')
    }

    /** The same participant on a new connection: nothing is new but the socket. */
    resume() {
        const wasInterrupted = this.isInterrupted
        this.isInterrupted = false
        this.#agreement.isAsking = false
        this.#commands.resend()
        this.#outboxes.resend()
        // Otherwise it was a handover, of which nobody has to know.
        this.chatAgain()
        this.rosterAgain()
        if (wasInterrupted) this.emit('resumed', this.me)
    }

    /**
     * A snapshot in place of the frames that were missed, or because we see more or less than before: let in, another
     * role. Who came and went follows from the two states.
     */
    replace(snapshot) {
        const { state, people: before, role, status, isCounted } = this
        this.#take(snapshot)
        const { lastCommand, events = [] } = snapshot
        for (const event of events) { this.#noted(event); this.#tell(event, state) }
        this.#commands.resynced({ lastCommand, media: this.person(this.self)?.media })
        if (lastCommand !== undefined) this.#outboxes.resend()
        for (const person of before.filter((one) => isOnStage(one) && !one.isSelf)) if (!this.state.people?.[person.id]) this.#gone(person, 'resynced')
        if (status === 'waiting' && this.status === 'joined') this.emit('admitted', this.me)
        else this.#arrived(before, role, isCounted, events)
        this.tellAudience()
        this.emit('resynced')
        this.emit('change')
    }

    delivered(to, n) { this.#outboxes.delivered(to, n) }
    rejectedSignal(frame) { this.#outboxes.rejected(frame) }
    rejectedCommand(frame) { this.#commands.rejected(frame) }
    hasOutbox(to) { return this.#outboxes.has(to) }
    /** Whose signals are for this room: those who are listed, and of the counted audience those to whom we have written. */
    hears(from) { return this.state.people?.[from] !== undefined || this.hasOutbox(from) }

    /** A signal that was addressed to this participant. */
    receive(frame) { this.#seals.receive(frame, (opened) => this.#backlog.deliver(this, opened)) }

    /** Negotiation that arrived before there was a mesh, in order. */
    takeBacklog() { return this.#backlog.take() }

    over(reason) {
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

    /** For the library's own use. Returns whether it went out. */
    transmit(frame) { return this.isInterrupted ? false : this.#session.send(frame) }

    #take(snapshot) {
        this.self = snapshot.self
        this.#replica.take(snapshot)
        this.takeOwn(snapshot.me)
        for (const event of snapshot.events ?? []) this.heardAtDoor(event)
        this.#agreement.taken(snapshot.hash)
        this.#heed()
    }

    #event(event) {
        const before = this.state
        if (event.patch) this.#replica.fold(event.patch)
        this.#noted(event)
        switch (event.type) {
        case 'joined':
            if (event.participant !== this.self) this.emit('joined', this.person(event.participant))
            return
        case 'left': return this.#left(event, before)
        case 'denied':
            if (event.participant === this.self) return this.#close('denied')
            break
        case 'media-changed':
            this.emit('media-changed', this.person(event.participant))
            break
        case 'role-changed':
            for (const [name, person] of moves(this, event.participant, before)) this.emit(name, person)
            break
        case 'interrupted': case 'resumed':
            // Of ourselves it is old news: our own socket has told it before.
            if (event.participant !== this.self) this.emit(event.type, this.whom(event.participant))
            return
        case 'ended': return this.over(event.reason)
        }
        this.#heed()
        this.#tell(event, before)
    }

    #noted(event) {
        if (event.by === this.self) this.#commands.accepted(event.id, event)
        this.heardAtDoor(event)
        this.emit('event', event)
    }

    #tell(event, before) {
        const values = Object.hasOwn(toldEvents, event.type) ? toldEvents[event.type](this, event, before) : null
        if (values !== null) this.emit(event.type, ...values)
        // Of ourselves `#heed` tells, whatever has muted us.
        const whom = event.type === 'muted' && this.whom(event.participant)
        if (whom && !whom.isSelf) this.emit('muted', whom, whom.muted ?? {})
    }

    #heed() {
        const news = this.#media.heed(this.mutedBy)
        if (news) this.emit('muted', this.me, news)
    }

    #arrived(before, role, wasCounted, events) {
        for (const [name, person] of arrivals(this, before, wasCounted)) this.emit(name, person)
        const isTold = events.some(({ type, participant }) => type === 'role-changed' && participant === this.self)
        if (role !== this.role && role !== undefined && !isTold) this.emit('role-changed', this.me, {})
    }

    #left({ participant, reason }, before) {
        if (participant === this.self) return this.#close(reason)
        const waited = before.waiting?.[participant]
        if (waited) return this.emit('waiting-left', { id: participant, ...waited, isSelf: false }, reason)
        this.#gone({ ...before.people?.[participant], id: participant, isSelf: false }, reason)
    }

    #gone(person, reason) {
        // After a resync nobody knows whether they have left or are counted now: then they are the same when they come back.
        if (reason !== 'resynced' || this.audience === 0) {
            for (const keeper of [this.#outboxes, this.#backlog, this.#seals, this.#session]) keeper.forget(person.id)
        }
        this.unmeasured(person.id)
        this.emit('left', person, reason)
    }

    #close(reason) {
        if (this.isClosed) return
        this.isClosed = true
        this.#backlog.take()
        this.#outboxes.clear(closedError())
        this.#commands.close(closedError())
        this.closeChat(closedError())
        this.closeRoster()
        this.#session.closed(this)
        this.emit('closed', reason)
    }
}

const closedError = () => new ParleyError('closed', 'This room is closed here.')
