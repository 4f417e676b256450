/** A named refusal or failure. `code` is stable and for programs, `message` is English and for logs. */
export class ParleyError extends Error {
    constructor(code, message, { retryAfterMilliseconds, frame } = {}) {
        super(message ?? code)
        this.name = 'ParleyError'
        this.code = code
        this.retryAfterMilliseconds = retryAfterMilliseconds
        /** The `rejected` frame, if there was one. */
        this.frame = frame
    }

    static ofRejection(frame) {
        const { code, message, retryAfterMilliseconds } = frame
        return new ParleyError(code, message, { retryAfterMilliseconds, frame })
    }
}

const namesOfCloses = { 4510: 'token-required', 4511: 'token-expired', 4512: 'token-revoked' }

/** Why a connection is over for good, as an error with its close code. `refusal`: what the server said in front of it. */
export function endOf({ code, reason, message }, refusal) {
    if (namesOfCloses[code]) {
        const { code: name, message: words } = refusal ?? { code: namesOfCloses[code] }
        return Object.assign(new ParleyError(name, words), { closeCode: code })
    }
    const isNamed = code === undefined || reason === 'superseded'
    const error = new ParleyError(isNamed ? reason : 'closed', message ?? reason ?? 'The connection was closed.')
    error.closeCode = code
    return error
}

const words = {
    // Rooms.
    'unknown-room': ['This room does not exist', 'It may be over, or the link may be wrong. Ask for a new link, or start a new room.'],
    'room-full': ['The room is full', 'Nobody more fits in. Try again when somebody has left.'],
    'room-ended': ['The room is over', 'Everybody has left. Start a new room to go on.'],
    'room-too-new': ['This server is older than the meeting', 'Servers are being updated. Try again in a while.'],
    'server-full': ['The server is full', 'It holds no more rooms at the moment. Try again in a while.'],
    'too-many-rooms': ['Too many rooms at once', 'Leave one of your rooms first.'],
    'already-joined': ['You are in this room already', 'This page has joined the room before.'],
    'identity-present': ['You are in this room already', 'On another device or in another tab. Leave there first.'],
    'not-joined': ['You are not in this room', 'Join it first.'],
    'invalid-name': ['This name does not work', 'Use a shorter name, without control characters.'],
    'invalid-alias': ['This room name does not work', 'Use 1 to 64 small letters a to z, digits and hyphens.'],
    'no-change': ['Nothing to do', 'It is so already.'],
    'command-gap': ['Something went out of step', 'Reload the page.'],
    // Pressure.
    busy: ['The room is busy', 'Try again in a moment.'],
    'rate-limited': ['Too fast', 'Too many messages in a short time. They will be accepted again in a moment.'],
    'engine-unavailable': ['The server has trouble', 'It cannot reach its store. Try again in a moment.'],
    'mailbox-full': ['The other side is slow', 'It has not yet taken what was sent before.'],
    // Signals.
    'unknown-recipient': ['They are not here', 'This person has left the room.'],
    'recipient-is-self': ['That was you', 'A message to yourself goes nowhere.'],
    'signal-gap': ['Something went out of step', 'The message will be sent again.'],
    'stale-offer': ['Something went out of step', 'The two devices will connect again.'],
    'stale-answer': ['Something went out of step', 'The two devices will connect again.'],
    'no-negotiation': ['Something went out of step', 'The two devices will connect again.'],
    'no-rollback': ['These two devices cannot connect', 'Both run software that is too old. Update one of them.'],
    'too-many-peers': ['Too many people', 'This device has spoken with too many others. Reload the page.'],
    'invalid-kind': ['This app made a mistake', 'The kind of a pulse is 1 to 32 characters of a-z, 0-9 and hyphen.'],
    // The meeting.
    'not-permitted': ['You may not do that', 'Only a host, or somebody to whom the host gives it, can.'],
    waiting: ['You are waiting', 'As soon as somebody lets you in, you can.'],
    denied: ['You were not let in', 'Whoever decides at the door of this room has said no.'],
    banned: ['You cannot come back', 'A host has removed you from this meeting.'],
    'pin-required': ['This room has a PIN', 'Ask whoever invited you for it.'],
    'wrong-pin': ['That is not the PIN', 'Look at it once more, and try again.'],
    'room-locked': ['The room is locked', 'Nobody else can come in at the moment.'],
    'not-open-yet': ['The meeting has not begun', 'Come back when it starts.'],
    'invalid-invitation': ['This invitation does not work', 'It may be used up, over, or taken back. Ask for a new one.'],
    'unknown-participant': ['They are not here', 'This person has left the room.'],
    'unknown-floor': ['There is no such thing', 'This room has nothing of that name that one could hold.'],
    'floor-busy': ['Somebody else has it', 'You can have it as soon as they give it up.'],
    'not-holding': ['You do not have it', 'Somebody has taken it back, or it ended.'],
    'unknown-consent': ['This question is over', 'It was answered, taken back, or its time is up.'],
    'not-asked': ['You were not asked', 'This question is for others.'],
    'muted-by-rule': ['You are muted', 'The host has said that nobody unmutes by themselves. Raise your hand to speak.'],
    'invalid-role': ['This role does not work', 'It does not exist, or it is above your own.'],
    'invalid-settings': ['These settings do not work', 'One of them has a value that the server does not take.'],
    'stage-full': ['The stage is full', 'Send somebody back to the audience first, or let more people on the stage.'],
    'version-conflict': ['Somebody was faster', 'It has changed meanwhile. Look at it and try again.'],
    'too-many': ['Too many', 'This room holds no more of these.'],
    'too-long': ['Too long', 'Make it shorter.'],
    'unknown-breakout': ['There is no such room', 'The breakout room is closed.'],
    // Calls.
    'answered-elsewhere': ['Answered elsewhere', 'Another device, or somebody else, was faster.'],
    'queue-empty': ['Nobody waits', 'There is nobody whom you could take now.'],
    'no-agent': ['Nobody is there', 'Nobody takes calls here now. Come again later.'],
    'already-serving': ['One at a time', 'Say that you are done with the one before.'],
    'wrong-code': ['That is not the code', 'Look at the other device: a code is good once, and for some minutes.'],
    'ring-over': ['It does not ring any more', 'The call is over.'],
    'ring-self': ['That is you', 'One cannot call oneself.'],
    'unknown-ring': ['It does not ring any more', 'It was answered, taken back, or its time is up.'],
    'unsupported-kind': ['That does not work here', 'This room is of another kind, or this server does not make such rooms.'],
    // Tokens.
    'token-required': ['You have to sign in', 'This server lets only people in whom it knows.'],
    'invalid-token': ['Your invitation to this server does not work', 'Sign in again, or ask for a new link.'],
    'token-expired': ['You have been signed out', 'Sign in again to go on.'],
    'token-revoked': ['You may not come in any more', 'Somebody has taken back what let you in.'],
    'token-unavailable': ['You could not be signed in', 'The service that does it cannot be reached. Try again in a moment.'],
    'authorization-unavailable': ['The server has trouble', 'It cannot find out who you are. Try again in a moment.'],
    // What could not be read.
    malformed: ['This app made a mistake', 'The server could not read its message.'],
    'invalid-member': ['This app made a mistake', 'The server did not accept a part of its message.'],
    'unknown-type': ['The server is older than this app', 'It does not know what the app asked for.'],
    'hello-required': ['This app made a mistake', 'It did not introduce itself first.'],
    'hello-repeated': ['This app made a mistake', 'It introduced itself twice.'],
    'unsupported-protocol': ['This page is out of date', 'The server speaks another version. Reload the page.'],
    // Before there is a connection.
    'too-many-connections': ['Too many connections', 'Your network has as many as one may have. This page tries again.'],
    // The client's own.
    closed: ['Disconnected', 'The connection was closed.'],
    interrupted: ['The connection was lost', 'It is not known whether the message arrived. You are connected again soon.'],
    'hash-mismatch': ['The room may be shown wrongly', 'What this page holds differs from the server. Reload the page.'],
    superseded: ['Open somewhere else', 'Another tab or window has taken over. Go on there, or take it back.'],
    refused: ['The server does not let this page in', 'Its address may not be allowed here.'],
    'backlog-full': ['A connection was given up', 'Too much arrived before this page was ready for it.'],
    'negotiation-failed': ['No direct connection', 'The two devices could not agree on a connection.'],
}

