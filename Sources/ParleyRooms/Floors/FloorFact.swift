public import ParleyProtocol

/// What has happened to a floor.
public struct FloorFact: Hashable, Sendable {
    public var floor: FloorName
    public var change: Change

    public enum Change: Hashable, Sendable {
        /// - Parameter of: whose device is controlled, where the floor is the remote control.
        case taken(ParticipantID, since: Instant, of: ParticipantID? = nil)
        /// Waits for it, or asks for it.
        case queued(ParticipantID)
        /// The lease begins anew.
        case renewed(ParticipantID, at: Instant)
        /// Does not hold it, or does not wait for it, any more.
        case left(ParticipantID, LeaveReason)
        case revoked(ParticipantID)
        /// `nil`: it is again what it was at first, or nothing.
        case defined(FloorRule?, at: Instant)
    }

    public enum LeaveReason: String, Hashable, Sendable, CaseIterable {
        /// By an own command.
        case left
        /// Has left the room.
        case gone
        /// The lease is over.
        case expired
        /// The one who was controlled has left, or wants no more of it.
        case withdrawn
    }

    public init(_ floor: FloorName, _ change: Change) {
        self.floor = floor
        self.change = change
    }
}

extension FloorFact {
    static let types = [
        "floor-taken", "floor-queued", "floor-renewed", "floor-left", "floor-revoked", "floor-defined",
    ]

    var type: String {
        switch self.change {
        case .taken: "floor-taken"
        case .queued: "floor-queued"
        case .renewed: "floor-renewed"
        case .left: "floor-left"
        case .revoked: "floor-revoked"
        case .defined: "floor-defined"
        }
    }

    var participant: ParticipantID? {
        switch self.change {
        case .taken(let participant, _, _), .queued(let participant), .renewed(let participant, _),
            .left(let participant, _), .revoked(let participant):
            participant
        case .defined: nil
        }
    }

    /// What clients are told besides the participant and the patch.
    var wireMembers: JSONObject {
        var object: JSONObject = ["floor": .string(self.floor.text)]
        switch self.change {
        case .left(_, let reason):
            if reason != .left { object.append("reason", .string(reason.rawValue)) }
        case .taken, .queued, .renewed, .revoked, .defined: break
        }
        return object
    }

    /// What the log keeps besides the participant.
    var members: JSONObject {
        var object: JSONObject = ["floor": .string(self.floor.text)]
        switch self.change {
        case .taken(_, let since, let of):
            object.append("at", .integer(since.milliseconds))
            if let of { object.append("of", .string(of.description)) }
        case .renewed(_, let instant): object.append("at", .integer(instant.milliseconds))
        case .left(_, let reason): object.append("reason", .string(reason.rawValue))
        case .defined(let rule, let instant):
            object.append("at", .integer(instant.milliseconds))
            if let rule { for (name, value) in rule.members.members { object.append(name, value) } }
        case .queued, .revoked: break
        }
        return object
    }

    /// - Returns: `nil` for a type that is none of ``types``.
    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        let change: Change
        switch type {
        case "floor-taken":
            let of: ParticipantID? = reader.has("of") ? try reader.identifier("of") : nil
            change = .taken(try reader.identifier("participant"), since: try reader.instant("at"), of: of)
        case "floor-queued": change = .queued(try reader.identifier("participant"))
        case "floor-renewed":
            change = .renewed(try reader.identifier("participant"), at: try reader.instant("at"))
        case "floor-left": change = .left(try reader.identifier("participant"), try reader.word("reason"))
        case "floor-revoked": change = .revoked(try reader.identifier("participant"))
        case "floor-defined": change = .defined(try FloorRule(reader), at: try reader.instant("at"))
        default: return nil
        }
        self.init(try reader.floor("floor"), change)
    }
}

extension FloorRule {
    /// `nil` without a capacity.
    init?(_ reader: FieldReader) throws(RoomFormatError) {
        guard reader.has("capacity") else { return nil }
        self.init(
            capacity: Int(clamping: try reader.number("capacity")),
            policy: try reader.word("policy"),
            leaseMilliseconds: reader.has("leaseMilliseconds")
                ? Int(clamping: try reader.number("leaseMilliseconds")) : nil
        )
    }
}

extension FieldReader {
    /// However long: limits are for what comes in.
    func floor(_ name: String) throws(RoomFormatError) -> FloorName {
        guard let floor = FloorName(try self.string(name), bytesMax: .max) else { throw .member(name) }
        return floor
    }

    /// A member for each participant.
    func participants<Value>(
        _ name: String,
        _ read: (JSONValue) throws(RoomFormatError) -> Value
    ) throws(RoomFormatError) -> [ParticipantID: Value] {
        guard let object = try self.value(name).object else { throw .member(name) }
        var values: [ParticipantID: Value] = [:]
        for (text, value) in object.members {
            guard let participant = ParticipantID(text) else { throw .member(name) }
            values[participant] = try read(value)
        }
        return values
    }
}
