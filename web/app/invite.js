import { make, icon, setText, button } from './dom.js'
import { announce } from './announce.js'
import { inviteLink } from './names.js'

// How others come in: a link to copy, to share, or to read aloud.

export function inviteBox(room, prefix) {
    const link = inviteLink(room)
    const field = make('input', {
        type: 'text', readonly: true, value: link, id: `${prefix}-link`, 'data-testid': `${prefix}-link`,
        'aria-label': 'Link to this meeting',
        onfocus: (event) => event.target.select(),
    })
    const copy = button({
        id: `${prefix}-copy`, icon: 'copy', label: 'Copy link', kind: 'primary',
        onclick: () => copyLink(link, field, copy),
    })
    const share = typeof navigator.share !== 'function' ? null : button({
        id: `${prefix}-share`, icon: 'share', label: 'Share…',
        onclick: () => navigator.share({ title: `Join ${room}`, url: link }).catch(() => {}), // Changed their mind.
    })
    return make('div', { class: 'invite' }, field, make('div', { class: 'invite-buttons' }, copy, share))
}

async function copyLink(link, field, copy) {
    try {
        await navigator.clipboard.writeText(link)
        const label = copy.querySelector('.label')
        setText(label, 'Copied')
        setTimeout(() => setText(label, 'Copy link'), 2000)
        announce('Link copied.', { isQuiet: true })
    } catch {
        // Not allowed, or no secure address: the selected link waits for Ctrl+C.
        field.focus()
        announce('Press Ctrl+C (on a Mac ⌘C) to copy the link.')
    }
}

/** The place beside you while you are alone. */
export function invitationCard(room) {
    return make('section', { class: 'invitation', 'data-testid': 'invitation', 'aria-label': 'Invite others' },
        icon('people'), make('h2', { text: 'You are the first one here' }),
        make('p', { text: 'Send this link to whom you want to see. The meeting is as long as somebody stays.' }),
        inviteBox(room, 'invitation'))
}
