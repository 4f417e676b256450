/** A loss that is over by then is nobody's business; others do not hear of it either. */
const AWAY_MILLISECONDS = 1000

/** What the page knows of the server: `connecting`, `connected`, `reconnecting`, `closed`; told when it is worth it. */
export class ServerWatch {
    server = { status: 'connected' }
    #timer = null
    #awaySince = null

    /** `onAway`, `onBack`, `onClosed(change)`, `onChange`: something has to be drawn. */
    constructor(events) { Object.assign(this, events) }

    get isAway() { return this.server.status === 'reconnecting' }

    turns(change) {
        const wasAway = this.isAway
        const news = { ...change, retryAt: Date.now() + (change.retryInMilliseconds ?? 0) }
        clearTimeout(this.#timer)
        if (change.status === 'closed') return this.onClosed(change)
        if (change.status === 'reconnecting' && !wasAway) {
            const rest = AWAY_MILLISECONDS - (Date.now() - (this.#awaySince ??= Date.now()))
            this.#timer = setTimeout(() => this.#away(news), Math.max(0, rest))
            return
        }
        this.server = news
        if (change.status === 'connected') this.#awaySince = null
        if (change.status === 'connected' && wasAway) this.onBack()
        this.onChange()
    }

    close() { clearTimeout(this.#timer) }

    #away(news) {
        this.server = news
        this.onAway()
        this.onChange()
    }
}
