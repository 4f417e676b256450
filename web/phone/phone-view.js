import { announce } from '/app/announce.js'
import { button, icon, make, setText } from '/app/dom.js'
import { closeMenu } from '/app/menu.js'
import { noticeLine } from '/app/notice.js'
import { CallPane } from './call-pane.js'
import { ContactsList } from './contacts-list.js'
import { IncomingSheet } from './incoming-sheet.js'
import { AVAILABILITIES } from './words.js'

/** The whole view: people on one side, the call on the other; on a phone one of the two. */
export class PhoneView {
    #phone
    #frame = null
    #offs

    /** `onoffline`: this device shall not ring any more. */
    constructor({ phone, onoffline }) {
        this.#phone = phone
        this.list = new ContactsList(phone)
        this.pane = new CallPane(phone)
        this.sheet = new IncomingSheet(phone)
        this.away = noticeLine('server-away', { kind: 'banner' })
        this.availability = make('select', {
            id: 'availability', class: 'small', 'data-testid': 'availability', 'aria-label': 'How reachable you are',
            onchange: () => phone.setAvailability(this.availability.value),
        }, ...AVAILABILITIES.map(([value, text]) => make('option', { value, text })))
        this.heading = make('h1', { class: 'phone-name', tabindex: -1, 'data-testid': 'me' })
        this.nothing = make('section', { class: 'no-call', 'aria-label': 'No call' }, icon('phone'), make('p', { class: 'lead', text: 'No call at the moment.' }),
            this.last = make('p', { class: 'hint', 'data-testid': 'last-call', hidden: true }))
        this.element = make('main', { class: 'phone', 'data-testid': 'phone' },
            make('header', { class: 'phone-header' }, make('img', { src: '/favicon.svg', alt: '', width: 28, height: 28 }), this.heading, this.availability,
                button({ id: 'go-offline', label: 'Go offline', kind: 'small quiet', onclick: onoffline })),
            this.away.element,
            make('div', { class: 'phone-body' }, this.list.element, this.nothing, this.pane.element))
        // Above everything else, toasts too.
        document.body.append(this.sheet.element)
        this.#offs = [
            phone.on('change', () => this.#schedule()),
            phone.on('said', (text) => announce(text)),
            phone.on('incoming', (incoming) => announce(`${phone.contacts.nameOf(incoming.from)} is calling.`, { isQuiet: true })),
            phone.on('over', ({ title, text }) => {
                setText(this.last, `${title}: ${text}`)
                this.last.hidden = false
                announce(`${title}: ${text}`)
            }),
        ]
        this.#draw()
    }

    focus() { this.heading.focus() }

    close() {
        this.#offs.forEach((off) => off())
        cancelAnimationFrame(this.#frame)
        closeMenu()
        this.pane.close()
        this.sheet.close()
    }

    // A tab that nobody sees draws no frames, and rings all the same.
    #schedule() {
        if (document.visibilityState === 'hidden') return this.#draw()
        this.#frame ??= requestAnimationFrame(() => this.#draw())
    }

    #draw() {
        cancelAnimationFrame(this.#frame)
        this.#frame = null
        const { line, incoming, current, isOnline, contacts } = this.#phone
        setText(this.heading, line.me.name ?? 'You')
        const { availability } = line.presence
        if (availability && document.activeElement !== this.availability) this.availability.value = availability
        this.away.show(isOnline ? null : { title: 'The server is out of reach', text: current ? 'The call goes on; nobody can call you meanwhile.' : 'Nobody can call you meanwhile. Trying again.' })
        this.element.classList.toggle('has-call', current !== null)
        this.nothing.hidden = current !== null
        this.list.update()
        this.pane.update()
        this.sheet.update()
        const ringing = incoming[0]
        document.title = ringing ? `${contacts.nameOf(ringing.from)} is calling · Parley` : current ? `${current.title} · Parley` : 'Calls · Parley'
    }
}
