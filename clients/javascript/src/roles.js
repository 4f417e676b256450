// A connection keeps its role in DTLS for life (RFC 8842, section 5). Firefox forgets it when ICE restarts and
// answers `actpass` with the other one, which Chromium refuses. So every offer but the first names our role.

export const otherRole = { active: 'passive', passive: 'active' }

/** `active` or `passive`, of an answer; null if it names none. */
export function roleIn(sdp) {
    return /^a=setup:(active|passive)\r?$/m.exec(sdp)?.[1] ?? null
}

export function withRole(sdp, role) {
    return role ? sdp.replaceAll('a=setup:actpass', `a=setup:${role}`) : sdp
}
