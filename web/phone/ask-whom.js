import { dialog } from '/app/dialog.js'
import { button, make } from '/app/dom.js'
import { textField } from '/app/text-field.js'
import { nameFault } from './contacts.js'

/** Whom one means, if they are not in the list. `actions`: what to do with them, `[{ id, label, onclick(user) }]`; Enter does the first one. */
export function askWhom({ title, own, actions }) {
    const field = textField({ id: 'whom', label: 'Their name for calls', placeholder: 'bob', autocapitalize: 'none', spellcheck: 'false', maxlength: 64 })
    const go = (action) => {
        const user = field.input.value.trim().toLowerCase()
        const fault = nameFault(user, own)
        field.complain(fault)
        if (fault !== null) return field.input.focus()
        element.close()
        return action.onclick(user)
    }
    const [first, ...others] = actions
    const submit = button({ id: first.id, label: first.label, kind: 'primary' })
    submit.type = 'submit'
    const element = dialog('whom-dialog', title, {}, make('form', {
        class: 'stack', novalidate: true, onsubmit: (event) => {
            event.preventDefault()
            go(first)
        },
    }, field.element, make('div', { class: 'dialog-actions' }, ...others.map((one) => button({ id: one.id, label: one.label, onclick: () => go(one) })), submit)))
    field.input.focus()
}

/** There is nothing left to pass on. */
export const closeQuestion = () => document.getElementById('whom-dialog')?.close()
