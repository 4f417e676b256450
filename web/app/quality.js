import { make, setText, setAttribute } from './dom.js'

// How far away somebody is: the round trip between their device and the server, as three bars and a number.

/** Above these, people begin to talk over each other; a mesh's own paths are usually shorter. */
const GOOD_MILLISECONDS_MAX = 150
const FAIR_MILLISECONDS_MAX = 400

const WORDS = { good: 'good connection', fair: 'slow connection', weak: 'very slow connection' }

/** `null` while nobody knows. */
export function qualityOf(milliseconds) {
    if (milliseconds === undefined) return null
    const level = milliseconds <= GOOD_MILLISECONDS_MAX ? 'good' : milliseconds <= FAIR_MILLISECONDS_MAX ? 'fair' : 'weak'
    return { level, milliseconds: Math.round(milliseconds) }
}

/** Three bars; the number is in the title. `isVerbose`: it also stands beside them. */
export function qualityBars({ isVerbose = false } = {}) {
    const figure = isVerbose ? make('span', { class: 'quality-figure' }) : null
    const element = make('span', { class: 'quality', role: 'img', 'data-testid': 'quality', hidden: true },
        make('span', { class: 'bars', 'aria-hidden': 'true' }, make('i'), make('i'), make('i')), figure)
    return {
        element,
        show(quality, name) {
            element.hidden = quality === null
            if (quality === null) return
            const { level, milliseconds } = quality
            setAttribute(element, 'data-level', level)
            const whose = `${name}: ${WORDS[level]}`
            setAttribute(element, 'title', `${whose}, ${milliseconds} ms to the server and back`)
            setAttribute(element, 'aria-label', whose)
            if (figure) setText(figure, `${milliseconds} ms`)
        },
    }
}
