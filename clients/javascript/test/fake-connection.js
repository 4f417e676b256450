let count = 0
const next = () => { count += 1; return count }
const tick = () => new Promise((done) => setImmediate(done))
const failure = (name, message) => Object.assign(new Error(message), { name })
const sends = (direction) => direction === 'sendrecv' || direction === 'sendonly'
const receives = (direction) => direction === 'sendrecv' || direction === 'recvonly'
const direct = (send, receive) => send ? (receive ? 'sendrecv' : 'sendonly') : (receive ? 'recvonly' : 'inactive')
const mirror = (direction) => direct(receives(direction), sends(direction))

export class FakeMediaStream {
    constructor(tracks = []) { this.tracks = [...tracks] }
    getTracks() { return [...this.tracks] }
    getAudioTracks() { return this.tracks.filter(({ kind }) => kind === 'audio') }
    getVideoTracks() { return this.tracks.filter(({ kind }) => kind === 'video') }
    addTrack(track) { this.tracks.push(track) }
    removeTrack(track) { this.tracks = this.tracks.filter((other) => other !== track) }
}

export const fakeTrack = (kind) => ({ kind, enabled: true, id: `${kind}-${next()}` })
export const fakeCamera = () => new FakeMediaStream([fakeTrack('audio'), fakeTrack('video')])

/**
 * The signaling half of an RTCPeerConnection (W3C WebRTC, JSEP): states, implicit rollback, transceivers with
 * their lines, negotiationneeded, ICE user fragments. It is connected as soon as a candidate of the other side
 * fits. What a browser refuses, it refuses.
 */
export class FakePeerConnection {
    static all = []
    signalingState = 'stable'
    connectionState = 'new'
    isClosed = false
    #lines = []
    #transceivers = []
    #current = { local: null, remote: null }
    #pending = { local: null, remote: null }
    #before = null
    #fragment = null
    #restarts = false
    #isNeeded = false
    #hasChannel = false
    #queue = Promise.resolve()

    constructor(configuration) {
        this.configuration = configuration
        FakePeerConnection.all.push(this)
    }

