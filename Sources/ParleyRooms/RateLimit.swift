/// A token bucket over a monotonic clock that is handed in.
///
/// Integers only: the level counts billionths of a token, of which `perSecond` come each nanosecond,
/// so nothing is rounded and nothing drifts. Inlinable: what is done for every signal is done in place, so that
/// it is no access to its owner that has to be checked for exclusivity.
public struct RateLimit: Hashable, Sendable {
    @inlinable static var token: UInt64 { 1_000_000_000 }

    @usableFromInline let perSecondMost: UInt32
    @usableFromInline let burst: UInt32
    @usableFromInline var level: UInt64
    @usableFromInline var updated: UInt64

    /// The bucket begins full. Both numbers at least 1, at most 1,000,000,000.
    ///
    /// - Parameter now: monotonic nanoseconds.
    public init(perSecond: Int, burst: Int, now: UInt64) {
        self.perSecondMost = UInt32(min(max(1, perSecond), 1_000_000_000))
        self.burst = UInt32(min(max(1, burst), 1_000_000_000))
        self.level = UInt64(self.burst) * Self.token
        self.updated = now
    }

    @inlinable var perSecond: UInt64 { UInt64(self.perSecondMost) }
    @inlinable var levelMax: UInt64 { UInt64(self.burst) * Self.token }

    public enum Outcome: Hashable, Sendable {
        case allowed
        /// A token will be there after so long, if nobody else takes it.
        case retryAfterMilliseconds(UInt64)
    }

    @inlinable
    public mutating func take(now: UInt64) -> Outcome {
        self.refill(now)
        guard self.level < Self.token else {
            self.level -= Self.token
            return .allowed
        }
        let perMillisecond = self.perSecond * 1_000_000
        return .retryAfterMilliseconds((Self.token - self.level + perMillisecond - 1) / perMillisecond)
    }

    /// For how long so many tokens are not there; `nil`: they are. Takes none.
    ///
    /// - Parameters:
    ///   - count: more than the bucket holds are there when it is full.
    ///   - leaving: so many that others may need stay in the bucket.
    @inlinable
    public mutating func wait(for count: Int, leaving: Int = 0, now: UInt64) -> UInt64? {
        self.refill(now)
        let wanted = min(UInt64(max(0, count)) + UInt64(max(0, leaving)), self.levelMax / Self.token) * Self.token
        guard self.level < wanted else { return nil }
        let perMillisecond = self.perSecond * 1_000_000
        return (wanted - self.level + perMillisecond - 1) / perMillisecond
    }

    /// Takes what was judged by ``wait(for:leaving:now:)``, or less if less is there.
    @inlinable
    public mutating func spend(_ count: Int, now: UInt64) {
        self.refill(now)
        self.level -= min(UInt64(max(0, count)) * Self.token, self.level)
    }

    @inlinable
    mutating func refill(_ now: UInt64) {
        // A clock that seems to go back brings nothing.
        guard now > self.updated else { return }
        let elapsed = now - self.updated
        self.updated = now
        let missing = self.levelMax - self.level
        // Divided instead of multiplied: after a long silence the product would not fit.
        if elapsed > missing / self.perSecond {
            self.level = self.levelMax
        } else {
            self.level += elapsed * self.perSecond
        }
    }
}
