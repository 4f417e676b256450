import { button, icon, make, setAttribute, setText } from '/app/dom.js'
import { menuButton } from '/app/menu.js'
import { initials, tint } from '/app/names.js'
import { textField } from '/app/text-field.js'
import { nameFault } from './contacts.js'
import { DeskView } from './desk-view.js'
import { intentInWords, presenceInWords, whenInWords } from './words.js'

const MISSED_SHOWN = 5

/** Whom one can call, what was missed, and calls on one's other devices. */
export class ContactsList {
    #rows = new Map()
    #phone

    constructor(phone) {
        this.#phone = phone
        this.list = make('ul', { class: 'people-list', 'data-testid': 'contacts' })
        this.desk = new DeskView(phone)
        this.empty = make('p', { class: 'hint', text: 'Nobody yet. Add somebody by the name that they have for calls.' })
        this.missed = make('section', { class: 'contact-section', 'data-testid': 'missed', 'aria-labelledby': 'missed-title', hidden: true },
            make('header', { class: 'panel-header' }, make('h2', { id: 'missed-title', text: 'Missed calls' }),
                button({ id: 'missed-clear', label: 'Clear', kind: 'small quiet', onclick: () => phone.clearMissed() })),
            this.missedList = make('ul', { class: 'plain-list' }))
        this.elsewhere = make('section', { class: 'contact-section', 'data-testid': 'elsewhere', 'aria-label': 'Calls on your other devices', hidden: true })
        this.element = make('section', { class: 'contacts', 'aria-labelledby': 'contacts-title' },
            this.elsewhere, this.missed,
            make('header', { class: 'panel-header' }, make('h2', { id: 'contacts-title', text: 'People' })),
            this.list, this.empty, this.#addForm(), this.desk.element)
    }

    update() {
        const { contacts, presence } = this.#phone
        const all = contacts.all
        for (const [user, row] of this.#rows) {
            if (all.some((one) => one.user === user)) continue
            row.element.remove()
            this.#rows.delete(user)
        }
        for (const one of all) {
            if (!this.#rows.has(one.user)) this.#rows.set(one.user, this.#row(one.user))
            const row = this.#rows.get(one.user)
            row.update(one, presence.get(one.user))
            // Only what is out of place is moved: a button that is moved loses the focus.
            const place = all.indexOf(one)
            if (this.list.children[place] !== row.element) this.list.insertBefore(row.element, this.list.children[place] ?? null)
        }
        this.empty.hidden = all.length > 0
        this.#updateMissed()
        this.#updateElsewhere()
        this.desk.update()
    }

    #row(user) {
        const phone = this.#phone
        const face = make('span', { class: 'face', 'aria-hidden': 'true' })
        const dot = make('span', { class: 'presence', 'aria-hidden': 'true' })
        const name = make('span', { class: 'person-name' })
        const state = make('span', { class: 'person-state', 'data-testid': 'presence' })
        const audio = button({ icon: 'phone', label: '', kind: 'round', testid: 'call-audio', onclick: () => phone.call(user) })
        const video = button({ icon: 'camera', label: '', kind: 'round', testid: 'call-video', onclick: () => phone.call(user, { video: true }) })
        const more = menuButton({
            icon: 'more', label: '', kind: 'round plain', testid: 'contact-more',
            items: () => [
                phone.isBlocked(user)
                    ? { id: 'do-unblock', label: 'Unblock', icon: 'check', onclick: () => phone.block(user, false) }
                    : { id: 'do-block', label: 'Block', icon: 'ban', onclick: () => phone.block(user) },
                { id: 'do-remove', label: 'Remove from the list', icon: 'close', isDanger: true, onclick: () => { phone.contacts.remove(user); phone.watch(); this.update() } },
            ],
        })
        const element = make('li', { class: 'person', 'data-testid': 'contact', dataset: { user } },
            make('span', { class: 'face-with-presence' }, face, dot), make('span', { class: 'person-words' }, name, state), audio, video, more)
        return {
            element,
            update(contact, presence) {
                setText(face, initials(contact.name))
                setAttribute(face, 'data-tint', tint(contact.name))
                setText(name, contact.name)
                setText(state, phone.isBlocked(user) ? 'Blocked' : presenceInWords(presence))
                setAttribute(dot, 'data-availability', presence?.availability ?? 'offline')
                setText(audio.lastElementChild, `Call ${contact.name}`)
                setText(video.lastElementChild, `Call ${contact.name} with video`)
                setText(more.lastElementChild, `More about ${contact.name}`)
                for (const one of [audio, video]) setAttribute(one, 'title', one.lastElementChild.textContent)
            },
        }
    }

    #addForm() {
        const field = textField({ id: 'contact-new', label: 'Add somebody', placeholder: 'bob', autocapitalize: 'none', spellcheck: 'false', maxlength: 64 })
        const submit = button({ id: 'contact-add', icon: 'add-person', label: 'Add', kind: 'small' })
        submit.type = 'submit'
        return make('form', {
            class: 'contact-form', novalidate: true, onsubmit: (event) => {
                event.preventDefault()
                const user = field.input.value.trim().toLowerCase()
                const fault = nameFault(user, this.#phone.user)
                field.complain(fault)
                if (fault !== null) return field.input.focus()
                this.#phone.contacts.add(user)
                this.#phone.watch()
                field.input.value = ''
                field.input.focus()
                return this.update()
            },
        }, field.element, submit)
    }

    #updateMissed() {
        const { line, contacts } = this.#phone
        const shown = line.missed.slice(0, MISSED_SHOWN)
        this.missed.hidden = shown.length === 0
        const key = shown.map(({ id }) => id).join()
        if (this.missedList.dataset.key === key) return
        this.missedList.dataset.key = key
        this.missedList.replaceChildren(...shown.map(({ from, at, intent }) => {
            const who = from.user ?? from.identity
            return make('li', { class: 'row', 'data-testid': 'missed-call' }, icon('missed'),
                make('span', { class: 'grow', text: `${contacts.nameOf(from)}, ${intentInWords(intent).toLowerCase()}, ${whenInWords(at)}` }),
                button({ label: `Call ${contacts.nameOf(from)} back`, icon: 'phone', kind: 'round small', testid: 'call-back', onclick: () => this.#phone.call(who) }))
        }))
    }

    #updateElsewhere() {
        const { elsewhere } = this.#phone.line
        this.elsewhere.hidden = elsewhere.length === 0
        const key = elsewhere.map(({ room, device }) => `${room} ${device}`).join()
        if (this.elsewhere.dataset.key === key) return
        this.elsewhere.dataset.key = key
        this.elsewhere.replaceChildren(...elsewhere.map((call) => make('div', { class: 'row wrap' }, icon('device'),
            make('span', { class: 'grow', text: 'You are in a call on another device.' }),
            button({ label: 'Continue here', kind: 'small primary', testid: 'continue-here', onclick: () => this.#phone.continueHere(call) }))))
    }
}
