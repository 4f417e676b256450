import { said } from './sets.js'

/** What an app keeps in the room, or beside a person: small values that everybody sees, each with a version. */
export const Attributes = (Base) => class extends Base {
    /** `{ key: { value, version } }`, of the room, or of a participant. */
    attributes(participant) {
        return (participant === undefined ? this.state.attributes : this.person(participant)?.attributes) ?? {}
    }

    /**
     * `value` undefined takes it away. With `version` it is set only if that is the present one (0: if there is none);
     * otherwise it is refused with `version-conflict`. `participant`: beside whom, in place of the room.
     */
    setAttribute(key, value, { version, participant } = {}) {
        return this.command('set-attribute', said({ key, value, version, participant }))
    }
}

export const attributesEvents = {
    'attribute-set': (room, { key, participant, by }) =>
        [said({ key, participant, by, ...room.attributes(participant)[key] })],
}
