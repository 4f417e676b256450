public import ParleyProtocol

/// The questions of a room that are open.
///
/// ```
///            asked              answered, excused: not certain yet
/// (nothing) -------> open  <---------------------------------------+
///                     | |                                          |
///                     | +------------------------------------------+
///                     |
///                     |  closed: granted, refused, expired, cancelled
///                     +------------------------------------------------> (nothing)
/// ```
///
/// A question is closed in the log entry in which its outcome becomes certain. Whoever leaves no longer counts;
/// if nobody is left to ask, or the one who asked has left, it is cancelled: silence is never consent.
public struct Consents: Hashable, Sendable {
    public internal(set) var rounds: [UInt64: ConsentRound] = [:]
    /// The number of the latest question; never used again, so that a late answer is never taken for another's.
    public internal(set) var last: UInt64 = 0

    public init() {}

    /// In the order in which they were asked.
    public var numbers: [UInt64] { self.rounds.keys.sorted() }

    public var nextDeadline: Instant? { self.rounds.values.lazy.map(\.deadline).min() }
}

/// One question to some people.
public struct ConsentRound: Hashable, Sendable {
    public var kind: String
    /// Who asks.
    public var by: ParticipantID
    public var since: Instant
    public var deadline: Instant
    public var rule: ConsentRule
    public var question: String?
    /// Never empty while the question is open.
    public internal(set) var asked: Set<ParticipantID>
    /// Of those who are asked.
    public internal(set) var answers: [ParticipantID: Bool] = [:]

    public enum Outcome: String, Hashable, Sendable, CaseIterable {
        case granted
        case refused
        /// The deadline has passed.
        case expired
        /// Whoever asked has left or wants no answer any more, or nobody is left to ask.
        case cancelled
    }

    public init(
        kind: String,
        by: ParticipantID,
        since: Instant,
        deadline: Instant,
        rule: ConsentRule,
        question: String? = nil,
        asked: Set<ParticipantID>
    ) {
        self.kind = kind
        self.by = by
        self.since = since
        self.deadline = deadline
        self.rule = rule
        self.question = question
        self.asked = asked
    }

    /// As soon as no further answer can change it; `nil` before.
    public var certain: Outcome? {
        guard !self.asked.isEmpty else { return .cancelled }
        let granted = self.answers.values.count { $0 }
        let refused = self.answers.count - granted
        let isOver = self.answers.count == self.asked.count
        switch self.rule {
        case .all:
            return refused > 0 ? .refused : isOver ? .granted : nil
        case .any:
            return granted > 0 ? .granted : isOver ? .refused : nil
        case .majority:
            if 2 * granted > self.asked.count { return .granted }
            return 2 * refused >= self.asked.count ? .refused : nil
        case .each:
            guard isOver else { return nil }
            return granted > 0 ? .granted : .refused
        }
    }
}

// MARK: - What has happened

extension Consents {
    /// Never fails: a fact that does not fit changes nothing.
    public mutating func evolve(_ fact: ConsentFact) {
        let number = fact.consent
        switch fact.change {
        case .asked(let round):
            guard number > self.last else { return }
            self.last = number
            self.rounds[number] = round
        case .answered(let participant, let answer):
            guard self.rounds[number]?.asked.contains(participant) == true else { return }
            self.rounds[number]?.answers[participant] = answer
        case .excused(let participant):
            self.rounds[number]?.asked.remove(participant)
            self.rounds[number]?.answers[participant] = nil
        case .closed: self.rounds[number] = nil
        }
    }
}
