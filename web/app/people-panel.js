import { make, icon, setText, setAttribute, button } from './dom.js'
import { inviteBox } from './invite.js'
import { initials, tint } from './names.js'
import { qualityBars } from './quality.js'
import { personInWords } from './words.js'

// Who is here, and in what state; and how to bring somebody else.

export class PeoplePanel {
    #rows = new Map()
    #list = make('ul', { class: 'people-list', 'data-testid': 'people-list' })
    #heading = make('h2', { id: 'people-heading', tabindex: -1 })

    constructor({ room, onclose }) {
        this.element = make('aside', {
            class: 'panel', id: 'people', 'data-testid': 'people', 'aria-labelledby': 'people-heading', hidden: true,
        },
            make('header', { class: 'panel-header' }, this.#heading,
                button({ id: 'people-close', icon: 'close', label: 'Close', kind: 'round plain', onclick: onclose })),
            this.#list, make('h3', { text: 'Invite others' }), inviteBox(room, 'people'))
    }

    get isOpen() {
        return !this.element.hidden
    }

    open(isOpen) {
        this.element.hidden = !isOpen
        if (isOpen) this.#heading.focus()
    }

    update(people) {
        setText(this.#heading, people.length === 1 ? 'Only you' : `${people.length} people`)
        const ids = new Set(people.map((person) => person.id))
        for (const [id, row] of this.#rows) {
            if (ids.has(id)) continue
            row.element.remove()
            this.#rows.delete(id)
        }
        for (const person of people) {
            if (!this.#rows.has(person.id)) this.#rows.set(person.id, this.#row(person))
            this.#rows.get(person.id).update(person)
        }
    }

    #row({ id }) {
        const face = make('span', { class: 'face', 'aria-hidden': 'true' })
        const name = make('span', { class: 'person-name' })
        const state = make('span', { class: 'person-state' })
        const muted = icon('microphone-off')
        const quality = qualityBars({ isVerbose: true })
        const element = make('li', { class: 'person', 'data-testid': 'person', dataset: { id } },
            face,
            make('span', { class: 'person-words' },
                make('span', { class: 'person-line' }, name, quality.element), state), muted)
        this.#list.append(element) // People come in the order of their arrival, and so do the rows.
        return {
            element,
            update(person) {
                setText(face, initials(person.name))
                setAttribute(face, 'data-tint', tint(person.name))
                setText(name, person.isSelf ? `${person.name} (you)` : person.name)
                setText(state, personInWords(person))
                element.classList.toggle('is-speaking', person.speaking)
                element.classList.toggle('is-interrupted', person.isInterrupted)
                muted.classList.toggle('is-hidden', person.media.audio)
                quality.show(person.isInterrupted ? null : person.quality, person.isSelf ? 'You' : person.name)
            },
        }
    }
}
