import { make } from './dom.js'
import { bestFit, featuredFit } from './grid.js'
import { Tile } from './tile.js'

// Where everybody is on the screen. Tiles are kept by key; only their place changes.

const GAP = 10

export class Stage {
    #tiles = new Map()
    #grid = make('div', {
        class: 'grid', role: 'group', 'aria-label': 'Everybody in the meeting', 'data-testid': 'grid',
    })
    #featured = make('div', { class: 'featured', 'data-testid': 'featured' })
    #observer = new ResizeObserver(() => this.#layout())
    #invitation
    #player
    #onretry

    /** `invitation`: what takes the second place while somebody is alone. */
    constructor({ player, invitation, onretry }) {
        this.#onretry = onretry
        this.#player = player
        this.#invitation = invitation
        this.element = make('div', { class: 'stage', 'data-testid': 'stage' }, this.#featured, this.#grid)
        this.#observer.observe(this.element)
    }

    /** `people`: as `Call.people`, already only those who have a place. */
    update(people, { isAlone, speakerId }) {
        // Yourself last: what you came for is the others.
        const ordered = [...people.filter((person) => !person.isSelf), ...people.filter((person) => person.isSelf)]
        const screens = ordered.filter((person) => person.screen !== null && person.media.screen)
        const wanted = [...screens.map((person) => [`${person.id}:screen`, person, true]),
            ...ordered.map((person) => [person.id, person, false])]
        const keys = new Set(wanted.map(([key]) => key))
        for (const [key, tile] of this.#tiles) {
            if (keys.has(key)) continue
            tile.remove()
            this.#tiles.delete(key)
        }
        for (const [key, person, isScreen] of wanted) {
            if (!this.#tiles.has(key)) this.#tiles.set(key, this.#tile(key, person, isScreen))
            this.#tiles.get(key).update(person, speakerId)
        }
        const large = featuredKeys(ordered, screens)
        const rest = wanted.filter(([key]) => !large.includes(key)).map(([key]) => this.#tiles.get(key).element)
        if (isAlone && large.length === 0) rest.push(this.#invitation)
        place(this.#featured, large.map((key) => this.#tiles.get(key).element))
        place(this.#grid, rest)
        this.#layout()
    }

    /** The face of somebody, `null` if they have no place. */
    tileOf(id) { return this.#tiles.get(id)?.element ?? null }

    #tile(key, { id, isSelf }, isScreen) {
        return new Tile(key, { isScreen, isSelf, player: this.#player, onretry: () => this.#onretry(id) })
    }

    close() {
        this.#observer.disconnect()
        this.#tiles.forEach((tile) => tile.remove())
        this.#tiles.clear()
    }

    #layout() {
        const { clientWidth: width, clientHeight: height } = this.element
        const count = this.#grid.children.length
        if (width === 0 || height === 0) return
        const { style, dataset } = this.element
        const set = (name, pixels) => style.setProperty(name, `${Math.max(0, pixels)}px`)
        if (this.#featured.children.length === 0) {
            const fit = bestFit(count, width, height, GAP)
            dataset.strip = 'none'
            set('--tile-width', fit.width)
            set('--tile-height', fit.height)
            set('--row-width', fit.columns * fit.width + (fit.columns - 1) * GAP)
            return
        }
        const fit = featuredFit(count, width, height, GAP)
        dataset.strip = fit.side
        const { columns = 1 } = fit.tile
        set('--row-width', columns * fit.tile.width + (columns - 1) * GAP)
        set('--tile-width', fit.tile.width)
        set('--tile-height', fit.tile.height)
        set('--featured-width', fit.featured.width)
        set('--featured-height', fit.featured.height)
    }
}

/**
 * Whom we want large ourselves takes the large place, or else a shared screen, or else whoever is in the spotlight, unless
 * nobody would be left beside them.
 */
function featuredKeys(people, screens) {
    const pinned = people.find(({ isPinned }) => isPinned)
    if (pinned && people.length > 1) return [pinned.id]
    // Somebody else's screen before one's own, which one sees anyway.
    if (screens.length > 0) return [`${screens[0].id}:screen`]
    const lit = people.filter(({ isSpotlit }) => isSpotlit).map(({ id }) => id)
    return lit.length < people.length ? lit : []
}

/** Moves only what is not yet there: a moved <video> stops for a moment. */
function place(parent, elements) {
    [...parent.children].filter((child) => !elements.includes(child)).forEach((child) => child.remove())
    elements.forEach((element, index) => {
        if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null)
    })
}
