public import ParleyProtocol

/// Slows down whoever guesses the PIN of one room.
///
/// Each identity has a few tries, then pauses that double; and because whoever guesses may have many identities, all
/// of them together have so many a minute. Each node counts for itself.
public struct GuessLimit: Sendable {
    private struct Guesser {
        var failures: Int
        var since: Instant
        var blockedUntil: Instant
    }

    private let sharedLimits: Shared<Limits>
    private var limits: Limits { _read { yield self.sharedLimits.value } }
    private var guessers: [IdentityID: Guesser] = [:]
    /// When those were said that count against everybody: a guess counts from its beginning on, so that nobody has
    /// more by guessing at once.
    private var recent: [Instant] = []

    public init(limits: Shared<Limits> = Shared(Limits())) {
        self.sharedLimits = limits
    }

    /// Whether a PIN may be tried now; if so, it counts as wrong until ``succeeded(_:)``.
    ///
    /// - Returns: for how long it has to wait; `nil`: it may be tried.
    public mutating func begin(_ identity: IdentityID, at now: Instant) -> UInt64? {
        if let until = self.guessers[identity]?.blockedUntil, until > now { return now.milliseconds(until: until) }
        let minuteAgo = now.advanced(milliseconds: -60_000)
        self.recent.removeAll { $0 <= minuteAgo }
        if self.recent.count >= self.limits.wrongPINsPerMinute, let oldest = self.recent.first {
            return now.milliseconds(until: oldest.advanced(milliseconds: 60_000))
        }
        self.recent.append(now)
        return nil
    }

    /// It was none, or was right.
    public mutating func succeeded(_ identity: IdentityID) {
        self.guessers[identity] = nil
        if !self.recent.isEmpty { self.recent.removeLast() }
    }

    public mutating func failed(_ identity: IdentityID, at now: Instant) {
        var guesser = self.guessers[identity] ?? Guesser(failures: 0, since: now, blockedUntil: now)
        guesser.failures += 1
        guesser.since = now
        let doublings = guesser.failures - self.limits.wrongPINsFree
        if doublings >= 0 {
            let pause = self.limits.wrongPINPauseMilliseconds << min(doublings, 16)
            guesser.blockedUntil = now.advanced(milliseconds: min(pause, self.limits.wrongPINPauseMillisecondsMax))
        }
        self.guessers[identity] = guesser
        if self.guessers.count > self.limits.guessersMax,
            let quietest = self.guessers.min(by: { ($0.value.since, $0.key) < ($1.value.since, $1.key) })
        {
            self.guessers[quietest.key] = nil
        }
    }
}

extension Instant {
    /// At least 1.
    fileprivate func milliseconds(until later: Instant) -> UInt64 {
        UInt64(max(1, later.milliseconds - self.milliseconds))
    }
}
