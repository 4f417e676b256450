import { make, setText, button } from '../dom.js'
import { displayName } from '../names.js'
import { order } from '../order.js'
import { SidePanel } from '../side-panel.js'
import { messageItem } from './message.js'

const PAGE = 50
const TEXT_MAX = 2000
/** This close to the end counts as being there: what comes new is scrolled into view. */
const NEAR_PIXELS = 60

/** What is written during a meeting, with what was written before one came. */
export class ChatPanel extends SidePanel {
    #room
    #list = make('ol', { class: 'messages', 'data-testid': 'messages', 'aria-label': 'Messages', tabindex: 0 })
    #empty = make('p', { class: 'hint', text: 'Nobody has written anything yet.' })
    #older = button({ id: 'chat-older', label: 'Earlier messages', kind: 'small quiet', hidden: true, onclick: () => this.#fetchOlder() })
    #field
    #to = make('p', { class: 'chat-to', hidden: true })
    #recipient = null
    #drawn = ''
    #hasAsked = false
    /** The number of the last message that was seen. */
    #seen = 0

    constructor({ room, onclose }) {
        super({ id: 'chat', title: 'Chat', onclose })
        this.#room = room
        this.#field = make('textarea', {
            rows: 1, maxlength: TEXT_MAX, 'data-testid': 'chat-text', 'aria-label': 'Message', placeholder: 'Message to everybody',
            onkeydown: (event) => event.key === 'Enter' && !event.shiftKey && !event.isComposing && this.#send(event),
            oninput: () => this.#grow(),
        })
        const form = make('form', { class: 'chat-form', onsubmit: (event) => this.#send(event) }, this.#to, this.#field,
            button({ id: 'chat-send', icon: 'send', label: 'Send', kind: 'round primary', type: 'submit' }))
        this.fill(this.#older, this.#empty, this.#list, form)
        this.element.classList.add('chat-panel')
    }

    get unread() {
        return this.isOpen ? 0 : this.#room.messages.filter(({ n, isSelf }) => n > this.#seen && !isSelf).length
    }

    focus() { this.#field.focus() }

    /** What was written before we came; asked for once, as soon as the server does chat and we may read. */
    async begin() {
        if (this.#hasAsked || !this.#room.may('roster')) return
        this.#hasAsked = true
        const messages = await this.#room.chatHistory({ limit: PAGE }).catch(() => [])
        this.#older.hidden = messages.length < PAGE
        if (this.#seen === 0) this.#seen = this.#room.messages.at(-1)?.n ?? 0
        this.update()
    }

    /** `null`: to everybody again. */
    writeTo(person) {
        this.#recipient = person?.id ?? null
        this.#drawRecipient()
        this.#field.focus()
    }

    update() {
        const { messages } = this.#room
        this.element.querySelector('.chat-form').hidden = !this.#room.may('chat')
        if (this.isOpen) this.#seen = messages.at(-1)?.n ?? this.#seen
        this.#empty.hidden = messages.length > 0
        this.#drawRecipient()
        const signature = `${messages[0]?.n}-${messages.at(-1)?.n}-${messages.length}`
        if (signature === this.#drawn) return
        this.#drawn = signature
        const list = this.#list
        const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PIXELS
        list.replaceChildren(...messages.map((message, index) => messageItem(this.#named(message), {
            isSameAuthor: messages[index - 1]?.from === message.from && messages[index - 1]?.to === message.to,
        })))
        if (isAtEnd) list.scrollTop = list.scrollHeight
    }

    open(isOpen) {
        super.open(isOpen)
        if (!isOpen) return
        this.begin()
        this.update()
        this.#list.scrollTop = this.#list.scrollHeight
    }

    #named(message) {
        if (message.to === undefined) return message
        const other = this.#room.person(message.to)
        return { ...message, toName: message.isSelf ? `to ${other ? displayName(other) : 'one person'}` : 'to you alone' }
    }

    #drawRecipient() {
        const person = this.#recipient === null ? null : this.#room.person(this.#recipient)
        this.#to.hidden = this.#recipient === null
        if (this.#recipient === null || this.#to.dataset.to === this.#recipient) return
        this.#to.dataset.to = this.#recipient
        this.#to.replaceChildren(`To ${person ? displayName(person) : 'somebody who has left'} alone `,
            button({ id: 'chat-to-all', label: 'To everybody', kind: 'link', onclick: () => this.writeTo(null) }))
    }

    async #send(event) {
        event.preventDefault()
        const text = this.#field.value.trim()
        if (text === '') return
        this.#field.value = ''
        this.#grow()
        const to = this.#recipient ?? undefined
        const isSent = await order(this.#room.chat(text, { to }))
        if (!isSent && this.#field.value === '') this.#field.value = text
    }

    async #fetchOlder() {
        const before = this.#room.messages[0]?.n
        const messages = await this.#room.chatHistory({ before, limit: PAGE }).catch(() => [])
        this.#older.hidden = messages.length < PAGE
        setText(this.#empty, 'Nobody has written anything yet.')
        this.update()
    }

    #grow() {
        const { style } = this.#field
        style.setProperty('height', 'auto')
        style.setProperty('height', `${Math.min(this.#field.scrollHeight + 2, 140)}px`)
    }
}
