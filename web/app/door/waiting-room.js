import { make, icon, setText, button } from '../dom.js'
import { announce } from '../announce.js'
import { previewCard } from '../preview.js'
import { noticeLine } from '../notice.js'
import { waitingInWords } from '../words.js'

/** What somebody sees who waits: why, what the hosts say, and the way out. Camera and microphone can be tried meanwhile. */
export function waitingRoom({ room, parley, alias, devices, onleave }) {
    const heading = make('h1', { tabindex: -1 })
    const text = make('p', { class: 'lead', 'data-testid': 'waiting-words' })
    const notices = make('ul', { class: 'notices', 'data-testid': 'notices', 'aria-label': 'Messages from the host' })
    const away = noticeLine('waiting-away', { picture: 'again' })
    const preview = previewCard(devices)
    preview.setName(room.name ?? '')
    const topic = make('p', { class: 'badge-line', 'data-testid': 'waiting-topic' })
    const draw = () => {
        const words = waitingInWords(room.waitingReason, room.state.room)
        setText(heading, words.title)
        setText(text, words.text)
        setText(topic, room.topic ? `${alias}: ${room.topic}` : alias)
    }
    const offs = [
        room.on('change', draw),
        room.on('notice', ({ text: said }) => {
            notices.append(make('li', { class: 'notice' }, icon('chat'), make('span', { text: said })))
            announce(`The host says: ${said}`, { isQuiet: true })
        }),
        parley.on('status', ({ status }) => away.show(status === 'reconnecting'
            ? { title: 'The server is out of reach', text: 'Trying again. You keep your place.' } : null)),
    ]
    draw()
    document.title = `Waiting for ${alias} · Parley`
    const head = make('div', { class: 'waiting-head' }, make('span', { class: 'spinner', 'aria-hidden': 'true' }), heading)
    return {
        element: make('main', { class: 'lobby waiting-room', 'data-testid': 'waiting-room' },
            make('section', { class: 'lobby-self', 'aria-label': 'Your camera and microphone' }, preview.element),
            make('section', { class: 'entry' }, topic, head, text, away.element, notices,
                button({ id: 'stop-waiting', icon: 'leave', label: 'Leave', kind: 'wide', onclick: onleave }))),
        focus: () => heading.focus(),
        close() {
            offs.forEach((off) => off())
            preview.close()
        },
    }
}
