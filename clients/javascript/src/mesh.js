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
    #stops

    /** Id to Peer, in the order in which they were met. */
    peers = new Map()

    constructor(room, { stream = null, channels = [], iceServers, ...classes } = {}) {
        super()
        this.#room = room
        const { RTCPeerConnection = globalThis.RTCPeerConnection, MediaStream = globalThis.MediaStream } = classes
        const { RTCRtpReceiver = globalThis.RTCRtpReceiver } = classes
        const codecs = (kind) => RTCRtpReceiver?.getCapabilities?.(kind)?.codecs ?? []
        this.#options = { channels, iceServers, RTCPeerConnection, MediaStream, codecs }
        this.#wantsMedia = stream !== null || channels.length === 0
        this.#remember(stream)
        this.#stops = [
            room.on('joined', (person) => this.#call(person)),
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
        await this.#each((peer) => peer.setTrack(kind, track))
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
        if (person.isSelf || this.peers.has(person.id)) return
        const self = this.#room.person(this.#room.self)
        const rule = politeness(asSide(self), asSide(person))
        const { hasHungUp } = this.#room.outbox(person.id)
        const peer = new Peer({
            room: this.#room, person, polite: rule.polite,
            // After our hangup they only answer: whoever hung up calls again.
            offersFirst: offersFirst ?? (rule.offers || hasHungUp),
            content: { tracks: this.#tracks, screenTracks: this.#screenTracks, wantsMedia: this.#wantsMedia },
            ...this.#options, iceServers: () => this.#options.iceServers ?? this.#room.iceServers,
        })
        this.peers.set(person.id, peer)
        this.#listen(peer)
        this.emit('peer', peer)
    }

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

    #remember(stream) {
        this.#tracks = { audio: stream?.getAudioTracks()[0] ?? null, video: stream?.getVideoTracks()[0] ?? null }
    }

    async #setScreen(tracks) {
        this.#screenTracks = tracks
        await this.#each((peer) => peer.setScreen(tracks))
    }

    #each(action) { return Promise.all([...this.peers.values()].map(action)) }
}

const asSide = ({ joined, abilities }) => ({ joined, rollback: abilities?.rollback === true })
