const FLOOR = 'screen'

/**
 * Our own shared screen. Only so many may share at once, so the room gives the floor for it: whoever comes second
 * waits, and is asked again when it is their turn, because a browser shows its choice of screens after a click alone.
 */
export class ScreenShare {
    /** What we share, or `null`. */
    stream = null
    #room
    #mesh
    #draw
    #isGranted = false
    #isChoosing = false

    constructor({ room, mesh, draw }) {
        this.#room = room
        this.#mesh = mesh
        this.#draw = draw
    }

    get floor() { return this.#room.floor(FLOOR) }

    get mayShare() { return this.#room.may('share') }

    /** Ours, and nothing is shared: it was our turn, or a moderator has given it to us. */
    get isOffered() { return this.floor.isMine && this.stream === null && !this.#isChoosing }

    /** Whether somebody else has it, so that we could only wait. */
    get isBusy() {
        const { holders, capacity = 1, policy = 'free', isMine } = this.floor
        return !isMine && (holders.length >= capacity || policy !== 'free')
    }

    /**
     * Shares, stops, waits for the turn or gives up waiting. Throws what the browser throws, and what the room
     * refuses by name. Answers with what has happened: `on`, `off`, `waits`, `gave-up`.
     */
    async toggle() {
        if (this.stream !== null) return this.stop()
        if (this.floor.place !== undefined) return this.giveUp()
        if (this.isBusy) {
            await this.#room.takeFloor(FLOOR)
            return 'waits'
        }
        return this.#choose()
    }

    async giveUp() {
        await this.#room.leaveFloor(FLOOR)
        return 'gave-up'
    }

    /** `isTold`: the room knows already that it is over. */
    stop({ isTold = false } = {}) {
        if (this.stream === null) return 'off'
        this.#drop()
        if (!isTold) this.#room.media({ screen: false }).catch(() => {})
        this.#draw()
        return 'off'
    }

    /** What the room holds of us has changed. Somebody may have taken the floor back. */
    check(me) {
        if (this.stream !== null && this.#isGranted && me?.media.screen === false) this.stop({ isTold: true })
    }

    close() { this.#drop() }

    async #choose() {
        const video = { frameRate: { ideal: 15, max: 30 } }
        this.#isChoosing = true
        try {
            const stream = await navigator.mediaDevices.getDisplayMedia({ video, audio: true })
            await this.#begin(stream)
        } catch (error) {
            // What was ours and is not used is for the next one.
            if (this.floor.isMine && this.stream === null) this.#room.leaveFloor(FLOOR).catch(() => {})
            throw error
        } finally {
            this.#isChoosing = false
        }
        return 'on'
    }

    async #begin(stream) {
        this.stream = stream
        // The browser's own "Stop sharing" button ends the track.
        const [track] = stream.getVideoTracks()
        track.addEventListener('ended', () => this.stream === stream && this.stop())
        if ('contentHint' in track) track.contentHint = 'detail'
        try {
            // Two at one instant: the room decides, and nobody sees the other one's screen even for a moment.
            await this.#room.media({ screen: true })
        } catch (error) {
            this.#drop()
            throw error
        }
        if (this.stream !== stream) return
        this.#isGranted = true
        this.#mesh.addScreen(stream)
        this.#draw()
    }

    #drop() {
        this.stream?.getTracks().forEach((track) => track.stop())
        if (this.#isGranted) this.#mesh.removeScreen()
        this.stream = null
        this.#isGranted = false
    }
}
