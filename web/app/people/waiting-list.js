import { make, setText, setAttribute, button } from '../dom.js'
import { initials, displayName, tint } from '../names.js'
import { order } from '../order.js'
import { commandButton } from '../host/section.js'

// Who is at the door, in the order of arrival; for whoever may let them in.

export class WaitingList {
    #room
    #rows = new Map()
    #heading = make('h3', { text: 'Waiting' })
    #list = make('ul', { class: 'people-list', 'data-testid': 'waiting-list' })
    #all
    #message

    constructor(room) {
        this.#room = room
        this.#all = make('div', { class: 'row' },
            commandButton('admit-all', 'Let all in', () => room.admitAll(), { kind: 'small primary', done: 'All are let in.' }),
            commandButton('deny-all', 'Refuse all', () => room.denyAll(), { done: 'All are refused.' }))
        this.#message = this.#messageForm()
        this.element = make('section', { class: 'waiting', 'data-testid': 'waiting', 'aria-label': 'Waiting', hidden: true },
            this.#heading, this.#list, this.#all, this.#message)
    }

    update() {
        const { waiting } = this.#room
        this.element.hidden = waiting.length === 0 || !this.#room.may('admit')
        setText(this.#heading, waiting.length === 1 ? 'One person is waiting' : `${waiting.length} people are waiting`)
        this.#all.hidden = waiting.length < 2
        const ids = new Set(waiting.map(({ id }) => id))
        for (const [id, row] of this.#rows) {
            if (ids.has(id)) continue
            row.remove()
            this.#rows.delete(id)
        }
        for (const person of waiting) {
            if (this.#rows.has(person.id)) continue
            const row = this.#row(person)
            this.#rows.set(person.id, row)
            this.#list.append(row)
        }
    }

    #row(person) {
        const { id } = person
        const name = displayName(person)
        const face = make('span', { class: 'face', 'aria-hidden': 'true', text: initials(name) })
        setAttribute(face, 'data-tint', tint(name))
        const admit = button({ label: 'Let in', kind: 'small primary', testid: 'admit', 'aria-label': `Let in: ${name}`,
            onclick: () => order(this.#room.admit(id)) })
        const deny = button({ label: `Refuse: ${name}`, icon: 'close', kind: 'small round', testid: 'deny', title: 'Refuse',
            onclick: () => order(this.#room.deny(id), `${name} is refused.`) })
        return make('li', { class: 'person', 'data-testid': 'waiting-person', dataset: { id } }, face,
            make('span', { class: 'person-words' }, make('span', { class: 'person-name', text: name }),
                make('span', { class: 'person-state', text: `since ${clock(person.since)}` })),
            admit, deny)
    }

    #messageForm() {
        const field = make('input', { type: 'text', maxlength: 250, 'data-testid': 'notice-text',
            'aria-label': 'Message to those who wait', placeholder: 'Message to those who wait' })
        const onsubmit = async (event) => {
            event.preventDefault()
            const text = field.value.trim()
            if (text !== '' && await order(this.#room.notice(text), 'They have your message.')) field.value = ''
        }
        return make('form', { class: 'row', onsubmit }, field,
            button({ id: 'notice-send', label: 'Send', kind: 'small', type: 'submit' }))
    }
}

function clock(instant) {
    return new Date(instant).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
}
