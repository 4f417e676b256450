import { make, icon, setIcon, setText, setAttribute, button } from './dom.js'
import { devicePicker } from './device-picker.js'
import { EntryForm } from './entry-form.js'
import { initials, roomOfAddress, tint } from './names.js'
import { noticeLine } from './notice.js'
import { explainDevices } from './device-words.js'

// Before the meeting: who am I, how do I look, which room. Joining never waits for a device.

/**
 * `join({name, room})` is called when both are in order; it answers with words if it did not work:
 * `{about: 'name' | 'room', title, text}`. Answers with `{element, focus, close}`.
 */
export function lobby({ devices, meter, join, trouble }) {
    const invited = roomOfAddress()
    const preview = previewCard(devices)
    const picker = devicePicker(devices, meter, 'lobby')
    const entry = new EntryForm({ invited, join, onName: preview.setName })
    if (trouble) entry.show(trouble)
    const element = make('main', { class: 'lobby', id: 'lobby', 'data-testid': 'lobby' },
        make('header', { class: 'brand' }, make('img', { src: '/favicon.svg', alt: '', width: 32, height: 32 }),
            make('span', { text: 'Parley' })),
        make('section', { class: 'lobby-self', 'aria-label': 'Your camera and microphone' },
            preview.element,
            make('details', { class: 'devices', 'data-testid': 'lobby-devices' },
                make('summary', {}, icon('settings'), make('span', { text: 'Devices and test sound' })),
                picker.element)),
        entry.element)
    document.title = invited === null ? 'Parley: start a meeting' : `Join ${invited} · Parley`
    return {
        element,
        focus: () => entry.focus(),
        close() {
            preview.close()
            picker.close()
        },
    }
}

function previewCard(devices) {
    const video = make('video', {
        class: 'mirrored', id: 'preview', 'data-testid': 'preview', 'aria-label': 'Your picture',
    })
    Object.assign(video, { muted: true, autoplay: true, playsInline: true })
    const face = make('span', { class: 'face', 'aria-hidden': 'true' })
    const words = make('p', { class: 'preview-words' })
    const microphone = toggle('lobby-microphone', 'microphone', () => {
        if (devices.audio.phase === 'on') devices.mute(!devices.isMuted)
        else {
            devices.mute(false)
            devices.turnOn('audio')
        }
    })
    const camera = toggle('lobby-camera', 'camera', () => {
        if (devices.video.phase === 'on' || devices.video.phase === 'asking') devices.turnOff('video')
        else devices.turnOn('video')
    })
    const stage = make('div', { class: 'preview' }, video, face, words,
        make('div', { class: 'preview-bar' }, microphone.element, camera.element))
    const notice = noticeLine('device-trouble')
    const update = () => {
        microphone.set(devices.isAudible, 'Microphone')
        camera.set(devices.video.phase === 'on', 'Camera')
        stage.classList.toggle('has-picture', devices.video.phase === 'on')
        const isAsking = devices.audio.phase === 'asking' || devices.video.phase === 'asking'
        setText(words, isAsking ? 'Your browser may ask for camera and microphone.' : 'Your camera is off')
        notice.show(isAsking ? null : explainDevices(devices.faults))
        // Without a picture no stream: a <video> that waits for its first one keeps the whole page from being loaded.
        const stream = devices.video.phase === 'on' ? devices.stream : null
        if (video.srcObject !== stream) video.srcObject = stream
    }
    const off = devices.on('change', update)
    update()
    return {
        element: make('div', { class: 'preview-card' }, stage, notice.element),
        setName(name) {
            if (name === '') face.replaceChildren(icon('person'))
            else setText(face, initials(name))
            setAttribute(face, 'data-tint', name === '' ? null : tint(name))
        },
        close() {
            off()
            video.srcObject = null
        },
    }
}

function toggle(id, picture, onclick) {
    const element = button({ id, icon: picture, label: '', kind: 'round', onclick })
    return {
        element,
        set(isOn, name) {
            setAttribute(element, 'aria-pressed', isOn)
            setAttribute(element, 'title', `${name} is ${isOn ? 'on' : 'off'}`)
            setText(element.lastElementChild, name)
            setIcon(element.firstElementChild, isOn ? picture : `${picture}-off`)
        },
    }
}
