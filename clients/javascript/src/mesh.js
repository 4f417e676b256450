import { Emitter } from './emitter.js'
import { isOnStage } from './meeting/audience.js'
import { Peer } from './peer.js'
import { politeness } from './politeness.js'

const rebuildsMax = 3

/** A direct connection to everybody in a room. */
export class Mesh extends Emitter {
    #room
    #options
    #tracks = { audio: null, video: null }
    #screenTracks = []
    #wantsMedia
    #rebuilds = new Map()
    #early
    #held = new Set()
    #stops

    /** Id to Peer, in the order in which they were met. */
    peers = new Map()

    /** `early`: a connection that was begun before anybody could be met, see src/calls/early.js. */
    constructor(room, { early, ...options } = {}) {
        super()
        this.#room = room
        this.#early = early
        const { content, iceServers, ...rest } = Mesh.given(options, () => options.iceServers ?? room.iceServers)
        this.#options = { ...rest, iceServers }
        this.#wantsMedia = content.wantsMedia
        this.#tracks = content.tracks
        this.#stops = [
            // What else the same frame tells of them may be the answer to an early offer.
            room.on('joined', (person) => this.#early ? queueMicrotask(() => this.#call(person)) : this.#call(person)),
            room.on('ring-answered', (person, { answer, by }) => this.#answered(person, answer, by)),
            ...['held', 'unheld', 'resynced'].map((name) => room.on(name, () => this.#hold())),
            room.on('on-stage', (person) => person.isSelf ? this.#callAll() : this.#call(person)),
            room.on('off-stage', ({ isSelf, id }) => this.#leftStage(isSelf ? [...this.peers.keys()] : [id])),
            room.on('left', (person, reason) => this.#drop(person.id, reason)),
            room.on('negotiation', (frame) => this.#receive(frame)),
            room.on('rejoined', () => this.#startOver()),
            room.on('admitted', ({ isSelf }) => { if (isSelf) this.#startOver() }),
            room.on('muted', ({ isSelf }, by) => { if (isSelf) this.#hush(Object.keys(by)) }),
            room.on('resumed', (person) => this.#resumed(person)),
            room.on('policy-changed', () => { for (const peer of this.peers.values()) peer.policyChanged() }),
            room.on('ice-servers', () => { for (const peer of this.peers.values()) peer.configure() }),
            room.on('restarter', ({ peer, restarter }) => this.peers.get(peer)?.named(this.#sideOf(restarter))),
            room.on('verified', ({ id }) => { if (this.peers.has(id)) this.emit('verified', this.peers.get(id)) }),
            room.on('closed', () => this.close()),
        ]
        // The app gets the chance to listen before anything happens.
        queueMicrotask(() => this.#startOver())
    }

    /** What a peer is made of, from what an app says: for peers that are made before there is a room. */
    static given({ stream = null, tracks, channels = [], iceServers: own, ...classes }, iceServers) {
        const { RTCPeerConnection = globalThis.RTCPeerConnection, MediaStream = globalThis.MediaStream } = classes
        const { RTCRtpReceiver = globalThis.RTCRtpReceiver } = classes
        const codecs = (kind) => RTCRtpReceiver?.getCapabilities?.(kind)?.codecs ?? []
        tracks ??= { audio: stream?.getAudioTracks()[0] ?? null, video: stream?.getVideoTracks()[0] ?? null }
        const wantsMedia = stream !== null || channels.length === 0
        return {
            content: { tracks, screenTracks: [], wantsMedia }, channels, codecs, RTCPeerConnection, MediaStream,
            iceServers: () => own ?? iceServers(),
        }
    }

    /** What is sent to everybody now: `{ audio, video }`. */
    get tracks() { return { ...this.#tracks } }

    /** Camera and microphone at once; null takes both away. */
    async setStream(stream) {
        await this.setTrack('audio', stream?.getAudioTracks()[0] ?? null)
        await this.setTrack('video', stream?.getVideoTracks()[0] ?? null)
    }

    /** Another camera, or none: without negotiation once the slot has been used. */
    async setTrack(kind, track) {
        this.#tracks[kind] = track
        if (track) this.#wantsMedia = true
        // Another microphone is no way around a room in which nobody may unmute.
        if (kind === 'audio' && this.#room.mayUnmute === false) this.#hush(['audio'])
        await this.#each((peer) => peer.setTrack(kind, this.#shown(peer.id)[kind]))
    }

    addScreen(stream) { return this.#setScreen(stream.getTracks()) }

    removeScreen() { return this.#setScreen([]) }

    /** To every peer whose channel is open. Returns how many that were. */
    broadcast(label, data) {
        let count = 0
        for (const { channels } of this.peers.values()) {
            const channel = channels.get(label)
            if (channel?.readyState !== 'open') continue
            channel.send(data)
            count += 1
        }
        return count
    }

    /** Somebody of the counted audience, as `roster` tells of them, gets what is sent here too. Of the stage everybody does by itself. */
    meet(person) { this.#meet(person, true) }

    /** Looks for new paths; a connection that has failed for good is made anew. */
    restart(id) {
        const peer = this.peers.get(id)
        if (!peer) return
        if (peer.state !== 'failed') return peer.restart()
        this.#rebuild(id, 'restart')
    }

    close() {
        if (!this.#stops) return
        for (const stop of this.#stops) stop()
        this.#stops = null
        this.#early?.close()
        for (const id of [...this.peers.keys()]) {
            this.#hangUp(id, 'closed')
            this.#drop(id, 'closed')
        }
    }

    // MARK: Who is there

    #startOver() {
        if (!this.#stops) return
        for (const id of [...this.peers.keys()]) this.#drop(id, 'rejoined')
        this.#callAll()
        for (const frame of this.#room.takeBacklog()) this.#receive(frame)
    }

    #callAll() { for (const person of this.#room.people) this.#call(person) }

    // Whoever is counted calls nobody, and is called by nobody: they meet whoever writes to them first.
    #call(person) {
        if (!this.#room.isCounted && isOnStage(person)) this.#meet(person)
    }

    // Both sides see it, so there is no goodbye: one of the audience may not write first.
    #leftStage(ids) { for (const id of ids) this.#drop(id, 'off-stage') }

    #sideOf(restarter) {
        if (restarter === null) return null
        return restarter === this.#room.self ? 'self' : 'other'
    }

    // Nothing is torn down: media have gone on without the server. What has not gets new paths.
    #resumed(person) {
        if (!person.isSelf) return void this.peers.get(person.id)?.resumed()
        for (const peer of this.peers.values()) peer.resumed()
    }

    #meet(person, offersFirst) {
        if (person.isSelf || !this.#stops || this.peers.has(person.id)) return
        const rule = this.#ruleWith(person)
        const early = this.#early?.takeFor?.(this.#room, person, rule)
        if (early) return this.#placeEarly(early)
        if (this.#isHeldWith(person.id)) this.#held.add(person.id)
        const { hasHungUp } = this.#room.outbox(person.id)
        this.#place(new Peer({
            room: this.#room, person, polite: rule.polite,
            // After our hangup they only answer: whoever hung up calls again.
            offersFirst: offersFirst ?? (rule.offers || hasHungUp),
            content: { tracks: this.#shown(person.id), screenTracks: this.#shownScreen(person.id), wantsMedia: this.#wantsMedia },
            ...this.#options,
        }))
    }

    #ruleWith(person) { return politeness(asSide(this.#room.person(this.#room.self)), asSide(person)) }

    #place(peer) {
        this.peers.set(peer.id, peer)
        this.#listen(peer)
        this.emit('peer', peer)
    }

    // MARK: Calls

    // Whoever has answered before we could meet has our connection already. Otherwise they wait for an offer: for this one in
    // vain if it is another's by now.
    #answered(person, answer, by) {
        if (!person || person.isSelf || answer === undefined || by !== this.#room.me.identity || !this.#stops) return
        const early = this.#early?.take?.(this.#room, person.id, this.#ruleWith(person), answer)
        this.#drop(person.id, 'early')
        if (early) this.#placeEarly(early)
        else this.#meet(person, true)
    }

    // It has lived before there was anybody to tell.
    #placeEarly(peer) {
        this.#place(peer)
        peer.on('lapsed', (offer) => {
            if (this.peers.get(peer.id) !== peer) return
            this.#drop(peer.id, 'early')
            const person = this.#room.person(peer.id)
            if (person) this.#meet(person, offer ? false : undefined)
            if (offer) this.#receive(offer)
        })
        for (const stream of peer.streams) for (const track of stream.getTracks()) this.emit('stream', { peer, stream, track, isScreen: stream === peer.screen })
        if (peer.state !== 'connecting') this.emit('state', peer)
        for (const kind of ['audio', 'video']) peer.setTrack(kind, this.#tracks[kind])
        this.#show(peer)
    }

    // On hold nothing passes, and the tracks stay: to go on asks nobody for a camera.
    #hold() { for (const peer of this.peers.values()) this.#show(peer) }

    #show(peer) {
        const isHeld = this.#isHeldWith(peer.id)
        if (isHeld === this.#held.has(peer.id)) return
        if (isHeld) this.#held.add(peer.id)
        else this.#held.delete(peer.id)
        const { audio, video } = this.#shown(peer.id)
        for (const [kind, track] of [['audio', audio], ['video', video]]) peer.setTrack(kind, track)
        if (this.#screenTracks.length > 0) peer.setScreen(this.#shownScreen(peer.id))
        for (const stream of peer.streams) for (const track of stream.getTracks()) track.enabled = !isHeld
    }

    #isHeldWith(id) { return this.#room.isHeldWith?.(id) === true }
    #shown(id) { return this.#isHeldWith(id) ? { audio: null, video: null } : this.#tracks }
    #shownScreen(id) { return this.#isHeldWith(id) ? [] : this.#screenTracks }

    #listen(peer) {
        peer.on('state', () => {
            if (peer.state === 'connected') this.#rebuilds.delete(peer.id)
            this.emit('state', peer)
        })
        peer.on('broken', () => this.#broken(peer))
        peer.on('stream', (change) => this.emit('stream', { peer, ...change }))
        peer.on('stream-removed', (change) => this.emit('stream-removed', { peer, ...change }))
        peer.on('message', ({ label, data }) => this.emit('channel-message', { from: peer.id, label, data }))
        peer.on('channel-open', (label) => this.emit('channel-open', { peer, label }))
        peer.on('error', (error) => this.emit('error', { peer, error }))
    }

    #receive(frame) {
        const person = this.#room.person(frame.from)
        if (!person && !this.peers.has(frame.from)) return
        const outbox = this.#room.outbox(frame.from)
        if (frame.type === 'hangup') {
            // Ignored: it has crossed ours and means the connection before this one.
            if (outbox.hasHungUp && this.peers.has(frame.from)) return
            return this.#drop(frame.from, 'hangup')
        }
        if (frame.type === 'offer') outbox.hasHungUp = false
        if (frame.type === 'answer' && frame.negotiation === outbox.negotiation) outbox.hasHungUp = false
        // They call again after a hangup: we answer.
        if (!this.peers.has(frame.from) && frame.type === 'offer') this.#meet(person, false)
        this.peers.get(frame.from)?.receive(frame)
    }

    #broken(peer) {
        if (this.peers.get(peer.id) !== peer) return
        const count = (this.#rebuilds.get(peer.id) ?? 0) + 1
        this.#rebuilds.set(peer.id, count)
        if (count > rebuildsMax) peer.giveUp()
        else this.#rebuild(peer.id, 'negotiation-failed')
    }

    #rebuild(id, reason) {
        this.#hangUp(id, reason)
        this.#drop(id, reason)
        const person = this.#room.person(id)
        // One of the counted audience waits to be called again.
        if (person && !this.#room.isCounted) this.#meet(person, true)
    }

    #drop(id, reason) {
        const peer = this.peers.get(id)
        if (!peer) return
        this.peers.delete(id)
        this.#held.delete(id)
        peer.close()
        this.emit('peer-left', peer, reason)
    }

    #hangUp(id, reason) {
        if (this.#room.isClosed || !this.#room.hears(id)) return
        this.#room.signal('hangup', id, { reason }).catch(() => {})
    }

    // MARK: Inside

    /** A moderator has muted us. Nothing here switches a track on again: the app does, when its user wants to. */
    #hush(kinds) {
        for (const kind of kinds) if (this.#tracks[kind]) this.#tracks[kind].enabled = false
        this.emit('hushed', kinds)
    }

    async #setScreen(tracks) {
        this.#screenTracks = tracks
        await this.#each((peer) => peer.setScreen(this.#shownScreen(peer.id)))
    }

    #each(action) { return Promise.all([...this.peers.values()].map(action)) }
}

const asSide = ({ joined, abilities }) => ({ joined, rollback: abilities?.rollback === true })
