import { make } from '../dom.js'
import { initials, tint } from '../names.js'

const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]]/g

/** One message as an element. `isSameAuthor`: right behind another one of theirs. `toName`: for whom alone it is. */
export function messageItem({ n, name = 'Guest', text, time, isSelf, toName }, { isSameAuthor }) {
    const face = make('span', { class: 'face', 'aria-hidden': 'true', text: initials(name), dataset: { tint: tint(name) } })
    const at = new Date(time)
    return make('li', {
        class: `message${isSelf ? ' is-own' : ''}${isSameAuthor ? ' is-more' : ''}`, 'data-testid': 'message', dataset: { n },
    },
        face,
        make('div', { class: 'message-words' },
            make('p', { class: 'message-head' },
                make('span', { class: 'message-name', text: isSelf ? 'You' : name }),
                toName === undefined ? null : make('span', { class: 'badge', text: toName }),
                make('time', { datetime: at.toISOString(), text: at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }) })),
            make('p', { class: 'message-text' }, ...withLinks(text))))
}

/** Text stays text; what begins with http is made a link that tells the other side nothing about this page. */
function withLinks(text) {
    const pieces = []
    let end = 0
    for (const match of text.matchAll(LINK)) {
        pieces.push(text.slice(end, match.index))
        pieces.push(make('a', { href: match[0], target: '_blank', rel: 'noopener noreferrer', text: match[0] }))
        end = match.index + match[0].length
    }
    return [...pieces, text.slice(end)]
}
