public import ParleyProtocol

/// The numbers of one session's commands in one room, before the room sees them.
///
/// ```
///            receive            accepted / refused
///   (next) -----------> pending ------------------> decided
///      ^                   |
///      +-------------------+  postponed: nothing was decided, the number can be sent again
/// ```
public struct CommandSequence: Hashable, Sendable {
    /// The number that is expected next.
    public private(set) var next: UInt64
    /// Up to here everything has an outcome.
    private var decided: UInt64
    /// What the next command carries into the log.
    public private(set) var rejectedSince = RefusedCommands()
    private var rejectedBefore: [RefusedCommands.Refusal]

    /// - Parameter membership: what the log knows, if the session is in the room already.
    public init(resuming membership: Membership? = nil) {
        self.decided = membership?.lastCommand ?? 0
        self.next = self.decided + 1
        self.rejectedBefore = membership?.rejected ?? []
    }

    /// Whether a number that has an outcome and no code was accepted for certain.
    public var remembersAllRefusals: Bool { self.rejectedSince.count == UInt64(self.rejectedSince.remembered.count) }

    public enum Judgement: Hashable, Sendable {
        case accept
        /// Received before, not yet decided: its outcome will be heard anyway.
        case pending
        /// Decided before: accepted (`nil`) or refused with that code.
        case duplicate(RejectionCode?)
        /// Rejected as `command-gap`; does not use up a number.
        case gap(expected: UInt64)
    }

    public mutating func receive(_ number: UInt64) -> Judgement {
        guard number > 0, number <= self.next else { return .gap(expected: self.next) }
        guard number < self.next else {
            self.next += 1
            return .accept
        }
        guard number <= self.decided else { return .pending }
        let before = self.rejectedBefore.last { $0.number == number }?.code
        return .duplicate(self.rejectedSince.code(of: number) ?? before)
    }

    // MARK: Outcomes. They come in the order in which the room has judged; one that was heard already is ignored.

    /// The log has taken it, together with ``rejectedSince``. Also for `duplicate(nil)`: it had taken it before.
    public mutating func accepted(_ number: UInt64) {
        guard self.decide(number) else { return }
        self.rejectedBefore += self.rejectedSince.remembered
        self.rejectedBefore.removeFirst(max(0, self.rejectedBefore.count - RefusedCommands.rememberedMax))
        self.rejectedSince = []
    }

    public mutating func refused(_ number: UInt64, _ code: RejectionCode) {
        // It was on its way behind one that was postponed: its number is not used up either.
        guard code != .commandGap else { return self.postponed(number) }
        if self.decide(number) { self.rejectedSince.append(number, code) }
    }

    /// Refused with a code that asks to send it again (`busy`, `engine-unavailable`, `rate-limited`).
    /// What came after it is too early now.
    public mutating func postponed(_ number: UInt64) {
        guard number > self.decided else { return }
        self.next = min(self.next, number)
    }

    /// - Returns: `false` if it was decided before.
    private mutating func decide(_ number: UInt64) -> Bool {
        guard number > self.decided else { return false }
        self.decided = number
        // The client may have been asked to send it again before its outcome was known.
        self.next = max(self.next, number + 1)
        return true
    }
}
