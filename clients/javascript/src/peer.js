import { AgreedCodecs } from './agreed-codecs.js'
import { candidateInit, RemoteCandidates } from './candidates.js'
import { Emitter } from './emitter.js'
import { ParleyError } from './errors.js'
import { Health } from './health.js'
import { NamedRecovery } from './named-recovery.js'
import { PoliteRecovery } from './polite-recovery.js'
import { otherRole, roleIn, withRole } from './roles.js'
import { Slots } from './slots.js'
import { RemoteStreams } from './streams.js'

/**
 * One other participant: a connection and its negotiation.
 *
 * Everything that touches the connection's signaling state runs in one chain per peer, our own offers
 * included. An offer that arrives while we make one, or while an answer is applied, is therefore judged when
 * that is done, against a signaling state that is true: this closes the gaps which `makingOffer` and
 * `isSettingRemoteAnswerPending` guard in the textbook form (W3C WebRTC, perfect negotiation example).
 */
export class Peer extends Emitter {
    #room
    #iceServers
    #slots
    #codecs
    #chain = Promise.resolve()
    #candidates
    #remote
    #heldCandidates = null
    #describing = 0
    #offered = 0
    #takenBack = 0
    #mayOffer
    #role = null
    #isIgnoring = false
    #isClosed = false
    #health
    #recovery

