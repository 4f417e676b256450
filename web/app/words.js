import { badgeOf } from './people/roles.js'
import { say } from './say.js'

// What the page has to say about rooms, people and the server, in one place: plain words, what it means, what to do.

export const PEOPLE_WITH_VIDEO_MAX = 8

/** While the lobby waits for a server that does not answer. */
export const WAITING = {
    about: 'room', ...say('The server is out of reach', 'Trying again. Check your network if this takes long.'),
}

const NUMBERS = [
    'No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten', 'Eleven', 'Twelve',
]

export function peopleInWords(count) {
    return count === 1 ? 'One person' : `${NUMBERS[count] ?? count} people`
}

const BUSY = say('The server has too much to do', 'Try again in a few seconds.')

/** By rejection code (docs/PROTOCOL.md, section 9). `about`: what in the lobby the words belong to. */
const JOINS = {
    'invalid-name': {
        about: 'name',
        ...say('The server did not accept that name',
            'It may be too long or hold invisible characters. Choose another one.'),
    },
    'room-full': say('This room is full', 'Nobody more fits in. Try again when somebody has left.'),
    'invalid-alias': say('That is no name for a room',
        'A room’s name is made of the letters a to z, digits and hyphens, 64 at most.'),
    'unknown-room': say('There is no such room', 'Perhaps the meeting is over, or the link is incomplete.'),
    'room-ended': say('That meeting has just ended', 'Join once more to open the room again.'),
    'room-too-new': say('This server is older than the meeting', 'Servers are being updated. Try again in a while.'),
    'server-full': say('The server is full', 'It holds no more rooms at the moment. Try again a little later.'),
    'already-joined': say('You are in this room already', 'Look for it in another tab, or load this page again.'),
    'pin-required': { about: 'pin', ...say('This room has a PIN', 'Whoever invited you can tell it.') },
    'wrong-pin': { about: 'pin', ...say('That is not the PIN', 'Look at it once more.') },
    'room-locked': say('This room is locked', 'Nobody else can come in at the moment. Try again later, or ask somebody inside.'),
    'not-open-yet': say('The meeting has not begun', 'Come back when it starts.'),
    'invalid-invitation': say('This invitation does not work', 'It may be used up, over, or taken back. Ask for a new one.'),
    denied: say('You were not let in', 'Whoever decides at the door has said no.'),
    banned: say('You cannot come back', 'A host has removed you from this meeting.'),
    busy: BUSY,
    'rate-limited': BUSY,
    'engine-unavailable': BUSY,
}

/** Why a room could not be joined. `null`: a code that this page does not know. */
export function explainJoin(code) {
    return Object.hasOwn(JOINS, code) ? { about: 'room', ...JOINS[code] } : null
}

const LINKS = { connecting: 'Connecting…', reconnecting: 'Reconnecting…', failed: 'No direct connection' }

/** How many are here, beside the room's name. */
export function countInWords(count, { isCounted, audience }) {
    if (isCounted) return `${count} on the stage`
    if (count > 1) return `${count} people`
    return audience === 0 ? 'Only you' : 'Only you on the stage'
}

export const audienceInWords = (count) => `${count.toLocaleString()} in the audience`

/** For somebody in it. `hasSound`: whether anything comes from the stage. */
export function explainAudience({ audience, hand, hasSound }) {
    const people = audience === 1 ? 'you alone' : `${audience.toLocaleString()} people`
    const next = hand === undefined ? 'Raise your hand to speak.' : 'Your hand is up: whoever hosts sees it.'
    return say(`You are in the audience (${people})`, next, hasSound ? '' : 'Sound and pictures are for the stage.')
}

/** What stands on the tile of somebody whose connection is not (yet) there. `null`: all is well. */
export function connectionInWords(state) {
    return LINKS[state] ?? null
}

/** What stands on somebody's tile; empty: all is well. */
export function tileInWords({ name, isSelf, link, beyond, isInterrupted }) {
    if (isSelf) return ''
    if (isInterrupted) return `${name} is reconnecting…`
    return beyond ? 'No sound, no picture' : connectionInWords(link) ?? ''
}

