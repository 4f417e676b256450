import { Emitter } from './emitter.js'
import { LevelMeter } from './level.js'
import { FirstPeople } from './first-people.js'
import { displayName } from './names.js'
import { qualityOf } from './quality.js'
import { PEOPLE_WITH_VIDEO_MAX } from './words.js'

// One meeting from joining to leaving: what the room says, what the mesh carries and what our devices do, brought
// together. It draws nothing. Emits `change` (draw again), `said` (a sentence for eye and ear),
// `whispered` (for the ear alone: the eye sees it anyway), `over` (why).

/** `speaking` is said again while it lasts; whoever hears nothing for longer takes it as over (pulses may be lost). */
const SPEAKING_AGAIN_MILLISECONDS = 2000
const SPEAKING_LASTS_MILLISECONDS = 3500
/** A loss that is over by then is nobody's business; others do not hear of it either. */
const AWAY_MILLISECONDS = 1000

export class Call extends Emitter {
    mesh = null
    /** Our own shared screen, or `null`. */
    screen = null
    isSpeaking = false
    /** What the page knows of the server: `connecting`, `connected`, `reconnecting`, `closed`. */
    server = { status: 'connected' }
    #speaking = new Map()
    #told = { audio: false, video: false, screen: false }
    #offs = []
    #meter = new LevelMeter()
    #speakingTimer = null
    #awayTimer = null
    #awaySince = null
    #isOver = false

    constructor({ parley, room, Mesh, devices }) {
        super()
        this.parley = parley
        this.room = room
        this.devices = devices
        this.first = new FirstPeople(room, PEOPLE_WITH_VIDEO_MAX)
        this.mesh = new Mesh(this.first, { stream: devices.stream, channels: ['chat'] })
        this.#listenToRoom()
        this.#listenToMesh()
        this.#listenToDevices()
        this.#publish()
    }

    /** Everybody, as the stage and the list draw them. Those who came first come first. */
    get people() {
        const { isSelfBeyond } = this
        return this.room.people.map((person) => {
            const peer = this.mesh.peers.get(person.id)
            return {
                ...person,
                name: displayName(person),
                link: person.isSelf ? 'connected' : peer?.state ?? 'connecting',
                quality: this.#isAway ? null : qualityOf(person.roundTripMilliseconds),
                // Of ourselves the banner tells.
                isInterrupted: !person.isSelf && person.connection === 'interrupted',
                hasPlace: this.first.includes(person.id) || person.isSelf,
                beyond: !this.first.includes(person.id) || (isSelfBeyond && !person.isSelf),
                speaking: person.isSelf ? this.isSpeaking : this.#speaking.has(person.id),
                camera: person.isSelf ? this.devices.stream : peer?.camera ?? null,
                screen: person.isSelf ? this.screen : peer?.screen ?? null,
                media: person.isSelf ? this.#ownMedia : person.media,
            }
        })
    }

    /** Tries at once to reach the server. */
    retry() {
        this.parley.retry()
    }

