import { make } from '../dom.js'

/** How a meeting shall be that one begins. It counts only if the room does not exist yet. */
export class RoomOptions {
    #topic = field('option-topic', 'Topic', { maxlength: 120 })
    #pin = field('option-pin', 'PIN (4 characters at least)', { minlength: 4, maxlength: 32 })
    #approval = choice('option-approval', 'Waiting room: I let people in')
    #muted = choice('option-muted', 'People come in muted')

    constructor() {
        this.element = make('details', { class: 'devices', 'data-testid': 'options' },
            make('summary', {}, make('span', { text: 'Topic, waiting room, PIN' })),
            make('div', { class: 'picker' }, this.#topic, this.#approval, this.#muted, this.#pin))
    }

    /** `undefined`: nothing was chosen. */
    get settings() {
        const topic = valueOf(this.#topic)
        const pin = valueOf(this.#pin)
        const settings = {
            ...(topic !== '' && { topic }), ...(pin !== '' && { pin }),
            ...(isChecked(this.#approval) && { admission: 'approval' }),
            ...(isChecked(this.#muted) && { rules: { mutedOnJoin: true } }),
        }
        return Object.keys(settings).length === 0 ? undefined : settings
    }
}

const valueOf = (element) => element.querySelector('input').value.trim()
const isChecked = (element) => element.querySelector('input').checked

function field(id, label, attributes) {
    return make('div', { class: 'field' }, make('label', { for: id, text: label }),
        make('input', { type: 'text', id, 'data-testid': id, autocomplete: 'off', ...attributes }))
}

function choice(id, label) {
    return make('div', { class: 'switch-row' }, make('label', { for: id, text: label }),
        make('input', { type: 'checkbox', role: 'switch', id, 'data-testid': id }))
}
