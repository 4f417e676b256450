import { button, icon, make, setAttribute, setIcon, setText } from '/app/dom.js'
import { listenToKeys } from '/app/keys.js'
import { closeMenu, openMenu } from '/app/menu.js'
import { initials, tint } from '/app/names.js'
import { noticeLine } from '/app/notice.js'
import { explainDevices } from '/app/device-words.js'
import { Player } from '/app/sound.js'
import { Stage } from '/app/stage.js'
import { durationInWords } from './words.js'

/** The call one is in: who is there, what one can do, and those who wait meanwhile. */
export class CallPane {
    #phone
    #player = new Player()
    #shown = null
    #timer
    #endKeys

    constructor(phone) {
        this.#phone = phone
        this.heading = make('h1', { class: 'meeting-room', tabindex: -1, 'data-testid': 'call-title' })
        this.state = make('span', { class: 'meeting-count', role: 'status', 'data-testid': 'call-state' })
        this.time = make('span', { class: 'meeting-count', role: 'timer', 'data-testid': 'call-time' })
        this.trouble = noticeLine('device-trouble', { kind: 'banner' })
        this.waiting = make('div', { class: 'banners', 'data-testid': 'waiting-calls' })
        this.rung = make('ul', { class: 'rung', 'data-testid': 'rung', 'aria-label': 'Being called' })
        this.face = make('span', { class: 'face', 'aria-hidden': 'true' })
        this.ringing = make('div', { class: 'ringing' }, this.face, this.rung)
        this.sound = button({ id: 'sound-on', icon: 'sound', label: 'Turn sound on', kind: 'primary', hidden: true, onclick: () => this.#player.unblock() })
        this.stage = new Stage({ player: this.#player, invitation: this.ringing, onretry: (id) => phone.current?.call.mesh.restart(id) })
        this.#player.on('blocked', (isBlocked) => { this.sound.hidden = !isBlocked })
        this.element = make('section', { class: 'call-pane', 'aria-label': 'Call', 'data-testid': 'call', hidden: true },
            make('header', { class: 'meeting-header' }, this.heading, this.state, this.time, this.sound),
            this.trouble.element, this.waiting, make('div', { class: 'meeting-body' }, this.stage.element), this.#makeBar())
        this.#timer = setInterval(() => this.#drawTime(), 1000)
        const press = (name) => () => { if (this.hasCall && !this.tools[name].disabled) this.tools[name].click() }
        this.#endKeys = listenToKeys({ actions: { m: press('microphone'), v: press('camera'), p: press('hold') }, talk: () => false })
    }

    get hasCall() { return this.#phone.current !== null }

    update() {
        const { current, devices } = this.#phone
        this.element.hidden = current === null
        if (current === null) {
            this.stage.update([], { isAlone: false, speakerId: '' })
            this.#shown = null
            closeMenuOf(this.element)
            return
        }
        setText(this.heading, current.title)
        setText(this.state, current.state)
        this.trouble.show(explainDevices({ audio: devices.faults.audio, video: devices.video.phase === 'failed' ? devices.faults.video : null }))
        this.#drawTime()
        const isAlone = current.others.length === 0
        setText(this.face, initials(current.title))
        setAttribute(this.face, 'data-tint', tint(current.title))
        this.#drawRung(current)
        this.stage.update(current.people, { isAlone, speakerId: devices.speaker.deviceId })
        this.element.classList.toggle('is-held', current.isHeld || current.heldBy.length > 0)
        this.#drawBar(current)
        this.#drawWaiting()
        if (this.#shown !== current) this.heading.focus()
        this.#shown = current
    }

    close() {
        clearInterval(this.#timer)
        this.#endKeys()
        this.stage.close()
    }

    // MARK: Inside

    #makeBar() {
        const phone = this.#phone
        const { devices } = phone
        this.tools = {
            microphone: tool('microphone', 'Microphone', 'Microphone (M)', () => devices.audio.phase === 'on' ? devices.mute(!devices.isMuted) : devices.turnOn('audio')),
            camera: tool('camera', 'Camera', 'Camera (V)', () => devices.video.phase === 'off' || devices.video.phase === 'failed' ? devices.turnOn('video') : devices.turnOff('video')),
            hold: tool('hold', 'Hold', 'Hold, or go on (P)', () => phone.toggleHold(), 'pause'),
            transfer: tool('transfer', 'Transfer', 'Pass the call on', () => this.#choose(this.tools.transfer, 'transfer'), 'transfer'),
            add: tool('add', 'Add', 'Call somebody into this call', () => this.#choose(this.tools.add, 'add'), 'add-person'),
            leave: tool('hang-up', 'Hang up', 'Hang up', () => phone.hangUp(), 'leave'),
        }
        for (const one of [this.tools.transfer, this.tools.add]) setAttribute(one, 'aria-haspopup', 'menu')
        this.tools.leave.classList.add('leave')
        return make('footer', { class: 'bar' }, make('div', { class: 'bar-tools', role: 'toolbar', 'aria-label': 'Call' }, ...Object.values(this.tools)))
    }

    #drawBar(current) {
        const { devices } = this.#phone
        const { microphone, camera, hold, transfer, add } = this.tools
        const toggles = [[microphone, 'microphone', devices.isAudible], [camera, 'camera', devices.video.phase === 'on']]
        for (const [element, picture, isOn] of toggles) {
            setAttribute(element, 'aria-pressed', isOn)
            element.classList.toggle('is-off', !isOn)
            setIcon(element.firstElementChild, isOn ? picture : `${picture}-off`)
        }
        setAttribute(hold, 'aria-pressed', current.isHeld)
        setIcon(hold.firstElementChild, current.isHeld ? 'play' : 'pause')
        setText(hold.lastElementChild, current.isHeld ? 'Resume' : 'Hold')
        for (const element of [hold, transfer, add]) element.disabled = !current.isAnswered
        // A meeting has a host, who is not to be passed on.
        if (!current.isCall) transfer.disabled = true
    }

    // A contact, then what to do: each of them by one key less than a dialog would take.
    #choose(opener, action) {
        const phone = this.#phone
        const here = phone.current.others.map(({ name, identity }) => ({ name, identity }))
        const people = phone.contacts.all.filter(({ user, name }) => !here.some((one) => one.identity === user || one.name === name))
        const items = people.flatMap(({ user, name }) => action === 'add'
            ? [{ id: `add-${user}`, label: `Call ${name} into this call`, icon: 'add-person', onclick: () => phone.add(user) }]
            : [
                { id: `transfer-${user}`, label: `To ${name}, at once`, icon: 'transfer', onclick: () => phone.transfer(user) },
                { id: `ask-${user}`, label: `Ask ${name} first`, icon: 'phone', onclick: () => phone.call(user) },
            ])
        openMenu(opener, items.length > 0 ? items : [{ id: 'nobody', label: 'Nobody else is in your list', onclick() {} }])
    }

    #drawRung({ rung, isAnswered }) {
        const rows = rung.map(({ name, state, ring, identity }) => {
            const text = `${name}: ${{ calling: 'calling…', ringing: 'ringing…' }[state] ?? state}`
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
        const rung = current.isAnswered ? current.rung.map(({ name, state, ring }) => banner('rung-person', 'phone', `${name}: ${state}`,
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

function tool(id, label, title, onclick, picture = id) {
    return button({ id, icon: picture, label, kind: 'tool', title, onclick })
}

function closeMenuOf(element) {
    if (element.contains(document.activeElement)) closeMenu()
}
