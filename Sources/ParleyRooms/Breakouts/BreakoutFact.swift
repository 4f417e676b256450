public import ParleyProtocol

/// What has become of the small rooms, and of the people who are moved.
public enum BreakoutFact: Hashable, Sendable {
    case opened(Opening)
    /// `nil`: to none.
    case assigned(ParticipantID, UInt64?)
    case arrived(ParticipantID, UInt64)
    case departed(ParticipantID, UInt64)
    case recalled
    /// Soon they close.
    case ending(at: Instant)
    case closed(ClosingReason)
    case transferred(Transfer)

    public enum ClosingReason: String, Hashable, Sendable, CaseIterable {
        case closed
        /// Their time was over.
        case duration
    }

    public struct Opening: Hashable, Sendable {
        public struct Room: Hashable, Sendable {
            public var number: UInt64
            public var name: DisplayName
            public var id: RoomID
            public var people: [ParticipantID]
        }

        public var rooms: [Room]
        public var endsAt: Instant?
    }

    var type: String {
        switch self {
        case .opened: "breakouts-opened"
        case .assigned: "assigned"
        case .arrived: "breakout-joined"
        case .departed: "breakout-left"
        case .recalled: "recalled"
        case .ending: "breakouts-ending"
        case .closed: "breakouts-closed"
        case .transferred: "transferred"
        }
    }

    var participant: ParticipantID? {
        switch self {
        case .assigned(let id, _), .arrived(let id, _), .departed(let id, _): id
        case .transferred(let transfer): transfer.participant
        case .opened, .recalled, .ending, .closed: nil
        }
    }

    var members: JSONObject {
        switch self {
        case .opened(let opening):
            var object: JSONObject = ["rooms": .array(opening.rooms.map(\.json))]
            if let endsAt = opening.endsAt { object.append("endsAt", .integer(endsAt.milliseconds)) }
            return object
        case .assigned, .arrived, .departed, .recalled, .ending, .closed, .transferred: return self.wireMembers
        }
    }

    /// What is opened is in the patch.
    var wireMembers: JSONObject {
        switch self {
        case .opened, .recalled, .assigned(_, nil): return [:]
        case .assigned(_, let number?), .arrived(_, let number), .departed(_, let number):
            return ["breakout": .integer(Int64(clamping: number))]
        case .ending(let instant): return ["endsAt": .integer(instant.milliseconds)]
        case .closed(let reason): return ["reason": .string(reason.rawValue)]
        case .transferred(let transfer):
            var object: JSONObject = ["room": .string(transfer.room.description)]
            if let ticket = transfer.ticket { object.append("ticket", .string(ticket)) }
            return object
        }
    }

    var bytesMax: Int {
        switch self {
        case .opened(let opening):
            opening.rooms.reduce(64) { $0 + 96 + 2 * $1.name.text.utf8.count + 28 * $1.people.count }
        case .assigned, .arrived, .departed, .recalled, .ending, .closed: 64
        case .transferred: 256
        }
    }

    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "breakouts-opened":
            var opening = Opening(rooms: [], endsAt: reader.has("endsAt") ? try reader.instant("endsAt") : nil)
            for value in try reader.array("rooms") {
                opening.rooms.append(try Opening.Room(try FieldReader(value, "breakout")))
            }
            self = .opened(opening)
        case "assigned":
            let number = reader.has("breakout") ? try reader.number("breakout") : nil
            self = .assigned(try reader.identifier("participant"), number)
        case "breakout-joined":
            self = .arrived(try reader.identifier("participant"), try reader.number("breakout"))
        case "breakout-left":
            self = .departed(try reader.identifier("participant"), try reader.number("breakout"))
        case "recalled": self = .recalled
        case "breakouts-ending": self = .ending(at: try reader.instant("endsAt"))
        case "breakouts-closed": self = .closed(try reader.word("reason"))
        case "transferred":
            self = .transferred(
                Transfer(
                    participant: try reader.identifier("participant"),
                    room: try reader.identifier("room"),
                    ticket: reader.has("ticket") ? try reader.string("ticket") : nil
                )
            )
        default: return nil
        }
    }
}

extension BreakoutFact.Opening.Room {
    fileprivate var json: JSONValue {
        [
            "n": .integer(Int64(clamping: self.number)), "name": .string(self.name.text),
            "room": .string(self.id.description), "people": .array(self.people.map { .string($0.description) }),
        ]
    }

    fileprivate init(_ reader: FieldReader) throws(RoomFormatError) {
        guard let name = try reader.name("name") else { throw .member("name") }
        self.init(number: try reader.number("n"), name: name, id: try reader.identifier("room"), people: [])
        for value in try reader.array("people") {
            guard let id = value.string.flatMap({ ParticipantID($0) }) else { throw .member("people") }
            self.people.append(id)
        }
    }
}
