import { make, button } from '../dom.js'
import { confirmed } from '../dialog.js'
import { order } from '../order.js'
import { SidePanel } from '../side-panel.js'
import { breakoutsSection } from './breakouts-section.js'
import { doorSection } from './door-section.js'
import { invitationsSection } from './invitations-section.js'
import { permissionsSection } from './permissions-section.js'
import { recordingSection } from './recording-section.js'
import { commandButton, fieldRow, section } from './section.js'
import { soundSection } from './sound-section.js'

// Everything that a host decides, in one place. Each part shows if one's role may do it.

const PARTS = [
    { make: soundSection, permission: 'mute' },
    { make: permissionsSection, permission: 'settings' },
    { make: doorSection, permission: 'settings' },
    { make: invitationsSection, permission: 'admit' },
    { make: recordingSection, permission: 'record' },
    { make: breakoutsSection, permission: 'breakouts' },
    { make: bansSection, permission: 'remove' },
    { make: aboutSection, permission: 'settings' },
    { make: endSection, permission: 'end' },
]

// What the server takes where the room says nothing.
const STAGE_USUAL = 50
/** The most that a server takes. */
const STAGE_MAX = 1_000

/** Whether there is anything in the panel for somebody. */
export const hasHostPanel = (room) => PARTS.some(({ permission }) => room.may(permission))

export class HostPanel extends SidePanel {
    #room
    #parts

    constructor({ room, alias, onclose }) {
        super({ id: 'host', title: 'Host', onclose })
        this.#room = room
        this.#parts = PARTS.map((part) => ({ ...part.make(room, alias), permission: part.permission }))
        this.fill(...this.#parts.map(({ element }) => element))
    }

    update() {
        for (const { element, permission, update } of this.#parts) {
            element.hidden = !this.#room.may(permission)
            if (!element.hidden) update?.(element)
        }
    }
}

function aboutSection(room) {
    const topic = fieldRow({
        id: 'topic', label: 'Topic', maxlength: 120, done: 'The topic is set.', onsubmit: (value) => room.configure({ topic: value }),
    })
    const minutes = fieldRow({
        id: 'maximum', label: 'Ends after (minutes from its beginning)', type: 'number', min: 1, max: 1440, done: 'The end is set.',
        onsubmit: (value) => room.configure({ maximumMilliseconds: value === '' ? null : Number(value) * 60_000 }),
    })
    const stage = fieldRow({
        id: 'stage-max', label: 'People on the stage', type: 'number', min: 1, max: STAGE_MAX, done: 'The stage is set.',
        hint: 'Whoever comes when it is full is in the audience.',
        onsubmit: (value) => room.configure({ stageMax: value === '' ? null : Number(value) }),
    })
    return {
        element: section('About this meeting', 'about', topic.element, minutes.element, stage.element),
        update() {
            topic.show(room.topic ?? '')
            stage.show(String(room.state.room.stageMax ?? STAGE_USUAL))
        },
    }
}

function bansSection(room) {
    const list = make('ul', { class: 'plain-list', 'data-testid': 'bans' })
    let drawn = ''
    return {
        element: section('Kept out', 'bans-section', list),
        update(element) {
            element.hidden = room.bans.length === 0
            const signature = JSON.stringify(room.bans)
            if (signature === drawn) return
            drawn = signature
            list.replaceChildren(...room.bans.map(({ id, name }) => make('li', { class: 'row' },
                make('span', { class: 'grow', text: name ?? 'Somebody' }),
                commandButton(undefined, 'Let back in', () => room.unban(id), { testid: 'unban', done: 'They may come back.' }))))
        },
    }
}

function endSection(room) {
    return {
        element: section('The end', 'end', button({
            id: 'end', icon: 'leave', label: 'End for everybody', kind: 'danger small', onclick: () => endForAll(room),
        })),
    }
}

export async function endForAll(room) {
    const isSure = await confirmed({ title: 'End the meeting for everybody?', text: 'All leave, and the room is over.', label: 'End it' })
    if (isSure) order(room.end())
}
