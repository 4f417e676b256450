import { explain } from '/client/parley.js'
import { make, setText, setAttribute, button } from '../dom.js'
import { menuButton } from '../menu.js'
import { displayName, initials, tint } from '../names.js'
import { audienceInWords } from '../words.js'
import { actionsFor, bringToStage, mayStage } from './actions.js'

const PAGE = 50

/**
 * The audience that is counted: how many, and for those who may see the list who they are, a page at a time. Nobody is
 * told who comes and goes, so what stands here is as of the last look; as long as it is one page, it looks by itself.
 */
export class AudienceList {
    #room
    #isOpen = false
    #isAsking = false
    #people = []
    #next
    #askedAt = -1
    #heading = make('h3', { 'data-testid': 'audience' })
    #list = make('ul', { class: 'people-list', 'data-testid': 'audience-list', 'aria-label': 'The audience' })
    #trouble = make('p', { class: 'hint', role: 'status', hidden: true })
    #toggle
    #more
    #again

    constructor(room) {
        this.#room = room
        this.#toggle = button({ label: 'Show them', kind: 'small', testid: 'audience-show', 'aria-expanded': 'false', onclick: () => this.#turn() })
        this.#more = button({ label: 'Show more', kind: 'small', testid: 'audience-more', hidden: true, onclick: () => this.#ask(this.#next) })
        this.#again = button({ label: 'Look again', kind: 'small', testid: 'audience-again', hidden: true, onclick: () => this.#ask(0) })
        this.element = make('section', { class: 'audience', 'data-testid': 'audience-section', 'aria-label': 'Audience', hidden: true },
            make('div', { class: 'row' }, make('div', { class: 'grow' }, this.#heading), this.#toggle),
            this.#list, this.#trouble, make('div', { class: 'row' }, this.#more, this.#again))
    }

    update() {
        const { audience } = this.#room
        this.element.hidden = audience === 0
        setText(this.#heading, audienceInWords(audience))
        const maySee = this.#room.may('roster') && this.#room.can('roster')
        this.#toggle.hidden = !maySee
        if (!maySee || audience === 0) this.#isOpen = false
        this.#list.hidden = !this.#isOpen
        this.#more.hidden = !this.#isOpen || this.#next === undefined
        const isStale = this.#isOpen && this.#askedAt !== audience && !this.#isAsking
        const isShort = this.#people.length <= PAGE && this.#next === undefined
        if (isStale && isShort) this.#ask(0)
        this.#again.hidden = !isStale
        setAttribute(this.#toggle, 'aria-expanded', this.#isOpen)
        setText(this.#toggle.querySelector('.label'), this.#isOpen ? 'Hide them' : 'Show them')
    }

    #turn() {
        this.#isOpen = !this.#isOpen
        this.#askedAt = -1
        if (this.#isOpen) this.#ask(0)
        this.update()
    }

    async #ask(after) {
        if (this.#isAsking) return
        this.#isAsking = true
        const { audience } = this.#room
        let trouble = null
        try {
            const page = await this.#room.roster({ after, max: PAGE })
            this.#people = after === 0 ? page.people : [...this.#people, ...page.people]
            this.#next = page.next
            this.#draw()
        } catch (error) {
            trouble = explain(error)
        }
        // Also after a refusal: whoever wants to knows how to look again.
        if (after === 0) this.#askedAt = audience
        this.#isAsking = false
        this.#trouble.hidden = trouble === null
        if (trouble) setText(this.#trouble, `${trouble.title}. ${trouble.text}`)
        this.update()
    }

    // Who is still there keeps the row, and with it the focus.
    #draw() {
        const hadFocus = this.#list.contains(document.activeElement)
        const rows = new Map([...this.#list.children].map((row) => [row.dataset.id, row]))
        const ids = new Set(this.#people.map(({ id }) => id))
        for (const [id, row] of rows) if (!ids.has(id)) row.remove()
        for (const person of this.#people) if (!rows.has(person.id)) this.#list.append(this.#row(person))
        if (hadFocus && !this.#list.contains(document.activeElement)) this.#toggle.focus()
    }

    #row(person) {
        const name = displayName(person)
        const face = make('span', { class: 'face', 'aria-hidden': 'true', text: initials(name) })
        setAttribute(face, 'data-tint', tint(name))
        const raise = button({ label: 'To the stage', kind: 'small', testid: 'to-stage', 'aria-label': `Bring ${name} to the stage`,
            hidden: !mayStage(person, this.#room), onclick: () => bringToStage(person, this.#room) })
        const items = () => actionsFor(person, { room: this.#room })
        const menu = menuButton({ label: `What to do about ${name}`, icon: 'more', kind: 'round plain small', testid: 'person-menu', items,
            hidden: items().length === 0 })
        return make('li', { class: 'person', 'data-testid': 'audience-person', dataset: { id: person.id } }, face,
            make('span', { class: 'person-words' }, make('span', { class: 'person-name', text: person.isSelf ? `${name} (you)` : name })), raise, menu)
    }
}
