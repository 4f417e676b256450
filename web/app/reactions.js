import { announce } from './announce.js'
import { make, icon } from './dom.js'
import { displayName } from './names.js'

const SHOWN_MILLISECONDS = 3200
const PER_TILE_MAX = 5

/** What one can show without a word: its name on the wire, which is also that of its picture, and in words. */
export const REACTIONS = {
    'thumbs-up': 'Thumbs up', applause: 'Applause', heart: 'Heart', laughing: 'Laughing', surprised: 'Surprised',
    celebration: 'Celebration',
}

/** For the menu of the bar. */
export const reactionItems = (react) => Object.entries(REACTIONS).map(([name, label]) => ({
    id: `react-${name}`, label, icon: name, onclick: () => react(name),
}))

/** Over the face of whoever reacts, for a moment; and in words for screen readers. Ignored: a name that is not ours. */
export function showReaction(tile, person, name) {
    if (!Object.hasOwn(REACTIONS, name) || person === undefined) return
    announce(`${person.isSelf ? 'You' : displayName(person)}: ${REACTIONS[name].toLowerCase()}.`, { isQuiet: true })
    const before = tile?.querySelectorAll('.reaction').length ?? PER_TILE_MAX
    if (before >= PER_TILE_MAX) return
    const element = make('span', { class: 'reaction', 'aria-hidden': 'true', 'data-testid': 'reaction' }, icon(name))
    // Several at once do not lie on each other.
    element.style.setProperty('--drift', String(before - 2))
    tile.append(element)
    setTimeout(() => element.remove(), SHOWN_MILLISECONDS)
}
