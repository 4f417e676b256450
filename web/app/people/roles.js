// Roles in words, and who may give which.

const RANKS = { host: 6, 'co-host': 5, speaker: 4, participant: 3, audience: 2, observer: 1 }
const WORDS = {
    host: 'host', 'co-host': 'co-host', speaker: 'speaker', participant: 'participant', audience: 'listener', observer: 'observer',
}
const EXPLAINED = {
    'co-host': 'lets people in, mutes, changes the rules',
    speaker: 'may speak even when nobody unmutes',
    participant: 'speaks, shows, shares',
    audience: 'sees and hears',
}

export const rankOf = (role) => RANKS[role] ?? 0

/** A word of the app's own stays as it is. */
export const roleInWords = (role) => WORDS[role] ?? role

/** Said of everybody but plain participants, of whom it goes without saying. */
export const badgeOf = (role) => role === 'participant' || role === undefined ? '' : roleInWords(role)

export const isAbove = (mine, other) => rankOf(mine) > rankOf(other)

/** What somebody of role `mine` can make of somebody of role `other`: `[{ role, label }]`. `hasAudience`: there is one that is counted. */
export function givable(mine, other, hasAudience = false) {
    const label = (role, meaning) => role === 'audience' && hasAudience ? 'Back to the audience' : `Make ${roleInWords(role)}: ${meaning}`
    return Object.entries(EXPLAINED).filter(([role]) => rankOf(role) < rankOf(mine) && role !== other)
        .map(([role, meaning]) => ({ role, label: label(role, meaning) }))
}
