import { make } from './dom.js'

// Small news, once for the eye (a toast) and once for screen readers (a live region that is always in the page).

const TOAST_MILLISECONDS = 4500
const TOASTS_MAX = 3

let sayings = []
let flush = null

/** Several people joining at once is one announcement: a screen reader would drop all but the last. */
export function announce(text, { isQuiet = false } = {}) {
    sayings.push(text)
    flush ??= setTimeout(() => {
        document.getElementById('announcements').textContent = sayings.join(' ')
        sayings = []
        flush = null
    }, 150)
    if (!isQuiet) toast(text)
}

function toast(text) {
    const list = document.getElementById('toasts')
    const item = make('p', { class: 'toast', 'data-testid': 'toast', text })
    list.append(item)
    while (list.children.length > TOASTS_MAX) list.firstElementChild.remove()
    setTimeout(() => item.remove(), TOAST_MILLISECONDS)
}
