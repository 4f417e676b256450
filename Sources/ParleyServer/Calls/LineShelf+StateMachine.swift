package import ParleyProtocol

/// Which lines nobody is on, and which of them the engine alone has.
///
/// ```
///            nobody is there, nothing rings           a while later
///   in use ----------------------------------> idle ----------------> asleep: in the engine alone
///     ^                                          |                       |
///     +------------------------------------------+<----------------------+
///          a device comes, or it rings, or somebody asks; or its time is over, and it ends
/// ```
///
/// Times on this node are monotonic milliseconds.
package struct LineShelf: Sendable {
    private let idleMilliseconds: UInt64
    private let asleepMax: Int
    /// Since when.
    private var idle: [RoomID: UInt64] = [:]
    /// When each is to end.
    private var asleep: [RoomID: Instant] = [:]

    package init(limits: Limits) {
        self.idleMilliseconds = UInt64(max(0, limits.lineIdleMilliseconds))
        self.asleepMax = limits.linesAsleepMax
    }

    package var idleCount: Int { self.idle.count }
    package var asleepCount: Int { self.asleep.count }

    /// A line is held here, and something of it has changed.
    package mutating func changed(_ line: RoomID, isIdle: Bool, now: UInt64) {
        self.asleep[line] = nil
        self.idle[line] = isIdle ? self.idle[line] ?? now : nil
    }

    /// Which have been idle for long enough, in a fixed order. O(n log n) in the idle ones.
    package func toClose(now: UInt64) -> [RoomID] {
        self.idle.filter { now >= $0.value + self.idleMilliseconds }.keys.sorted()
    }

    /// It is not held here any more.
    ///
    /// - Parameter end: when it is to end; `nil`: it has.
    package mutating func closed(_ line: RoomID, end: Instant?) {
        self.idle[line] = nil
        guard let end, self.asleep.count < self.asleepMax else { return }
        self.asleep[line] = end
    }

    /// Which are to end by now, in a fixed order. O(n) in those asleep.
    package func toEnd(at now: Instant) -> [RoomID] {
        self.asleep.filter { $0.value <= now }.keys.sorted()
    }
}
