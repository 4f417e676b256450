import { Emitter } from '/app/emitter.js'
import { audioContext } from '/app/level.js'

// Tones that are made, not loaded. A browser plays nothing before somebody has touched the page: until then what rings is
// seen, not heard.

const PATTERNS = {
    // Two notes that answer each other; a phone, not an alarm.
    ring: { every: 3000, notes: [[659, 0, 0.35], [880, 0.4, 0.35], [659, 0.9, 0.35], [880, 1.3, 0.35]], volume: 0.14 },
    // What one hears while it rings over there (ITU-T E.180: 425 Hz).
    ringback: { every: 5000, notes: [[425, 0, 1]], volume: 0.05 },
    busy: { every: 0, notes: [[425, 0, 0.25], [425, 0.5, 0.25], [425, 1, 0.25]], volume: 0.05 },
}
const FADE_SECONDS = 0.03

const ALLOWED_AFTER_MILLISECONDS = 1000

/** Emits `change` when it turns out whether it can be heard. */
export class Ringer extends Emitter {
    #name = null
    #timer = null
    #playing = []
    #isSettled = false
    #stops = new AbortController()

    constructor() {
        super()
        // It always begins silent, and is allowed a moment later or not at all.
        setTimeout(() => { this.#isSettled = true; this.emit('change') }, ALLOWED_AFTER_MILLISECONDS)
        audioContext()?.addEventListener('statechange', () => this.emit('change'), { signal: this.#stops.signal })
    }

    /** The browser lets nothing be heard yet. */
    get isMute() { return this.#isSettled && (audioContext()?.state ?? 'running') !== 'running' }

    close() {
        this.stop()
        this.#stops.abort()
    }

    /** What is heard now: `ring`, `ringback`, `busy`, or null. */
    get name() { return this.#name }

    /** The same tone again changes nothing. */
    play(name) {
        if (name === this.#name) return
        this.stop()
        if (name === null) return
        this.#name = name
        const { every } = PATTERNS[name]
        const round = () => {
            this.#sound(PATTERNS[name])
            if (name === 'ring') navigator.vibrate?.([400, 200, 400])
        }
        round()
        if (every > 0) this.#timer = setInterval(round, every)
    }

    stop() {
        clearInterval(this.#timer)
        if (this.#name === 'ring') navigator.vibrate?.(0)
        this.#name = null
        for (const oscillator of this.#playing.splice(0)) oscillator.stop()
    }

    #sound({ notes, volume }) {
        const context = audioContext()
        // Not allowed yet: a tone that waits would come all at once, and too late.
        if (context?.state !== 'running') return
        for (const [frequency, after, seconds] of notes) this.#note(context, frequency, context.currentTime + after, seconds, volume)
    }

    #note(context, frequency, begins, seconds, volume) {
        const oscillator = new OscillatorNode(context, { type: 'sine', frequency })
        const gain = new GainNode(context, { gain: 0 })
        gain.gain.setValueAtTime(0, begins)
        gain.gain.linearRampToValueAtTime(volume, begins + FADE_SECONDS)
        gain.gain.setValueAtTime(volume, begins + seconds - FADE_SECONDS)
        gain.gain.linearRampToValueAtTime(0, begins + seconds)
        oscillator.connect(gain).connect(context.destination)
        oscillator.start(begins)
        oscillator.stop(begins + seconds)
        this.#playing.push(oscillator)
        oscillator.onended = () => { this.#playing = this.#playing.filter((other) => other !== oscillator) }
    }
}
