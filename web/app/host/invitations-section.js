import { make, button } from '../dom.js'
import { announce } from '../announce.js'
import { inviteLink } from '../names.js'
import { order } from '../order.js'
import { roleInWords } from '../people/roles.js'
import { choiceRow, section } from './section.js'

const ROLES = ['participant', 'speaker', 'co-host', 'audience'].map((role) => ({ value: role, text: `as ${roleInWords(role)}` }))

/** Links that let somebody in, past the waiting room, in a role. The secret in them is shown once. */
export function invitationsSection(room, alias) {
    const label = make('input', { type: 'text', id: 'invitation-label', 'data-testid': 'invitation-label', maxlength: 64, placeholder: 'For whom' })
    const role = choiceRow({ id: 'invitation-role', label: 'They come', options: ROLES, onchange: async () => {} })
    const link = make('input', { type: 'text', readonly: true, hidden: true, 'aria-label': 'Invitation', 'data-testid': 'invitation-link', onfocus: () => link.select() })
    const list = make('ul', { class: 'plain-list', 'data-testid': 'invitations' })
    let drawn = ''
    const invite = async (event) => {
        event.preventDefault()
        const wanted = { label: label.value.trim() || undefined, role: role.element.querySelector('select').value, bypass: true }
        const made = {}
        if (!await order(room.invite(wanted).then((invitation) => Object.assign(made, invitation)))) return
        link.hidden = made.secret === undefined
        link.value = inviteLink(alias, made.secret)
        label.value = ''
        announce('The invitation is made. Copy the link: it is shown only now.')
        link.focus()
    }
    const draw = () => list.replaceChildren(...room.invitations.map(({ id, label: whom, role: as, uses, usesMax }) => make('li', { class: 'row' },
        make('span', { class: 'grow', text: `${whom ?? 'Invitation'} (${roleInWords(as ?? 'participant')}, used ${uses ?? 0}${usesMax ? ` of ${usesMax}` : ''} times)` }),
        button({ label: 'Take back', kind: 'small', testid: 'revoke', onclick: () => order(room.revoke(id), 'The invitation is taken back.') }))))
    return {
        element: section('Invitations', 'invitations-section',
            make('form', { class: 'field', onsubmit: invite }, make('label', { for: 'invitation-label', text: 'A link that lets somebody in' }),
                make('div', { class: 'row' }, label, button({ id: 'invite', label: 'Make', kind: 'small', type: 'submit' }))),
            role.element, link, list),
        update() {
            const signature = JSON.stringify(room.invitations)
            if (signature === drawn) return
            drawn = signature
            draw()
        },
    }
}
