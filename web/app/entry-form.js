import { make, setText, button } from './dom.js'
import { RoomOptions } from './door/room-options.js'
import { recall, remember } from './memory.js'
import { personNameFault, randomAlias, roomNameFault, suggestAlias } from './names.js'
import { noticeLine } from './notice.js'
import { textField } from './text-field.js'

const DIRECTLY = 'Sound and video go directly between you. The server only introduces you to each other.'

/** Who and where: the form of the lobby. `invited`: the room of the address, `null` without one, perhaps faulty. */
export class EntryForm {
    #name = textField({
        id: 'name', label: 'Your name', value: recall('name', ''), autocomplete: 'name', maxlength: 128,
    })
    #room
    #pin = textField({ id: 'pin-entry', label: 'PIN', autocomplete: 'off', maxlength: 32, inputmode: 'text', required: false })
    #options = null
    #trouble = noticeLine('join-trouble')
    #submit
    #title
    #join
    #giveUp = null
    #cancel = button({
        id: 'join-cancel', label: 'Cancel', kind: 'wide', hidden: true, onclick: () => this.#cancelJoin(),
    })

    constructor({ invited, join, onName }) {
        const isInvited = invited !== null && roomNameFault(invited) === null
        this.#join = join
        this.#title = isInvited ? `Join ${invited}` : 'Start a meeting'
        this.#room = textField({
            id: 'room', label: 'Room', value: invited ?? randomAlias(),
            autocomplete: 'off', maxlength: 80, autocapitalize: 'none', spellcheck: 'false',
        })
        this.#pin.element.hidden = true
        if (!isInvited) this.#options = new RoomOptions()
        this.#submit = button({ id: 'join', label: this.#title, kind: 'primary wide', type: 'submit' })
        const onsubmit = (event) => this.#onSubmit(event)
        this.element = make('form', { class: 'entry', novalidate: true, 'aria-label': this.#title, onsubmit },
            make('h1', { tabindex: -1, text: this.#title }),
            make('p', { class: 'lead', text: isInvited
                ? 'Check how you look and sound, then come in.'
                : 'Keep the room’s name or make up your own. Once you are in, share the link.' }),
            this.#trouble.element, this.#name.element,
            ...(isInvited ? [] : [this.#room.element]), this.#pin.element, this.#options?.element, this.#submit, this.#cancel,
            isInvited ? otherRoom() : calls(),
            make('p', { class: 'aside', text: DIRECTLY }))
        this.#room.input.after(this.#anotherButton())
        this.#name.input.addEventListener('input', () => onName(this.#name.input.value.trim()))
        onName(this.#name.input.value.trim())
        if (invited !== null && !isInvited) this.#complainAboutRoom(roomNameFault(invited))
    }

    focus() {
        (this.#name.input.value === '' ? this.#name.input : this.#submit).focus({ preventScroll: true })
    }

    /** What the join came to, in words: beside the name or the PIN if it is about that. */
    show(words) {
        const field = { name: this.#name, pin: this.#pin }[words.about]
        this.#trouble.show(field === undefined ? words : null)
        if (field === undefined) return
        field.element.hidden = false
        field.complain(`${words.title}. ${words.text}`)
        field.input.focus()
    }

    #cancelJoin() {
        this.#giveUp.abort()
        this.#trouble.show(null)
    }

    #anotherButton() {
        const onclick = () => {
            this.#room.input.value = randomAlias()
            this.#room.complain(null)
        }
        const kind = 'round plain in-field'
        return button({ id: 'another-room', icon: 'again', label: 'Another room name', kind, onclick })
    }

    #complainAboutRoom(fault) {
        this.#room.complain(fault)
        const suggestion = fault === null ? null : suggestAlias(this.#room.input.value)
        if (suggestion !== null) this.#room.suggest(suggestion)
    }

    #isInOrder() {
        const faults = [personNameFault(this.#name.input.value.trim()), roomNameFault(this.#room.input.value.trim())]
        this.#name.complain(faults[0])
        this.#complainAboutRoom(faults[1])
        if (faults[0] !== null) this.#name.input.focus()
        else if (faults[1] !== null) this.#room.input.focus()
        return faults.every((fault) => fault === null)
    }

    async #onSubmit(event) {
        event.preventDefault()
        this.#trouble.show(null)
        if (this.#submit.disabled || !this.#isInOrder()) return
        const name = this.#name.input.value.trim()
        remember('name', name)
        this.#setBusy(true)
        this.#giveUp = new AbortController()
        const words = await this.#join({
            name, room: this.#room.input.value.trim(), pin: this.#pin.input.value.trim() || undefined,
            settings: this.#options?.settings,
            signal: this.#giveUp.signal, say: (waiting) => this.#wait(waiting),
        })
        this.#setBusy(false)
        if (words) this.show(words)
    }

    /** Nobody is forced to wait: as soon as it takes long there is a way back. */
    #wait(words) {
        if (this.#giveUp.signal.aborted) return
        this.#trouble.show(words)
        this.#cancel.hidden = words === null
    }

    #setBusy(isBusy) {
        if (!isBusy) this.#cancel.hidden = true
        this.#submit.disabled = isBusy
        setText(this.#submit.querySelector('.label'), isBusy ? 'Joining…' : this.#title)
    }
}

function calls() {
    const link = make('a', { href: '/call', 'data-testid': 'calls', text: 'Call somebody instead' })
    return make('p', { class: 'aside' }, link)
}

function otherRoom() {
    const link = make('a', { href: '#', 'data-testid': 'other-room', text: 'Start another meeting instead' })
    return make('p', { class: 'aside' }, link)
}
