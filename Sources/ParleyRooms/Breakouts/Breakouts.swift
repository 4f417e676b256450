public import ParleyProtocol

/// The small rooms beside a room: what the main room knows of them.
///
/// Each is a room with a log of its own. Who may go there is decided here, and where people are is told here.
struct Breakouts: Hashable, Sendable {
    /// By number, which is never used again in this room.
    var rooms: [UInt64: Breakout] = [:]
    var last: UInt64 = 0
    var endsAt: Instant?
    /// It was said that they will close.
    var isAnnounced = false

    var isEmpty: Bool { self.rooms.isEmpty }

    /// O(rooms), of which there are few.
    func number(of room: RoomID) -> UInt64? { self.rooms.first { $0.value.room == room }?.key }

    /// Where somebody is assigned to.
    func assignment(of id: ParticipantID) -> UInt64? {
        self.rooms.first { $0.value.people[id]?.isAssigned ?? false }?.key
    }
}

/// One small room.
public struct Breakout: Hashable, Sendable {
    public let name: DisplayName
    public let room: RoomID
    public internal(set) var people: [ParticipantID: Place]

    public enum Place: String, Hashable, Sendable, CaseIterable {
        /// Shall go there.
        case assigned
        /// Is there, as they shall.
        case moved
        /// Is there without being assigned: a moderator, or somebody who shall go elsewhere by now.
        case visiting

        var isAssigned: Bool {
            switch self {
            case .assigned, .moved: true
            case .visiting: false
            }
        }

        var isThere: Bool {
            switch self {
            case .moved, .visiting: true
            case .assigned: false
            }
        }

        /// `nil`: they have nothing to do with it.
        init?(isAssigned: Bool, isThere: Bool) {
            switch (isAssigned, isThere) {
            case (true, true): self = .moved
            case (true, false): self = .assigned
            case (false, true): self = .visiting
            case (false, false): return nil
            }
        }
    }
}

extension Room {
    /// The small room of this one that has that id.
    public func breakout(_ room: RoomID) -> Breakout? {
        self.breakouts.number(of: room).flatMap { self.breakouts.rooms[$0] }
    }

    public var hasBreakouts: Bool { !self.breakouts.isEmpty }

    /// When the small rooms close by themselves.
    public var breakoutsEndAt: Instant? { self.breakouts.endsAt }

    /// Whether somebody of this room may be in that small room of it.
    public func mayEnter(_ room: RoomID, _ id: ParticipantID) -> Bool {
        guard let breakout = self.breakout(room), self.people[id] != nil else { return false }
        return breakout.people[id]?.isAssigned ?? false || self.permits(id, .breakouts)
    }

    /// The small rooms in which this room shows somebody, or should, given where they really are.
    ///
    /// - Returns: what there is to say, in order of the rooms' numbers.
    public func movements(of id: ParticipantID, isIn: (RoomID) -> Bool) -> [BreakoutAction] {
        guard self.people[id] != nil else { return [] }
        return self.breakouts.rooms.sorted { $0.key < $1.key }.compactMap { _, breakout in
            let isThere = isIn(breakout.room)
            guard isThere != breakout.people[id]?.isThere ?? false else { return nil }
            return isThere ? .arrive(breakout.room) : .depart(breakout.room)
        }
    }
}

// MARK: - JSON

extension Breakouts {
    /// As the state shows them; absent where there are none.
    var json: JSONValue? {
        guard !self.isEmpty else { return nil }
        var object = JSONObject()
        for (number, breakout) in self.rooms.sorted(by: { $0.key < $1.key }) {
            object.append("\(number)", breakout.json(endsAt: self.endsAt))
        }
        return .object(object)
    }

    /// As a snapshot has them; absent where there never were any.
    var stored: JSONValue? {
        guard self.last > 0 else { return nil }
        var object: JSONObject = ["last": .integer(Int64(clamping: self.last)), "announced": .bool(self.isAnnounced)]
        if let endsAt = self.endsAt { object.append("endsAt", .integer(endsAt.milliseconds)) }
        object.append("rooms", self.json ?? [:])
        return .object(object)
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.last = try reader.number("last")
        self.isAnnounced = try reader.bool("announced")
        if reader.has("endsAt") { self.endsAt = try reader.instant("endsAt") }
        guard let rooms = try reader.value("rooms").object else { throw .member("rooms") }
        for (text, value) in rooms.members {
            guard let number = UInt64(text) else { throw .member("rooms") }
            self.rooms[number] = try Breakout(try FieldReader(value, "breakout"))
        }
    }
}

extension Breakout {
    func json(endsAt: Instant?) -> JSONValue {
        var object: JSONObject = ["name": .string(self.name.text), "room": .string(self.room.description)]
        if let endsAt { object.append("endsAt", .integer(endsAt.milliseconds)) }
        var people = JSONObject()
        for (id, place) in self.people.sorted(by: { $0.key < $1.key }) {
            people.append(id.description, .string(place.rawValue))
        }
        // There from the beginning, so that folding patches and asking for the state agree about an empty room.
        object.append("people", .object(people))
        return .object(object)
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        guard let name = try reader.name("name"), let people = try reader.value("people").object else {
            throw .member("breakout")
        }
        self.init(name: name, room: try reader.identifier("room"), people: [:])
        for (text, value) in people.members {
            guard let id = ParticipantID(text), let place = value.string.flatMap({ Place(rawValue: $0) }) else {
                throw .member("people")
            }
            self.people[id] = place
        }
    }
}

extension FieldReader {
    /// None, if none are named.
    var breakouts: Breakouts {
        get throws(RoomFormatError) {
            guard self.has(StatePath.breakouts) else { return Breakouts() }
            return try Breakouts(try FieldReader(try self.value(StatePath.breakouts), StatePath.breakouts))
        }
    }
}
