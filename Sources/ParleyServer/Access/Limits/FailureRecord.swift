package import ParleyProtocol

/// How often somebody has failed to show who they are, and until when they may not try again.
///
/// A few failures are free. Each further one makes a pause, twice as long as the one before it, and after many the
/// pause is a lock. Failures are forgotten one by one as time goes by; success takes none of them back, because it may
/// be somebody else's.
package struct FailureRecord: Hashable, Sendable {
    private var count = 0
    /// From when on the next failure is being forgotten, in nanoseconds.
    private var since: UInt64
    private var blockedUntil: UInt64 = 0

    /// - Parameter now: monotonic nanoseconds.
    package init(now: UInt64) {
        self.since = now
    }

    /// - Returns: `nil`: they may try.
    package func wait(now: UInt64) -> UInt64? {
        guard self.blockedUntil > now else { return nil }
        return (self.blockedUntil - now + 999_999) / 1_000_000
    }

    package mutating func fail(now: UInt64, limits: Limits) {
        self.forget(now: now, after: limits.failureForgottenMilliseconds)
        self.count = min(self.count + 1, limits.failuresMax)
        let excess = self.count - limits.failuresFree
        guard excess > 0 else { return }
        let pause =
            self.count >= limits.failuresMax
            ? limits.lockMilliseconds
            : min(limits.failurePauseMilliseconds << min(excess - 1, 20), limits.failurePauseMillisecondsMax)
        self.blockedUntil = max(self.blockedUntil, now + UInt64(pause) * 1_000_000)
    }

    private mutating func forget(now: UInt64, after milliseconds: Int) {
        guard now > self.since, milliseconds > 0 else { return }
        let span = UInt64(milliseconds) * 1_000_000
        let gone = (now - self.since) / span
        if gone >= UInt64(self.count) {
            self.count = 0
            self.since = now
        } else {
            self.count -= Int(gone)
            self.since += gone * span
        }
    }
}
