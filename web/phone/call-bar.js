import { announce } from '/app/announce.js'
import { CAN_SHARE, drawScreen, microphoneTitle, setToggle } from '/app/bar.js'
import { button, make, setAttribute, setIcon, setText } from '/app/dom.js'
import { listenToKeys } from '/app/keys.js'
import { openMenu } from '/app/menu.js'
import { askWhom } from './ask-whom.js'

/** What one can do in a call. The first four buttons have a key each. */
export class CallBar {
    #phone
    #onheed
    #endKeys

    /** `onshare`, `onsettings`: what two of them open; `onheed`: a device is wanted, whatever was said about it before. */
    constructor(phone, { onshare, onsettings, onheed }) {
        this.#phone = phone
        this.#onheed = onheed
        this.tools = {
            microphone: tool('microphone', 'Microphone', null, () => this.#microphone()),
            camera: tool('camera', 'Camera', null, () => this.#camera()),
            screen: tool('screen', 'Share screen', null, onshare),
            hold: tool('hold', 'Hold', 'Hold, or go on (P)', () => phone.toggleHold(), 'pause'),
            transfer: tool('transfer', 'Transfer', 'Pass the call on', () => this.#choose('transfer'), 'transfer'),
            add: tool('add', 'Add', 'Call somebody into this call', () => this.#choose('add'), 'add-person'),
            settings: tool('settings', 'Devices', 'Which microphone, camera and speaker', onsettings),
            leave: tool('hang-up', 'Hang up', 'Hang up', () => phone.hangUp(), 'leave'),
        }
        const { microphone, camera, screen, hold, transfer, add, settings, leave } = this.tools
        const keys = { m: microphone, v: camera, s: screen, p: hold }
        for (const [key, one] of Object.entries(keys)) setAttribute(one, 'aria-keyshortcuts', key)
        for (const one of [transfer, add]) setAttribute(one, 'aria-haspopup', 'menu')
        setAttribute(settings, 'aria-haspopup', 'dialog')
        screen.hidden = !CAN_SHARE
        leave.classList.add('leave')
        this.element = make('footer', { class: 'bar' }, make('div', { class: 'bar-tools', role: 'toolbar', 'aria-label': 'Call' }, ...Object.values(this.tools)))
        const press = (one) => () => { if (phone.current !== null && !one.disabled && !one.hidden) one.click() }
        this.#endKeys = listenToKeys({ actions: Object.fromEntries(Object.entries(keys).map(([key, one]) => [key, press(one)])), talk: () => false })
    }

    update(current) {
        const { devices } = this.#phone
        const { microphone, camera, screen, hold, transfer, add } = this.tools
        const isFilming = devices.video.phase === 'on'
        setToggle(microphone, devices.audio, devices.isAudible, 'microphone', microphoneTitle(devices))
        setToggle(camera, devices.video, isFilming, 'camera', `Switch the camera ${isFilming ? 'off' : 'on'} (V)`)
        drawScreen(screen, current.sharing)
        setAttribute(hold, 'aria-pressed', current.isHeld)
        setIcon(hold.firstElementChild, current.isHeld ? 'play' : 'pause')
        setText(hold.lastElementChild, current.isHeld ? 'Resume' : 'Hold')
        // Nobody sees it yet.
        if (!current.isAnswered) screen.disabled = true
        for (const element of [hold, transfer, add]) element.disabled = !current.isAnswered
        // A meeting has a host, who is not to be passed on.
        if (!current.isCall) transfer.disabled = true
    }

    close() { this.#endKeys() }

    async #microphone() {
        const { devices } = this.#phone
        const before = devices.isAudible
        this.#onheed()
        if (devices.audio.phase === 'on') devices.mute(!devices.isMuted)
        else await devices.turnOn('audio')
        if (devices.isAudible !== before) announce(`Microphone ${before ? 'off' : 'on'}.`, { isQuiet: true })
    }

    async #camera() {
        const { devices } = this.#phone
        const { phase } = devices.video
        this.#onheed()
        if (phase === 'off' || phase === 'failed') await devices.turnOn('video')
        else devices.turnOff('video')
        if (devices.video.phase !== 'failed') announce(`Camera ${devices.video.phase === 'on' ? 'on' : 'off'}.`, { isQuiet: true })
    }

    // A contact, then what to do: each of them by one key less than a dialog would take.
    #choose(action) {
        const phone = this.#phone
        const here = phone.current.others.map(({ name, identity }) => ({ name, identity }))
        const people = phone.contacts.all.filter(({ user, name }) => !here.some((one) => one.identity === user || one.name === name))
        const items = people.flatMap(({ user, name }) => action === 'add'
            ? [{ id: `add-${user}`, label: `Call ${name} into this call`, icon: 'add-person', onclick: () => phone.add(user) }]
            : [
                { id: `transfer-${user}`, label: `To ${name}, at once`, icon: 'transfer', onclick: () => phone.transfer(user) },
                { id: `ask-${user}`, label: `Ask ${name} first`, icon: 'phone', onclick: () => phone.call(user) },
            ])
        const other = { id: `${action}-other`, label: 'Somebody else…', icon: 'person', onclick: () => this.#ask(action) }
        openMenu(this.tools[action], [...items, other])
    }

    #ask(action) {
        const phone = this.#phone
        const actions = action === 'add' ? [{ id: 'whom-add', label: 'Call them', onclick: (user) => phone.add(user) }] : [
            { id: 'whom-transfer', label: 'Transfer at once', onclick: (user) => phone.transfer(user) }, { id: 'whom-ask', label: 'Ask first', onclick: (user) => phone.call(user) },
        ]
        askWhom({ title: action === 'add' ? 'Call somebody into this call' : 'Pass the call on', own: phone.user, actions })
    }
}

function tool(id, label, title, onclick, picture = id) {
    return button({ id, icon: picture, label, kind: 'tool', title, onclick })
}
