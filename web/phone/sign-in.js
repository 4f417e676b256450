import { make, button } from '/app/dom.js'
import { recall, remember } from '/app/memory.js'
import { personNameFault } from '/app/names.js'
import { noticeLine } from '/app/notice.js'
import { textField } from '/app/text-field.js'
import { USER_FAULT, isUser } from './contacts.js'

/**
 * Before one is online: who one is. `online({ user, name })` answers with words if it did not work. `hasToken`: the link says
 * who this is, so only the name that others see is asked for.
 */
export function signIn({ online, hasToken, trouble }) {
    const user = textField({ id: 'user', label: 'Your name for calls', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', maxlength: 64 })
    const name = textField({ id: 'name', label: 'What others see', autocomplete: 'name', maxlength: 128 })
    user.input.value = recall('call-user', '')
    name.input.value = recall('name', '')
    const notice = noticeLine('sign-in-trouble')
    if (trouble) notice.show(trouble)
    const submit = button({ id: 'go-online', icon: 'phone', label: 'Go online', kind: 'primary wide' })
    submit.type = 'submit'
    const form = make('form', {
        class: 'entry', novalidate: true, onsubmit: async (event) => {
            event.preventDefault()
            const answer = { user: user.input.value.trim().toLowerCase(), name: name.input.value.trim() || user.input.value.trim() }
            const faults = [[user, hasToken || isUser(answer.user) ? null : answer.user === '' ? 'By which name shall others call you?' : USER_FAULT], [name, answer.user === '' && !hasToken ? null : personNameFault(answer.name)]]
            for (const [field, fault] of faults) field.complain(fault)
            const wrong = faults.find(([, fault]) => fault !== null)
            if (wrong) return wrong[0].input.focus()
            remember('name', answer.name)
            if (!hasToken) remember('call-user', answer.user)
            submit.disabled = true
            notice.show(await online(hasToken ? { name: answer.name } : answer))
            submit.disabled = false
        },
    },
        make('h1', { text: 'Calls' }),
        make('p', { class: 'lead', text: 'Be reachable on this device, and call people by their name.' }),
        hasToken ? null : user.element, name.element, notice.element, submit,
        hasToken ? null : make('p', { class: 'aside', text: 'This server believes what you say here: it is for trying out. The same name on a second device is the same person.' }))
    return {
        element: make('main', { class: 'lobby sign-in', 'data-testid': 'sign-in' },
            make('header', { class: 'brand' }, make('img', { src: '/favicon.svg', alt: '', width: 32, height: 32 }), make('span', { text: 'Parley' })), form),
        focus: () => ([user.input, name.input].find((input) => input.isConnected && input.value === '') ?? submit).focus(),
        close() {},
    }
}
