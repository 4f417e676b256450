import { LevelMeter } from '../level.js'

/** `speaking` is said again while it lasts; whoever hears nothing for longer takes it as over (pulses may be lost). */
const AGAIN_MILLISECONDS = 2000
const LASTS_MILLISECONDS = 3500

/** Who speaks: what our microphone hears is told to the others, and what they tell is kept for a moment. */
export class Speaking {
    isSelf = false
    #others = new Map()
    #meter = new LevelMeter()
    #timer = null
    #room
    #draw

    constructor(room, draw) {
        this.#room = room
        this.#draw = draw
        this.#meter.on('speaking', (isSpeaking) => this.#tell(isSpeaking))
    }

    has(id) { return this.#others.has(id) }

    listen(track) { this.#meter.listen(track) }

    hear(id, isSpeaking) {
        this.forget(id)
        if (isSpeaking) this.#others.set(id, setTimeout(() => this.hear(id, false), LASTS_MILLISECONDS))
        this.#draw()
    }

    forget(id) {
        clearTimeout(this.#others.get(id))
        this.#others.delete(id)
    }

    close() {
        this.#room = null
        this.#others.forEach((timer) => clearTimeout(timer))
        clearInterval(this.#timer)
        this.#meter.listen(null)
    }

    #tell(isSpeaking) {
        if (this.#room === null) return
        this.isSelf = isSpeaking
        clearInterval(this.#timer)
        const say = () => this.#room.pulse('speaking', isSpeaking)
        say()
        if (isSpeaking) this.#timer = setInterval(say, AGAIN_MILLISECONDS)
        this.#draw()
    }
}
