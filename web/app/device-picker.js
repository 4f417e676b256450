import { make, setText, button } from './dom.js'
import { audioContext } from './level.js'

// Which camera, which microphone, which speaker; the same in the lobby and during a meeting.

const KINDS = [
    { kind: 'video', label: 'Camera', unnamed: 'Camera' },
    { kind: 'audio', label: 'Microphone', unnamed: 'Microphone' },
    { kind: 'speaker', label: 'Speaker', unnamed: 'Speaker' },
]

/** `prefix` keeps the ids of the lobby and of the settings apart. Answers with `{element, close}`. */
export function devicePicker(devices, meter, prefix) {
    const kinds = KINDS.filter(({ kind }) => kind !== 'speaker' || devices.canChooseSpeaker)
    const selects = kinds.map((entry) => ({ ...entry, select: choice(devices, entry, prefix) }))
    const bar = levelBar(meter)
    const rows = selects.map(({ kind, label, select }) => make('div', { class: 'field' },
        make('label', { for: select.id, text: label }), select,
        kind === 'audio' ? bar.element : null,
        kind === 'speaker' ? testSound(devices, prefix) : null))
    const update = () => selects.forEach((entry) => fill(entry, devices))
    const off = devices.on('change', update)
    update()
    return {
        element: make('div', { class: 'picker' }, ...rows),
        close() {
            off()
            bar.close()
        },
    }
}

function choice(devices, { kind }, prefix) {
    const id = `${prefix}-${kind}`
    return make('select', { id, 'data-testid': id, onchange: (event) => devices.choose(kind, event.target.value) })
}

/** Writes the options only when they differ: an open list must not jump. */
function fill({ kind, select, unnamed }, devices) {
    const list = devices.lists[kind]
    const wanted = list.length === 0
        ? [{ id: '', label: `No ${unnamed.toLowerCase()} to choose from` }]
        : list.map(({ id, label }, index) => ({ id, label: label || `${unnamed} ${index + 1}` }))
    const signature = JSON.stringify(wanted)
    if (select.dataset.options !== signature) {
        select.dataset.options = signature
        select.replaceChildren(...wanted.map(({ id, label }) => make('option', { value: id, text: label })))
    }
    select.disabled = list.length === 0
    const chosen = devices[kind].track?.getSettings().deviceId ?? devices[kind].deviceId
    if (list.some(({ id }) => id === chosen)) select.value = chosen
}

/** The bar that moves with your voice, and the sentence that says so to those who do not see it. */
export function levelBar(meter) {
    const fillElement = make('span', { class: 'level-fill' })
    const words = make('span', { class: 'hint', text: 'Say something: the bar moves with your voice.' })
    const offLevel = meter.on('level', (level) => fillElement.style.setProperty('--level', level.toFixed(3)))
    const offSpeaking = meter.on('speaking', (isSpeaking) => {
        if (isSpeaking) setText(words, 'Your microphone works.')
    })
    return {
        element: make('div', { class: 'level' },
            make('span', { class: 'level-track', 'aria-hidden': 'true', 'data-testid': 'level' }, fillElement), words),
        close() {
            offLevel()
            offSpeaking()
        },
    }
}

function testSound(devices, prefix) {
    return button({
        id: `${prefix}-test-sound`, icon: 'sound', label: 'Play a test sound', kind: 'quiet small',
        onclick: () => playChime(devices.speaker.deviceId),
    })
}

/** Two soft notes, through the chosen speaker: an audio element, because not every audio context can choose one. */
async function playChime(speakerId) {
    const context = audioContext()
    if (context === null) return
    const destination = context.createMediaStreamDestination()
    const player = new Audio()
    player.srcObject = destination.stream
    if (speakerId !== '') await player.setSinkId?.(speakerId).catch(() => {})
    await player.play().catch(() => {})
    for (const [index, frequency] of [523.25, 783.99].entries()) {
        const note = context.createOscillator()
        const loudness = context.createGain()
        const start = context.currentTime + 0.05 + index * 0.22
        note.frequency.value = frequency
        loudness.gain.setValueAtTime(0, start)
        loudness.gain.linearRampToValueAtTime(0.18, start + 0.03)
        loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.6)
        note.connect(loudness).connect(destination)
        note.start(start)
        note.stop(start + 0.65)
    }
    setTimeout(() => { player.srcObject = null; }, 1500)
}
