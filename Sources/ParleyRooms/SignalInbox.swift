public import ParleyProtocol

/// The recipient's side: what it was sent and has not acknowledged, per sender.
public struct SignalInbox: Hashable, Sendable {
    private struct Watermark: Hashable {
        var sent: UInt64 = 0
        var acknowledged: UInt64 = 0
    }

    private var watermarks: [ParticipantID: Watermark] = [:]
    private let unacknowledgedMax: UInt64
    /// Over all senders.
    public private(set) var unacknowledged: UInt64 = 0

    public init(unacknowledgedMax: Int = Limits().unacknowledgedSignalsMax) {
        self.unacknowledgedMax = UInt64(max(0, unacknowledgedMax))
    }

    /// A signal on its way to the recipient, which ``SignalSequence`` has found to be next.
    ///
    /// - Returns: `nil` if it has a place, else `mailbox-full`, and nothing has changed.
    public mutating func post(_ number: UInt64, from sender: ParticipantID) -> RejectionCode? {
        var mark = self.watermarks[sender, default: Watermark()]
        assert(number > mark.sent, "a signal is posted once")
        // A sender that starts beyond 1 says that the rest was delivered. While nothing is
        // outstanding that is taken as said; otherwise the numbers in between count as outstanding,
        // so that nobody gets around the limit by a claim.
        if mark.sent == mark.acknowledged {
            mark.sent = number - 1
            mark.acknowledged = number - 1
        }
        let more = number - mark.sent
        guard more <= self.unacknowledgedMax, self.unacknowledged <= self.unacknowledgedMax - more else {
            return .mailboxFull
        }
        mark.sent = number
        self.watermarks[sender] = mark
        self.unacknowledged += more
        return nil
    }

    public enum Acknowledgement: Hashable, Sendable {
        /// So many signals are delivered that were not before.
        case advanced(by: UInt64)
        /// Known already, or the sender is gone: a legal race.
        case ignored
        /// `invalid-member`: more than was ever sent.
        case rejected(RejectionCode)
    }

    /// Cumulative: everything from `sender` up to `number` has arrived. Never counts down.
    public mutating func acknowledge(_ number: UInt64, from sender: ParticipantID) -> Acknowledgement {
        guard var mark = self.watermarks[sender] else { return .ignored }
        guard number <= mark.sent else { return .rejected(.invalidMember) }
        guard number > mark.acknowledged else { return .ignored }
        let delivered = number - mark.acknowledged
        mark.acknowledged = number
        self.watermarks[sender] = mark
        self.unacknowledged -= delivered
        return .advanced(by: delivered)
    }

    /// What `sender` may know to be delivered.
    public func delivered(from sender: ParticipantID) -> UInt64 {
        self.watermarks[sender]?.acknowledged ?? 0
    }

    /// The sender has left: what it sent counts no more.
    public mutating func forget(_ sender: ParticipantID) {
        guard let mark = self.watermarks.removeValue(forKey: sender) else { return }
        self.unacknowledged -= mark.sent - mark.acknowledged
    }
}
