const KEY = 'parley.token'

/**
 * What lets this person in, if the link has brought it (`#room?token=…`): it never reaches a server by the address, is
 * taken out of it at once, and is kept for a reload of this tab. Without one: undefined.
 */
export function tokenOfAddress(storage) {
    const [room, query = ''] = location.hash.slice(1).split('?')
    const members = new URLSearchParams(query)
    const token = members.get('token')
    if (token === null) return storage?.getItem(KEY) ?? undefined
    members.delete('token')
    const rest = members.toString()
    history.replaceState(null, '', `#${room}${rest && `?${rest}`}`)
    try { storage?.setItem(KEY, token) } catch { /* full, or switched off: a reload asks for the link again */ }
    return token
}
