import { make, setIcon, setText, setAttribute, button } from './dom.js'

// The bar below the stage. A pressed button means: it is on. Its name stays the same, as screen readers and voice
// control need it; what a press will do stands in the tooltip.

export class Bar {
    constructor({ onmicrophone, oncamera, onscreen, onpeople, onsettings, onhelp, onleave }) {
        const canShare = navigator.mediaDevices?.getDisplayMedia !== undefined
        const tool = (id, label, rest) => button({ id, label, kind: 'tool', ...rest })
        this.microphone = tool('microphone', 'Microphone',
            { icon: 'microphone', onclick: onmicrophone, 'aria-keyshortcuts': 'm' })
        this.camera = tool('camera', 'Camera', { icon: 'camera', onclick: oncamera, 'aria-keyshortcuts': 'v' })
        this.screen = tool('screen', 'Share screen',
            { icon: 'screen', onclick: onscreen, hidden: !canShare, 'aria-keyshortcuts': 's' })
        this.people = tool('people-toggle', 'People',
            { icon: 'people', onclick: onpeople, 'aria-controls': 'people', 'aria-keyshortcuts': 'p' })
        this.count = make('span', { class: 'count', 'aria-hidden': 'true' })
        this.people.append(this.count)
        const opensDialog = { 'aria-haspopup': 'dialog' }
        const settings = tool('settings', 'Devices', { icon: 'settings', onclick: onsettings, ...opensDialog })
        const help = tool('help', 'Help', { icon: 'help', onclick: onhelp, kind: 'tool wide-only', ...opensDialog })
        const leave = tool('leave', 'Leave', { icon: 'leave', onclick: onleave, kind: 'tool leave' })
        const tools = [this.microphone, this.camera, this.screen, this.people, settings, help, leave]
        this.element = make('div',
            { class: 'bar', role: 'toolbar', 'aria-label': 'Meeting controls', 'data-testid': 'bar' },
            make('div', { class: 'bar-tools' }, ...tools))
    }

    update({ devices, isSharing, isPeopleOpen, count }) {
        const { isAudible } = devices
        const isFilming = devices.video.phase === 'on'
        const unmute = devices.audio.phase === 'on'
            ? 'Unmute (M), or hold Space to speak'
            : 'Switch the microphone on (M)'
        setToggle(this.microphone, devices.audio, isAudible, 'microphone', isAudible ? 'Mute (M)' : unmute)
        setToggle(this.camera, devices.video, isFilming, 'camera', `Switch the camera ${isFilming ? 'off' : 'on'} (V)`)
        setAttribute(this.screen, 'aria-pressed', isSharing)
        setIcon(this.screen.firstElementChild, isSharing ? 'screen-stop' : 'screen')
        setAttribute(this.screen, 'title', isSharing ? 'Stop sharing (S)' : 'Share a window or the whole screen (S)')
        setAttribute(this.people, 'aria-expanded', isPeopleOpen)
        setAttribute(this.people, 'aria-label', count === 1 ? 'People: only you' : `People: ${count}`)
        setText(this.count, String(count))
    }
}

function setToggle(element, device, isOn, picture, title) {
    setAttribute(element, 'aria-pressed', isOn)
    setAttribute(element, 'aria-busy', device.phase === 'asking' ? 'true' : null)
    element.classList.toggle('is-off', !isOn)
    element.classList.toggle('has-fault', device.phase === 'failed')
    setIcon(element.firstElementChild, isOn ? picture : `${picture}-off`)
    setAttribute(element, 'title', title)
}
