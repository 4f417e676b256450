import { stateHash } from './hash.js'
import { fold } from './patch.js'

/** What this client holds of a room: a state, and how far in the room's log it is. */
export class Replica {
    #hash = null

    state = {}
    position = null
    /** How much of the room the server shows us: a stream of frames of its own for each view. */
    view = undefined
    gapsInARow = 0

    /** Sixteen digits, computed when asked for: one pass over the state, then nothing until it changes. */
    get hash() { return this.#hash ??= stateHash(this.state) }

    take({ state, at, view }) {
        this.state = state
        this.position = at
        this.view = view
        this.gapsInARow = 0
        this.#hash = null
    }

    /**
     * Where a frame of the log belongs: `next`; `known`, when two lines overlap or a replay begins early; or `gap`,
     * when something before it is missing, or it tells another story.
     */
    place({ at, after }) {
        if (samePosition(after, this.position)) {
            this.position = at
            this.gapsInARow = 0
            return 'next'
        }
        const [generation, sequence] = this.position
        const isBefore = at[0] === generation && at[1] < sequence
        if (isBefore || samePosition(at, this.position)) return 'known'
        this.gapsInARow += 1
        return 'gap'
    }

    fold(patch) {
        this.state = fold(this.state, patch)
        this.#hash = null
    }

    isAt(position) { return samePosition(position, this.position) }
}

const samePosition = (a, b) => Array.isArray(a) && Array.isArray(b) && a.every((part, index) => part === b[index])
