import { make, icon, setText, setAttribute, button } from '../dom.js'
import { menuButton } from '../menu.js'
import { initials, tint } from '../names.js'
import { qualityBars } from '../quality.js'
import { personInWords } from '../words.js'
import { badgeOf } from './roles.js'

/**
 * One person in the list. `actions(person)`: what the menu offers; `stage`: `{ may(person), bring(person) }`, a button for one
 * of the audience. Answers with `{ element, update(person, handPlace) }`.
 */
export function personRow(id, actions, stage) {
    let shown = null
    const face = make('span', { class: 'face', 'aria-hidden': 'true' })
    const name = make('span', { class: 'person-name' })
    const badge = make('span', { class: 'badge', 'data-testid': 'badge' })
    const state = make('span', { class: 'person-state' })
    const hand = make('span', { class: 'hand', 'data-testid': 'raised-hand', hidden: true }, icon('hand'), make('span'))
    const muted = icon('microphone-off')
    const quality = qualityBars({ isVerbose: true })
    const menu = menuButton({
        label: 'What to do', icon: 'more', kind: 'round plain small', testid: 'person-menu', items: () => actions(shown),
    })
    const raise = button({ label: 'Bring to the stage', kind: 'small primary', testid: 'to-stage', hidden: true, onclick: () => stage.bring(shown) })
    const element = make('li', { class: 'person', 'data-testid': 'person', dataset: { id } },
        face,
        make('span', { class: 'person-words' },
            make('span', { class: 'person-line' }, make('span', { class: 'person-title' }, name, badge, hand), quality.element), state),
        muted, menu, raise)
    return {
        element,
        update(person, handPlace) {
            shown = person
            setText(face, initials(person.name))
            setAttribute(face, 'data-tint', tint(person.name))
            setText(name, person.isSelf ? `${person.name} (you)` : person.name)
            setText(badge, person.counted ? '' : badgeOf(person.role))
            setText(state, personInWords({ ...person, role: undefined, handPlace: 0 }))
            element.classList.toggle('is-counted', person.counted === true)
            element.classList.toggle('is-speaking', person.speaking === true)
            element.classList.toggle('is-interrupted', person.isInterrupted === true)
            hand.hidden = handPlace === 0
            setText(hand.lastElementChild, String(handPlace))
            setAttribute(hand, 'title', `Hand raised, number ${handPlace} in order`)
            muted.classList.toggle('is-hidden', person.media.audio || person.counted === true)
            raise.hidden = !stage.may(person)
            setAttribute(raise, 'aria-label', `Bring to the stage: ${person.name}`)
            // Its place stays, so that the figures of all stand below each other.
            menu.classList.toggle('is-hidden', actions(person).length === 0)
            setAttribute(menu, 'aria-label', `What to do about ${person.name}`)
            quality.show(person.isInterrupted ? null : person.quality, person.isSelf ? 'You' : person.name)
        },
    }
}
