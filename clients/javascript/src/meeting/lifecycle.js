import { said } from './sets.js'

/** The meeting as a whole: what it is about, who may come in, when it ends. */
export const Lifecycle = (Base) => class extends Base {
    get topic() { return this.state.room.topic }
    /** `scheduled`, `open`, `locked` or `ended`. */
    get lifecycle() { return this.state.room.lifecycle }
    get isLocked() { return this.lifecycle === 'locked' }
    /** `open`: everybody comes in; `approval`: somebody has to let them; `members`: invited people alone. */
    get admission() { return this.state.room.admission ?? 'open' }
    get hasPIN() { return this.state.room.pin === true }
    /** The instant when it is over, whatever happens; undefined without a maximum duration. */
    get endsAt() { return this.state.room.endsAt }
    /** What holds for everybody: whether they may unmute themselves, how large pictures are, who succeeds a host … */
    get rules() { return this.state.rules ?? {} }

    /** Any of the settings; the others stay as they are. */
    configure(settings) { return this.command('configure', settings) }

    /** Nobody else comes in; the owner may always. */
    lock() { return this.command('lock') }
    unlock() { return this.command('unlock') }

    /** For everybody. To go alone: `leave`. */
    end() { return this.command('end') }
}

export const lifecycleEvents = {
    configured: (room, { by }) => [{ by }],
    opened: () => [],
    locked: (room, { by }) => [room.person(by)],
    unlocked: (room, { by }) => [room.person(by)],
    /** Some minutes ahead: because the time is up, or because nobody is there. */
    ending: (room, event) => [said({ reason: event.reason, endsAt: event.endsAt ?? room.endsAt })],
}
