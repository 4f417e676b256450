// What the calls view has to say, in one place: plain words.

export const AVAILABILITIES = [
    ['available', 'Available'], ['busy', 'Busy'], ['away', 'Away'], ['do-not-disturb', 'Do not disturb'],
]

const timeInWords = (instant) => new Date(instant).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })

/** Today a time, otherwise a day too. */
export function whenInWords(instant) {
    const day = new Date(instant)
    if (day.toDateString() === new Date().toDateString()) return timeInWords(instant)
    return `${day.toLocaleDateString([], { day: 'numeric', month: 'short' })}, ${timeInWords(instant)}`
}

/** What stands below a contact's name. `undefined`: not known yet; `null`: nobody here has that name, or we may not know of them. */
export function presenceInWords(presence) {
    if (presence === undefined) return '…'
    if (presence === null) return 'Unknown, or hidden'
    const { availability, note, lastSeenAt } = presence
    if (availability === 'offline') return lastSeenAt ? `Offline, last seen ${whenInWords(lastSeenAt)}` : 'Offline'
    const word = AVAILABILITIES.find(([value]) => value === availability)?.[1] ?? availability
    return note ? `${word}: ${note}` : word
}

const RINGING = {
    calling: 'Calling…', ringing: 'Ringing…', declined: 'Declined', busy: 'Busy', unreachable: 'Cannot be reached', incompatible: 'Their devices cannot take this call',
}
export const ringInWords = (state) => RINGING[state] ?? 'Calling…'

const ENDS = {
    declined: 'They declined.', busy: 'They are busy.', 'no-answer': 'Nobody answered.', cancelled: 'You ended it before anybody answered.',
    unreachable: 'They cannot be reached.', incompatible: 'Their devices cannot take this call.', failed: 'The call could not be put through.',
    'hung-up': 'The call is over.', left: 'The call is over.', replaced: 'The call goes on on your other device.', transferred: 'You have passed the call on.', merged: 'The calls are together.',
}

/** Why a call is over for us. `reply`: what whoever declined has said. */
export function endInWords(reason, reply = null) {
    if (reason === 'declined' && reply !== null) return `They declined: “${reply}”`
    return ENDS[reason] ?? 'The call is over.'
}

const INCOMING_ENDS = {
    // A call that was missed is told of anyway.
    'answered-elsewhere': 'answered on another device', cancelled: null, 'no-answer': null, declined: null, accepted: null,
}

/** What is said when it rings no more: null, if whoever hears it has done it, or hears it in another way. */
export function incomingEndInWords(name, reason) {
    const word = Object.hasOwn(INCOMING_ENDS, reason) ? INCOMING_ENDS[reason] : 'does not ring any more'
    if (word === null) return null
    return reason === 'answered-elsewhere' ? `The call from ${name} was ${word}.` : `${name} ${word}.`
}

export const intentInWords = (intent) => intent === 'video' ? 'Video call' : 'Call'

/** `0:07`, `1:02:03`. */
export function durationInWords(milliseconds) {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000))
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    const [hours, minutes, rest] = parts
    const two = (number) => String(number).padStart(2, '0')
    return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** Several names as one may say them. */
export function listInWords(names) {
    if (names.length < 2) return names[0] ?? ''
    return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

export const REPLIES = ['I call you back.', 'I am in a meeting.', 'Please write to me.']
