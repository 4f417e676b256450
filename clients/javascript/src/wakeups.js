/** Calls `wake` when the network or the person is back, or the network is another one. Returns a function that stops it. */
export function wakeUps(environment, wake) {
    const { document } = environment
    // Network Information API: Chromium, mostly on phones.
    const network = environment.navigator?.connection
    let type = network?.type
    const seen = () => { if (document.visibilityState === 'visible') wake() }
    const changed = () => {
        // Ignored: another estimate of the same network's speed, which may come every few seconds.
        if (network.type === type) return
        type = network.type
        if (type !== 'none') wake()
    }
    const all = [
        [environment, 'online', wake], [environment, 'pageshow', wake], [document, 'visibilitychange', seen], [network, 'change', changed],
    ]
    for (const [target, name, listener] of all) target?.addEventListener?.(name, listener)
    return () => { for (const [target, name, listener] of all) target?.removeEventListener?.(name, listener) }
}
