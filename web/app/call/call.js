import { Emitter } from '../emitter.js'
import { displayName } from '../names.js'
import { qualityOf } from '../quality.js'
import { PEOPLE_WITH_VIDEO_MAX } from '../words.js'
import { FirstPeople } from './first-people.js'
import { listenToNews } from './news.js'
import { OwnDevices } from './own-devices.js'
import { ScreenShare } from './screen-share.js'
import { ServerWatch } from './server-watch.js'
import { Speaking } from './speaking.js'

// One meeting from joining to leaving: what the room says, what the mesh carries and what our devices do, brought
// together. It draws nothing. Emits `change` (draw again), `said` (a sentence for eye and ear), `whispered` (for the
// ear alone: the eye sees it anyway), `reaction` ({ id, name }), `goes` ({ to, … }: to another room, see journey.js), `over` (why).

export class Call extends Emitter {
    mesh = null
    own
    sharing
    #speaking
    #watch
    #pinned = null
    #offs = []
    #isOver = false

    /** `isAside`: another room of this connection waits for us, so the connection stays when this one ends. */
    constructor({ parley, room, Mesh, devices, isAside = false }) {
        super()
        Object.assign(this, { parley, room, devices, isAside })
        this.first = new FirstPeople(room, PEOPLE_WITH_VIDEO_MAX)
        this.mesh = new Mesh(this.first, { stream: devices.stream, channels: ['chat'] })
        this.#speaking = new Speaking(room, () => this.#draw())
        this.sharing = new ScreenShare({ room, mesh: this.mesh, draw: () => this.#draw() })
        this.own = new OwnDevices({
            room, devices, isSharing: () => this.sharing.stream !== null, say: (text) => this.emit('said', text),
        })
        this.#watch = this.#makeWatch()
        this.#listenToRoom()
        this.#listenToMesh()
        this.#listenToDevices()
    }

    get server() { return this.#watch.server }
    get isDegraded() { return this.parley.isDegraded }

    /** Our own shared screen, or `null`. */
    get screen() { return this.sharing.stream }

    /** How many are listed: all but the counted audience. */
    get count() { return this.room.people.filter(({ counted }) => counted !== true).length }

    /** Those of the counted audience whose hand is up, for the list alone. */
    get audienceHands() {
        return this.room.people.filter(({ counted }) => counted === true).map((person) => ({ ...person, name: displayName(person), quality: null }))
    }

    /** Everybody on the stage, as it and the list draw them. Those who came first come first. */
    get people() {
        const { isSelfBeyond, room } = this
        const spotlight = room.floor('spotlight').holders
        const hands = room.hands.map(({ id }) => id)
        // Nobody tries to reach the audience, so nothing is missing there.
        const withoutPeer = room.isCounted ? 'connected' : 'connecting'
        return room.people.filter(({ counted }) => counted !== true).map((person) => {
            const peer = this.mesh.peers.get(person.id)
            return {
                ...person,
                name: displayName(person),
                link: person.isSelf ? 'connected' : peer?.state ?? withoutPeer,
                quality: this.#watch.isAway ? null : qualityOf(person.roundTripMilliseconds),
                // Of ourselves the banner tells.
                isInterrupted: !person.isSelf && person.connection === 'interrupted',
                hasPlace: this.first.includes(person.id) || person.isSelf,
                beyond: !this.first.includes(person.id) || (isSelfBeyond && !person.isSelf),
                speaking: person.isSelf ? this.#speaking.isSelf : this.#speaking.has(person.id),
                isSpotlit: spotlight.includes(person.id),
                isPinned: person.id === this.#pinned,
                handPlace: hands.indexOf(person.id) + 1,
                breakout: room.breakoutOf(person.id)?.name,
                camera: person.isSelf ? this.devices.stream : peer?.camera ?? null,
                screen: person.isSelf ? this.screen : peer?.screen ?? null,
                media: person.isSelf ? this.own.media : person.media,
            }
        })
    }

    isPinned(id) { return id === this.#pinned }

    /** Large on our own screen alone, or as it was before. */
    pin(id) {
        this.#pinned = this.isPinned(id) ? null : id
        this.#draw()
    }

    /** Tries at once to reach the server. */
    retry() { this.parley.retry() }

    get isSelfBeyond() { return !this.room.isCounted && !this.first.includes(this.room.self) }

    get hasPeers() { return [...this.mesh.peers.values()].some((peer) => peer.state === 'connected') }

    react(name) {
        this.room.pulse('reaction', name)
        this.emit('reaction', { id: this.room.self, name })
    }

    leave() { this.#end({ reason: 'left' }, () => this.room.leave()) }

    /** To another room, with the same connection. `isBack`: this room stays, and waits for our return with all devices off. */
    async rest({ isBack }) {
        const last = isBack ? this.room.media({ audio: false, video: false, screen: false }) : this.room.leave()
        this.#end({ reason: 'moved' }, null)
        await last.catch(() => {})
    }

    #makeWatch() {
        return new ServerWatch({
            onAway: () => this.emit('whispered', 'The server is out of reach. Reconnecting.'),
            // Whoever has lost the place is back only when the room says so.
            onBack: () => this.room.isInterrupted || this.emit('said', 'You are back.'),
            // The session lives on in another tab, and this page may take it back: nothing is closed here.
            onClosed: ({ code, reason }) => reason === 'superseded'
                ? this.#end({ reason }, null) : this.#end({ reason: 'server', code: code ?? reason }),
            onChange: () => this.#draw(),
        })
    }

    #listenToRoom() {
        const { room, parley } = this
        const me = () => room.person(room.self)
        const changed = () => {
            this.own.obeyRole()
            this.#draw()
        }
        this.#offs.push(
            ...listenToNews(this),
            room.on('change', changed),
            room.on('left', ({ id }) => this.#speaking.forget(id)),
            room.on('pulse', ({ from, kind, data }) => this.#pulse(from, kind, data)),
            room.on('muted', ({ isSelf }, by) => { if (isSelf) this.own.muted(by) }),
            room.on('media-changed', ({ isSelf }) => { if (isSelf) this.sharing.check(me()) }),
            room.on('floor-revoked', () => this.sharing.check(me())),
            room.on('resynced', () => this.sharing.check(me())),
            room.on('screen-refused', () => this.sharing.stop({ isTold: true })),
            room.on('transferred', ({ isSelf }, to) => { if (isSelf) this.emit('goes', { to: 'room', ...to }) }),
            room.on('round-trip', () => this.#draw()),
            room.on('ended', (reason) => this.#end({ reason: 'ended', why: reason })),
            // When the whole connection is given up, its status says why, right after this.
            room.on('closed', (reason) => parley.status !== 'closed' && this.#end({ reason })),
            parley.on('status', (change) => this.#watch.turns(change)),
            parley.on('degraded', () => this.#draw()),
        )
    }

    #listenToMesh() {
        // An error needs no more than that: the state of the peer says on its tile what is wrong.
        const names = ['peer', 'peer-left', 'state', 'stream', 'stream-removed', 'error']
        this.#offs.push(...names.map((name) => this.mesh.on(name, () => this.#draw())))
    }

    #listenToDevices() {
        this.#speaking.listen(this.devices.audio.track)
        this.#offs.push(
            this.devices.on('track', ({ kind, track }) => {
                if (kind === 'audio') this.#speaking.listen(track)
                this.mesh.setTrack(kind, track)
            }),
            this.devices.on('change', () => {
                this.own.publish()
                this.#draw()
            }),
        )
    }

    #pulse(from, kind, data) {
        if (kind === 'speaking') this.#speaking.hear(from, data === true)
        if (kind === 'reaction' && typeof data === 'string') this.emit('reaction', { id: from, name: data })
    }

    #draw() {
        if (!this.#isOver) this.emit('change')
    }

    /** `goodbye`: what is said before the connection is closed; null leaves it as it is. */
    #end(why, goodbye = () => {}) {
        if (this.#isOver) return
        this.#isOver = true
        this.#offs.forEach((off) => off())
        this.#speaking.close()
        this.#watch.close()
        this.sharing.close()
        this.mesh.close()
        if (goodbye) Promise.resolve(goodbye()).catch(() => {}).finally(() => this.isAside || this.parley.close())
        this.emit('over', why)
    }
}
