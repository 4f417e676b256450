/** The ICE user names that a session description announces. */
export function userFragments(sdp) {
    return new Set(Array.from(sdp.matchAll(/^a=ice-ufrag:(.+?)\r?$/gm), (match) => match[1]))
}

/** Of a candidate as it travels; older browsers leave the member out, and it is still in the line. */
export function userFragmentOf(candidate) {
    return candidate.usernameFragment ?? / ufrag (\S+)/.exec(candidate.candidate ?? '')?.[1] ?? null
}

/** As it travels: null, or the init object with its user fragment. */
export function candidateInit(candidate) {
    if (!candidate) return null
    const init = candidate.toJSON?.() ?? candidate
    const usernameFragment = init.usernameFragment ?? candidate.usernameFragment
    return usernameFragment ? { ...init, usernameFragment } : init
}

/**
 * Remote candidates on their way into a connection. They wait for the first description; those of an offer
 * that was ignored or of an ICE generation that is over name another user fragment and are dropped.
 */
export class RemoteCandidates {
    #waiting = []

    /** `isIgnoring()`: our side has just ignored an offer, so that its candidates may fail in silence. */
    constructor({ connection, isIgnoring, onError }) {
        Object.assign(this, { connection, isIgnoring, onError })
    }

    async add(candidate) {
        // Without a name it can only belong to the description before it, and that was ignored.
        if (this.isIgnoring() && !(candidate && userFragmentOf(candidate))) return
        if (!this.connection.remoteDescription) {
            this.#waiting.push(candidate)
            return
        }
        await this.#apply(candidate)
    }

    /** A description was set: those that waited belong to it, or to nothing. */
    async release() {
        for (const candidate of this.#waiting.splice(0)) await this.#apply(candidate)
    }

    clear() { this.#waiting = [] }

    async #apply(candidate) {
        const fragment = candidate && userFragmentOf(candidate)
        if (fragment && !userFragments(this.connection.remoteDescription.sdp).has(fragment)) return
        try {
            // Null says that no more come: the argument-less form of the same call.
            await (candidate === null ? this.connection.addIceCandidate() : this.connection.addIceCandidate(candidate))
        } catch (error) {
            const isEnd = candidate === null || candidate.candidate === ''
            if (!isEnd && !this.isIgnoring()) this.onError(error)
        }
    }
}
