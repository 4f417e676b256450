import ParleyProtocol

/// Those of a room who are beyond its stage: people are told how many they are, not who comes and goes.
///
/// What is told is part of the state and therefore of the log, and is renewed at most once a second, and so seldom that
/// no more than a thousand of the audience are told in a second: what a room says of its audience grows as the audience
/// does, not as its square.
struct Audience: Hashable, Sendable {
    /// Who is counted.
    private(set) var count = 0
    /// Who is announced one by one, and seen by everybody.
    private(set) var listed = 0
    /// Who of them may be heard and seen.
    private(set) var onStage = 0
    /// Of those who are counted, whose hand is up: they are shown to whoever may see the list.
    private(set) var hands = 0
    /// What people have been told, and when.
    private(set) var told = 0
    private(set) var toldAt = Instant(milliseconds: 0)

    mutating func count(_ participant: Participant, _ change: Int) {
        switch participant.section {
        case .stage:
            self.listed += change
            if participant.role.isOnStage { self.onStage += change }
        case .server: self.count += change
        case .roster:
            self.count += change
            self.hands += change
        // An observer takes no place.
        case .moderation: break
        case .door, .own: assertionFailure("nobody is there")
        }
    }

    mutating func tell(_ count: Int, at instant: Instant) {
        self.told = count
        self.toldAt = instant
    }

    /// `nil`: people know it.
    var dueAt: Instant? {
        guard self.count != self.told else { return nil }
        return self.toldAt.advanced(milliseconds: max(1_000, self.count))
    }

    /// In the state; absent while nobody is counted.
    var shown: JSONValue? { Self.shown(self.told) }

    private static func shown(_ count: Int) -> JSONValue? {
        count > 0 ? .object(["count": .integer(Int64(count))]) : nil
    }

    // MARK: The snapshot

    /// Who is counted is written beside each person.
    var json: JSONValue? {
        guard self.toldAt.milliseconds > 0 else { return nil }
        return ["told": .integer(Int64(self.told)), "at": .integer(self.toldAt.milliseconds)]
    }

    mutating func read(_ reader: FieldReader) throws(RoomFormatError) {
        guard let value = reader.valueIfPresent(StatePath.audience) else { return }
        let reader = try FieldReader(value, StatePath.audience)
        self.tell(Int(clamping: try reader.number("told")), at: try reader.instant("at"))
    }
}

extension Role {
    /// Whether people expect to see and hear somebody with that role.
    var isOnStage: Bool {
        switch self {
        case .host, .coHost, .speaker, .participant: true
        case .audience, .observer: false
        }
    }
}
