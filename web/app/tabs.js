// Several tabs of one browser may be the same somebody, one at a time. Only tabs of this origin hear this channel, and
// they could read each other's storage as well.

const ANSWER_MILLISECONDS = 300

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('parley.tabs')

/** The session of the tab that is `identity` now, or `undefined` if no tab answers. */
export function sessionElsewhere(identity) {
    return new Promise((resolve) => {
        const done = (credentials) => {
            channel?.removeEventListener('message', hear)
            resolve(credentials)
        }
        const hear = ({ data }) => data.identity === identity && data.credentials && done(data.credentials)
        channel?.addEventListener('message', hear)
        channel?.postMessage({ identity })
        setTimeout(() => done(undefined), ANSWER_MILLISECONDS)
    })
}

/** `parley()`: the connection of the meeting on this page, or `null`. */
export function answerTabs(parley) {
    channel?.addEventListener('message', ({ data }) => {
        const { identity, credentials } = parley() ?? {}
        if (identity === undefined || data.identity !== identity || data.credentials) return
        channel.postMessage({ identity, credentials })
    })
}
