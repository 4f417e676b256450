public import ParleyProtocol

/// The recipient's side: what it was sent and has not acknowledged, per sender.
public struct SignalInbox: Hashable, Sendable {
    private struct Watermark: Hashable {
        /// The greatest number that is known to be in the mailbox.
        var sent: UInt64 = 0
        /// Up to here it was handed to the present connection.
        var handed: UInt64 = 0
        var acknowledged: UInt64 = 0
    }

    private var watermarks: [ParticipantID: Watermark] = [:]
    private let unacknowledgedMax: UInt64
    /// Over all senders.
    public private(set) var unacknowledged: UInt64 = 0

    public init(unacknowledgedMax: Int = Limits().unacknowledgedSignalsMax) {
        self.unacknowledgedMax = UInt64(max(0, unacknowledgedMax))
    }

    /// Whether that participant has sent anything.
    public func hasHeard(from sender: ParticipantID) -> Bool { self.watermarks[sender] != nil }

    public enum Posting: Hashable, Sendable {
        /// It goes into the mailbox, and is next for the recipient's connection.
        case handed
        /// It goes into the mailbox, and from there to the recipient in its turn.
        case kept
        /// It was posted before, and the mailbox may have lost it.
        case again
        /// `mailbox-full`: there is no place for it, and nothing has changed.
        case full
    }

    /// A signal on its way to the recipient, which ``SignalSequence`` has found to be next.
    ///
    /// - Parameters:
    ///   - floor: what is below it was delivered, says the sender.
    ///   - isDirect: whether the connection takes signals now.
    public mutating func post(
        _ number: UInt64,
        floor: UInt64 = 1,
        isDirect: Bool = true,
        from sender: ParticipantID
    ) -> Posting {
        var mark = self.watermarks[sender, default: Watermark()]
        guard number > mark.sent else { return .again }
        // A sender with a floor beyond 1 says that what is below was delivered. While nothing is outstanding that
        // is taken as said; otherwise the numbers in between count as outstanding, so that nobody gets around the
        // limit by a claim. What is between the floor and this one may wait in the mailbox, from another node.
        if mark.sent == mark.acknowledged {
            let delivered = max(mark.sent, min(max(floor, 1), number) - 1)
            mark.sent = delivered
            mark.acknowledged = delivered
        }
        let more = number - mark.sent
        guard more <= self.unacknowledgedMax, self.unacknowledged <= self.unacknowledgedMax - more else {
            return .full
        }
        mark.sent = number
        mark.handed = max(mark.handed, mark.acknowledged, min(floor, number) - (floor > 0 ? 1 : 0))
        let isNext = isDirect && number == mark.handed + 1
        if isNext { mark.handed = number }
        self.watermarks[sender] = mark
        self.unacknowledged += more
        return isNext ? .handed : .kept
    }

    public enum Reading: Hashable, Sendable {
        /// The connection gets it now.
        case hand
        /// The connection has it.
        case skip
        /// The recipient has acknowledged it: the mailbox need not keep it.
        case acknowledged
        /// One before it is missing, which its sender will send again.
        case early
    }

    /// A signal that was found in the mailbox.
    ///
    /// - Parameter floor: what is below it was delivered, says the sender.
    public mutating func read(_ number: UInt64, floor: UInt64, from sender: ParticipantID) -> Reading {
        var mark: Watermark
        if let known = self.watermarks[sender] {
            mark = known
        } else {
            // The mailbox's first one is the first that is not acknowledged.
            mark = Watermark(sent: number - 1, handed: number - 1, acknowledged: number - 1)
        }
        if number <= mark.acknowledged { return .acknowledged }
        mark.handed = max(mark.handed, mark.acknowledged, min(floor, number) - (floor > 0 ? 1 : 0))
        if number <= mark.handed { return .skip }
        guard number == mark.handed + 1 else { return .early }
        mark.handed = number
        if number > mark.sent {
            self.unacknowledged += number - mark.sent
            mark.sent = number
        }
        self.watermarks[sender] = mark
        return .hand
    }

    /// Another connection: what it has not acknowledged is handed over again.
    public mutating func rewind() {
        self.watermarks = self.watermarks.mapValues { mark in
            Watermark(sent: mark.sent, handed: mark.acknowledged, acknowledged: mark.acknowledged)
        }
    }

    /// The recipient comes from another node, and says what it has.
    public mutating func know(_ number: UInt64, from sender: ParticipantID) {
        guard self.watermarks[sender] == nil else { return }
        self.watermarks[sender] = Watermark(sent: number, handed: number, acknowledged: number)
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
    ///
    /// - Parameter isBelieved: whether signals may have reached the recipient of which nothing is known here: by
    ///   another node, or before a loss. Who says more than is true harms nobody else, and does without those signals.
    public mutating func acknowledge(
        _ number: UInt64,
        from sender: ParticipantID,
        isBelieved: Bool = false
    ) -> Acknowledgement {
        guard var mark = self.watermarks[sender] ?? (isBelieved ? Watermark() : nil) else { return .ignored }
        guard number <= mark.sent || isBelieved else { return .rejected(.invalidMember) }
        guard number > mark.acknowledged else { return .ignored }
        let delivered = min(number, mark.sent) - mark.acknowledged
        mark.sent = max(mark.sent, number)
        mark.acknowledged = number
        mark.handed = max(mark.handed, number)
        self.watermarks[sender] = mark
        self.unacknowledged -= delivered
        return .advanced(by: delivered)
    }

    /// What `sender` may know to be delivered.
    public func delivered(from sender: ParticipantID) -> UInt64 {
        self.watermarks[sender]?.acknowledged ?? 0
    }

    /// The sender has left: what it sent counts no more.
    ///
    /// - Returns: whether some of it was not acknowledged.
    @discardableResult
    public mutating func forget(_ sender: ParticipantID) -> Bool {
        guard let mark = self.watermarks.removeValue(forKey: sender) else { return false }
        self.unacknowledged -= mark.sent - mark.acknowledged
        return mark.sent > mark.acknowledged
    }
}
