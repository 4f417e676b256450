import { announce } from '../announce.js'
import { make, button } from '../dom.js'
import { inviteLink } from '../names.js'
import { order } from '../order.js'
import { roleInWords } from '../people/roles.js'
import { choiceRow, commandButton, section } from './section.js'

const ROLES = ['participant', 'speaker', 'co-host', 'audience'].map((role) => ({ value: role, text: `as ${roleInWords(role)}` }))

/** Links that let somebody in, past the waiting room, in a role. The secret in them is shown once. */
export function invitationsSection(room, alias) {
    const label = make('input', {
        type: 'text', id: 'invitation-label', 'data-testid': 'invitation-label', maxlength: 64, placeholder: 'For whom',
    })
    const role = choiceRow({ id: 'invitation-role', label: 'They come', options: ROLES, onchange: async () => {} })
    const link = make('input', {
        type: 'text', readonly: true, hidden: true, 'aria-label': 'Invitation', 'data-testid': 'invited-link',
        onfocus: () => link.select(),
    })
    const list = make('ul', { class: 'plain-list', 'data-testid': 'invitations' })
    const invite = async (event) => {
        event.preventDefault()
        const made = {}
        const asked = room.invite({ label: label.value.trim() || undefined, role: role.value, bypass: true })
        if (!await order(asked.then((invitation) => Object.assign(made, invitation)))) return
        link.hidden = made.secret === undefined
        label.value = ''
        if (link.hidden) return announce('Its link was lost on the way. Take this invitation back, and make another one.')
        link.value = inviteLink(alias, made.secret)
        announce('The invitation is made. Copy the link: it is shown only now.')
        link.focus()
    }
    const form = make('form', { class: 'field', onsubmit: invite },
        make('label', { for: 'invitation-label', text: 'A link that lets somebody in' }),
        make('div', { class: 'row' }, label, button({ id: 'invite', label: 'Make', kind: 'small', type: 'submit' })))
    let drawn = ''
    return {
        element: section('Invitations', 'invitations-section', form, role.element, link, list),
        update() {
            const signature = JSON.stringify(room.invitations)
            if (signature === drawn) return
            drawn = signature
            list.replaceChildren(...room.invitations.map((invitation) => item(invitation, room)))
        },
    }
}

function item({ id, label = 'Invitation', role = 'participant', uses = 0, usesMax }, room) {
    const times = usesMax === undefined ? `used ${uses} times` : `used ${uses} of ${usesMax} times`
    return make('li', { class: 'row' }, make('span', { class: 'grow', text: `${label} (${roleInWords(role)}, ${times})` }),
        commandButton(undefined, 'Take back', () => room.revoke(id), { testid: 'revoke', done: 'The invitation is taken back.' }))
}
