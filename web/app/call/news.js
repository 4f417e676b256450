import { displayName } from '../names.js'
import { badgeOf, roleInWords } from '../people/roles.js'
import { untilInWords } from '../words.js'

// What happens in the meeting, as sentences: `said` to eye and ear, `whispered` to the ear alone.

const REVOKED = { screen: 'Your sharing was ended.', spotlight: 'You are not in the spotlight any more.' }

/** Answers with the functions that end it. */
export function listenToNews(call) {
    const { room } = call
    const say = (text) => call.emit('said', text)
    const whisper = (text) => call.emit('whispered', text)
    const name = (person) => displayName(person ?? {})
    const by = (id) => room.person(id) ? name(room.person(id)) : 'The host'
    let happens = ''
    // Of a way to the stage or back one sentence is enough.
    let moved
    let wasCounted = room.isCounted
    const moves = (words) => (person) => {
        moved = person.id
        queueMicrotask(() => { moved = undefined; wasCounted = room.isCounted })
        say(words(person))
    }
    // Of others the role is told behind the way, in the same frame; of ourselves perhaps before it.
    const isMove = ({ id, isSelf }) => id === moved || (isSelf && wasCounted !== room.isCounted)
    const told = {
        event: ({ type }) => { happens = type },
        joined: (person) => say(`${name(person)} has joined.`),
        left: (person, reason) => sayLeft(person, reason, say),
        interrupted: (person) => { if (!person.isSelf) whisper(`${name(person)} is reconnecting.`) },
        resumed: (person) => { if (!person.isSelf) whisper(`${name(person)} is back.`) },
        rejoined: () => say('You are back in the room.'),
        waiting: (person) => say(`${name(person)} is waiting at the door.`),
        'waiting-left': (person) => whisper(`${name(person)} does not wait any more.`),
        'on-stage': moves((person) => person.isSelf ? 'You are on the stage now: switch your microphone on when you like.' : `${name(person)} comes to the stage.`),
        'off-stage': moves((person) => person.isSelf ? 'You are in the audience now.' : `${name(person)} is back in the audience.`),
        'role-changed': (person) => isMove(person) || say(person.isSelf ? selfRole(person.role) : `${name(person)} is ${roleInWords(person.role)} now.`),
        // Of everybody at once the next one tells.
        muted: (person, kinds) => { if (person.isSelf && happens !== 'all-muted') say(mutedInWords(kinds, by)) },
        'all-muted': (news) => { if (news.by !== room.self) say(allMutedInWords(news, room, by)) },
        'speak-allowed': (person) => {
            if (person.isSelf && person.mayUnmute) say('You may speak now: switch your microphone on when you like.')
        },
        'hand-raised': (person) => { if (!person.isSelf) (room.may('mute') ? say : whisper)(`${name(person)}${person.counted ? ', in the audience,' : ''} raises a hand.`) },
        'hand-lowered': (person, news) => { if (person.isSelf && news.by !== room.self) say('Your hand was lowered.') },
        locked: () => say('The room is locked: nobody else comes in.'),
        unlocked: () => say('The room is open again.'),
        ending: ({ endsAt }) => say(`The meeting ends ${untilInWords(endsAt)}.`),
        'recording-asked': (news) => { if (news.by !== room.self) whisper(`${by(news.by)} asks to record.`) },
        'recording-started': () => say('This meeting is recorded now.'),
        'recording-refused': ({ reason }) => say(reason === 'refused' ? 'It is not recorded: somebody did not agree.' : 'It is not recorded.'),
        'recording-stopped': ({ reason }) => say(reason === 'refused' ? 'Recording has ended: somebody did not agree.' : 'Recording has ended.'),
        'floor-taken': (floor, person) => tellFloor(floor, person, call, say),
        'floor-revoked': (floor, person) => { if (person?.isSelf && REVOKED[floor.name]) say(REVOKED[floor.name]) },
        // Of a recording its own events tell.
        'consent-closed': (consent, outcome) => { if (consent.by === room.self && consent.kind !== 'recording') say(outcomeInWords(consent, outcome)) },
        'breakouts-opened': () => say('Breakout rooms are open.'),
        'breakouts-ending': ({ endsAt }) => say(`The breakout rooms close ${untilInWords(endsAt)}.`),
        'breakouts-closed': () => say('The breakout rooms are closed.'),
        recalled: () => say('Everybody is called back.'),
        'policy-changed': (policy) => { if (policy?.reason) whisper(policy.reason) },
    }
    return Object.entries(told).map(([event, tell]) => room.on(event, tell))
}

function sayLeft(person, reason, say) {
    // Whoever comes in another way is here again at once.
    if (reason === 'replaced') return
    const words = { disconnected: 'has lost the connection', removed: 'was removed' }
    say(`${displayName(person)} ${words[reason] ?? 'has left'}.`)
}

const selfRole = (role) => badgeOf(role) === '' ? 'You take part like everybody now.' : `You are ${roleInWords(role)} now.`

function mutedInWords(kinds, by) {
    const what = [kinds.audio ? 'muted you' : null, kinds.video ? 'stopped your camera' : null].filter((part) => part)
    return `${by(kinds.audio ?? kinds.video)} has ${what.join(' and ')}.`
}

function allMutedInWords(news, room, by) {
    const rest = news.mayUnmute === false && !room.mayUnmute ? ' Raise your hand to speak.' : ''
    return `${by(news.by)} has muted everybody.${rest}`
}

function tellFloor(floor, person, call, say) {
    const who = displayName(person ?? {})
    if (floor.name === 'spotlight') say(person?.isSelf ? 'You are in the spotlight.' : `${who} is in the spotlight.`)
    if (floor.name !== 'screen') return
    if (!person?.isSelf) say(`${who} shares a screen.`)
    else if (call.sharing.isOffered) say('It is your turn to share.')
}

function outcomeInWords({ kind, answers = {} }, outcome) {
    const about = { 'unmute-audio': 'to unmute', 'unmute-video': 'to start the camera', 'remote-control': 'to control' }[kind] ?? kind
    const yes = Object.values(answers).filter(Boolean).length
    const count = `${yes} of ${Object.keys(answers).length} said yes`
    const words = { granted: 'granted', refused: 'refused', expired: `over, ${count}`, cancelled: 'taken back' }
    return `The question ${about}: ${words[outcome] ?? outcome}.`
}
