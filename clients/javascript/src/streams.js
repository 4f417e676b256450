/**
 * What one peer sends, as two streams: camera (with the microphone) and screen (with its sound). They are put
 * together here by slot, so that they look the same whatever the other browser writes about streams.
 */
export class RemoteStreams {
    #streams = { main: null, screen: null }
    #transceivers = new Map()

    constructor({ slots, MediaStream, emit }) {
        Object.assign(this, { slots, MediaStream, emit })
    }

    get streams() { return [this.#streams.main, this.#streams.screen].filter(Boolean) }
    get camera() { return this.#streams.main ?? undefined }
    get screen() { return this.#streams.screen ?? undefined }

    add({ track, transceiver }) {
        const role = this.slots.roleOf(transceiver)
        const stream = this.#streams[role] ??= new this.MediaStream()
        if (!stream.getTracks().includes(track)) stream.addTrack(track)
        this.#transceivers.set(transceiver, { track, role })
        this.emit('stream', { stream, track, isScreen: role === 'screen' })
    }

    /** After an exchange: what the other side no longer sends is taken out. */
    sync() {
        for (const [transceiver, { track, role }] of this.#transceivers) {
            if (isReceiving(transceiver)) continue
            this.#transceivers.delete(transceiver)
            const stream = this.#streams[role]
            stream.removeTrack(track)
            if (stream.getTracks().length > 0) continue
            this.#streams[role] = null
            this.emit('stream-removed', { stream, track, isScreen: role === 'screen' })
        }
    }
}

const isReceiving = ({ currentDirection }) => currentDirection === 'sendrecv' || currentDirection === 'recvonly'
