import { make, setText, button } from '../dom.js'
import { inviteBox } from '../invite.js'
import { order } from '../order.js'
import { SidePanel } from '../side-panel.js'
import { countInWords, policyInWords } from '../words.js'
import { actionsFor, bringToStage, mayStage } from './actions.js'
import { AudienceList } from './audience-list.js'
import { personRow } from './person-row.js'
import { WaitingList } from './waiting-list.js'

// Who is here, and in what state; who waits; and how to bring somebody else.

export class PeoplePanel extends SidePanel {
    #room
    #rows = new Map()
    #list = make('ul', { class: 'people-list', 'data-testid': 'people-list' })
    #waiting
    #lower
    #audience
    #policy = make('p', { class: 'hint', 'data-testid': 'policy', hidden: true })
    #onwrite
    #pin

    /** `alias`: what the link names. `onwrite(person)`: begin a private message. `pin`: see people/actions.js. */
    constructor({ room, alias, onclose, onwrite, pin }) {
        super({ id: 'people', title: 'People', onclose })
        this.#room = room
        this.#onwrite = onwrite
        this.#pin = pin
        this.#waiting = new WaitingList(room)
        this.#audience = new AudienceList(room)
        this.#lower = button({ id: 'lower-hands', icon: 'hand', label: 'Lower all hands', kind: 'small quiet', hidden: true,
            onclick: () => order(room.lowerHands(), 'All hands are down.') })
        this.fill(this.#waiting.element, this.#lower, this.#list, this.#audience.element, this.#policy,
            make('h3', { text: 'Invite others' }), inviteBox(alias, 'people'))
    }

    /** `guests`: those of the counted audience whose hand is up. */
    update(people, guests) {
        const room = this.#room
        this.title(countInWords(people.length, room))
        this.#waiting.update()
        const hands = room.hands.map(({ id }) => id)
        this.#lower.hidden = hands.length === 0 || !room.may('mute')
        this.#drawRows([...people, ...guests], hands)
        this.#audience.update()
        const policy = policyInWords(room.policy)
        this.#policy.hidden = policy === null
        setText(this.#policy, policy ?? '')
    }

    #drawRows(people, hands) {
        const ids = new Set(people.map((person) => person.id))
        for (const [id, row] of this.#rows) {
            if (ids.has(id)) continue
            row.element.remove()
            this.#rows.delete(id)
        }
        // Hands first, in their order; then by arrival.
        const place = ({ id }) => hands.includes(id) ? hands.indexOf(id) : hands.length
        const ordered = [...people].sort((a, b) => place(a) - place(b) || a.joined - b.joined)
        ordered.forEach((person, index) => {
            const row = this.#rows.get(person.id) ?? this.#row(person.id)
            row.update(person, hands.indexOf(person.id) + 1)
            const there = this.#list.children[index]
            if (there !== row.element) this.#list.insertBefore(row.element, there ?? null)
        })
    }

    #row(id) {
        const room = this.#room
        const stage = { may: (person) => mayStage(person, room), bring: (person) => bringToStage(person, room) }
        const row = personRow(id, (person) => actionsFor(person, { room, onwrite: this.#onwrite, pin: this.#pin }), stage)
        this.#rows.set(id, row)
        return row
    }
}
