import { choiceRow, fieldRow, section, toggleRow } from './section.js'

const RULES = [
    { value: 'open', text: 'Everybody with the link comes in' },
    { value: 'approval', text: 'Somebody has to let them in' },
    { value: 'members', text: 'Only invited people come in' },
]

/** Who comes in, and how. */
export function doorSection(room) {
    const lock = toggleRow({
        id: 'lock', label: 'Lock the room', hint: 'Nobody else comes in.',
        onchange: (isOn) => isOn ? room.lock() : room.unlock(),
    })
    const rule = choiceRow({
        id: 'admission', label: 'Who comes in', options: RULES, onchange: (admission) => room.configure({ admission }),
    })
    const host = toggleRow({
        id: 'wait-for-host', label: 'Wait for a host', hint: 'Whoever comes before a host waits.',
        onchange: (waitForHost) => room.configure({ waitForHost }),
    })
    const pin = fieldRow({
        id: 'pin', label: 'PIN', hint: '', minlength: 4, maxlength: 32, done: 'The PIN is set.',
        onsubmit: async (value) => {
            await room.configure({ pin: value })
            pin.input.value = ''
        },
    })
    const domains = fieldRow({
        id: 'auto-admit', label: 'Comes in without waiting', hint: '', placeholder: 'example.org', done: 'That is set.',
        onsubmit: (value) => room.configure({ autoAdmit: autoAdmission(room, value) }),
    })
    return {
        element: section('The door', 'door', lock.element, rule.element, domains.element, host.element, pin.element),
        update() {
            lock.show(room.isLocked)
            rule.show(room.admission)
            domains.element.hidden = room.admission === 'open'
            domains.show(Object.keys(room.state.room.autoAdmit?.domains ?? {}).join(' '))
            domains.hint('Whose token is of one of these domains. Others wait, or need an invitation.')
            host.show(room.state.room.waitForHost === true)
            pin.hint(room.hasPIN ? 'There is one. Set an empty one to take it away.' : 'Whoever comes has to know it: 4 to 32 characters.')
        },
    }
}

/** What the room is told of domains; roles that come in by themselves stay as they are. Nothing of either: `null`. */
function autoAdmission(room, text) {
    const domains = Object.fromEntries(text.split(/[\s,;]+/).filter(Boolean).map((domain) => [domain.replace(/^@/, ''), true]))
    const { roles = {} } = room.state.room.autoAdmit ?? {}
    return Object.keys(domains).length + Object.keys(roles).length > 0 ? { domains, roles } : null
}
