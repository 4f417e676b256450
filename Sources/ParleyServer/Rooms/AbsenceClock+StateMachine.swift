package import ParleyProtocol

/// Until when people are waited for whose node has died, as one of the nodes that speak for them counts it. Times are
/// monotonic nanoseconds.
///
/// ```
///  the log says `interrupted`    this node takes over                             it says `left`
///  |------------------------------|------------------------------------------------|
///  |<- by its clock, less a lease >|<--- by its own: the rest, one lease at least ->|
/// ```
///
/// Whoever has spoken for them before may be dead as well: each node that takes over goes on where the log stands, or
/// nobody would ever leave while nodes die faster than the grace is over. But a store on another machine may have a
/// clock that is an hour ahead, so what was heard is believed up to one lease before the end; what the node sees itself
/// it counts by its own clock.
package struct AbsenceClock: Hashable, Sendable {
    package struct Absence: Hashable, Sendable {
        /// Since the log has it, by the engine's clock; may be anything.
        package let heardMilliseconds: Int64
        package let graceMilliseconds: Int

        package init(heardMilliseconds: Int64, graceMilliseconds: Int) {
            self.heardMilliseconds = heardMilliseconds
            self.graceMilliseconds = graceMilliseconds
        }

        fileprivate var left: UInt64 {
            let grace = Int64(max(0, self.graceMilliseconds))
            let most = max(0, grace - Gateway.leaseMilliseconds)
            // It says when somebody was found away, and may have waited for the engine so long before others heard it.
            let heard = max(0, max(0, self.heardMilliseconds) - Gateway.leaseMilliseconds)
            return UInt64(grace - min(heard, most)) * 1_000_000
        }
    }

    private var ends: [ParticipantID: UInt64] = [:]

    package init() {}

    /// To be asked again and again, for all who are away; then ``forget(allBut:)``.
    package mutating func isOver(_ absence: Absence, of id: ParticipantID, now: UInt64) -> Bool {
        let end = self.ends[id] ?? now + absence.left
        self.ends[id] = end
        return now >= end
    }

    /// The others are back, or gone.
    package mutating func forget(allBut away: Set<ParticipantID>) {
        if self.ends.isEmpty { return }
        self.ends = self.ends.filter { away.contains($0.key) }
    }
}

extension Instant {
    /// Negative, if the other one is later.
    func milliseconds(since other: Instant) -> Int64 {
        let (difference, isTooMuch) = self.milliseconds.subtractingReportingOverflow(other.milliseconds)
        return isTooMuch ? 0 : difference
    }
}
