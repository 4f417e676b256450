import { make, icon } from './dom.js'
import { devicePicker } from './device-picker.js'
import { EntryForm } from './entry-form.js'
import { roomOfAddress } from './names.js'
import { previewCard } from './preview.js'

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
