// What the page remembers on this device: a name and a choice of devices. Never anything about a meeting.

const KEY = 'parley.page'

function read() {
    try {
        const value = JSON.parse(localStorage.getItem(KEY) ?? '{}')
        return value !== null && typeof value === 'object' ? value : {}
    } catch {
        return {} // Storage is switched off, or somebody else wrote there: start afresh.
    }
}

export function recall(name, otherwise) {
    const value = read()[name]
    return value === undefined || typeof value !== typeof otherwise ? otherwise : value
}

export function remember(name, value) {
    try {
        localStorage.setItem(KEY, JSON.stringify({ ...read(), [name]: value }))
    } catch {
        // Private windows may refuse: then the choice lasts as long as the page.
    }
}

/** The session's secret belongs to this tab alone: a second tab is a second person. */
export function tabStorage() {
    try {
        sessionStorage.getItem(KEY)
        return sessionStorage
    } catch {
        return undefined
    }
}
