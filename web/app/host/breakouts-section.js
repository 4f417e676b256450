import { make, setText, button } from '../dom.js'
import { displayName } from '../names.js'
import { order } from '../order.js'
import { commandButton, section } from './section.js'

const ROOMS_MAX = 20
const MINUTE = 60_000

/** Small rooms beside this one: how many, for how long, who goes where. */
export function breakoutsSection(room) {
    const number = (id, label, value, max) => make('div', { class: 'field' }, make('label', { for: id, text: label }),
        make('input', { type: 'number', id, 'data-testid': id, min: 1, max, value }))
    const count = number('breakout-count', 'Rooms', 2, ROOMS_MAX)
    const minutes = number('breakout-minutes', 'Minutes', 10, 240)
    const valueOf = (field) => Number(field.querySelector('input').value)
    const openRooms = () => {
        const others = room.people.filter(({ isSelf, counted }) => !isSelf && !counted).map(({ id }) => id)
        const rooms = spread(others, Math.max(1, Math.min(ROOMS_MAX, valueOf(count))))
        return order(room.openBreakouts(rooms, { durationMilliseconds: valueOf(minutes) * MINUTE }), 'The rooms are open.')
    }
    const form = make('form', { class: 'row wrap', onsubmit: (event) => { event.preventDefault(); openRooms() } }, count, minutes,
        button({ id: 'breakouts-open', label: 'Open, and spread everybody', kind: 'small', type: 'submit' }))
    const list = make('ul', { class: 'plain-list', 'data-testid': 'breakouts' })
    const ends = make('div', { class: 'row' },
        commandButton('breakouts-recall', 'Call all back', () => room.recall(), { done: 'Everybody is called back.' }),
        commandButton('breakouts-close', 'Close the rooms', () => room.closeBreakouts(), { done: 'The rooms are closed.' }))
    let drawn = ''
    const draw = (breakouts) => list.replaceChildren(...breakouts.map((breakout) => roomItem(breakout, breakouts, room)))
    return {
        element: section('Breakout rooms', 'breakouts-section', form, list, ends),
        update() {
            const { breakouts } = room
            form.hidden = breakouts.length > 0 || room.parent !== undefined
            ends.hidden = list.hidden = breakouts.length === 0
            const signature = JSON.stringify([breakouts, room.people.map(({ id, name }) => [id, name])])
            if (signature === drawn || list.contains(document.activeElement)) return
            drawn = signature
            draw(breakouts)
        },
    }
}

function roomItem(breakout, breakouts, room) {
    const people = Object.keys(breakout.people ?? {})
    const name = (id) => room.person(id) ? displayName(room.person(id)) : 'somebody who is there'
    const rows = people.map((id) => make('li', { class: 'row' },
        make('span', { class: 'grow', text: `${name(id)} (${breakout.people[id]})` }), mover(id, breakout, breakouts, room)))
    const heading = make('strong')
    setText(heading, `${breakout.name}: ${people.length === 1 ? 'one person' : `${people.length} people`}`)
    return make('li', {}, heading, make('ul', { class: 'plain-list' }, ...rows))
}

function mover(id, here, breakouts, room) {
    const select = make('select', { class: 'small', 'aria-label': 'Room', onchange: () => order(room.assign(id, select.value)) },
        ...breakouts.map(({ id: value, name }) => make('option', { value, text: name, selected: value === here.id })))
    return select
}

/** Round robin in the order of arrival: `{ 'Room 1': [ids], … }`. */
export function spread(ids, count) {
    const rooms = Array.from({ length: count }, () => [])
    ids.forEach((id, index) => rooms[index % count].push(id))
    return Object.fromEntries(rooms.map((people, index) => [`Room ${index + 1}`, people]))
}
