import { explain } from '/client/parley.js'
import { announce } from './announce.js'
import { explainScreen } from './device-words.js'
import { noticeLine } from './notice.js'
import { order } from './order.js'

// What is said about our own shared screen, in a meeting and in a call.

const WORDS = {
    on: 'You share your screen.', off: 'You stopped sharing.', 'gave-up': 'You do not wait for your turn any more.',
    waits: 'You get your turn when the screen is free.',
}

/** Shares, stops, waits for the turn or gives it up. Answers with words if it did not work, and with null if it did. */
export async function switchScreen(sharing) {
    if (!sharing.mayShare && sharing.stream === null) return null
    try {
        const outcome = await sharing.toggle()
        announce(WORDS[outcome], { isQuiet: outcome !== 'waits' })
        return null
    } catch (error) {
        // The room has refused it by name; anything else is the browser's.
        return error.name === 'ParleyError' ? explain(error) : explainScreen(error)
    }
}

/** Whose turn it is to share, as long as we wait for ours. `sharing()`: of the room that is shown; `nameOf(id)`: who has it. */
export function floorLine({ sharing, nameOf, onshare }) {
    const line = noticeLine('floor-banner', {
        kind: 'banner calm', picture: 'screen', actions: [
            { id: 'floor-share', label: 'Choose what to share', kind: 'small primary', onclick: onshare },
            { id: 'floor-give-up', label: 'Give up', onclick: () => order(sharing().giveUp()) },
        ],
    })
    return {
        element: line.element,
        update() {
            line.show(wordsFor(sharing(), nameOf))
            line.element.querySelector('[data-testid="floor-share"]').hidden = !sharing().isOffered
        },
    }
}

function wordsFor(sharing, nameOf) {
    if (sharing.isOffered) return { title: 'It is your turn to share', text: '' }
    const { place, holders } = sharing.floor
    if (place === undefined) return null
    const holder = nameOf(holders[0])
    const before = place === 0 ? 'You are the next one.' : `${place} before you.`
    return { title: holder ? `${holder} shares now` : 'You wait for your turn to share', text: before }
}
