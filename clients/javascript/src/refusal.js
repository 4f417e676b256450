/**
 * A browser does not say why a socket could not be opened; the server does, when asked: `{code, message, isFinal, retryAfterMilliseconds}`, or undefined where there is nothing to know.
 */
export async function whyRefused(endpoint, fetch) {
    try {
        const url = new URL(endpoint)
        url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:'
        url.pathname = url.pathname.replace(/connect$/, 'validate')
        const response = await fetch(url.href)
        if (response.ok) return undefined
        const { code, message, retryAfterMilliseconds } = await response.json()
        // Too much, or the server's own trouble: that passes.
        const isFinal = response.status !== 429 && response.status < 500
        return code && { code, message, isFinal, retryAfterMilliseconds }
    } catch { /* no server there at all: go on trying */ }
}

/** Whatever a server says. */
const restMillisecondsMax = 600_000

/** When it is worth to come again, as the server has said. Those who are told the same come spread over half as long behind it. */
export class Rest {
    #until = 0

    constructor(clock, random) { Object.assign(this, { clock, random }) }

    get milliseconds() { return Math.max(0, this.#until - this.clock.now()) }

    note(milliseconds) {
        if (milliseconds > 0) this.#until = this.clock.now() + Math.min(milliseconds, restMillisecondsMax) * (1 + this.random() / 2)
    }
}
