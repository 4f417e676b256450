import { button, make, setText } from '/app/dom.js'
import { roomNameFault } from '/app/names.js'
import { textField } from '/app/text-field.js'
import { untilInWords } from '/app/words.js'

/** A queue in the list of people: to wait in one, or to serve one. */
export class DeskView {
    #phone

    constructor(phone) {
        this.#phone = phone
        const { desk } = phone
        this.field = textField({ id: 'queue', label: 'Queue', placeholder: 'support', autocapitalize: 'none', spellcheck: 'false', maxlength: 64 })
        this.skills = textField({ id: 'skills', label: 'Skills, if any', placeholder: 'german, billing', maxlength: 128, required: false })
        this.enter = make('div', { class: 'stack' }, this.field.element, this.skills.element, make('div', { class: 'row wrap' },
            button({ id: 'queue-wait', label: 'Wait to be served', kind: 'small primary', onclick: () => this.#go((queue, skills) => phone.wait(queue, skills)) }),
            button({ id: 'queue-serve', label: 'Serve it', kind: 'small', onclick: () => this.#go((queue, skills) => phone.serve(queue, skills)) })))
        this.place = make('p', { role: 'status', 'data-testid': 'queue-place' })
        this.list = make('ul', { class: 'plain-list', 'data-testid': 'queue-customers' })
        this.take = button({ id: 'queue-take', icon: 'phone', label: 'Take the next one', kind: 'small primary', onclick: () => phone.take() })
        this.pass = button({ id: 'queue-pass', label: 'Somebody else', kind: 'small', onclick: () => desk.room.pass().catch(() => {}) })
        this.serving = button({ id: 'queue-pause', label: '', kind: 'small', onclick: () => desk.room.serve(desk.me?.available === false || desk.me?.serving !== undefined).catch(() => {}) })
        this.leave = button({ id: 'queue-leave', label: 'Leave the queue', kind: 'small quiet', onclick: () => desk.leave() })
        this.inside = make('div', { class: 'stack', hidden: true }, this.place, this.list, make('div', { class: 'row wrap' }, this.take, this.pass, this.serving, this.leave))
        this.element = make('details', { class: 'devices desk', 'data-testid': 'desk' }, make('summary', { text: 'Queues' }), make('div', { class: 'picker' }, this.enter, this.inside))
    }

    update() {
        const { desk } = this.#phone
        this.enter.hidden = !desk.isIdle
        this.inside.hidden = desk.isIdle
        if (desk.isIdle) return
        this.element.open = true
        const isAgent = desk.room !== null
        for (const one of [this.list, this.take, this.serving]) one.hidden = !isAgent
        this.pass.hidden = desk.offered === undefined
        if (!isAgent) return setText(this.place, placeInWords(desk))
        const { customers, me, offered } = desk
        const isIdle = me?.available !== false && me?.serving === undefined
        setText(this.place, offered ? `${offered.name ?? 'Somebody'} is next, and offered to you.` : customers.length === 0 ? `Nobody waits in ${desk.name}.` : `${customers.length} in ${desk.name}.`)
        setText(this.serving.lastElementChild, isIdle ? 'Take a break' : 'Serve again')
        this.take.disabled = customers.length === 0 || !isIdle
        const key = customers.map(({ id, name, skills }) => `${id} ${name} ${skills}`).join()
        if (this.list.dataset.key === key) return
        this.list.dataset.key = key
        this.list.replaceChildren(...customers.map((customer) => make('li', { class: 'row', 'data-testid': 'queue-customer' },
            make('span', { class: 'grow', text: [customer.name ?? 'Somebody', ...customer.skills].join(', ') }),
            button({ label: 'Take', kind: 'small', 'aria-label': `Take ${customer.name ?? 'them'}`, testid: 'queue-take-one', onclick: () => this.#phone.take(customer) }))))
    }

    #go(action) {
        const queue = this.field.input.value.trim().toLowerCase()
        const fault = roomNameFault(queue)
        this.field.complain(fault)
        if (fault !== null) return this.field.input.focus()
        return action(queue, this.skills.input.value.split(',').map((skill) => skill.trim().toLowerCase()).filter(Boolean))
    }
}

function placeInWords({ name, door }) {
    const { place, estimateMilliseconds, takenTo } = door
    if (takenTo !== undefined) return 'It is your turn.'
    const before = place === undefined ? `You wait in ${name}.` : place === 0 ? `You are the next one in ${name}.` : `${place} before you in ${name}.`
    return estimateMilliseconds === undefined ? before : `${before} Your turn ${untilInWords(Date.now() + estimateMilliseconds)}, or so.`
}
