import { make, icon, setIcon, setText, setAttribute, button } from './dom.js'
import { explainDevices } from './device-words.js'
import { initials, tint } from './names.js'
import { noticeLine } from './notice.js'

/** How one looks, with the two switches: before the meeting, and at its door. Answers with `{ element, setName, close }`. */
export function previewCard(devices) {
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
