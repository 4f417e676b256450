import { make, button } from '../dom.js'
import { order } from '../order.js'
import { section, toggleRow } from './section.js'

/** Who is heard. */
export function soundSection(room) {
    const muteAll = button({
        id: 'mute-all', icon: 'microphone-off', label: 'Mute all', kind: 'small',
        onclick: () => order(room.muteAll({ except: [room.self] }), 'Everybody else is muted.'),
    })
    const silence = button({
        id: 'mute-all-firmly', icon: 'microphone-off', label: 'Mute all, nobody unmutes', kind: 'small',
        onclick: () => order(room.muteAll({ except: [room.self], mayUnmute: false }), 'Everybody is muted. Whoever wants to speak raises a hand.'),
    })
    const ask = button({
        id: 'ask-all', icon: 'microphone', label: 'Ask all to unmute', kind: 'small',
        onclick: () => {
            const muted = room.people.filter(({ isSelf, media }) => !isSelf && !media.audio).map(({ id }) => id)
            if (muted.length > 0) order(room.askUnmute(muted), 'They are asked.')
        },
    })
    const may = toggleRow({
        id: 'may-unmute', label: 'People may unmute themselves', onchange: (mayUnmute) => room.configure({ rules: { mayUnmute } }),
    })
    const joining = toggleRow({
        id: 'muted-on-join', label: 'Muted when they come in', onchange: (mutedOnJoin) => room.configure({ rules: { mutedOnJoin } }),
    })
    const rules = make('div', { class: 'stack' }, may.element, joining.element)
    return {
        element: section('Sound', 'sound', make('div', { class: 'row wrap' }, muteAll, silence, ask), rules),
        update() {
            rules.hidden = !room.may('settings')
            may.show(room.rules.mayUnmute !== false)
            joining.show(room.rules.mutedOnJoin === true)
        },
    }
}