    /**
     * `content` is `{tracks, screenTracks, wantsMedia}`, what this side has to show; `iceServers()` the newest list;
     * `codecs(kind)` what this browser can receive.
     */
    constructor({ room, person, polite, offersFirst, content, RTCPeerConnection, MediaStream, iceServers, channels, codecs }) {
        super()
        this.#room = room
        this.#iceServers = iceServers
        this.id = person.id
        this.polite = polite
        this.state = 'connecting'
        this.#mayOffer = offersFirst
        const connection = new RTCPeerConnection({ iceServers: iceServers(), bundlePolicy: 'max-bundle' })
        this.connection = connection
        this.#slots = new Slots(connection, content)
        this.#codecs = new AgreedCodecs({
            connection, codecs, begins: offersFirst, clock: room.clock, policy: () => room.policy,
            offer: () => this.#enqueue(() => this.#offer()),
        })
        this.#remote = new RemoteStreams({ slots: this.#slots, MediaStream, emit: (name, change) => this.emit(name, change) })
        this.#candidates = new RemoteCandidates({
            connection, isIgnoring: () => this.#isIgnoring, onError: (error) => this.#failed(error),
        })
        this.channels = new Map(channels.map((label, id) => [label, this.#openChannel(label, id)]))
        connection.onnegotiationneeded = () => this.#enqueue(() => this.#offer())
        connection.onicecandidate = ({ candidate }) => this.#localCandidate(candidate)
        this.#recovery = this.#makeRecovery()
        this.#health = new Health({ connection, recovery: this.#recovery, become: (state) => this.#become(state) })
        connection.ontrack = (event) => this.#remote.add(event)
        this.#enqueue(() => this.#start(content.wantsMedia))
    }

    get streams() { return this.#remote.streams }
    /** What they share of their screen, or undefined. */
    get screen() { return this.#remote.screen }
    /** Camera and microphone, or undefined. */
    get camera() { return this.#remote.camera }
    /** Who they have proven to be, where signals are sealed: claims of their own service, or null. */
    get verified() { return this.#room.verified(this.id) }

    // Changes run in the same chain, so that none falls between an offer and its answer.
    setTrack(kind, track) {
        return this.#enqueue(async () => {
            await this.#slots.setTrack(kind, track)
            if (this.#mayOffer) await this.#slots.apply()
            await this.#codecs.bound()
        })
    }

    setScreen(tracks) {
        return this.#enqueue(async () => {
            this.#slots.setScreen(tracks)
            if (this.#mayOffer) await this.#slots.apply()
            await this.#codecs.bound()
        })
    }

    receive(frame) {
        switch (frame.type) {
        case 'offer': return this.#enqueue(() => this.#remoteOffer(frame).catch((error) => this.#break(error)))
        case 'answer': return this.#enqueue(() => this.#remoteAnswer(frame).catch((error) => this.#break(error)))
        case 'ice-candidate': return this.#enqueue(() => this.#candidates.add(frame.candidate ?? null))
        // Ignored: asked about a connection before this one.
        case 'ice-restart': return this.connection.remoteDescription ? this.#recovery.asked() : undefined
        }
    }

    /** New paths for the same connection. It goes on over the old ones until the new ones are found. */
    restart() { this.#recovery.asked() }

    /** The way over the server is open again, for one of the two. */
    resumed() { this.#recovery.resumed() }

    /** The server has named who restarts: `self`, `other`, or null for neither. */
    named(who) { this.#recovery.named(who) }

    /** The newest list of ICE servers, for the next gathering of candidates. */
    configure() {
        if (this.#isClosed) return
        this.connection.setConfiguration({ ...this.connection.getConfiguration(), iceServers: this.#iceServers() })
    }

    /** The room's media policy is another one. */
    policyChanged() { this.#enqueue(() => this.#codecs.changed()) }

    giveUp() { this.#become('failed') }
    close() {
        if (this.#isClosed) return
        this.#isClosed = true
        this.#health.stop()
        this.#codecs.stop()
        const { connection } = this
        connection.onnegotiationneeded = connection.onicecandidate = connection.ontrack = null
        for (const channel of this.channels.values()) channel.onmessage = null
        this.#candidates.clear()
        connection.close()
    }

    // MARK: Negotiation

    // The one who does not begin has nothing to do: the other's offer opens the slots.
    async #start(wantsMedia) {
        if (!this.#mayOffer) return
        if (wantsMedia) this.#slots.open()
        await this.#slots.apply()
    }

    async #offer() {
        const { connection } = this
        // Not our turn, or an exchange is under way: the browser asks again when it is over.
        if (!this.#mayOffer || connection.signalingState !== 'stable') return
        const outbox = this.#room.outbox(this.id)
        outbox.negotiation += 1
        const negotiation = outbox.negotiation
        await this.#describe(negotiation, () => {
            this.#offered = negotiation
            this.#send('offer', { negotiation, sdp: withRole(connection.localDescription.sdp, this.#role) })
        })
    }

    async #remoteOffer({ negotiation, sdp }) {
        const { connection } = this
        const collides = connection.signalingState !== 'stable'
        this.#isIgnoring = collides && !this.polite
        if (this.#isIgnoring) return
        this.#mayOffer = true
        // Takes back our own offer in the same step, if there is one.
        this.#takenBack = this.#offered
        this.#offered = 0
        await connection.setRemoteDescription({ type: 'offer', sdp })
        await this.#slots.adopt()
        await this.#candidates.release()
        await this.#describe(negotiation, () => {
            this.#send('answer', { negotiation, sdp: connection.localDescription.sdp })
        })
        this.#role = roleIn(connection.localDescription.sdp) ?? this.#role
        await this.#settled()
    }

    async #remoteAnswer({ negotiation, sdp }) {
        const { connection } = this
        if (connection.signalingState !== 'have-local-offer' || negotiation !== this.#offered) {
            // Ignored: it answers an offer of an earlier connection. But whoever answers what this one has taken back
            // has not seen both offers: hangups have crossed them, and the two sides talk past each other.
            if (negotiation === this.#takenBack) this.#break(new ParleyError('negotiation-failed', 'The sides have lost each other.'))
            return
        }
        this.#isIgnoring = false
        this.#offered = 0
        await connection.setRemoteDescription({ type: 'answer', sdp })
        this.#role = otherRole[roleIn(sdp)] ?? this.#role
        await this.#candidates.release()
        await this.#settled()
    }

    async #settled() {
        this.#remote.sync()
        this.#recovery.settled()
        await this.#slots.apply()
        await this.#codecs.settled()
    }

    // Candidates may appear before the description that they belong to has gone out: they wait for it.
    async #describe(negotiation, send) {
        this.#heldCandidates = []
        try {
            this.#codecs.prefer()
            await this.connection.setLocalDescription()
            this.#describing = negotiation
            if (!this.#isClosed) send()
        } finally {
            const held = this.#heldCandidates
            this.#heldCandidates = null
            for (const candidate of held) this.#localCandidate(candidate)
        }
    }

    #localCandidate(candidate) {
        if (this.#heldCandidates) return void this.#heldCandidates.push(candidate)
        this.#send('ice-candidate', { negotiation: this.#describing, candidate: candidateInit(candidate) })
    }

    #send(type, payload) {
        if (this.#isClosed) return
        this.#room.signal(type, this.id, payload).catch((error) => this.#refused(type, payload, error))
    }

    #refused(type, payload, error) {
        if (this.#isClosed) return
        switch (error.code) {
        // They are gone, or we are: the room tells in its own way.
        case 'unknown-recipient': case 'closed': case 'interrupted': return
        case 'stale-answer': case 'no-negotiation':
            // Candidates: ignored, their exchange is over. An answer: our own hangup has voided the offer on its way.
            return type === 'answer' ? this.#break(error) : undefined
        case 'stale-offer': return this.#enqueue(() => this.#offerAgain(payload.negotiation, error))
        case 'no-rollback': case 'unverified': this.giveUp()
        }
        this.emit('error', error)
    }

    // Another page of ours has used higher numbers for this pair; the server says which come next.
    async #offerAgain(negotiation, error) {
        const { connection } = this
        if (negotiation !== this.#offered || connection.signalingState !== 'have-local-offer') return
        const outbox = this.#room.outbox(this.id)
        outbox.negotiation = Math.max(outbox.negotiation, (error.frame?.expected ?? 1) - 1)
        this.#offered = 0
        await connection.setLocalDescription({ type: 'rollback' })
        await this.#offer()
    }

    // A server that names who restarts does so for all pairs of this connection's life.
    #makeRecovery() {
        const { connection, polite: isPolite } = this
        const { clock } = this.#room
        const restart = () => this.#restartICE()
        if (!this.#room.can('restarter')) return new PoliteRecovery({ connection, isPolite, clock, restart })
        return new NamedRecovery({
            connection, isPolite, clock, restart, ask: () => this.#room.hint(),
            request: () => this.#send('ice-restart', {}), rebuild: () => this.emit('broken'), giveUp: () => this.giveUp(),
        })
    }

    #restartICE() {
        if (this.#isClosed) return
        this.configure()
        this.#mayOffer = true
        this.connection.restartIce()
    }

    #become(state) {
        if (this.state === state) return
        this.state = state
        this.emit('state')
    }

    // No exchange can mend this connection: the mesh makes a new one.
    #break(error) {
        if (this.#isClosed) return
        this.#failed(error)
        this.emit('broken', error)
    }

    #failed(error) { if (!this.#isClosed) this.emit('error', error) }

    #enqueue(action) {
        const done = this.#chain.then(() => this.#isClosed ? undefined : action())
        this.#chain = done.catch((error) => this.#failed(error))
        return this.#chain
    }

    #openChannel(label, id) {
        const channel = this.connection.createDataChannel(label, { negotiated: true, id })
        channel.binaryType = 'arraybuffer'
        channel.onmessage = ({ data }) => this.emit('message', { label, data })
        channel.onopen = () => this.emit('channel-open', label)
        return channel
    }
}
