import { button, icon, make, setText } from '/app/dom.js'
import { listenToKeys } from '/app/keys.js'
import { closeMenu, menuButton } from '/app/menu.js'
import { initials, tint } from '/app/names.js'
import { REPLIES, intentInWords } from './words.js'

/**
 * What rings, above everything else: a card for each call. The card takes the focus, and not its buttons: whoever is about to
 * press something else must not answer by it. Somebody who types keeps the focus, and comes here with Esc. It cannot be closed
 * by accident: a call is answered, declined, or ends by itself.
 */
export class IncomingSheet {
    #cards = new Map()
    #phone
    #before = null
    #stop = new AbortController()
    #endKeys

    constructor(phone) {
        this.#phone = phone
        // For those who are not taken there.
        this.alert = make('p', { class: 'unseen', role: 'alert', 'data-testid': 'incoming-alert' })
        this.element = make('div', { class: 'incoming', 'data-testid': 'incoming-sheet', hidden: true })
        document.body.append(this.alert, this.element)
        this.#endKeys = listenToKeys({ actions: { a: () => this.#press('accept-audio'), d: () => this.#press('decline') }, talk: () => false })
        document.addEventListener('keydown', (event) => this.#onEscape(event), { signal: this.#stop.signal, capture: true })
    }

    update() {
        const { incoming } = this.#phone
        const fresh = incoming.filter((call) => !this.#cards.has(call))
        const over = [...this.#cards].filter(([call]) => !incoming.includes(call))
        for (const [call, card] of over) {
            closeMenu(card)
            card.remove()
            this.#cards.delete(call)
        }
        for (const call of fresh) {
            this.#cards.set(call, this.#card(call))
            this.element.append(this.#cards.get(call))
        }
        for (const [call, card] of this.#cards) for (const one of card.querySelectorAll('button')) one.disabled = this.#phone.isHandled(call)
        this.element.classList.toggle('is-second', this.#phone.current !== null)
        const wasOpen = !this.element.hidden
        this.element.hidden = this.#cards.size === 0
        if (fresh.length > 0) this.#announce(fresh[0], wasOpen)
        if (wasOpen && this.element.hidden) this.#close()
        // The one that is over had it.
        else if (over.length > 0 && document.activeElement === document.body) this.#focus()
    }

    close() {
        this.#endKeys()
        this.#stop.abort()
        closeMenu(this.element)
        this.element.remove()
        this.alert.remove()
    }

    #card(incoming) {
        const phone = this.#phone
        const { from, intent, data, transferredBy, recall } = incoming
        const name = phone.contacts.nameOf(from)
        const id = `incoming-${incoming.room}`
        const buttons = [
            button({ icon: 'phone', label: 'Answer', kind: 'primary', testid: 'accept-audio', title: 'Answer (A)', 'aria-keyshortcuts': 'a', onclick: () => phone.accept(incoming) }),
            button({ icon: 'camera', label: 'With video', testid: 'accept-video', 'aria-label': 'Answer with video', onclick: () => phone.accept(incoming, { video: true }) }),
            button({ icon: 'leave', label: 'Decline', kind: 'danger', testid: 'decline', title: 'Decline (D)', 'aria-keyshortcuts': 'd', onclick: () => phone.decline(incoming) }),
            menuButton({
                icon: 'chat', label: 'Message', testid: 'decline-message', 'aria-label': 'Decline with a message', title: 'Decline with a message',
                items: () => REPLIES.map((text, index) => ({ id: `reply-${index + 1}`, label: text, onclick: () => phone.decline(incoming, text) })),
            }),
        ]
        const words = [phone.current ? 'Your other call waits on hold meanwhile.' : null, recall ? 'Nobody took it: your transfer comes back.' : null, transferredBy ? `Passed on by ${phone.contacts.nameOf(transferredBy)}` : null,
            typeof data?.subject === 'string' ? data.subject : null].filter(Boolean)
        const subject = words.length > 0 ? make('p', { class: 'hint', text: words.join(' · ') }) : null
        const face = make('span', { class: 'face', 'aria-hidden': 'true', text: initials(name), 'data-tint': tint(name) })
        return make('section', {
            class: 'incoming-card', role: 'alertdialog', tabindex: -1, 'aria-labelledby': id, 'aria-describedby': `${id}-kind`, 'data-testid': 'incoming', dataset: { intent },
        },
            make('div', { class: 'incoming-who' }, face,
                make('div', {}, make('h2', { id, text: `${name} is calling` }), make('div', { id: `${id}-kind` },
                    make('p', { class: 'incoming-kind' }, icon(intent === 'video' ? 'camera' : 'phone'), make('span', { text: intentInWords(intent) })), subject))),
            make('div', { class: 'incoming-buttons' }, ...buttons))
    }

    #focus() { this.element.querySelector('.incoming-card')?.focus() }

    #press(testid) {
        if (!this.element.hidden) this.element.querySelector(`[data-testid="${testid}"]:enabled`)?.click()
    }

    #announce(incoming, wasOpen) {
        const active = document.activeElement
        const isTyping = active?.matches?.('input, textarea, select') === true
        const name = this.#phone.contacts.nameOf(incoming.from)
        if (wasOpen || isTyping) return setText(this.alert, `${name} is calling.${wasOpen ? '' : ' Press Escape to get to the call.'}`)
        this.#before = active
        return this.#focus()
    }

    #onEscape(event) {
        if (event.key !== 'Escape' || this.element.hidden || this.element.contains(document.activeElement) || document.querySelector('.menu')) return
        event.stopPropagation()
        this.#before = document.activeElement
        this.#focus()
    }

    // Unless it has gone elsewhere meanwhile.
    #close() {
        setText(this.alert, '')
        if (document.activeElement === document.body && this.#before?.isConnected) this.#before.focus()
        this.#before = null
    }
}
