// Servers keep a part of what they can open for those who come back.
const saysSo = (url) => `${url}${url.includes('?') ? '&' : '?'}resume=1`

/** One WebSocket, from its hello to its end. It judges nothing and never comes back. */
export class Line {
    #socket
    #openedAt
    #events

    /** When something was last heard; before that, when it was opened. */
    heardAt
    hasSaidHello = false

    /**
     * Throws what the browser throws for an address that it does not take. `makeHello()` gives the first frame;
     * `onFrame(frame)`, `onUnreadable()` and `onEnd(code, reason)` tell what happens, until `end`.
     */
    constructor({ url, WebSocket, clock, makeHello, isReturning = false, ...events }) {
        this.clock = clock
        this.#events = events
        this.heardAt = this.#openedAt = clock.now()
        const socket = this.#socket = new WebSocket(isReturning ? saysSo(url) : url, 'parley.v1')
        socket.onopen = () => {
            this.hasSaidHello = true
            socket.send(JSON.stringify(makeHello()))
        }
        socket.onmessage = ({ data }) => {
            this.heardAt = clock.now()
            let frame
            try { frame = JSON.parse(data) } catch { return this.#events.onUnreadable() }
            this.#events.onFrame(frame)
        }
        socket.onerror = () => {}
        socket.onclose = ({ code, reason }) => { this.#socket = null; this.#events.onEnd(code, reason) }
    }

    /** From here on somebody else is told. */
    adopt(events) { this.#events = events }

    /** Milliseconds since anything was heard. */
    get silence() { return this.clock.now() - this.heardAt }
    get age() { return this.clock.now() - this.#openedAt }

    send(frame) { this.#socket?.send(JSON.stringify(frame)) }

    /** Nothing is told from here on. */
    end(code) {
        const socket = this.#socket
        this.#socket = null
        if (!socket) return
        socket.onopen = socket.onmessage = socket.onclose = null
        try { socket.close(code) } catch { /* it was never open */ }
    }
}
