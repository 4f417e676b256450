/// The sender's side of one (sender, recipient) pair: which signal is next.
///
/// A rejected signal does not use up its number: ask ``judge(_:floor:)``, and only if everything
/// else allows the signal as well, ``advance(to:)``.
public struct SignalSequence: Hashable, Sendable {
    /// The number of the last accepted signal.
    public private(set) var last: UInt64 = 0
    /// The greatest that was ever accepted: up to here a signal is a repetition.
    public private(set) var furthest: UInt64 = 0

    public init() {}

    public enum Judgement: Hashable, Sendable {
        case accept
        /// Seen before; ignored, since sending again is always safe.
        case duplicate
        /// Rejected as `signal-gap`.
        case gap(expected: UInt64)
    }

    /// - Parameter floor: the lowest number that the sender does not yet know to be delivered. If
    ///   this server has lost its counter, it goes on from there instead of asking for what is over.
    public func judge(_ number: UInt64, floor: UInt64) -> Judgement {
        let last = max(self.last, floor == 0 ? 0 : floor - 1)
        if number <= last { return .duplicate }
        // `number > last` keeps this addition from overflowing.
        return number == last + 1 ? .accept : .gap(expected: last + 1)
    }

    public mutating func advance(to number: UInt64) {
        assert(number > self.last, "only what was judged acceptable advances")
        self.last = number
        self.furthest = max(self.furthest, number)
    }

    /// The mailbox has the last one, and not what came after it: that has to come again.
    ///
    /// - Returns: `false` if that is known already.
    public mutating func fallBack(to number: UInt64) -> Bool {
        guard number < self.last else { return false }
        self.last = number
        return true
    }
}
