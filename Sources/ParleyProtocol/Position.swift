/// Where somebody stands in a log.
///
/// A sequence number alone cannot tell "up to date" from "the log was lost and grew again"; the
/// generation grows when a log is healed, and the uid belongs to one entry only.
/// On the wire: `[generation, sequence, "uid"]`, the uid as 16 lower-case hexadecimal digits,
/// because a JavaScript number holds 53 bits.
public struct Position: Hashable, Sendable {
    /// Starts at 1; one more each time a log is healed after its engine lost data.
    public let generation: UInt32
    /// Dense from 1; never goes back, not even over generations.
    public let sequence: UInt64
    /// Never used for two entries.
    public let uid: UInt64

    /// Before the first entry.
    public static let start = Position(generation: 0, sequence: 0, uid: 0)

    public init(generation: UInt32, sequence: UInt64, uid: UInt64) {
        self.generation = generation
        self.sequence = sequence
        self.uid = uid
    }
}

/// UTC milliseconds since 1970 by the engine's clock. Always an argument, never read by a state machine.
public struct Instant: Hashable, Comparable, Sendable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// What would lie beyond all instants is the last one, or the first: stored instants may say anything.
    public func advanced(milliseconds: Int) -> Instant {
        let (sum, isBeyond) = self.milliseconds.addingReportingOverflow(Int64(milliseconds))
        guard isBeyond else { return Instant(milliseconds: sum) }
        return Instant(milliseconds: milliseconds < 0 ? .min : .max)
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
