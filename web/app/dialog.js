import { make, button } from './dom.js'

// <dialog> brings what is hard by hand: focus stays inside, Esc closes, focus returns.

/** Opens it at once. A click beside it closes it, unless it is a question (`isFirm`). */
export function dialog(id, title, { isFirm = false } = {}, ...content) {
    const element = make('dialog', { class: 'dialog', id, 'data-testid': id, 'aria-labelledby': `${id}-title` },
        make('header', { class: 'panel-header' }, make('h2', { id: `${id}-title`, text: title }),
            isFirm ? null : button({
                id: `${id}-close`, icon: 'close', label: 'Close', kind: 'round plain', onclick: () => element.close(),
            })),
        ...content)
    // A click beside the dialog hits the element itself, never its content.
    if (!isFirm) element.addEventListener('click', (event) => event.target === element && element.close())
    element.addEventListener('close', () => element.remove())
    document.body.append(element)
    element.showModal()
    return element
}

/**
 * A question with some answers: `[{ id, label, value, kind }]`. Resolves with the value of the one that was chosen,
 * with `undefined` if it was closed. `signal` closes it from outside.
 */
export function choose({ id, title, text, answers, signal }) {
    return new Promise((resolve) => {
        let chosen
        const buttons = answers.map(({ value, ...rest }) => button({
            ...rest, onclick: () => {
                chosen = value
                element.close()
            },
        }))
        const element = dialog(id, title, { isFirm: true },
            text ? make('p', { class: 'lead', text }) : null, make('div', { class: 'dialog-actions' }, ...buttons))
        element.addEventListener('close', () => resolve(chosen))
        signal?.addEventListener('abort', () => element.close())
    })
}

/** Whether somebody really wants that. */
export async function confirmed({ title, text, label }) {
    return await choose({
        id: 'confirm', title, text,
        answers: [
            { id: 'confirm-no', label: 'Cancel', value: false },
            { id: 'confirm-yes', label, value: true, kind: 'danger' },
        ],
    }) === true
}

export function closeDialogs() {
    document.querySelectorAll('dialog[open]').forEach((element) => element.close())
}
