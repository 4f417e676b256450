// Keys of a meeting. A key that somebody types into a field, or that a focused control needs, is theirs.

function isTyping(target) {
    return target instanceof Element && target.closest('input, select, textarea, [contenteditable], dialog') !== null
}

function needsSpace(target) {
    return target instanceof Element && target.closest('button, a, summary, input, select, textarea, dialog') !== null
}

/** `actions`: by key. `talk(isHeld)`: the space bar, held. Answers with the function that ends it. */
export function listenToKeys({ actions, talk }) {
    let isHeld = false
    const release = () => {
        if (isHeld) talk(false)
        isHeld = false
    }
    const down = (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
        if (event.key === ' ' && !needsSpace(event.target)) {
            event.preventDefault()
            if (!event.repeat && !isHeld) isHeld = talk(true) === true
            return
        }
        const action = event.repeat ? undefined : actions[event.key === 'Escape' ? 'Escape' : event.key.toLowerCase()]
        if (action === undefined) return
        event.preventDefault()
        action()
    }
    const up = (event) => event.key === ' ' && release()
    document.addEventListener('keydown', down)
    document.addEventListener('keyup', up)
    // Whoever switches the window while speaking never lets go of the key here.
    window.addEventListener('blur', release)
    return () => {
        document.removeEventListener('keydown', down)
        document.removeEventListener('keyup', up)
        window.removeEventListener('blur', release)
    }
}
