import { make, setText, button } from '../dom.js'
import { order } from '../order.js'

// What the parts of the host's panel are made of.

export function section(title, testid, ...content) {
    return make('section', { class: 'host-section', 'data-testid': testid }, make('h3', { text: title }), ...content)
}

/** A small button that carries out a command; `done` is said when it was. `icon` and the like are those of a button. */
export function commandButton(id, label, command, { done, ...rest } = {}) {
    return button({ id, label, kind: 'small', onclick: () => order(command(), done), ...rest })
}

/** A switch with words beside it. `onchange(isOn)` answers with a promise; the switch shows what the room says. */
export function toggleRow({ id, label, hint, onchange }) {
    const input = make('input', { type: 'checkbox', role: 'switch', id, 'data-testid': id, onchange: () => change() })
    const change = async () => {
        const wanted = input.checked
        input.disabled = true
        if (!await order(onchange(wanted))) input.checked = !wanted
        input.disabled = false
    }
    const element = make('div', { class: 'switch-row' },
        make('label', { for: id }, make('span', { text: label }), hint ? make('span', { class: 'hint', text: hint }) : null), input)
    return {
        element,
        show(isOn) { if (!input.disabled) input.checked = isOn },
    }
}

/** A field with a button that carries it out. `onsubmit(value)` answers with a promise. */
export function fieldRow({ id, label, done, hint, submit = 'Set', onsubmit, ...attributes }) {
    let isTyped = false
    const input = make('input', {
        type: 'text', id, 'data-testid': id, autocomplete: 'off', oninput: () => { isTyped = true }, ...attributes,
    })
    const note = make('span', { class: 'hint', text: hint ?? '' })
    const send = async (event) => {
        event.preventDefault()
        if (!await order(onsubmit(input.value.trim()), done)) return
        isTyped = false
        input.blur()
    }
    const element = make('form', { class: 'field', onsubmit: send }, make('label', { for: id, text: label }),
        make('div', { class: 'row' }, input, make('button', {
            type: 'submit', class: 'button small', 'data-testid': `${id}-set`, text: submit,
        })), hint === undefined ? null : note)
    return {
        element,
        input,
        hint: (text) => setText(note, text),
        /** Whoever types is not interrupted, also on the way from the field to its button. */
        show(value) { if (!isTyped && document.activeElement !== input) input.value = value },
    }
}

export function choiceRow({ id, label, options, onchange }) {
    const select = make('select', { id, 'data-testid': id, onchange: () => order(onchange(select.value)) },
        ...options.map(({ value, text }) => make('option', { value, text })))
    return {
        element: make('div', { class: 'field' }, make('label', { for: id, text: label }), select),
        get value() { return select.value },
        show(value) { if (document.activeElement !== select) select.value = value },
    }
}
