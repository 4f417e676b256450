import { Emitter } from './emitter.js'
import { recall, remember } from './memory.js'

// Camera, microphone, speaker. Each of the first two is `off`, `asking`, `on` or `failed` (with a fault); the page
// draws from that alone. Emits `change` for every difference, and `track` ({kind, track|null}) when what others get
// differs.

const KINDS = ['audio', 'video']
const INPUTS = { audio: 'audioinput', video: 'videoinput', speaker: 'audiooutput' }

/** An error of getUserMedia as one of our words (app/device-words.js explains them). */
export function faultOf(error) {
    switch (error.name) {
        case 'NotAllowedError': case 'SecurityError': return 'refused'
        case 'NotFoundError': case 'OverconstrainedError': return 'missing'
        case 'NotReadableError': case 'AbortError': return 'busy'
        default: return 'unknown'
    }
}

function constraints(kind, deviceId) {
    const chosen = deviceId ? { deviceId: { exact: deviceId } } : {}
    if (kind === 'audio') return { ...chosen, echoCancellation: true, noiseSuppression: true, autoGainControl: true }
    return { ...chosen, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } }
}

export class Devices extends Emitter {
    /** What others get, except a shared screen. Tracks come and go; the stream stays the same. */
    stream = null
    audio = { phase: 'off', fault: null, track: null, deviceId: recall('audio', '') }
    video = { phase: 'off', fault: null, track: null, deviceId: recall('video', '') }
    speaker = { deviceId: recall('speaker', '') }
    isMuted = false
    /** Grows with every wish: a device that opens after the wish has changed is closed again at once. */
    #wishes = { audio: 0, video: 0 }
    /** By kind: `[{id, label}]`. Labels are empty until a device was allowed. */
    lists = { audio: [], video: [], speaker: [] }
    canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype

    constructor() {
        super()
        this.stream = new MediaStream()
        navigator.mediaDevices?.addEventListener('devicechange', () => this.refresh())
    }

    get faults() {
        return { audio: this.audio.fault, video: this.video.fault }
    }

    /** Whether others can hear us: there is a microphone, and it is not muted. */
    get isAudible() {
        return this.audio.phase === 'on' && !this.isMuted
    }

    /**
     * Asks for both with one question. If that fails, each is asked for alone, except after a refusal:
     * whoever has said no is not asked twice.
     */
    async start(wanted = { audio: true, video: true }) {
        const kinds = KINDS.filter((kind) => wanted[kind] && this[kind].phase !== 'on')
        if (kinds.length < 2) return Promise.all(kinds.map((kind) => this.turnOn(kind)))
        const denied = await Promise.all(kinds.map((kind) => isDenied(kind)))
        if (denied.includes(true)) return Promise.all(kinds.map((kind) => this.turnOn(kind)))
        const wishes = kinds.map((kind) => this.#wish(kind))
        try {
            const stream = await this.#open(kinds)
            stream.getTracks().forEach((track) => this.#accept(track, wishes[kinds.indexOf(track.kind)]))
        } catch (error) {
            const fault = this.#fault(error)
            if (fault === 'refused' || fault === 'insecure') kinds.forEach((kind) => this.#fail(kind, fault))
            else for (const kind of kinds) await this.turnOn(kind)
        }
        return this.refresh()
    }

    /** One device, perhaps another one than before. The old track lives until the new one is there. */
    async turnOn(kind, deviceId = this[kind].deviceId) {
        this[kind].deviceId = deviceId
        const wish = this.#wish(kind)
        try {
            const stream = await this.#open([kind])
            stream.getTracks().forEach((track) => this.#accept(track, wish))
        } catch (error) {
            if (wish !== this.#wishes[kind]) return undefined
            if (deviceId !== '' && ['NotFoundError', 'OverconstrainedError'].includes(error.name)) {
                return this.turnOn(kind, '') // The remembered device is not here today: any other will do.
            }
            this.#fail(kind, this.#fault(error))
        }
        return this.refresh()
    }

    turnOff(kind) {
        this.#wishes[kind] += 1
        this.#drop(kind)
        this.#settle(kind, { phase: 'off', fault: null })
    }

    /** Muting keeps the microphone open, so that the first word after it is not lost. */
    mute(isMuted) {
        this.isMuted = isMuted
        if (this.audio.track) this.audio.track.enabled = !isMuted
        this.emit('change')
    }

    async choose(kind, deviceId) {
        remember(kind, deviceId)
        this[kind].deviceId = deviceId
        if (kind !== 'speaker' && this[kind].phase === 'on') return this.turnOn(kind, deviceId)
        return this.emit('change')
    }

    async refresh() {
        const all = await navigator.mediaDevices?.enumerateDevices?.().catch(() => []) ?? []
        for (const [kind, deviceKind] of Object.entries(INPUTS)) {
            this.lists[kind] = all.filter((device) => device.kind === deviceKind && device.deviceId !== '')
                .map((device) => ({ id: device.deviceId, label: device.label }))
        }
        this.emit('change')
    }

    stop() {
        KINDS.forEach((kind) => this.turnOff(kind))
    }

    #open(kinds) {
        const wanted = Object.fromEntries(kinds.map((kind) => [kind, constraints(kind, this[kind].deviceId)]))
        if (navigator.mediaDevices?.getUserMedia === undefined) return Promise.reject(new Error('no getUserMedia'))
        return navigator.mediaDevices.getUserMedia(wanted)
    }

    #fault(error) {
        return navigator.mediaDevices === undefined && !isSecureContext ? 'insecure' : faultOf(error)
    }

    #wish(kind) {
        this.#wishes[kind] += 1
        this.#settle(kind, { phase: 'asking', fault: null })
        return this.#wishes[kind]
    }

    #accept(track, wish) {
        const kind = track.kind
        if (wish !== this.#wishes[kind]) return track.stop()
        this.#drop(kind, { isReplaced: true })
        if (kind === 'audio') track.enabled = !this.isMuted
        track.addEventListener('ended', () => {
            if (this[kind].track === track) this.#fail(kind, 'gone')
        })
        this.stream.addTrack(track)
        this.#settle(kind, { phase: 'on', fault: null, track })
        return this.emit('track', { kind, track })
    }

    #drop(kind, { isReplaced = false } = {}) {
        const track = this[kind].track
        if (track === null) return
        this[kind].track = null
        this.stream.removeTrack(track)
        track.stop()
        if (!isReplaced) this.emit('track', { kind, track: null })
    }

    #fail(kind, fault) {
        this.#drop(kind)
        this.#settle(kind, { phase: 'failed', fault })
    }

    #settle(kind, difference) {
        Object.assign(this[kind], difference)
        this.emit('change')
    }
}

/** Whether the browser would refuse without asking anybody. Not every browser can tell: then, no. */
async function isDenied(kind) {
    try {
        const name = kind === 'audio' ? 'microphone' : 'camera'
        return (await navigator.permissions.query({ name })).state === 'denied'
    } catch {
        return false
    }
}
