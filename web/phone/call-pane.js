import { button, icon, make, setAttribute, setText } from '/app/dom.js'
import { closeMenu } from '/app/menu.js'
import { initials, tint } from '/app/names.js'
import { noticeLine } from '/app/notice.js'
import { explainDevices } from '/app/device-words.js'
import { floorLine, switchScreen } from '/app/screen-line.js'
import { Player } from '/app/sound.js'
import { Stage } from '/app/stage.js'
import { closeQuestion } from './ask-whom.js'
import { CallBar } from './call-bar.js'
import { durationInWords, ringInWords } from './words.js'

/** The call one is in: who is there, what one can do, and those who wait meanwhile. */
export class CallPane {
    #phone
    #player = new Player()
    #shown = null
    #timer
    #screenFault = null
    #readFault = ''

    /** `onsettings`: somebody wants to choose a device. */
    constructor(phone, { onsettings }) {
        this.#phone = phone
        this.heading = make('h1', { class: 'meeting-room', tabindex: -1, 'data-testid': 'call-title' })
        this.state = make('span', { class: 'meeting-count', role: 'status', 'data-testid': 'call-state' })
        this.time = make('span', { class: 'meeting-count', role: 'timer', 'data-testid': 'call-time' })
        this.trouble = noticeLine('device-trouble', { kind: 'banner', ondismiss: () => this.#dismissTrouble() })
        const nameOf = (id) => phone.current.people.find((person) => person.id === id)?.name
        this.floor = floorLine({ sharing: () => phone.current.sharing, nameOf, onshare: () => this.#share() })
        this.waiting = make('div', { class: 'banners', 'data-testid': 'waiting-calls' })
        this.rung = make('ul', { class: 'rung', 'data-testid': 'rung', 'aria-label': 'Being called' })
        this.face = make('span', { class: 'face', 'aria-hidden': 'true' })
        this.ringing = make('div', { class: 'ringing' }, this.face, this.rung)
        this.sound = button({ id: 'sound-on', icon: 'sound', label: 'Turn sound on', kind: 'primary', hidden: true, onclick: () => this.#player.unblock() })
        this.stage = new Stage({ player: this.#player, invitation: this.ringing, onretry: (id) => phone.current?.call.mesh.restart(id) })
        this.#player.on('blocked', (isBlocked) => { this.sound.hidden = !isBlocked })
        this.bar = new CallBar(phone, { onshare: () => this.#share(), onsettings, onheed: () => { this.#readFault = '' } })
        this.element = make('section', { class: 'call-pane', 'aria-label': 'Call', 'data-testid': 'call', hidden: true },
            make('header', { class: 'meeting-header' }, this.heading, this.state, this.time, this.sound),
            make('div', { class: 'banners' }, this.trouble.element, this.floor.element), this.waiting, make('div', { class: 'meeting-body' }, this.stage.element), this.bar.element)
        this.#timer = setInterval(() => this.#drawTime(), 1000)
    }

    update() {
        const { current, devices } = this.#phone
        this.element.hidden = current === null
        if (current === null) {
            this.stage.update([], { isAlone: false, speakerId: '' })
            this.#shown = null
            closeMenu(this.element)
            closeQuestion()
            return
        }
        setText(this.heading, current.title)
        setText(this.state, current.state)
        this.#drawTrouble()
        this.floor.update()
        this.#drawTime()
        const isAlone = current.others.length === 0
        setText(this.face, initials(current.title))
        setAttribute(this.face, 'data-tint', tint(current.title))
        this.#drawRung(current)
        this.stage.update(current.people, { isAlone, speakerId: devices.speaker.deviceId })
        this.element.classList.toggle('is-held', current.isHeld || current.heldBy.length > 0)
        this.bar.update(current)
        this.#drawWaiting()
        if (this.#shown !== current) {
            this.#screenFault = null
            this.heading.focus()
        }
        this.#shown = current
    }

    close() {
        clearInterval(this.#timer)
        this.bar.close()
        this.stage.close()
    }

    // MARK: Inside

    async #share() {
        const { current } = this.#phone
        this.#screenFault = null
        this.#screenFault = await switchScreen(current.sharing)
        this.update()
    }

    #drawTrouble() {
        const { faults } = this.#phone.devices
        const isRead = this.#readFault === JSON.stringify(faults)
        this.trouble.show(this.#screenFault ?? (isRead ? null : explainDevices(faults)))
    }

    // The same again is told again.
    #dismissTrouble() {
        this.#screenFault = null
        this.#readFault = JSON.stringify(this.#phone.devices.faults)
        this.update()
    }

    #drawRung({ rung, isAnswered }) {
        const rows = rung.map(({ name, state, ring, identity }) => {
            const text = `${name}: ${ringInWords(state).toLowerCase()}`
            return { key: `${ring} ${identity} ${text}`, text, ring }
        })
        const key = rows.map((row) => row.key).join()
        if (this.rung.dataset.key === key) return
        this.rung.dataset.key = key
        this.rung.replaceChildren(...rows.map(({ text }) => make('li', { text })))
        this.ringing.classList.toggle('is-ringing', rows.length > 0 && !isAnswered)
    }

    #drawWaiting() {
        const phone = this.#phone
        const { waiting, current, incoming } = phone
        const key = JSON.stringify([waiting.map((one) => [one.call.id, one.title, one.isHeld]), current.call.id, current.isAnswered, current.rung.map(({ name, state }) => [name, state]), incoming.length])
        if (this.waiting.dataset.key === key) return
        this.waiting.dataset.key = key
        const lines = waiting.map((one) => {
            const together = current.isAnswered && one.isCall ? [
                button({ label: 'Connect them', kind: 'small primary', icon: 'transfer', testid: 'connect-them', title: `${one.title} and ${current.title}, without you`, onclick: () => phone.merge(one, { leave: true }) }),
                button({ label: 'All together', kind: 'small', icon: 'people', testid: 'all-together', onclick: () => phone.merge(one, { leave: false }) }),
            ] : []
            return banner('waiting-call', 'pause', `${one.title} is on hold`, ...together,
                button({ label: `Back to ${one.title}`, kind: 'small', testid: 'switch-to', onclick: () => phone.switchTo(one) }))
        })
        const rung = current.isAnswered ? current.rung.map(({ name, state, ring }) => banner('rung-person', 'phone', `${name}: ${ringInWords(state).toLowerCase()}`,
            button({ label: 'Stop calling', kind: 'small', testid: 'stop-calling', onclick: () => current.call.cancelRing(ring).catch(() => {}) }))) : []
        this.waiting.replaceChildren(...lines, ...rung)
    }

    #drawTime() {
        const { current } = this.#phone
        setText(this.time, current?.isAnswered ? durationInWords(Date.now() - current.answeredAt) : '')
    }
}

function banner(testid, picture, text, ...buttons) {
    return make('div', { class: 'banner calm', 'data-testid': testid }, icon(picture), make('span', { class: 'notice-words', text }), ...buttons)
}