/** One line about somebody, for the list and for screen readers. `role`: left out where it stands beside. */
export function personInWords({ isSelf, role, media, link, beyond, speaking, isInterrupted, breakout, counted, handPlace }) {
    if (counted) return 'in the audience'
    if (breakout !== undefined) return `in ${breakout}`
    const parts = [badgeOf(role)].filter((word) => word !== '')
    if (speaking) parts.push('speaking')
    else parts.push(media.audio ? 'microphone on' : 'microphone off')
    parts.push(media.video ? 'camera on' : 'camera off')
    if (media.screen) parts.push('shares a screen')
    if (handPlace > 0) parts.push(`hand raised, number ${handPlace}`)
    const trouble = isSelf ? null : connectionInWords(link)
    if (isInterrupted) parts.push('reconnecting')
    else if (beyond) parts.push('without sound and picture')
    else if (trouble !== null) parts.push(trouble.replace('…', '').toLowerCase())
    return parts.join(' · ')
}

/** Words for more people than a mesh of video can carry; `null` while everybody fits. */
export function explainCrowd(count, isSelfBeyond) {
    if (count <= PEOPLE_WITH_VIDEO_MAX) return null
    const people = peopleInWords(count)
    const pieces = isSelfBeyond
        ? [`${people} are here, and you came after the eighth. In a mesh of video everybody sends to everybody,`,
            'so this page connects the first eight. You move up as soon as one of them leaves.']
        : [`${people}: a mesh of video needs everybody to send to everybody, so this page connects the first eight.`,
            'The others are in the room, but cannot be seen or heard yet.']
    return pieces.join(' ')
}

/** The banner while the server is away. `waiting`: milliseconds until the next try, if known. */
export function explainAway(waiting, hasPeers) {
    return say(waiting > 1500 ? `Reconnecting in ${Math.round(waiting / 1000)} s` : 'Reconnecting…',
        hasPeers ? 'The call goes on: sound and picture travel directly between you.' : 'You keep your place in the room.',
        'What you switch meanwhile, the others see as soon as the server is back.')
}

/** The server is there, but can decide nothing now. */
export function explainDegraded(hasPeers) {
    return say('The server has trouble',
        hasPeers ? 'The call goes on: sound and picture travel directly between you.' : 'You keep your place in the room.',
        'What you switch meanwhile, the others see as soon as it is over.')
}

const ENDS = { host: 'The host has ended it for everybody.', duration: 'Its time was up.' }

/** The page after a meeting. `why`: as `Call` says it; `text`: what the client says about a close code. */
export function explainOver({ reason, why, text = 'It does not come back by itself.' }) {
    switch (reason) {
        case 'left': return say('You have left', 'Camera and microphone are off.')
        case 'ended': return say('The meeting is over', ENDS[why] ?? 'Everybody has left.', 'Camera and microphone are off.')
        case 'removed': return say('You were removed', 'A host has taken you out of the meeting. Camera and microphone are off.')
        case 'denied': return say('You were not let in', 'Whoever decides at the door has said no.')
        case 'banned': return say('You cannot come back', 'A host has removed you from this meeting.')
        case 'superseded':
            return say('This meeting is open in another tab', 'Go on there, or use it here: then it ends there. Camera and microphone are off here.')
        case 'replaced': return say('You are in this meeting elsewhere', 'Another tab or device has taken your place.')
        case 'disconnected': return say('You were away for too long', 'The room went on without you. You can join again.')
        default: return say('The connection to the server has ended', text, 'You can try to join again.')
    }
}

/** What stands on the screen of somebody who waits. */
export function waitingInWords(reason, { startsAt } = {}) {
    switch (reason) {
        case 'host': return say('Waiting for the host', 'You come in as soon as a host is here.')
        case 'locked': return say('The room is locked', 'You come in if somebody inside lets you in.')
        case 'scheduled':
            return say('The meeting has not begun', startsAt ? `It begins at ${timeInWords(startsAt)}.` : 'You come in when it begins.')
        default: return say('Waiting to be let in', 'The host knows that you are here. Keep this page open.')
    }
}

const timeInWords = (instant) => new Date(instant).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })

/** `in 5 minutes`. */
export function untilInWords(instant) {
    if (instant === undefined) return 'soon'
    const seconds = Math.max(0, Math.round((instant - Date.now()) / 1000))
    if (seconds < 90) return `in ${seconds} seconds`
    return `in ${Math.round(seconds / 60)} minutes`
}

/** What the meeting has agreed on, and why; `null` while the server says nothing. */
export function policyInWords(policy) {
    if (policy === undefined) return null
    const names = (ranks = {}) => Object.keys(ranks).sort((a, b) => a - b).map((rank) => ranks[rank].codec)
    const pieces = [names(policy.video)[0], names(policy.audio)[0], policy.limits?.height ? `${policy.limits.height}p at most` : null]
    const facts = pieces.filter((piece) => piece).join(' · ')
    return [facts, policy.reason].filter((piece) => piece).join('. ') || null
}
