import { make } from './dom.js'
import { devicePicker } from './device-picker.js'
import { dialog } from './dialog.js'

// The two dialogs that are always there: devices, and help.

const SHORTCUTS = [
    ['M', 'Microphone on or off'],
    ['Space', 'Hold it to speak while you are muted'],
    ['V', 'Camera on or off'],
    ['S', 'Share a screen, or stop it'],
    ['H', 'Raise your hand, or lower it'],
    ['C', 'Chat'],
    ['P', 'Who is here'],
    ['O', 'What a host decides'],
    ['Esc', 'Close what is open'],
    ['?', 'This help'],
]

/** Answers with the dialog. The meter hears the microphone that is chosen now. */
export function openSettings(devices, meter) {
    const picker = devicePicker(devices, meter, 'settings')
    meter.listen(devices.audio.track)
    const off = devices.on('track', ({ kind, track }) => kind === 'audio' && meter.listen(track))
    const element = dialog('settings-dialog', 'Devices', {}, picker.element)
    element.addEventListener('close', () => {
        off()
        picker.close()
        meter.listen(null)
    })
    return element
}

export function openHelp() {
    const rows = SHORTCUTS.flatMap(([key, meaning]) => [
        make('dt', {}, make('kbd', { text: key })), make('dd', { text: meaning }),
    ])
    dialog('help-dialog', 'Help', {}, make('h3', { text: 'Keys' }), make('dl', { class: 'keys' }, ...rows),
        make('h3', { text: 'Where does my picture go?' }),
        make('p', { text: 'Straight to the others in this meeting, encrypted by your browser. The server introduces '
            + 'you to each other and keeps the list of people; it never sees or hears you.' }))
}
