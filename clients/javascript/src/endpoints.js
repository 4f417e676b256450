/** So many addresses are taken from a server. */
const learntMax = 16

/** Where the session can be had: the addresses that the app has named, then those that a server has; one is in use, or next. */
export class Endpoints {
    #all
    #given
    #index = 0
    #advised = null

    constructor(given) {
        this.#all = [...given]
        this.#given = given.length
    }

    get count() { return this.#all.length }
    get url() { return this.#all[this.#index] }

    /** The next one; the advised one once, if a server has advised one. */
    advance(heedsAdvice = false) {
        this.#index = (heedsAdvice ? this.#advised : null) ?? (this.#index + 1) % this.#all.length
        if (heedsAdvice) this.#advised = null
    }

    /** What the server in use says of others, in place of what the one before has said. */
    replace(named) {
        const { url } = this
        this.#all.length = this.#given
        this.#advised = null
        for (const endpoint of [url, ...named]) this.#learn(endpoint)
        this.#index = this.#all.indexOf(url)
    }

    /** A server says where to go first. */
    advise(endpoint) { if (this.#learn(endpoint)) this.#advised = this.#all.indexOf(endpoint) }

    // As safe as those that the app has named, or it is not heeded. Whether it is one of ours now.
    #learn(endpoint) {
        if (this.#all.includes(endpoint)) return true
        const isSafe = (url) => /^(wss|https):/.test(url)
        if (!isSafe(endpoint) && (isSafe(this.#all[0]) || !/^ws:/.test(endpoint))) return false
        if (this.#all.length >= this.#given + learntMax) return false
        return this.#all.push(endpoint) > 0
    }
}
