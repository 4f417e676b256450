import { ParleyError } from '../errors.js'
import { said } from './sets.js'

const pageMax = 100

/**
 * Pages of a list that nobody holds as a whole. Each answer says which page it is; what has none yet is asked for again
 * after a loss.
 */
export class Roster {
    #questions = []

    constructor({ send }) { this.send = send }

    /** Resolves with the frame. */
    page(after, max, isClosed) {
        if (isClosed) return Promise.reject(closedError())
        return new Promise((resolve, reject) => {
            const frame = { type: 'roster', after, max: Math.min(max, pageMax) }
            this.#questions.push({ frame, resolve, reject })
            this.send(frame)
        })
    }

    // Ignored: an answer that came twice, because it was asked for again on a new connection.
    take(frame) { this.#settle(({ after }) => after === (frame.after ?? 0))?.resolve(frame) }

    // It names no page: answers come in the order of the questions.
    rejected(frame) { this.#settle(() => true)?.reject(ParleyError.ofRejection(frame)) }

    again() { for (const { frame } of this.#questions) this.send(frame) }

    close() {
        for (const { reject } of this.#questions.splice(0)) reject(closedError())
    }

    #settle(isMeant) {
        const index = this.#questions.findIndex(({ frame }) => isMeant(frame))
        return index < 0 ? undefined : this.#questions.splice(index, 1)[0]
    }
}

/** People of a page, in order of arrival. */
export const pageOf = ({ people = {}, next }) => said({
    people: Object.entries(people).map(([id, row]) => ({ id, ...row })).sort((a, b) => a.joined - b.joined), next,
})

const closedError = () => new ParleyError('closed', 'This room is closed here.')
