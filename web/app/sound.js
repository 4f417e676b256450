import { Emitter } from './emitter.js'
import { audioContext } from './level.js'

// Browsers may refuse to play sound before somebody has touched the page. Then one clear button helps (`blocked`).

export class Player extends Emitter {
    #waiting = new Set()

    get isBlocked() {
        return this.#waiting.size > 0
    }

    async play(video) {
        try {
            await video.play()
            this.forget(video)
        } catch (error) {
            // Anything else ends by itself: a newer stream has interrupted this play.
            if (error.name !== 'NotAllowedError') return
            this.#waiting.add(video)
            this.emit('blocked', true)
        }
    }

    forget(video) {
        if (this.#waiting.delete(video) && !this.isBlocked) this.emit('blocked', false)
    }

    /** Call it from a click: only then the browser agrees. */
    unblock() {
        audioContext()
        for (const video of [...this.#waiting]) this.play(video)
    }
}
