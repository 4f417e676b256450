/** Calls `wake` when the network or the person is back, or the network is another one. Returns a function that stops it. */
export function wakeUps(environment, wake) {
    const { document } = environment
    const seen = () => { if (document.visibilityState === 'visible') wake() }
    const all = [
        [environment, 'online', wake], [environment, 'pageshow', wake], [document, 'visibilitychange', seen],
        // Network Information API: Chromium, mostly on phones.
        [environment.navigator?.connection, 'change', wake],
    ]
    for (const [target, name, listener] of all) target?.addEventListener?.(name, listener)
    return () => { for (const [target, name, listener] of all) target?.removeEventListener?.(name, listener) }
}
