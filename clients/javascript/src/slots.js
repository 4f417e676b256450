const kinds = ['audio', 'video']

/**
 * Which transceiver carries what. The first audio and the first video m-line are microphone and camera, in
 * both directions; every further one is a screen. Both sides see the same order of m-lines, so no message
 * has to name a track, and replacing one needs no negotiation.
 */
export class Slots {
    #main = { audio: null, video: null }
    #screen = []
    #tracks
    #screenTracks

    constructor(connection, { tracks, screenTracks }) {
        this.connection = connection
        this.#tracks = { ...tracks }
        this.#screenTracks = screenTracks
    }

    /** Takes effect with the next `apply`, or at once where the slot exists. */
    async setTrack(kind, track) {
        this.#tracks[kind] = track
        if (this.#main[kind]) await put(this.#main[kind], track, 'sendrecv')
    }

    setScreen(tracks) { this.#screenTracks = tracks }

    /** Both main slots, before a first offer; one without a track only receives. */
    open() {
        for (const kind of kinds) this.#main[kind] ??= this.#addMain(kind)
    }

    /** Gives every track its m-line. `negotiationneeded` follows if the other side has to agree. */
    async apply() {
        // A screen behind missing main slots would be taken for a camera.
        if (this.#screenTracks.length > 0) this.open()
        for (const kind of kinds) {
            if (this.#tracks[kind]) this.#main[kind] ??= this.#addMain(kind)
        }
        const wanted = new Set(this.#screenTracks)
        for (const transceiver of this.#screen) {
            if (!wanted.delete(transceiver.sender.track)) await clear(transceiver)
        }
        for (const track of wanted) {
            // M-lines only grow, so one that is free is used again.
            const free = this.#screen.find(({ sender, receiver }) => !sender.track && receiver.track.kind === track.kind)
            if (free) await put(free, track, 'sendonly')
            else this.#screen.push(this.connection.addTransceiver(track, { direction: 'sendonly' }))
        }
    }

    /**
     * The other side's offer names the m-lines. Slots that we had opened for an offer of our own, which was
     * taken back, are closed in favour of these.
     */
    async adopt() {
        for (const kind of kinds) {
            const earlier = this.#main[kind]
            const slot = this.#slotOf(kind)
            if (!slot || slot === earlier) continue
            this.#main[kind] = slot
            if (earlier && earlier.mid === null) earlier.stop()
            await put(slot, this.#tracks[kind], 'sendrecv')
        }
    }

    /** `main` or `screen`, for a transceiver that receives. */
    roleOf(transceiver) {
        return this.#slotOf(transceiver.receiver.track.kind) === transceiver ? 'main' : 'screen'
    }

    #slotOf(kind) {
        const known = this.#main[kind]
        if (known && known.mid !== null) return known
        return this.connection.getTransceivers().find((candidate) =>
            candidate.mid !== null && candidate.receiver.track.kind === kind && !this.#screen.includes(candidate)) ?? known
    }

    // By addTrack, so that the browser itself puts it on the other side's line when both have offered at once.
    #addMain(kind) {
        const track = this.#tracks[kind]
        if (!track) return this.connection.addTransceiver(kind, { direction: 'recvonly' })
        const sender = this.connection.addTrack(track)
        return this.connection.getTransceivers().find((transceiver) => transceiver.sender === sender)
    }
}

async function put(transceiver, track, direction) {
    if (transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track)
    // A slot that has sent once stays open: switching a camera off and on needs no negotiation then.
    if (track && transceiver.direction !== direction) transceiver.direction = direction
}

async function clear(transceiver) {
    if (transceiver.sender.track) await transceiver.sender.replaceTrack(null)
    if (transceiver.direction !== 'inactive') transceiver.direction = 'inactive'
}
