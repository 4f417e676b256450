import { make, icon, setText, button } from './dom.js'

/**
 * A box for something that has to be said: hidden while there is nothing. `show({title, text} | null)`.
 * `isLive`: a screen reader speaks it when it appears; not for what counts seconds. `ondismiss`, `action`: add a button; `actions`: several.
 */
export function noticeLine(testid, { kind = 'notice', isLive = true, picture = 'warning', ondismiss, action, actions } = {}) {
    const title = make('strong')
    const text = make('span')
    const element = make('div', { class: kind, role: isLive ? 'status' : null, 'data-testid': testid, hidden: true },
        icon(picture), make('div', { class: 'notice-words' }, title, text),
        ...(actions ?? [action].filter(Boolean)).map((one) => button({ id: `${testid}-action`, kind: 'small', ...one })),
        ondismiss ? dismissal(`${testid}-close`, ondismiss) : null)
    return {
        element,
        show(words) {
            if (words) {
                setText(title, words.title)
                setText(text, words.text)
            }
            element.hidden = !words
        },
    }
}

function dismissal(id, onclick) {
    return button({ id, icon: 'close', label: 'Dismiss', kind: 'round plain', onclick })
}