    get localDescription() { return this.#pending.local ?? this.#current.local }
    get remoteDescription() { return this.#pending.remote ?? this.#current.remote }
    getConfiguration() { return this.configuration }
    setConfiguration(configuration) { this.configuration = configuration }
    getTransceivers() { return this.#transceivers.filter(({ isStopped }) => !isStopped) }

    addTransceiver(trackOrKind, { direction }) {
        const track = typeof trackOrKind === 'string' ? null : trackOrKind
        const transceiver = this.#makeTransceiver(track?.kind ?? trackOrKind, track, direction)
        this.#check()
        return transceiver
    }

    addTrack(track) {
        const transceiver = this.#makeTransceiver(track.kind, track, 'sendrecv')
        transceiver.isByTrack = true
        this.#check()
        return transceiver.sender
    }

    createDataChannel(label, options) {
        this.#hasChannel = true
        this.#check()
        return { label, ...options, readyState: 'connecting' }
    }

    restartIce() {
        this.#restarts = true
        this.#check()
    }

    setLocalDescription(description) {
        return this.#operate(() => {
            if (description?.type === 'rollback') return this.#rollBack()
            if (this.signalingState === 'have-remote-offer') this.#answer()
            else this.#offer()
            // Before the promise is resolved: the earliest that a browser may do it.
            this.#gather()
        })
    }

    setRemoteDescription({ type, sdp }) {
        return this.#operate(() => {
            if (type === 'answer') {
                if (this.signalingState !== 'have-local-offer') throw failure('InvalidStateError', 'an answer without an offer')
                return this.#takeAnswer(sdp)
            }
            if (this.signalingState === 'have-local-offer') this.#rollBack()
            this.#takeOffer(sdp)
        })
    }

    addIceCandidate(candidate) {
        return this.#operate(() => {
            if (!this.remoteDescription) throw failure('InvalidStateError', 'no remote description')
            if (!candidate || candidate.candidate === '') return
            if (!this.remoteDescription.sdp.includes(`a=ice-ufrag:${candidate.usernameFragment}\r\n`)) {
                throw failure('OperationError', `unknown fragment ${candidate.usernameFragment}`)
            }
            if (this.signalingState === 'stable') this.turns('connected')
        })
    }

    /** For a test: the codec that this side sends, which is what the other side likes best; undefined if it has not said. */
    sends(kind) {
        const section = this.remoteDescription.sdp.split('m=').find((text) => text.startsWith(kind))
        return /a=codecs:(\S+)/.exec(section)?.[1]
    }

    /** For a test: what the network did. */
    turns(state) {
        if (this.connectionState === state || this.isClosed) return
        this.connectionState = state
        this.onconnectionstatechange?.()
    }

    close() {
        this.isClosed = true
        this.signalingState = 'closed'
    }

    #operate(action) {
        const done = this.#queue.then(tick).then(() => {
            if (this.isClosed) throw failure('InvalidStateError', 'closed')
            return action()
        })
        this.#queue = done.catch(() => {})
        this.#queue.then(() => this.#check())
        return done
    }

    #makeTransceiver(kind, track, direction) {
        const connection = this
        const transceiver = {
            mid: null, currentDirection: null, isStopped: false, asked: null,
            sender: fakeSender(track), preferences: [],
            setCodecPreferences(codecs) { this.preferences = codecs.map(({ mimeType }) => mimeType.split('/')[1]) },
            receiver: { track: fakeTrack(kind) },
            get direction() { return direction },
            set direction(value) { direction = value; connection.#check() },
            stop() { this.isStopped = true; connection.#check() },
        }
        this.#transceivers.push(transceiver)
        return transceiver
    }

    #offer() {
        this.#before = this.#lines
        this.#lines = [...this.#lines]
        if (this.#hasChannel && !this.#lines.some(({ kind }) => kind === 'application')) this.#lines.push({ kind: 'application', mid: `${this.#lines.length}` })
        for (const transceiver of this.getTransceivers()) {
            if (transceiver.mid !== null) continue
            transceiver.mid = `${this.#lines.length}`
            this.#lines.push({ kind: transceiver.receiver.track.kind, mid: transceiver.mid })
        }
        const fragment = this.#restarts || !this.#fragment ? `f${next()}` : this.#fragment
        this.#pending.local = { type: 'offer', sdp: this.#write(fragment, (transceiver) => transceiver.direction), fragment, restarts: this.#restarts }
        this.#restarts = false
        this.signalingState = 'have-local-offer'
    }

    #rollBack() {
        const kept = new Set(this.#before.map(({ mid }) => mid))
        for (const transceiver of this.#transceivers) if (!kept.has(transceiver.mid)) transceiver.mid = null
        this.#lines = this.#before
        this.#restarts ||= this.#pending.local.restarts
        this.#pending.local = null
        this.signalingState = 'stable'
    }

    #takeOffer(sdp) {
        for (const { kind, mid, direction } of read(sdp)) {
            if (!this.#lines.some((line) => line.mid === mid)) this.#lines = [...this.#lines, { kind, mid }]
            if (kind === 'application') continue
            const transceiver = this.#transceivers.find((candidate) => candidate.mid === mid)
                ?? this.#transceivers.find((candidate) => candidate.isByTrack && candidate.mid === null && candidate.receiver.track.kind === kind)
                ?? this.#makeTransceiver(kind, null, 'recvonly')
            transceiver.mid = mid
            transceiver.asked = direction
            this.#tracks(transceiver, sends(direction))
        }
        this.#pending.remote = { type: 'offer', sdp }
        this.signalingState = 'have-remote-offer'
    }

    #answer() {
        const isNew = fragmentOf(this.#current.remote?.sdp) !== fragmentOf(this.#pending.remote.sdp)
        if (isNew) { this.#fragment = `f${next()}`; this.#restarts = false }
        const directionOf = (transceiver) => direct(
            sends(transceiver.direction) && receives(transceiver.asked), receives(transceiver.direction) && sends(transceiver.asked))
        const sdp = this.#write(this.#fragment, directionOf)
        for (const transceiver of this.#transceivers) if (transceiver.mid !== null) transceiver.currentDirection = directionOf(transceiver)
        this.#settle({ local: { type: 'answer', sdp }, remote: this.#pending.remote })
    }

    #takeAnswer(sdp) {
        for (const { kind, mid, direction } of read(sdp)) {
            if (kind === 'application') continue
            const transceiver = this.#transceivers.find((candidate) => candidate.mid === mid)
            this.#tracks(transceiver, sends(direction))
            transceiver.currentDirection = mirror(direction)
            transceiver.asked = null
        }
        this.#fragment = this.#pending.local.fragment
        this.#settle({ local: this.#pending.local, remote: { type: 'answer', sdp } })
    }

    #settle(descriptions) {
        this.#current = descriptions
        this.#pending = { local: null, remote: null }
        this.signalingState = 'stable'
        this.#isNeeded = false
    }

    #tracks(transceiver, isSending) {
        const wasReceiving = receives(transceiver.currentDirection)
        if (isSending && !wasReceiving) this.ontrack?.({ track: transceiver.receiver.track, transceiver, streams: [] })
    }

    #write(fragment, directionOf) {
        const lines = this.#lines.map(({ kind, mid }) => {
            const transceiver = this.#transceivers.find((candidate) => candidate.mid === mid)
            const codecs = transceiver?.preferences.length > 0 ? `a=codecs:${transceiver.preferences.join(' ')}\r\n` : ''
            return `m=${kind}\r\na=mid:${mid}\r\na=${transceiver ? directionOf(transceiver) : 'sendrecv'}\r\na=ice-ufrag:${fragment}\r\n${codecs}`
        })
        return `v=0\r\n${lines.join('')}`
    }

    #gather() {
        if (this.isClosed) return
        const usernameFragment = fragmentOf(this.localDescription?.sdp)
        this.onicecandidate?.({ candidate: { candidate: `candidate:1 ufrag ${usernameFragment}`, sdpMid: '0', usernameFragment } })
        this.onicecandidate?.({ candidate: { candidate: '', sdpMid: '0', usernameFragment } })
        this.onicecandidate?.({ candidate: null })
    }

    #needs() {
        if (this.#restarts && this.#current.local) return true
        if (this.#hasChannel && !this.#lines.some(({ kind }) => kind === 'application')) return true
        return this.getTransceivers().some((transceiver) => {
            if (transceiver.mid === null) return true
            const { direction, currentDirection, asked } = transceiver
            if (asked === null) return direction !== currentDirection && !(sends(direction) === sends(currentDirection) && receives(direction))
            return direct(sends(direction) && receives(asked), receives(direction) && sends(asked)) !== currentDirection
                || sends(direction) !== sends(currentDirection)
        })
    }

    #check() {
        queueMicrotask(() => {
            if (this.isClosed || this.signalingState !== 'stable') return
            const isNeeded = this.#needs()
            if (!isNeeded || this.#isNeeded) return void (this.#isNeeded = isNeeded)
            this.#isNeeded = true
            setImmediate(() => { if (!this.isClosed && this.signalingState === 'stable') this.onnegotiationneeded?.() })
        })
    }
}

const fakeSender = (track) => ({
    track, parameters: { encodings: [{}] },
    async replaceTrack(other) { await tick(); this.track = other },
    getParameters() { return structuredClone(this.parameters) },
    async setParameters(parameters) { await tick(); this.parameters = parameters },
})

const fragmentOf = (sdp) => /a=ice-ufrag:(\S+)/.exec(sdp ?? '')?.[1]

function read(sdp) {
    return sdp.split('m=').slice(1).map((section) => {
        const [kind, mid, direction] = section.split('\r\n')
        return { kind, mid: mid.slice('a=mid:'.length), direction: direction.slice('a='.length) }
    })
}
