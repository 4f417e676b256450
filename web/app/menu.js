import { make, icon, button } from './dom.js'

// A list of actions that a button opens. Arrow keys walk through it, Esc and Tab close it, and focus returns.

let open = null

/**
 * `items()` is asked when it opens: `{ id, label, icon, onclick, isDanger, isChecked }`, `null` is left out, `'line'`
 * draws one between two groups. The other attributes are those of a button.
 */
export function menuButton({ items, ...attributes }) {
    const opener = button({
        'aria-haspopup': 'menu', 'aria-expanded': 'false', ...attributes,
        onclick: () => (open?.opener === opener ? closeMenu() : openMenu(opener, items())),
    })
    return opener
}

export function openMenu(opener, items) {
    closeMenu()
    const list = make('div', {
        class: 'menu', role: 'menu', 'data-testid': 'menu', 'aria-label': opener.textContent,
        onkeydown: (event) => onKey(event, list),
    }, ...tidy(items).map((item) => item === 'line' ? make('hr') : entry(item)))
    const stop = new AbortController()
    const { signal } = stop
    const beside = ({ target }) => !list.contains(target) && !opener.contains(target) && closeMenu()
    document.addEventListener('pointerdown', beside, { signal, capture: true })
    window.addEventListener('resize', () => closeMenu(), { signal })
    // Inside an open dialog, or it would lie below it.
    ;(opener.closest('dialog') ?? document.body).append(list)
    opener.setAttribute('aria-expanded', 'true')
    open = { opener, list, stop }
    place(list, opener)
    list.querySelector('button')?.focus()
}

/** `within`: only if what has opened it is in there, or is that. */
export function closeMenu(within) {
    if (open === null || (within && !within.contains(open.opener))) return
    const { opener, list, stop } = open
    open = null
    stop.abort()
    const hadFocus = list.contains(document.activeElement)
    list.remove()
    opener.setAttribute('aria-expanded', 'false')
    if (hadFocus) opener.focus()
}

function entry({ id, label, icon: picture, onclick, isDanger, isChecked }) {
    const role = isChecked === undefined ? 'menuitem' : 'menuitemcheckbox'
    return make('button', {
        type: 'button', class: isDanger ? 'menu-item danger' : 'menu-item', role, tabindex: -1, 'data-testid': id,
        'aria-checked': isChecked === undefined ? null : String(isChecked),
        onclick: () => {
            closeMenu()
            onclick()
        },
    }, icon(isChecked === true ? 'check' : picture ?? 'none'), make('span', { text: label }))
}

/** No line at an end, none beside another. */
function tidy(items) {
    const all = items.filter((item) => item !== null)
    return all.filter((item, index) => item !== 'line' || (index > 0 && index < all.length - 1 && all[index + 1] !== 'line'))
}

function onKey(event, list) {
    const all = [...list.querySelectorAll('button')]
    const here = all.indexOf(document.activeElement)
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key]
    if (to !== undefined) all[(to + all.length) % all.length].focus()
    else if (event.key === 'Escape' || event.key === 'Tab') closeMenu()
    else return
    // Keys of the page mean something else.
    event.stopPropagation()
    if (event.key !== 'Tab') event.preventDefault()
}

function place(list, opener) {
    const { left, right, top, bottom } = opener.getBoundingClientRect()
    const { width, height } = list.getBoundingClientRect()
    const gap = 6
    const fits = (from) => from >= gap && from + height <= innerHeight - gap
    // In neither place: as far below as the window reaches.
    const y = [bottom + gap, top - gap - height].find(fits) ?? Math.max(gap, innerHeight - gap - height)
    const x = Math.max(gap, Math.min(right - width > gap ? right - width : left, innerWidth - width - gap))
    list.style.setProperty('left', `${x}px`)
    list.style.setProperty('top', `${y}px`)
}
