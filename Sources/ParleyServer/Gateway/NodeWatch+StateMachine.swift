package import ParleyEngine

/// From when on this node can tell who is dead, by the answers to its heartbeats. Times are monotonic nanoseconds.
///
/// ```
///                  two leases                    nothing was answered for two seconds
/// first answer ----------------> it can tell ----------------------------------------> it cannot
///  ^                                 ^                                                     |
///  |                                 +----------- one lease behind the next answer --------+
///  +--- the engine has begun another life
/// ```
///
/// In another life of the engine there are no leases, and each node has to find it first. In the same one whoever lives
/// renews its lease within one, from when the engine can be reached again; more time than that would add up where it is
/// away often, and those who do not come back would stay in their rooms.
package struct NodeWatch: Hashable, Sendable {
    private var answeredAt: UInt64?
    private var incarnation: EngineIncarnation?
    private var tellsFrom: UInt64 = 0

    /// Heartbeats come once a second.
    private static let silence: UInt64 = 2_000_000_000
    private static let lease = UInt64(Gateway.leaseMilliseconds) * 1_000_000

    package init() {}

    /// Whether it is so long ago that something was answered that others may soon take this node for dead.
    package func isSilent(now: UInt64) -> Bool {
        self.answeredAt.map { now > $0 + Self.silence } ?? false
    }

    /// - Returns: whether this node can tell who is dead.
    package mutating func answered(_ incarnation: EngineIncarnation, now: UInt64) -> Bool {
        if let answeredAt = self.answeredAt, self.incarnation == incarnation {
            if now >= answeredAt + Self.silence { self.tellsFrom = max(self.tellsFrom, now + Self.lease) }
        } else {
            self.tellsFrom = now + 2 * Self.lease
        }
        self.answeredAt = now
        self.incarnation = incarnation
        return now >= self.tellsFrom
    }
}
