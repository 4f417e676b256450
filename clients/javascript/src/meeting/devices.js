/** What this device can send and receive, and what the meeting has agreed on because of it. */
export const DeviceAbilities = (Base) => class extends Base {
    #declared
    #revision

    constructor() {
        super()
        this.on('change', () => this.tellPolicy())
        // The membership is a new one, for which only `hello` and `join` have spoken.
        this.on('rejoined', () => { if (this.#declared !== undefined) this.abilities(this.#declared).catch(() => {}) })
    }

    /** The codecs and sizes that everybody here can do, with the `reason` in words. Undefined if nobody has said what they can. */
    get policy() { return this.state.policy }

    /** Says anew what this device can do, for example on battery power. Said again by itself after a reconnect. */
    abilities(media) {
        this.#declared = media
        return this.command('abilities', { media })
    }

    /** For the library's own use: the policy comes with whatever has changed it, or in a snapshot. */
    tellPolicy() {
        const revision = this.policy?.revision
        if (revision === this.#revision) return
        this.#revision = revision
        this.emit('policy-changed', this.policy)
    }
}

export const devicesEvents = {
    'abilities-changed': (room, { participant }) => [room.person(participant)],
}
