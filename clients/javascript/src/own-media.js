const kinds = ['audio', 'video']

/** What our devices are said to do, and what moderators have switched off of it. Nothing is ever switched on here. */
export class OwnMedia {
    #wanted = {}
    #mutedBy = {}

    /** Returns what of it was said. */
    want({ audio, video, screen }) {
        const said = Object.fromEntries(Object.entries({ audio, video, screen }).filter(([, value]) => value !== undefined))
        Object.assign(this.#wanted, said)
        return said
    }

    /**
     * For a new membership, one after the other: a screen that somebody else has by now must not take the microphone
     * down with it. `say(media)` answers with a promise; `refused(error)`: the screen is lost.
     */
    async again(say, refused) {
        const { screen, ...rest } = this.#wanted
        if (Object.values(rest).some(Boolean)) await say(rest).catch(() => {})
        if (!screen) return
        await say({ screen }).catch((error) => {
            this.#wanted.screen = false
            refused(error)
        })
    }

    /**
     * By kind, who has muted us newly; null if nobody has. It is told once, however it came: by an event, a snapshot or
     * a new membership. What was switched off is not asked for again after a reconnect.
     */
    heed(mutedBy) {
        const news = kinds.filter((kind) => mutedBy[kind] !== undefined && mutedBy[kind] !== this.#mutedBy[kind])
        this.#mutedBy = { ...mutedBy }
        for (const kind of news) if (this.#wanted[kind]) this.#wanted[kind] = false
        return news.length > 0 ? Object.fromEntries(news.map((kind) => [kind, mutedBy[kind]])) : null
    }
}
