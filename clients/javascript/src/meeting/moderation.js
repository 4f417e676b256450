import { lately } from './audience.js'
import { said, setOf } from './sets.js'

const isAudio = ({ audio, video }) => audio ?? video !== true

/** Mute, hands, who speaks. Nothing here switches anybody's microphone on: only its owner does. */
export const Moderation = (Base) => class extends Base {
    /** Those whose hands are up, the first one first. */
    get hands() { return this.people.filter(({ hand }) => hand !== undefined).sort((a, b) => a.hand - b.hand) }

    get activeSpeaker() { return this.person(this.state.activeSpeaker) }

    /** Whether your microphone may be switched on now. */
    get mayUnmute() {
        const mine = this.person(this.self)
        if (!mine) return false
        // A right of one's own counts in every role.
        if (mine.mayUnmute === true) return true
        return this.may('publish') && (this.rules.mayUnmute !== false || this.may('speak'))
    }

    /** Who has muted you, by kind: `{ audio: 'p_…' }`; empty if nobody has. */
    get mutedBy() { return this.me.muted ?? {} }

    /** The microphone, unless it says otherwise: `{ video: true }`. */
    mute(id, kinds = {}) {
        return this.command('mute', said({ participant: id, audio: isAudio(kinds) || undefined, video: kinds.video || undefined }))
    }

    /** One event for everybody. `mayUnmute: false`: until somebody allows it, they cannot switch it on again. */
    muteAll({ audio, video, except = [], mayUnmute } = {}) {
        return this.command('mute-all', said({
            audio: isAudio({ audio, video }) || undefined, video: video || undefined, mayUnmute,
            except: except.length > 0 ? setOf(except) : undefined,
        }))
    }

    /** One person may speak, though the room says that nobody unmutes; or may not any more. */
    allowSpeak(id, allowed = true) { return this.command('allow-speak', { participant: id, allowed }) }

    /** Asks them; the answer is theirs. */
    askUnmute(ids, kinds = {}) {
        return this.command('ask-unmute', said({
            participants: setOf(ids), audio: isAudio(kinds) || undefined, video: kinds.video || undefined,
        }))
    }

    /** `speak`: to say something; otherwise only to be counted. */
    raiseHand({ speak } = {}) { return this.command('raise-hand', said({ speak })) }
    /** Your own one, or somebody else's. */
    lowerHand(id) { return this.command('lower-hand', said({ participant: id === this.self ? undefined : id })) }
    lowerHands() { return this.command('lower-hands') }
}

export const moderationEvents = {
    'all-muted': (room, { by, audio, video, mayUnmute }) => [said({ by, audio, video, mayUnmute })],
    'speak-allowed': (room, { participant, by }) => [room.person(participant), said({ by })],
    'hand-raised': (room, { participant }) => [room.person(participant)],
    'hand-lowered': (room, { participant, by }, before) => [lately(room, participant, before), said({ by })],
    'hands-lowered': (room, { by }) => [said({ by })],
    'speaker-changed': (room) => [room.activeSpeaker],
}
