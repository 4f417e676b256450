/**
 * What lets this person in, if the link has brought it (`#room?token=…`, `#room?ticket=…`): it never reaches a server by the
 * address, is taken out of it at once, and is kept for a reload of this tab. Without one: an empty object.
 */
export function credentialOfAddress(storage) {
    const [room, query = ''] = location.hash.slice(1).split('?')
    const members = new URLSearchParams(query)
    const kind = ['token', 'ticket'].find((name) => members.has(name))
    if (kind === undefined) return kept(storage)
    const text = members.get(kind)
    members.delete(kind)
    const rest = members.toString()
    history.replaceState(null, '', `#${room}${rest && `?${rest}`}`)
    try {
        for (const name of ['token', 'ticket']) storage?.removeItem(keyOf(name))
        storage?.setItem(keyOf(kind), text)
    } catch { /* full, or switched off: a reload asks for the link again */ }
    return { [kind]: text }
}

const keyOf = (kind) => `parley.${kind}`

function kept(storage) {
    const kind = ['token', 'ticket'].find((name) => storage?.getItem(keyOf(name)) != null)
    return kind === undefined ? {} : { [kind]: storage.getItem(keyOf(kind)) }
}
