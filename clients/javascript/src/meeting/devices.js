/** What this device can send and receive, and what the meeting has agreed on because of it. */
export const DeviceAbilities = (Base) => class extends Base {
    /** The codecs and sizes that everybody here can do, with the `reason` in words. Undefined if the server says nothing. */
    get policy() { return this.state.policy }

    /** Says anew what this device can do, for example after another camera was chosen. */
    abilities(media) { return this.command('abilities', { media }) }
}

export const devicesEvents = {
    'abilities-changed': (room, { participant }) => [room.person(participant)],
    'policy-changed': (room) => [room.policy],
}
