import { make, setIcon, setText, setAttribute, button } from './dom.js'
import { menuButton } from './menu.js'
import { audienceInWords } from './words.js'

// The bar below the stage. A pressed button means: it is on. Its name stays the same, as screen readers and voice
// control need it; what a press will do stands in the tooltip.

const tool = (id, label, rest) => button({ id, label, kind: 'tool', ...rest })
/** Telephones cannot. */
export const CAN_SHARE = navigator.mediaDevices?.getDisplayMedia !== undefined
const count = () => make('span', { class: 'count', 'aria-hidden': 'true', hidden: true })

export class Bar {
    #counts = { people: count(), chat: count() }

    /** `on`: what each button does, by its name; `reactions()`, `more()`, `leaving()`: items of the menus. */
    constructor({ on, reactions, more, leaving }) {
        const panel = (id, label, key, rest) =>
            tool(`${id}-toggle`, label, { onclick: on[id], 'aria-controls': id, 'aria-keyshortcuts': key, ...rest })
        const opensDialog = { 'aria-haspopup': 'dialog', kind: 'tool wide-only' }
        this.microphone = tool('microphone', 'Microphone', { icon: 'microphone', onclick: on.microphone, 'aria-keyshortcuts': 'm' })
        this.camera = tool('camera', 'Camera', { icon: 'camera', onclick: on.camera, 'aria-keyshortcuts': 'v' })
        this.screen = tool('screen', 'Share screen',
            { icon: 'screen', onclick: on.screen, hidden: !CAN_SHARE, 'aria-keyshortcuts': 's' })
        this.hand = tool('hand', 'Hand', { icon: 'hand', onclick: on.hand, 'aria-keyshortcuts': 'h', hidden: true })
        this.react = menuButton({ id: 'react', label: 'React', icon: 'smile', kind: 'tool wide-only', items: reactions, hidden: true })
        this.chat = panel('chat', 'Chat', 'c', { icon: 'chat', hidden: true })
        this.people = panel('people', 'People', 'p', { icon: 'people' })
        this.host = panel('host', 'Host', 'o', { icon: 'host', hidden: true, kind: 'tool wide-only' })
        const settings = tool('settings', 'Devices', { icon: 'settings', onclick: on.settings, ...opensDialog })
        const help = tool('help', 'Help', { icon: 'help', onclick: on.help, ...opensDialog })
        const others = menuButton({ id: 'more', label: 'More', icon: 'more', kind: 'tool narrow-only', items: more })
        // Whoever may end the meeting is asked which of the two they mean; for everybody else it is one press.
        this.leave = tool('leave', 'Leave', { icon: 'leave', onclick: on.leave, kind: 'tool leave' })
        this.leaving = menuButton({ id: 'leave-menu', label: 'Leave', icon: 'leave', kind: 'tool leave', items: leaving, hidden: true })
        for (const [id, element] of Object.entries(this.#counts)) this[id].append(element)
        this.element = make('div',
            { class: 'bar', role: 'toolbar', 'aria-label': 'Meeting controls', 'data-testid': 'bar' },
            make('div', { class: 'bar-tools' }, this.microphone, this.camera, this.screen, this.hand, this.react, this.chat,
                this.people, this.host, settings, help, others, this.leave, this.leaving))
    }

    update({ call, openPanel, unread, hasHost }) {
        const { devices, room, sharing, own } = call
        const { isAudible } = devices
        const isFilming = devices.video.phase === 'on'
        setToggle(this.microphone, devices.audio, isAudible, 'microphone', microphoneTitle(devices, own))
        setToggle(this.camera, devices.video, isFilming, 'camera', `Switch the camera ${isFilming ? 'off' : 'on'} (V)`)
        this.microphone.classList.toggle('is-locked', !own.mayUnmute && !isAudible)
        drawScreen(this.screen, sharing)
        // Whoever is counted sends nothing, so there is nothing to switch.
        for (const one of [this.microphone, this.camera]) one.hidden = room.isCounted
        this.screen.hidden = !CAN_SHARE || room.isCounted
        const isUp = room.me.hand !== undefined
        this.hand.hidden = this.react.hidden = !room.may('react')
        setAttribute(this.hand, 'aria-pressed', isUp)
        setAttribute(this.hand, 'title', isUp ? 'Lower your hand (H)' : 'Raise your hand (H)')
        this.chat.hidden = !room.may('chat') && room.messages.length === 0
        this.host.hidden = !hasHost
        this.leaving.hidden = !(room.may('end') && call.count + room.audience > 1)
        this.leave.hidden = !this.leaving.hidden
        for (const id of ['people', 'chat', 'host']) setAttribute(this[id], 'aria-expanded', openPanel === id)
        this.#drawCounts(call, unread)
    }

    #drawCounts({ room, count: people }, unread) {
        const waiting = room.may('admit') ? room.waiting.length : 0
        const rest = [room.audience > 0 ? audienceInWords(room.audience) : null, waiting > 0 ? `${waiting} waiting` : null]
        const here = people === 1 && !room.isCounted ? 'only you' : people
        setAttribute(this.people, 'aria-label', `People: ${[here, ...rest].filter((part) => part !== null).join(', ')}`)
        setAttribute(this.chat, 'aria-label', unread === 0 ? 'Chat' : `Chat: ${unread} new`)
        this.#counts.people.classList.toggle('is-urgent', waiting > 0)
        show(this.#counts.people, waiting > 0 ? waiting : people)
        show(this.#counts.chat, unread)
    }
}

function show(element, number) {
    element.hidden = number === 0
    setText(element, number > 99 ? '99+' : String(number))
}

/** `own`: what the room lets us do. */
export function microphoneTitle({ isAudible, audio }, own = { mayUnmute: true }) {
    if (isAudible) return 'Mute (M)'
    if (!own.mayUnmute) return 'The host has muted everybody'
    return audio.phase === 'on' ? 'Unmute (M), or hold Space to speak' : 'Switch the microphone on (M)'
}

/** A camera or a microphone: on, off, asked for, or broken. */
export function setToggle(element, device, isOn, picture, title) {
    setAttribute(element, 'aria-pressed', isOn)
    setAttribute(element, 'aria-busy', device.phase === 'asking' ? 'true' : null)
    element.classList.toggle('is-off', !isOn)
    element.classList.toggle('has-fault', device.phase === 'failed')
    setIcon(element.firstElementChild, isOn ? picture : `${picture}-off`)
    setAttribute(element, 'title', title)
}

/** Our shared screen; `sharing`: a `ScreenShare`. */
export function drawScreen(element, sharing) {
    const isSharing = sharing.stream !== null
    const waits = sharing.floor.place !== undefined
    setAttribute(element, 'aria-pressed', isSharing)
    setIcon(element.firstElementChild, isSharing ? 'screen-stop' : 'screen')
    element.disabled = !sharing.mayShare && !isSharing
    element.classList.toggle('is-waiting', waits)
    const ask = sharing.isBusy ? 'Ask to share next (S)' : 'Share a window or the whole screen (S)'
    setAttribute(element, 'title', isSharing ? 'Stop sharing (S)' : waits ? 'Give up your turn to share (S)' : ask)
}
