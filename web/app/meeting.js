import { make, setText, button } from './dom.js'
import { announce } from './announce.js'
import { Bar } from './bar.js'
import { explainDevice, explainScreen } from './device-words.js'
import { closeDialogs, openHelp, openSettings } from './dialogs.js'
import { invitationCard } from './invite.js'
import { listenToKeys } from './keys.js'
import { noticeLine } from './notice.js'
import { PeoplePanel } from './people-panel.js'
import { Player } from './sound.js'
import { Stage } from './stage.js'
import { explainAway, explainCrowd } from './words.js'

/** The meeting on the screen: stage, list, bar, and what has to be said. It draws what `call` and `devices` hold. */
export class Meeting {
    #call
    #devices
    #meter
    #room
    #player = new Player()
    #away = noticeLine('server-away', { kind: 'banner calm', isLive: false, picture: 'again', action: { label: 'Try now', onclick: () => this.#call.retry() } })
    #crowd = noticeLine('crowd', { kind: 'banner calm', ondismiss: () => this.#dismissCrowd() })
    #trouble = noticeLine('meeting-trouble', { kind: 'banner', ondismiss: () => this.#dismiss() })
    #screenFault = null
    #crowdRead = null
    #ignoredFaults = {}
    #offs = []
    #frame = null

    constructor({ call, devices, meter, room }) {
        this.#call = call
        this.#devices = devices
        this.#meter = meter
        this.#room = room
        this.panel = new PeoplePanel({ room, onclose: () => this.#togglePeople(false) })
        this.stage = new Stage({
            player: this.#player, invitation: invitationCard(room), onretry: (id) => call.mesh.restart(id),
        })
        this.bar = this.#makeBar()
        this.count = make('span', { class: 'meeting-count', 'data-testid': 'count' })
        this.sound = button({
            id: 'sound-on', icon: 'sound', label: 'Turn sound on', kind: 'primary', hidden: true,
            onclick: () => this.#player.unblock(),
        })
        this.heading = make('h1', { class: 'meeting-room', tabindex: -1, text: room, 'data-testid': 'meeting-room' })
        this.element = make('main', { class: 'meeting', id: 'meeting', 'data-testid': 'meeting' },
            make('header', { class: 'meeting-header' }, this.heading, this.count, this.sound),
            make('div', { class: 'banners' }, this.#away.element, this.#trouble.element, this.#crowd.element),
            make('div', { class: 'meeting-body' }, this.stage.element, this.panel.element),
            this.bar.element)
        this.#offs.push(
            call.on('change', () => this.#schedule()),
            call.on('said', (text) => announce(text)),
            call.on('whispered', (text) => announce(text, { isQuiet: true })),
            devices.on('change', () => this.#schedule()),
            this.#player.on('blocked', (isBlocked) => { this.sound.hidden = !isBlocked; }),
            this.#listenToKeys(),
        )
        const timer = setInterval(() => call.server.status === 'reconnecting' && this.#schedule(), 1000)
        this.#offs.push(() => clearInterval(timer))
        // What went wrong in the lobby was said there.
        this.#ignoredFaults = { ...devices.faults }
        this.#draw()
    }

    focus() {
        this.heading.focus()
    }

    close() {
        this.#offs.forEach((off) => off())
        cancelAnimationFrame(this.#frame)
        closeDialogs()
        this.stage.close()
    }

    #makeBar() {
        return new Bar({
            onmicrophone: () => this.#microphone(), oncamera: () => this.#camera(), onscreen: () => this.#screen(),
            onpeople: () => this.#togglePeople(!this.panel.isOpen),
            onsettings: () => openSettings(this.#devices, this.#meter),
            onhelp: openHelp, onleave: () => this.#call.leave(),
        })
    }

    #listenToKeys() {
        return listenToKeys({
            actions: {
                m: () => this.#microphone(), v: () => this.#camera(), s: () => this.#screen(),
                p: () => this.#togglePeople(!this.panel.isOpen), '?': openHelp, Escape: () => this.#togglePeople(false),
            },
            talk: (isHeld) => this.#talk(isHeld),
        })
    }

    async #microphone() {
        this.#ignoredFaults.audio = null
        await this.#call.toggleMicrophone()
        const { audio, isMuted } = this.#devices
        if (audio.phase === 'on') announce(`Microphone ${isMuted ? 'off' : 'on'}.`, { isQuiet: true })
    }

    async #camera() {
        this.#ignoredFaults.video = null
        await this.#call.toggleCamera()
        const { phase } = this.#devices.video
        if (phase !== 'failed') announce(`Camera ${phase === 'on' ? 'on' : 'off'}.`, { isQuiet: true })
    }

    async #screen() {
        this.#screenFault = null
        try {
            await this.#call.toggleScreen()
            announce(this.#call.screen === null ? 'You stopped sharing.' : 'You share your screen.', { isQuiet: true })
        } catch (error) {
            this.#screenFault = explainScreen(error)
            this.#schedule()
        }
    }

    /** Push to talk: only for whoever is muted, and it leaves them muted. */
    #talk(isHeld) {
        if (isHeld && !(this.#devices.audio.phase === 'on' && this.#devices.isMuted)) return false
        this.#devices.mute(!isHeld)
        return true
    }

    #togglePeople(isOpen) {
        if (isOpen === this.panel.isOpen) return
        this.panel.open(isOpen)
        if (!isOpen) this.bar.people.focus()
        this.#schedule()
    }

    #dismiss() {
        this.#screenFault = null
        this.#ignoredFaults = { ...this.#devices.faults }
        this.#schedule()
    }

    /** Read once is enough, until it says something else. */
    #dismissCrowd() {
        this.#crowdRead = explainCrowd(this.#call.people.length, this.#call.isSelfBeyond)
        this.#schedule()
    }

    /** Many changes in one moment are one drawing. A hidden page draws too, or its sound would not start. */
    #schedule() {
        if (this.#frame !== null) return
        const draw = () => {
            this.#frame = null
            this.#draw()
        }
        this.#frame = document.hidden ? setTimeout(draw, 50) : requestAnimationFrame(draw)
    }

    #draw() {
        const { people, server, screen, hasPeers, isSelfBeyond } = this.#call
        const count = people.length
        const speakerId = this.#devices.speaker.deviceId
        this.stage.update(people.filter((person) => person.hasPlace), { isAlone: count === 1, speakerId })
        this.panel.update(people)
        const isPeopleOpen = this.panel.isOpen
        this.bar.update({ devices: this.#devices, isSharing: screen !== null, isPeopleOpen, count })
        setText(this.count, count === 1 ? 'Only you' : `${count} people`)
        this.element.classList.toggle('with-panel', isPeopleOpen)
        this.#drawWords({ server, hasPeers, crowd: explainCrowd(count, isSelfBeyond) })
        document.title = count > 1 ? `${this.#room} (${count}) · Parley` : `${this.#room} · Parley`
    }

    #drawWords({ server, hasPeers, crowd }) {
        const isAway = server.status === 'reconnecting' || server.status === 'connecting'
        this.#away.show(isAway ? explainAway(server.retryAt - Date.now(), hasPeers) : null)
        this.#crowd.show(crowd === null || crowd === this.#crowdRead ? null : { title: '', text: crowd })
        const { faults } = this.#devices
        const isNew = (name) => faults[name] !== null && faults[name] !== this.#ignoredFaults[name]
        const kind = ['audio', 'video'].find(isNew)
        this.#trouble.show(this.#screenFault ?? (kind === undefined ? null : explainDevice(kind, faults[kind])))
    }
}