const closeWords = {
    1000: ['Disconnected', 'The connection was closed.'],
    1002: ['Disconnected', 'The two sides did not understand each other.'],
    1003: ['This app made a mistake', 'It sent what the server does not understand.'],
    1006: ['The connection was lost', 'Check your network. This page keeps trying.'],
    1007: ['This app made a mistake', 'It sent text that is not text.'],
    1008: ['This app made a mistake', 'It sent too much that says nothing.'],
    1009: ['That was too long', 'The server does not take messages of this size.'],
    4400: ['The server restarts', 'You are connected again in a moment.'],
    4403: ['The server stood still', 'This page connects again.'],
    4407: ['The connection was too slow', 'This page tries again.'],
    4408: ['Your connection is slow', 'Too much was waiting for it. This page connects again.'],
    4409: ['The connection went silent', 'This page connects again.'],
    4412: ['The server has trouble', 'It cannot find out who you are. This page tries again.'],
    4429: ['Too many tries', 'From your network somebody has failed too often to sign in. This page tries again later.'],
    4500: ['This app made a mistake', 'The server could not read its messages. Reload the page.'],
    4501: ['This app made a mistake', 'It did not introduce itself first. Reload the page.'],
    4502: ['This app made a mistake', 'It said too much for too long. Reload the page.'],
    4505: ['This page is out of date', 'The server speaks another version. Reload the page.'],
    4509: ['Open somewhere else', 'Another tab or window has taken over. Go on there, or take it back.'],
    4510: ['You have to sign in', 'This server lets only people in whom it knows.'],
    4511: ['You have been signed out', 'Sign in again to go on.'],
    4512: ['You may not stay any more', 'Somebody has taken back what let you in.'],
}

/**
 * Plain words for people.
 * @param {ParleyError|{code: string|number}|string|number} error a rejection code, a close code, or what carries one
 * @returns {{title: string, text: string}}
 */
export function explain(error) {
    const code = typeof error === 'object' && error !== null ? error.code : error
    const [title, text] = (typeof code === 'number' ? closeWords : words)[code] ?? unknown(code)
    return { title, text }
}

function unknown(code) {
    if (typeof code === 'number' && code >= 4500) return ['Disconnected', `The server asks not to come back by itself (${code}).`]
    if (typeof code === 'number') return ['The connection was lost', 'This page keeps trying.']
    return ['Something went wrong', code ? `The reason is called “${code}”.` : 'There is no further detail.']
}