    // What the server has said about distances is old news then.
    get #isAway() {
        return this.server.status === 'reconnecting'
    }

    get isSelfBeyond() {
        return !this.first.includes(this.room.self)
    }

    get hasPeers() {
        return [...this.mesh.peers.values()].some((peer) => peer.state === 'connected')
    }

    toggleMicrophone() {
        if (this.devices.audio.phase === 'on') return this.devices.mute(!this.devices.isMuted)
        this.devices.mute(false)
        return this.devices.turnOn('audio')
    }

    toggleCamera() {
        const { phase } = this.devices.video
        return phase === 'on' || phase === 'asking' ? this.devices.turnOff('video') : this.devices.turnOn('video')
    }

    /** Throws what the browser throws, except when somebody has only changed their mind. */
    async toggleScreen() {
        if (this.screen !== null) return this.#stopScreen()
        const video = { frameRate: { ideal: 15, max: 30 } }
        const screen = await navigator.mediaDevices.getDisplayMedia({ video, audio: true })
        if (this.#isOver) return screen.getTracks().forEach((track) => track.stop())
        this.screen = screen
        // The browser's own "Stop sharing" button ends the track.
        const [track] = screen.getVideoTracks()
        track.addEventListener('ended', () => this.#stopScreen())
        if ('contentHint' in track) track.contentHint = 'detail'
        this.mesh.addScreen(screen)
        this.#publish()
        return this.emit('change')
    }

    leave() {
        if (this.#isOver) return
        this.#end({ reason: 'left' }, () => this.room.leave())
    }

    #stopScreen() {
        if (this.screen === null) return
        this.screen.getTracks().forEach((track) => track.stop())
        this.screen = null
        this.mesh.removeScreen()
        this.#publish()
        this.emit('change')
    }

    get #ownMedia() {
        return { audio: this.devices.isAudible, video: this.devices.video.phase === 'on', screen: this.screen !== null }
    }

    /** Tells the room what our devices do, if that differs from what we said last. */
    #publish() {
        const own = this.#ownMedia
        if (Object.keys(own).every((kind) => own[kind] === this.#told[kind])) return
        this.#told = own
        // Rejected only when the room is over, or when it holds that already; after a reconnect the room repeats it.
        this.room.media(own).catch(() => {})
    }

    #listenToRoom() {
        const { room, parley } = this
        this.#offs.push(
            room.on('change', () => this.#draw()),
            room.on('joined', (person) => this.emit('said', `${displayName(person)} has joined.`)),
            room.on('left', (person, reason) => {
                this.#forget(person.id)
                // Whoever comes in another way is here again at once.
                if (reason === 'replaced') return
                const what = reason === 'disconnected' ? 'has lost the connection' : 'has left'
                this.emit('said', `${displayName(person)} ${what}.`)
            }),
            room.on('pulse', ({ from, kind, data }) => kind === 'speaking' && this.#hear(from, data === true)),
            room.on('interrupted', (person) => this.#whisperOf(person, 'is reconnecting')),
            room.on('resumed', (person) => this.#whisperOf(person, 'is back')),
            room.on('rejoined', () => this.emit('said', 'You are back in the room.')),
            room.on('round-trip', () => this.#draw()),
            room.on('ended', () => this.#end({ reason: 'ended' })),
            // When the whole connection is given up, its status says why, right after this.
            room.on('closed', (reason) => parley.status !== 'closed' && this.#end({ reason })),
            parley.on('status', (server) => this.#onServer(server)),
        )
    }

    #whisperOf(person, what) {
        if (!person.isSelf) this.emit('whispered', `${displayName(person)} ${what}.`)
    }

    #onServer(server) {
        const wasAway = this.server.status === 'reconnecting'
        const news = { ...server, retryAt: Date.now() + (server.retryInMilliseconds ?? 0) }
        clearTimeout(this.#awayTimer)
        if (server.status === 'closed') return this.#closed(server)
        if (server.status === 'reconnecting' && !wasAway) {
            const rest = AWAY_MILLISECONDS - (Date.now() - (this.#awaySince ??= Date.now()))
            this.#awayTimer = setTimeout(() => this.#showAway(news), Math.max(0, rest))
            return
        }
        this.server = news
        if (server.status === 'connected') this.#awaySince = null
        // Whoever has lost the place is back only when the room says so.
        if (server.status === 'connected' && wasAway && !this.room.isInterrupted) this.emit('said', 'You are back.')
        this.#draw()
    }

    #showAway(news) {
        this.server = news
        this.emit('whispered', 'The server is out of reach. Reconnecting.')
        this.#draw()
    }

    #closed({ code, reason }) {
        // The session lives on in another tab, and this page may take it back: nothing is closed here.
        if (reason === 'superseded') this.#end({ reason }, null)
        else this.#end({ reason: 'server', code: code ?? reason })
    }

    #listenToMesh() {
        // An error needs no more than that: the state of the peer says on its tile what is wrong.
        const names = ['peer', 'peer-left', 'state', 'stream', 'stream-removed', 'error']
        this.#offs.push(...names.map((name) => this.mesh.on(name, () => this.#draw())))
    }

    #listenToDevices() {
        this.#meter.listen(this.devices.audio.track)
        this.#offs.push(
            this.#meter.on('speaking', (isSpeaking) => this.#speak(isSpeaking)),
            this.devices.on('track', ({ kind, track }) => {
                if (kind === 'audio') this.#meter.listen(track)
                this.mesh.setTrack(kind, track)
            }),
            this.devices.on('change', () => {
                this.#publish()
                this.#draw()
            }),
        )
    }

    #speak(isSpeaking) {
        if (this.#isOver) return
        this.isSpeaking = isSpeaking
        clearInterval(this.#speakingTimer)
        this.room.pulse('speaking', isSpeaking)
        const again = () => this.room.pulse('speaking', true)
        if (isSpeaking) this.#speakingTimer = setInterval(again, SPEAKING_AGAIN_MILLISECONDS)
        this.#draw()
    }

    #hear(id, isSpeaking) {
        clearTimeout(this.#speaking.get(id))
        this.#speaking.delete(id)
        if (isSpeaking) this.#speaking.set(id, setTimeout(() => this.#hear(id, false), SPEAKING_LASTS_MILLISECONDS))
        this.#draw()
    }

    #forget(id) {
        clearTimeout(this.#speaking.get(id))
        this.#speaking.delete(id)
        this.#draw()
    }

    #draw() {
        if (!this.#isOver) this.emit('change')
    }

    /** `goodbye`: what is said before the connection is closed; null leaves it as it is. */
    #end(why, goodbye = () => {}) {
        if (this.#isOver) return
        this.#isOver = true
        this.#offs.forEach((off) => off())
        this.#speaking.forEach((timer) => clearTimeout(timer))
        clearInterval(this.#speakingTimer)
        clearTimeout(this.#awayTimer)
        this.#meter.listen(null)
        this.screen?.getTracks().forEach((track) => track.stop())
        this.mesh.close()
        if (goodbye) Promise.resolve(goodbye()).catch(() => {}).finally(() => this.parley.close())
        this.emit('over', why)
    }
}
