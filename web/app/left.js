import { make, icon, button } from './dom.js'

/** A page that says one thing and offers what comes next: after a meeting, or when nothing can begin. */
export function farewell({ title, text, actions = [], picture = 'wave', testid = 'left' }) {
    const heading = make('h1', { tabindex: -1, text: title })
    const buttons = actions.map(({ id, label, kind, onclick }) => button({ id, label, kind, onclick }))
    document.title = `${title} · Parley`
    return {
        element: make('main', { class: 'farewell', 'data-testid': testid }, make('div', { class: 'farewell-card' },
            icon(picture), heading, make('p', { class: 'lead', text }),
            make('div', { class: 'farewell-actions' }, ...buttons))),
        focus: () => heading.focus(),
        close() {},
    }
}
