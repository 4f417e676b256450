package import ParleyProtocol

/// What has arrived, by sender: each signal once, in order; acknowledged together (docs/PROTOCOL.md, section 6).
package struct ReceivedSignals: Hashable, Sendable {
    package enum Judgement: Hashable, Sendable {
        /// The next one of its sender.
        case new
        /// Sent again after a reconnect: it was told already.
        case duplicate
        /// Something before it is missing: only a new connection brings it.
        case gap
    }

    /// Acknowledge at the latest after so many, or after so long.
    package static let acknowledgeAfter = 32
    package static let acknowledgeWithin = Duration.milliseconds(100)
    /// The most that a server reads in one hello. Whoever is left out sends again what has arrived: it is ignored.
    package static let sendersMax = Limits().peersPerSessionMax

    private var watermarks: [ParticipantID: UInt64] = [:]
    private var unacknowledged: Set<ParticipantID> = []
    private var count = 0
    /// When to call ``acknowledge()`` at the latest.
    package private(set) var deadline: Duration?

    package init() {}

    package func hasHeard(from sender: ParticipantID) -> Bool { self.watermarks[sender] != nil }

    /// How many have arrived of that sender; the last one's number.
    package func watermark(of sender: ParticipantID) -> UInt64 { self.watermarks[sender] ?? 0 }

    package var wantsToAcknowledge: Bool { self.count >= Self.acknowledgeAfter }

    package mutating func receive(_ n: UInt64, floor: UInt64?, from sender: ParticipantID, _ moment: Moment)
        -> Judgement
    {
        // What is below the floor has arrived, its sender knows.
        let known = max(self.watermarks[sender] ?? 0, min(floor ?? 1, n) - 1)
        guard n <= known + 1 else { return .gap }
        let isNew = n == known + 1
        if isNew { self.watermarks[sender] = n }
        // A duplicate is acknowledged as well: its sender has not heard of the first time.
        self.unacknowledged.insert(sender)
        self.count += 1
        self.deadline = self.deadline ?? moment.time + Self.acknowledgeWithin
        return isNew ? .new : .duplicate
    }

    /// What is to be told, in order of the ids; it counts as told.
    package mutating func acknowledge() -> [Watermark] {
        let marks = self.marks(self.unacknowledged.sorted())
        self.unacknowledged = []
        self.count = 0
        self.deadline = nil
        return marks
    }

    /// For a resume, which acknowledges as well.
    package func all() -> [Watermark] {
        let first = self.unacknowledged.sorted()
        let others = self.watermarks.keys.filter { !self.unacknowledged.contains($0) }.sorted()
        return self.marks((first + others).prefix(Self.sendersMax).sorted())
    }

    private func marks(_ senders: [ParticipantID]) -> [Watermark] {
        senders.compactMap { sender in self.watermarks[sender].map { Watermark(participant: sender, n: $0) } }
    }

    package mutating func forget(_ sender: ParticipantID) {
        self.watermarks[sender] = nil
        self.unacknowledged.remove(sender)
    }
}
