/// Small rooms beside a room, and moving people.
public enum BreakoutAction: Hashable, Sendable {
    case open(BreakoutPlan)
    /// `nil`: to none.
    case assign(ParticipantID, breakout: UInt64?)
    /// Everybody shall come back; the rooms stay.
    case recall
    case close
    case transfer(Transfer)
    // By the server alone, of somebody who is in the main room.
    case arrive(RoomID)
    case depart(RoomID)

    static let types = ["open-breakouts", "assign", "recall", "close-breakouts", "transfer"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "open-breakouts": self = .open(try BreakoutPlan(reader, limits))
        case "assign":
            self = .assign(
                try reader.requiredIdentifier("participant"),
                breakout: try reader.count("breakout")
            )
        case "recall": self = .recall
        case "close-breakouts": self = .close
        case "transfer":
            self = .transfer(
                Transfer(
                    participant: try reader.requiredIdentifier("participant"),
                    room: try reader.requiredIdentifier("destination")
                )
            )
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .open: "open-breakouts"
        case .assign: "assign"
        case .recall: "recall"
        case .close: "close-breakouts"
        case .transfer: "transfer"
        case .arrive: "arrive"
        case .depart: "depart"
        }
    }

    var members: JSONObject {
        switch self {
        case .open(let plan): return plan.members
        case .assign(let participant, let breakout):
            var members: JSONObject = ["participant": .string(participant.description)]
            if let breakout { members.append("breakout", .integer(Int64(clamping: breakout))) }
            return members
        case .recall, .close: return [:]
        case .transfer(let transfer):
            return [
                "participant": .string(transfer.participant.description),
                "destination": .string(transfer.room.description),
            ]
        // Never on the wire.
        case .arrive, .depart: return [:]
        }
    }
}

/// Which small rooms there are to be, and who goes where.
public struct BreakoutPlan: Hashable, Sendable {
    public struct Room: Hashable, Sendable {
        public var name: DisplayName
        public var people: [ParticipantID]
        /// The id that it will have; `nil` until the server has made one.
        public var id: RoomID?

        public init(name: DisplayName, people: [ParticipantID] = [], id: RoomID? = nil) {
            self.name = name
            self.people = people
            self.id = id
        }
    }

    /// In the order of the command.
    public var rooms: [Room]
    /// They close by themselves after so long.
    public var durationMilliseconds: Int?

    public init(rooms: [Room], durationMilliseconds: Int? = nil) {
        self.rooms = rooms
        self.durationMilliseconds = durationMilliseconds
    }

    fileprivate init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        let readers = try reader.readers("rooms")
        guard !readers.isEmpty else { throw reader.fault("rooms") }
        guard readers.count <= limits.breakoutsMax else { throw reader.fault("rooms", .tooMany) }
        var rooms: [Room] = []
        var assigned: Set<ParticipantID> = []
        for (text, member) in readers {
            guard let name = try? DisplayName(text, bytesMax: limits.nameBytesMax) else { throw reader.fault("rooms") }
            var room = Room(name: name)
            for (id, value) in (try member.optional("people") { $0.object })?.members ?? JSONObject().members {
                guard let participant = ParticipantID(id), value == true else { throw reader.fault("people") }
                // Nobody is in two places.
                guard assigned.insert(participant).inserted else { throw reader.fault("people") }
                room.people.append(participant)
            }
            rooms.append(room)
        }
        guard assigned.count <= limits.breakoutPeopleMax else { throw reader.fault("people", .tooMany) }
        let longest = UInt64(limits.breakoutMillisecondsMax)
        let duration = try reader.optional("durationMilliseconds") { value in
            MemberReader.count(value).flatMap { $0 <= longest ? Int($0) : nil }
        }
        self.init(rooms: rooms, durationMilliseconds: duration)
    }

    fileprivate var members: JSONObject {
        var rooms = JSONObject()
        for room in self.rooms {
            var people = JSONObject()
            for id in room.people { people[id.description] = true }
            rooms[room.name.text] = people.isEmpty ? [:] : ["people": .object(people)]
        }
        var members: JSONObject = ["rooms": .object(rooms)]
        if let duration = self.durationMilliseconds {
            members.append("durationMilliseconds", .integer(Int64(duration)))
        }
        return members
    }
}

/// Somebody is to go to another room.
public struct Transfer: Hashable, Sendable {
    public var participant: ParticipantID
    public var room: RoomID
    /// With which they are let in there, once; `nil` until the server has written one.
    public var ticket: String?

    public init(participant: ParticipantID, room: RoomID, ticket: String? = nil) {
        self.participant = participant
        self.room = room
        self.ticket = ticket
    }
}
