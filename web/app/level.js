import { Emitter } from './emitter.js'

// How loud a microphone is: a meter for the eye, and a yes or no for everybody else's "is speaking" ring.

const TICK_MILLISECONDS = 80
/** RMS where speech begins and where it has surely ended: two thresholds, so that the ring does not flutter. */
const SPEECH_BEGINS = 0.03
const SPEECH_ENDS = 0.018
/** A pause between words is no end. */
const PAUSE_MILLISECONDS = 700

let context = null

/** One audio context for the page: browsers allow few. It may start suspended until somebody clicks. */
export function audioContext() {
    if (context === null) {
        const Context = globalThis.AudioContext ?? globalThis.webkitAudioContext
        if (Context === undefined) return null
        context = new Context({ latencyHint: 'interactive' })
        for (const gesture of ['pointerdown', 'keydown']) document.addEventListener(gesture, wake, { capture: true })
    }
    wake()
    return context
}

/** Without a click the browser may have refused; an iPhone also suspends it after a call by telephone. */
function wake() {
    if (context.state !== 'running') context.resume().catch(() => {})
}

/** Emits `level` (0…1, for a meter) on every tick and `speaking` (true, false) on change. */
export class LevelMeter extends Emitter {
    #source = null
    #analyser = null
    #samples = null
    #timer = null
    #quietSince = 0
    isSpeaking = false

    /** Listens to this track from now on; `null`: to nothing. */
    listen(track) {
        this.#stop()
        const audio = track === null ? null : audioContext()
        if (audio === null) return
        this.#analyser = audio.createAnalyser()
        this.#analyser.fftSize = 1024
        this.#samples = new Float32Array(this.#analyser.fftSize)
        try {
            this.#source = audio.createMediaStreamSource(new MediaStream([track]))
        } catch {
            return // Firefox refuses a microphone of another sample rate. A call without a meter is still a call.
        }
        this.#source.connect(this.#analyser)
        this.#timer = setInterval(() => this.#measure(track), TICK_MILLISECONDS)
    }

    #stop() {
        clearInterval(this.#timer)
        this.#source?.disconnect()
        this.#source = null
        this.#settle(false)
        this.emit('level', 0)
    }

    #measure(track) {
        this.#analyser.getFloatTimeDomainData(this.#samples)
        let sum = 0
        for (const sample of this.#samples) sum += sample * sample
        const rms = track.enabled ? Math.sqrt(sum / this.#samples.length) : 0
        // Ears are logarithmic: -60 dB … -10 dB becomes 0 … 1.
        this.emit('level', rms <= 0.001 ? 0 : Math.min(1, (20 * Math.log10(rms) + 60) / 50))
        const now = performance.now()
        if (rms > SPEECH_ENDS) this.#quietSince = now
        if (!this.isSpeaking && rms > SPEECH_BEGINS) this.#settle(true)
        else if (this.isSpeaking && (!track.enabled || now - this.#quietSince > PAUSE_MILLISECONDS)) this.#settle(false)
    }

    #settle(isSpeaking) {
        if (isSpeaking === this.isSpeaking) return
        this.isSpeaking = isSpeaking
        this.emit('speaking', isSpeaking)
    }
}
