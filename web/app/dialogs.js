import { make, button } from './dom.js'
import { devicePicker } from './device-picker.js'

// The two dialogs of a meeting. <dialog> brings what is hard by hand: focus stays inside, Esc closes, focus returns.

const SHORTCUTS = [
    ['M', 'Microphone on or off'],
    ['Space', 'Hold it to speak while you are muted'],
    ['V', 'Camera on or off'],
    ['S', 'Share a screen, or stop it'],
    ['P', 'Who is here'],
    ['Esc', 'Close what is open'],
    ['?', 'This help'],
]

function dialog(id, title, ...content) {
    const attributes = { class: 'dialog', id, 'data-testid': id, 'aria-labelledby': `${id}-title` }
    const element = make('dialog', attributes,
        make('header', { class: 'panel-header' }, make('h2', { id: `${id}-title`, text: title }),
            button({
                id: `${id}-close`, icon: 'close', label: 'Close', kind: 'round plain', onclick: () => element.close(),
            })),
        ...content)
    // A click beside the dialog hits the element itself, never its content.
    element.addEventListener('click', (event) => event.target === element && element.close())
    element.addEventListener('close', () => element.remove())
    document.body.append(element)
    element.showModal()
    return element
}

export function openSettings(devices, meter) {
    const picker = devicePicker(devices, meter, 'settings')
    meter.listen(devices.audio.track)
    dialog('settings-dialog', 'Devices', picker.element).addEventListener('close', () => {
        picker.close()
        meter.listen(null)
    })
}

export function openHelp() {
    const rows = SHORTCUTS.flatMap(([key, meaning]) => [
        make('dt', {}, make('kbd', { text: key })), make('dd', { text: meaning }),
    ])
    dialog('help-dialog', 'Help', make('h3', { text: 'Keys' }), make('dl', { class: 'keys' }, ...rows),
        make('h3', { text: 'Where does my picture go?' }),
        make('p', { text: 'Straight to the others in this meeting, encrypted by your browser. The server introduces '
            + 'you to each other and keeps the list of people; it never sees or hears you.' }))
}

export function closeDialogs() {
    document.querySelectorAll('dialog[open]').forEach((element) => element.close())
}
