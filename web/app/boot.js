// Runs before the page's modules and without any of them: if one does not arrive (a network that changes at that moment
// is enough), none of the others runs, and the page would stay empty for ever.

{
    const KEY = 'parley.loads'
    const TRIES_MAX = 3
    const FIRST_WAIT_MILLISECONDS = 300

    // Without storage there is no counting, and so nothing is tried by itself.
    const count = () => {
        try {
            return Number(sessionStorage.getItem(KEY) ?? 0)
        } catch {
            return TRIES_MAX
        }
    }

    const again = () => {
        const tries = count()
        if (tries >= TRIES_MAX) return explain()
        sessionStorage.setItem(KEY, tries + 1)
        const reload = () => location.reload()
        if (navigator.onLine) setTimeout(reload, FIRST_WAIT_MILLISECONDS * 2 ** tries)
        else addEventListener('online', reload, { once: true })
    }

    const explain = () => {
        sessionStorage.removeItem(KEY)
        const link = Object.assign(document.createElement('a'), { href: '', textContent: 'Load it again' })
        const text = Object.assign(document.createElement('p'), { className: 'noscript', textContent: 'This page has not arrived completely. ' })
        text.append(link)
        document.getElementById('view').replaceChildren(text)
    }

    addEventListener('load', () => {
        if (document.getElementById('view').childElementCount === 0) return again()
        if (count() > 0) sessionStorage.removeItem(KEY)
    })
}
