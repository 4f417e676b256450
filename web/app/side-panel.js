import { make, setText, button } from './dom.js'

/** One of the panels beside the stage; `meeting.js` shows one at a time. */
export class SidePanel {
    #heading
    #body = make('div', { class: 'panel-body' })

    constructor({ id, title, onclose }) {
        this.id = id
        this.#heading = make('h2', { id: `${id}-heading`, tabindex: -1, text: title })
        this.element = make('aside', {
            class: 'panel', id, 'data-testid': id, 'aria-labelledby': `${id}-heading`, hidden: true,
        },
            make('header', { class: 'panel-header' }, this.#heading,
                button({ id: `${id}-close`, icon: 'close', label: 'Close', kind: 'round plain', onclick: onclose })),
            this.#body)
    }

    get isOpen() { return !this.element.hidden }

    open(isOpen) {
        this.element.hidden = !isOpen
        if (isOpen) this.focus()
    }

    focus() { this.#heading.focus() }

    title(text) { setText(this.#heading, text) }

    fill(...content) { this.#body.replaceChildren(...content) }
}
