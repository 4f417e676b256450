import { button, icon, make, setAttribute } from '/app/dom.js'
import { menuButton } from '/app/menu.js'
import { initials, tint } from '/app/names.js'
import { REPLIES, intentInWords } from './words.js'

/**
 * What rings, above everything else: a card for each call. It takes the focus, unless somebody is typing, and gives it back.
 * It cannot be closed by accident: a call is answered, declined, or ends by itself.
 */
export class IncomingSheet {
    #cards = new Map()
    #phone
    #before = null

    constructor(phone) {
        this.#phone = phone
        this.element = make('div', { class: 'incoming', 'data-testid': 'incoming-sheet', hidden: true })
    }

    update() {
        const { incoming } = this.#phone
        for (const [call, card] of this.#cards) {
            if (incoming.includes(call)) continue
            card.remove()
            this.#cards.delete(call)
        }
        const fresh = incoming.filter((call) => !this.#cards.has(call))
        for (const call of fresh) {
            this.#cards.set(call, this.#card(call))
            this.element.append(this.#cards.get(call))
        }
        const wasOpen = !this.element.hidden
        this.element.hidden = this.#cards.size === 0
        if (fresh.length > 0 && !wasOpen) this.#takeFocus()
        if (wasOpen && this.element.hidden) this.#giveFocusBack()
    }

    close() { this.element.remove() }

    #card(incoming) {
        const phone = this.#phone
        const { from, intent, data, transferredBy, recall } = incoming
        const name = phone.contacts.nameOf(from)
        const id = `incoming-${incoming.room}`
        const buttons = {}
        const once = (action) => () => {
            for (const one of Object.values(buttons)) one.disabled = true
            return action()
        }
        buttons.audio = button({ icon: 'phone', label: 'Answer', kind: 'primary', testid: 'accept-audio', onclick: once(() => phone.accept(incoming)) })
        buttons.video = button({ icon: 'camera', label: 'With video', testid: 'accept-video', onclick: once(() => phone.accept(incoming, { video: true })) })
        buttons.decline = button({ icon: 'leave', label: 'Decline', kind: 'danger', testid: 'decline', onclick: once(() => phone.decline(incoming)) })
        buttons.message = menuButton({
            icon: 'chat', label: 'Message', testid: 'decline-message', 'aria-label': 'Decline with a message',
            items: () => REPLIES.map((text, index) => ({ id: `reply-${index + 1}`, label: text, onclick: once(() => phone.decline(incoming, text)) })),
        })
        setAttribute(buttons.message, 'title', 'Decline with a message')
        const words = [phone.current ? 'Your other call waits on hold meanwhile.' : null, recall ? 'Nobody took it: your transfer comes back.' : null, transferredBy ? `Passed on by ${phone.contacts.nameOf(transferredBy)}` : null,
            typeof data?.subject === 'string' ? data.subject : null].filter(Boolean)
        const subject = words.length > 0 ? make('p', { class: 'hint', text: words.join(' · ') }) : null
        const face = make('span', { class: 'face', 'aria-hidden': 'true', text: initials(name), 'data-tint': tint(name) })
        return make('section', { class: 'incoming-card', role: 'alertdialog', 'aria-labelledby': id, 'data-testid': 'incoming', dataset: { intent } },
            make('div', { class: 'incoming-who' }, face,
                make('div', {}, make('h2', { id, text: `${name} is calling` }),
                    make('p', { class: 'incoming-kind' }, icon(intent === 'video' ? 'camera' : 'phone'), make('span', { text: intentInWords(intent) })), subject)),
            make('div', { class: 'incoming-buttons' }, buttons.audio, buttons.video, buttons.decline, buttons.message))
    }

    #takeFocus() {
        const active = document.activeElement
        if (active?.matches?.('input, textarea, select')) return
        this.#before = active
        this.element.querySelector('button')?.focus()
    }

    #giveFocusBack() {
        if (this.#before?.isConnected) this.#before.focus()
        this.#before = null
    }
}
