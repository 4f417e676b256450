public import ParleyProtocol

/// What has happened to a question.
public struct ConsentFact: Hashable, Sendable {
    /// The number of the question.
    public var consent: UInt64
    public var change: Change

    public enum Change: Hashable, Sendable {
        /// Nobody has answered yet.
        case asked(ConsentRound)
        case answered(ParticipantID, Bool)
        /// Who was asked has left and no longer counts.
        case excused(ParticipantID)
        case closed(ConsentRound.Outcome, kind: String)
    }

    public init(_ consent: UInt64, _ change: Change) {
        self.consent = consent
        self.change = change
    }
}

extension ConsentFact {
    static let types = ["consent-asked", "consent-answered", "consent-excused", "consent-closed"]

    var type: String {
        switch self.change {
        case .asked: "consent-asked"
        case .answered: "consent-answered"
        case .excused: "consent-excused"
        case .closed: "consent-closed"
        }
    }

    /// Who asks, answers, or has left.
    var participant: ParticipantID? {
        switch self.change {
        case .asked(let round): round.by
        case .answered(let participant, _), .excused(let participant): participant
        case .closed: nil
        }
    }

    /// What clients are told besides the participant and the patch.
    var wireMembers: JSONObject {
        var object: JSONObject = ["consent": .integer(Int64(clamping: self.consent))]
        switch self.change {
        case .asked(let round): object.append("kind", .string(round.kind))
        case .answered(_, let answer): object.append("answer", .bool(answer))
        case .excused: break
        case .closed(let outcome, let kind):
            object.append("kind", .string(kind))
            object.append("outcome", .string(outcome.rawValue))
        }
        return object
    }

    /// What the log keeps besides the participant.
    var members: JSONObject {
        var object = self.wireMembers
        switch self.change {
        case .asked(let round): object.append("round", round.json)
        case .answered, .excused, .closed: break
        }
        return object
    }

    /// At least as much as ``members`` take in the log.
    var bytesMax: Int {
        switch self.change {
        // A character may be written as an escape of six bytes.
        case .asked(let round): 512 + 6 * (round.question?.utf8.count ?? 0) + 64 * round.asked.count
        case .answered, .excused, .closed: 160
        }
    }

    /// - Returns: `nil` for a type that is none of ``types``.
    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        let change: Change
        switch type {
        case "consent-asked": change = .asked(try ConsentRound(try FieldReader(try reader.value("round"), "round")))
        case "consent-answered":
            change = .answered(try reader.identifier("participant"), try reader.bool("answer"))
        case "consent-excused": change = .excused(try reader.identifier("participant"))
        case "consent-closed": change = .closed(try reader.word("outcome"), kind: try reader.string("kind"))
        default: return nil
        }
        self.init(try reader.number("consent"), change)
    }
}
