import { make, setAttribute, button } from './dom.js'

/** A labelled input that can say in words what is wrong with it, and offer something better. */
export function textField({ id, label, ...attributes }) {
    const input = make('input', {
        id, name: id, type: 'text', required: true, 'data-testid': id, 'aria-describedby': `${id}-fault`, ...attributes,
    })
    const fault = make('p', { class: 'fault', id: `${id}-fault`, 'data-testid': `${id}-fault` })
    const complain = (text) => {
        fault.replaceChildren(...(text === null ? [] : [text]))
        setAttribute(input, 'aria-invalid', text === null ? null : 'true')
    }
    input.addEventListener('input', () => complain(null))
    const suggest = (text) => fault.append(' ', button({
        id: `${id}-suggestion`, label: `Use “${text}”`, kind: 'link', onclick: () => {
            input.value = text
            complain(null)
            input.focus()
        },
    }))
    const element = make('div', { class: 'field' }, make('label', { for: id, text: label }), input, fault)
    return { element, input, complain, suggest }
}
