import { make } from '../dom.js'
import { commandButton, section, toggleRow } from './section.js'

/** Who is heard. */
export function soundSection(room) {
    const others = () => room.people.filter(({ isSelf, media, counted }) => !isSelf && !counted && !media.audio).map(({ id }) => id)
    const all = { except: [room.self] }
    const buttons = [
        commandButton('mute-all', 'Mute all', () => room.muteAll(all), { icon: 'microphone-off', done: 'Everybody else is muted.' }),
        commandButton('mute-all-firmly', 'Mute all, nobody unmutes', () => room.muteAll({ ...all, mayUnmute: false }), {
            icon: 'microphone-off', done: 'Everybody is muted. Whoever wants to speak raises a hand.',
        }),
        commandButton('ask-all', 'Ask all to unmute', async () => others().length > 0 && room.askUnmute(others()), {
            icon: 'microphone', done: 'They are asked.',
        }),
    ]
    const may = toggleRow({
        id: 'may-unmute', label: 'People may unmute themselves', onchange: (mayUnmute) => room.configure({ rules: { mayUnmute } }),
    })
    const joining = toggleRow({
        id: 'muted-on-join', label: 'Muted when they come in', onchange: (mutedOnJoin) => room.configure({ rules: { mutedOnJoin } }),
    })
    const rules = make('div', { class: 'stack' }, may.element, joining.element)
    return {
        element: section('Sound', 'sound', make('div', { class: 'row wrap' }, ...buttons), rules),
        update() {
            rules.hidden = !room.may('settings')
            may.show(room.rules.mayUnmute !== false)
            joining.show(room.rules.mutedOnJoin === true)
        },
    }
}
