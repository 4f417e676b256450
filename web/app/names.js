// Rooms and people: what they are called, and what a name must look like (docs/PROTOCOL.md, section 3).

const FIRST = [
    'amber', 'ashen', 'blue', 'brave', 'bright', 'calm', 'clever', 'copper', 'coral', 'crisp', 'early',
    'fair', 'gentle', 'glad', 'golden', 'green', 'hazel', 'ivory', 'jade', 'kind', 'lively', 'lunar',
    'maple', 'mellow', 'misty', 'noble', 'olive', 'plain', 'polar', 'quick', 'quiet', 'rapid', 'rosy',
    'round', 'royal', 'ruby', 'rustic', 'sandy', 'silver', 'sunny', 'swift', 'tidy', 'umber', 'velvet',
    'violet', 'warm', 'wild', 'wise'
]
const SECOND = [
    'alder', 'badger', 'bay', 'beacon', 'birch', 'brook', 'canyon', 'cedar', 'cloud', 'comet', 'cove',
    'crane', 'delta', 'dune', 'falcon', 'fern', 'field', 'finch', 'fjord', 'fox', 'garden', 'glade',
    'grove', 'harbor', 'heron', 'island', 'lake', 'lark', 'linden', 'lynx', 'meadow', 'moss', 'oak',
    'orchard', 'otter', 'owl', 'pebble', 'pine', 'reef', 'river', 'robin', 'sail', 'spruce', 'swan',
    'tern', 'valley', 'willow', 'wren'
]

const ALIAS = /^[a-z0-9-]{1,64}$/
const ROOM_ID = /^r_[A-Za-z0-9_-]{16,64}$/
const NAME_BYTES_MAX = 128
// Control characters, and those that turn the direction of the text around them.
const FORBIDDEN_IN_NAMES = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u

/** Uniform in 0 ..< bound: values of the incomplete last stretch are thrown away. */
function randomBelow(bound) {
    const end = Math.floor(0x1_0000_0000 / bound) * bound
    const word = new Uint32Array(1)
    do crypto.getRandomValues(word); while (word[0] >= end)
    return word[0] % bound
}

/** Two words and a number, about 2 million of them: easy to say aloud, hard to meet by chance, no secret. */
export function randomAlias() {
    return `${FIRST[randomBelow(FIRST.length)]}-${SECOND[randomBelow(SECOND.length)]}-${100 + randomBelow(900)}`
}

export function isRoomName(text) {
    return ALIAS.test(text) || ROOM_ID.test(text)
}

/** The nearest allowed alias, or `null` if nothing of the text would be left. */
export function suggestAlias(text) {
    const alias = text.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '').replace(/ß/g, 'ss')
        .replace(/[^a-z0-9]+/g, '-').slice(0, 64).replace(/^-+|-+$/g, '')
    return alias === '' ? null : alias
}

/** What is wrong with a room's name, in words; `null`: nothing. */
export function roomNameFault(text) {
    if (isRoomName(text)) return null
    if (text === '') return 'The room needs a name.'
    if (text.length > 64) return 'That name is too long: 64 characters at most.'
    if (/\s/.test(text)) return 'A room’s name has no spaces; use a hyphen between words.'
    if (/[A-Z]/.test(text)) return 'A room’s name is written in small letters.'
    return 'A room’s name is made of the letters a to z, digits and hyphens.'
}

/** What is wrong with a person's name, in words; `null`: nothing. */
export function personNameFault(text) {
    if (text === '') return 'Please tell the others who you are.'
    if (new TextEncoder().encode(text).length > NAME_BYTES_MAX) return 'That name is too long; please shorten it.'
    if (FORBIDDEN_IN_NAMES.test(text)) return 'That name holds invisible characters; please type it again.'
    return null
}

export function displayName(person) {
    return person.name || 'Guest'
}

/** One or two letters for the picture of somebody without a picture. */
export function initials(name) {
    const words = name.split(/[\s\-_.]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word))
    const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words
    return letters.map((word) => [...word][0].toLocaleUpperCase()).join('') || '·'
}

/** One of eight colours (app/meeting.css), the same for the same name on every screen. */
export function tint(name) {
    let sum = 7
    for (const character of name) sum = (sum * 31 + character.codePointAt(0)) % 65521
    return sum % 8
}

/** The address that invites others to a room. `secret`: of an invitation, which lets in whoever shows it. */
export function inviteLink(room, secret) {
    const invitation = secret === undefined ? '' : `?invitation=${encodeURIComponent(secret)}`
    return `${location.origin}${location.pathname}#${room}${invitation}`
}

/** What stands behind `#`: `{ room, invitation }`, each `null` if it does not. The secret never reaches a server by it. */
function address() {
    const raw = location.hash.slice(1)
    const [room, query = ''] = raw.split('?')
    return { room: room === '' ? null : decoded(room), invitation: new URLSearchParams(query).get('invitation') }
}

export const roomOfAddress = () => address().room
export const invitationOfAddress = () => address().invitation

function decoded(text) {
    try {
        return decodeURIComponent(text).trim()
    } catch {
        return text // A lone percent sign; the lobby will say what is wrong with it.
    }
}
