import { announce } from '/app/announce.js'
import { closeDialogs } from '/app/dialog.js'
import { openSettings } from '/app/dialogs.js'
import { button, icon, make, setText } from '/app/dom.js'
import { LevelMeter } from '/app/level.js'
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
    #meter = new LevelMeter()

    /** `onoffline`: this device shall not ring any more. */
    constructor({ phone, onoffline }) {
        this.#phone = phone
        this.list = new ContactsList(phone)
        this.pane = new CallPane(phone, { onsettings: () => this.#settings() })
        this.sheet = new IncomingSheet(phone)
        this.away = noticeLine('server-away', { kind: 'banner' })
        // Who has not clicked since this page was loaded hears nothing.
        this.mute = noticeLine('ring-mute', { kind: 'banner', picture: 'sound', action: { label: 'Turn sound on', onclick: () => this.#schedule() } })
        this.availability = make('select', {
            id: 'availability', class: 'small', 'data-testid': 'availability', 'aria-label': 'How reachable you are',
            onchange: () => phone.setAvailability(this.availability.value),
        }, ...AVAILABILITIES.map(([value, text]) => make('option', { value, text })))
        this.heading = make('h1', { class: 'phone-name', tabindex: -1, 'data-testid': 'me' })
        // What others have to know to call us.
        this.known = make('span', { class: 'phone-user', 'data-testid': 'me-user', text: phone.user ? `Others call you as ${phone.user}` : '' })
        this.nothing = make('section', { class: 'no-call', 'aria-label': 'No call' }, icon('phone'), this.lead = make('p', { class: 'lead', role: 'status', 'data-testid': 'no-call' }),
            this.last = make('p', { class: 'hint', 'data-testid': 'last-call', hidden: true }),
            this.stranger = button({ id: 'add-stranger', icon: 'add-person', label: '', kind: 'small', onclick: () => phone.addStranger() }))
        this.element = make('main', { class: 'phone', 'data-testid': 'phone' },
            make('header', { class: 'phone-header' }, make('img', { src: '/favicon.svg', alt: '', width: 28, height: 28 }),
                make('div', { class: 'phone-me' }, this.heading, this.known), this.availability,
                button({ id: 'devices', icon: 'settings', label: 'Devices', kind: 'round plain', title: 'Devices', 'aria-haspopup': 'dialog', onclick: () => this.#settings() }),
                button({ id: 'go-offline', label: 'Go offline', kind: 'small quiet', onclick: onoffline })),
            make('div', { class: 'banners phone-banners' }, this.away.element, this.mute.element),
            make('div', { class: 'phone-body' }, this.list.element, this.nothing, this.pane.element))
        this.#offs = [
            phone.on('change', () => this.#schedule()),
            phone.on('said', (text) => announce(text)),
            // A dialog would lie above what rings, and make it deaf.
            phone.on('incoming', () => closeDialogs()),
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
        closeDialogs()
        this.pane.close()
        this.sheet.close()
    }

    #settings() {
        const done = this.#phone.lookAtDevices()
        openSettings(this.#phone.devices, this.#meter).addEventListener('close', done)
    }

    // What had it may be hidden now.
    #keepFocus() {
        const active = document.activeElement
        if (active === document.body || active.getClientRects().length === 0) this.heading.focus()
    }

    // A tab that nobody sees draws no frames, and rings all the same.
    #schedule() {
        if (document.visibilityState === 'hidden') return this.#draw()
        this.#frame ??= requestAnimationFrame(() => this.#draw())
    }

    #draw() {
        cancelAnimationFrame(this.#frame)
        this.#frame = null
        const { line, incoming, current, isOnline, contacts, beginning, isMute, stranger } = this.#phone
        setText(this.heading, line.me.name ?? 'You')
        const { availability } = line.presence
        if (availability && document.activeElement !== this.availability) this.availability.value = availability
        this.away.show(isOnline ? null : { title: 'The server is out of reach', text: current?.isAnswered ? 'The call goes on; nobody can call you meanwhile.' : 'Nobody can call you meanwhile. Trying again.' })
        this.mute.show(isMute ? { title: 'You would not hear it ring', text: 'Your browser keeps this page silent until somebody clicks on it.' } : null)
        setText(this.lead, beginning ? `${beginning.title}: your browser may ask for your microphone.` : 'No call at the moment.')
        this.element.classList.toggle('has-call', current !== null)
        this.element.classList.toggle('is-beginning', beginning !== null)
        this.nothing.hidden = current !== null
        this.stranger.hidden = stranger === null
        setText(this.stranger.lastElementChild, stranger ? `Add ${stranger.name} to your people` : '')
        this.list.update()
        this.sheet.update()
        const hadCall = !this.pane.element.hidden
        this.pane.update()
        if (hadCall && current === null) this.#keepFocus()
        const ringing = incoming[0]
        document.title = ringing ? `${contacts.nameOf(ringing.from)} is calling · Parley` : current ? `${current.title} · Parley` : 'Calls · Parley'
    }
}
