import { politeness } from '../parley.js'

/** What the hub knows of each two who signal: in each direction its numbers, its newest offer, and what is on its way. */
export class Pairs {
    #all = new Map()

    of(from, to) {
        const key = `${from} ${to}`
        if (!this.#all.has(key)) this.#all.set(key, { n: 0, newest: 0, isOpen: false, isBegun: false, acknowledged: 0, waiting: [] })
        return this.#all.get(key)
    }
}

/** Takes a signal into the pair's negotiation. Answers with a rejection's code if it does not fit. */
export function verdictOn({ type, negotiation }, { sender, recipient, mine, theirs }) {
    switch (type) {
    case 'offer':
        if (!sender.abilities.rollback && !recipient.abilities.rollback) return 'no-rollback'
        if (negotiation <= mine.newest) return 'stale-offer'
        Object.assign(mine, { newest: negotiation, isOpen: true, isBegun: true })
        theirs.isBegun = true
        return
    case 'answer':
        if (!mine.isBegun) return 'no-negotiation'
        if (!theirs.isOpen || theirs.newest !== negotiation) return 'stale-answer'
        theirs.isOpen = false
        return
    case 'ice-candidate': return mine.isBegun ? undefined : 'no-negotiation'
    case 'hangup':
        mine.isBegun = theirs.isBegun = mine.isOpen = theirs.isOpen = false
    }
}

const asSide = ({ joined, abilities }) => ({ joined, rollback: abilities.rollback === true })

/** Who of two restarts ICE: the impolite one, or the other, or neither (null). */
export function restarterOf(a, b) {
    const isPolite = politeness(asSide(a), asSide(b)).polite
    return [isPolite ? b : a, isPolite ? a : b].find(({ abilities }) => abilities.restart)?.id ?? null
}
