import { ParleyError } from './errors.js'

const framesMax = 512

/** Negotiation that arrived before there was a mesh, in order. */
export class Backlog {
    #frames = []

    constructor(report) { this.report = report }

    /** To the app, to a mesh, or kept until there is one. */
    deliver(room, frame) {
        if (frame.type === 'signal') room.emit('signal', { from: frame.from, data: frame.data })
        else if (room.hasListeners('negotiation')) room.emit('negotiation', frame)
        else this.keep(frame)
    }

    keep(frame) {
        // A hangup ends what came before it, and there is nothing here that it could end.
        if (frame.type === 'hangup') return this.forget(frame.from)
        this.#frames.push(frame)
        if (this.#frames.length <= framesMax) return
        this.#frames.shift()
        this.report(new ParleyError('backlog-full', 'Negotiation arrived, and no mesh took it.'))
    }

    forget(participant) { this.#frames = this.#frames.filter(({ from }) => from !== participant) }
    take() { return this.#frames.splice(0) }
}
