/** Calls `wake` when the network or the person is back. Returns a function that stops it. */
export function wakeUps(environment, wake) {
    const { document } = environment
    const seen = () => { if (document.visibilityState === 'visible') wake() }
    environment.addEventListener?.('online', wake)
    environment.addEventListener?.('pageshow', wake)
    document?.addEventListener?.('visibilitychange', seen)
    return () => {
        environment.removeEventListener?.('online', wake)
        environment.removeEventListener?.('pageshow', wake)
        document?.removeEventListener?.('visibilitychange', seen)
    }
}
