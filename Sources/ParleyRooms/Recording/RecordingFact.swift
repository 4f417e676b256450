public import ParleyProtocol

/// What has happened to the recording. The log keeps who was asked and what they said, by identity.
public enum RecordingFact: Hashable, Sendable {
    /// Nothing is recorded yet.
    case asked(by: ParticipantID, IdentityID, rule: RecordingRule, consent: UInt64, at: Instant)
    case started(by: ParticipantID, IdentityID, rule: RecordingRule, at: Instant)
    case answered(ParticipantID, IdentityID, Bool)
    /// It has not begun.
    case refused(Ending)
    case stopped(Ending)

    public enum Ending: String, Hashable, Sendable, CaseIterable {
        /// Somebody who may has stopped it.
        case stopped
        /// Somebody does not want to be recorded.
        case refused
        /// Not everybody has answered in time.
        case expired
        /// Nobody was left to ask.
        case cancelled
        /// Whoever recorded has left the room.
        case gone
    }
}

extension RecordingFact {
    static let types = [
        "recording-asked", "recording-started", "recording-answered", "recording-refused", "recording-stopped",
    ]

    var type: String {
        switch self {
        case .asked: "recording-asked"
        case .started: "recording-started"
        case .answered: "recording-answered"
        case .refused: "recording-refused"
        case .stopped: "recording-stopped"
        }
    }

    /// Who records, or who answers.
    var participant: ParticipantID? {
        switch self {
        case .asked(let by, _, _, _, _), .started(let by, _, _, _): by
        case .answered(let participant, _, _): participant
        case .refused, .stopped: nil
        }
    }

    /// What clients are told besides the participant and the patch.
    var wireMembers: JSONObject {
        switch self {
        case .asked(_, _, _, let consent, _): ["consent": .integer(Int64(clamping: consent))]
        case .started: [:]
        case .answered(_, _, let answer): ["answer": .bool(answer)]
        case .refused(let ending), .stopped(let ending): ["reason": .string(ending.rawValue)]
        }
    }

    /// What the log keeps besides the participant.
    var members: JSONObject {
        var object = self.wireMembers
        switch self {
        case .asked(_, let identity, let rule, _, let instant), .started(_, let identity, let rule, let instant):
            object.append("identity", .string(identity.description))
            object.append("rule", .string(rule.rawValue))
            object.append("at", .integer(instant.milliseconds))
        case .answered(_, let identity, _): object.append("identity", .string(identity.description))
        case .refused, .stopped: break
        }
        return object
    }

    /// - Returns: `nil` for a type that is none of ``types``.
    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "recording-asked":
            self = .asked(
                by: try reader.identifier("participant"),
                try reader.identifier("identity"),
                rule: try reader.word("rule"),
                consent: try reader.number("consent"),
                at: try reader.instant("at")
            )
        case "recording-started":
            self = .started(
                by: try reader.identifier("participant"),
                try reader.identifier("identity"),
                rule: try reader.word("rule"),
                at: try reader.instant("at")
            )
        case "recording-answered":
            self = .answered(
                try reader.identifier("participant"),
                try reader.identifier("identity"),
                try reader.bool("answer")
            )
        case "recording-refused": self = .refused(try reader.word("reason"))
        case "recording-stopped": self = .stopped(try reader.word("reason"))
        default: return nil
        }
    }
}
