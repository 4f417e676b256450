public import ParleyProtocol

/// What has happened to a call.
public enum RingFact: Hashable, Sendable {
    indirect case started(UInt64, Ring)
    case changed(UInt64, IdentityID, RingVerdict)
    indirect case answered(UInt64, IdentityID, ParticipantID, AttributeValue?)
    case ended(UInt64, RingEnd)
    case held(ParticipantID)
    case unheld(ParticipantID)
    /// Nobody has taken the place of whoever wanted to be replaced.
    case transferFailed(UInt64, IdentityID, RingEnd)
    /// A third is in it.
    case becameMeeting
    /// Who comes over from another call; nobody any more, if nobody is named.
    case awaited([IdentityID], until: Instant)
}

extension RingFact {
    static let types: Set<String> = [
        "ring-started", "ring-changed", "ring-answered", "ring-ended", "held", "unheld", "transfer-failed",
        "became-meeting", "awaited",
    ]

    var type: String {
        switch self {
        case .started: "ring-started"
        case .changed: "ring-changed"
        case .answered: "ring-answered"
        case .ended: "ring-ended"
        case .held: "held"
        case .unheld: "unheld"
        case .transferFailed: "transfer-failed"
        case .becameMeeting: "became-meeting"
        case .awaited: "awaited"
        }
    }

    var participant: ParticipantID? {
        switch self {
        case .answered(_, _, let participant, _), .held(let participant), .unheld(let participant): participant
        case .started, .changed, .ended, .transferFailed, .becameMeeting, .awaited: nil
        }
    }

    /// What is told of a ring that begins is in the patch.
    var wireMembers: JSONObject {
        switch self {
        case .started(let number, _): return ["ring": .integer(Int64(clamping: number))]
        case .awaited(let people, _): return people.isEmpty ? [:] : ["people": people.json]
        case .changed, .answered, .ended, .held, .unheld, .transferFailed, .becameMeeting: return self.members
        }
    }

    var members: JSONObject {
        switch self {
        case .started(let number, let ring):
            return ["ring": .integer(Int64(clamping: number)), "call": ring.json]
        case .changed(let number, let person, let verdict):
            var object = Self.about(number, person)
            for (name, value) in verdict.members.members { object.append(name, value) }
            return object
        case .answered(let number, let person, _, let answer):
            var object = Self.about(number, person)
            if let answer { object.append("answer", answer.json) }
            return object
        case .ended(let number, let end):
            return ["ring": .integer(Int64(clamping: number)), "reason": .string(end.rawValue)]
        case .held, .unheld, .becameMeeting: return [:]
        case .transferFailed(let number, let person, let end):
            var object = Self.about(number, person)
            object.append("reason", .string(end.rawValue))
            return object
        case .awaited(let people, let until):
            return ["people": people.json, "until": .integer(until.milliseconds)]
        }
    }

    private static func about(_ number: UInt64, _ person: IdentityID) -> JSONObject {
        ["ring": .integer(Int64(clamping: number)), "person": .string(person.description)]
    }

    var bytesMax: Int {
        switch self {
        case .started(_, let ring): 64 + ring.bytesMax
        case .changed(_, _, let verdict): 160 + 6 * (verdict.message?.utf8.count ?? 0)
        case .answered(_, _, _, let answer): 128 + (answer?.json.encoded.count ?? 0)
        case .ended, .held, .unheld, .transferFailed, .becameMeeting: 128
        case .awaited(let people, _): 96 + 28 * people.count
        }
    }

    /// - Returns: `nil` for a type that is none of ``types``.
    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "ring-started":
            let ring = try Ring(try FieldReader(try reader.value("call"), "call"))
            self = .started(try reader.number("ring"), ring)
        case "ring-changed":
            self = .changed(
                try reader.number("ring"),
                try reader.identifier("person"),
                try RingVerdict(reader)
            )
        case "ring-answered":
            self = .answered(
                try reader.number("ring"),
                try reader.identifier("person"),
                try reader.identifier("participant"),
                try reader.opaque("answer")
            )
        case "ring-ended": self = .ended(try reader.number("ring"), try reader.word("reason"))
        case "held": self = .held(try reader.identifier("participant"))
        case "unheld": self = .unheld(try reader.identifier("participant"))
        case "transfer-failed":
            self = .transferFailed(
                try reader.number("ring"),
                try reader.identifier("person"),
                try reader.word("reason")
            )
        case "became-meeting": self = .becameMeeting
        case "awaited":
            self = .awaited(try reader.identifiers("people"), until: try reader.instant("until"))
        default: return nil
        }
    }
}

extension Room {
    mutating func evolve(_ fact: RingFact) -> StatePatches {
        switch fact {
        case .started(let number, let ring):
            return self.changeRings(number) { rings in
                rings.open[number] = ring
                rings.last = max(rings.last, number)
                if ring.purpose == .transfer { rings.transfers += 1 }
            }
        case .changed(let number, let person, let verdict):
            return self.changeRings(number) { rings in
                rings.open[number]?.people[person]?.state = verdict.state
                rings.open[number]?.people[person]?.message = verdict.message
            }
        case .answered(let number, let person, _, _):
            return self.changeRings(number) { rings in
                rings.open[number]?.people[person]?.state = .answered
                rings.isAnswered = true
            }
        case .ended(let number, let end): return self.changeRings(number) { $0.end(number, end) }
        case .held(let participant): return self.change(participant) { $0.conduct.isHeld = true }
        case .unheld(let participant): return self.change(participant) { $0.conduct.isHeld = false }
        case .transferFailed: return .none
        case .becameMeeting: return self.changeRoom { $0.kind = .meeting }
        case .awaited(let people, let until):
            var rings = self.rings ?? Rings()
            rings.awaited = people.isEmpty ? nil : Rings.Awaited(people: people, until: until)
            self.rings = rings
            return .none
        }
    }

    private mutating func changeRings(_ number: UInt64, _ body: (inout Rings) -> Void) -> StatePatches {
        let before = self.rings ?? Rings()
        var after = before
        body(&after)
        self.rings = after
        // The only one comes and goes with the place where rings are.
        guard before.shown != nil, after.shown != nil else {
            return self.replace(before.shown, with: after.shown, at: [StatePath.rings], in: .stage)
        }
        let path = [StatePath.rings, "\(number)"]
        return self.replace(before.open[number]?.shown, with: after.open[number]?.shown, at: path, in: .stage)
    }
}
