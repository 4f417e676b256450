/// A command about the meeting itself: who may do what, who speaks, who comes in.
public struct MeetingCommand: Hashable, Sendable {
    public var id: UInt64
    public var room: RoomID
    public var action: MeetingAction
    /// It was refused with that code, as the client has heard: it is sent again only for its number, to a server that
    /// does not know.
    public var refused: RejectionCode?

    public init(id: UInt64, room: RoomID, action: MeetingAction, refused: RejectionCode? = nil) {
        self.id = id
        self.room = room
        self.action = action
        self.refused = refused
    }
}

/// What is asked of a meeting, by subject; the same value travels from the wire to `Room.decide`.
public enum MeetingAction: Hashable, Sendable {
    case lifecycle(LifecycleAction)
    case admission(AdmissionAction)
    case role(RoleAction)
    case attribute(AttributeAction)
    case breakout(BreakoutAction)
    case device(DeviceAction)
    case moderation(ModerationAction)
    case floor(FloorAction)
    case consent(ConsentAction)
    case recording(RecordingAction)
    case ring(RingAction)
    case line(LineAction)
    case queue(QueueAction)

    /// All values of `type`, of all subjects.
    public static let types: Set<String> = [
        LifecycleAction.types,
        AdmissionAction.types,
        RoleAction.types,
        AttributeAction.types,
        BreakoutAction.types,
        DeviceAction.types,
        ModerationAction.types,
        FloorAction.types,
        ConsentAction.types,
        RecordingAction.types,
        RingAction.types,
        LineAction.types,
        QueueAction.types,
    ].reduce(into: []) { $0.formUnion($1) }

    /// The longest of them.
    static let typeBytesMax = 24

    static func isType(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count <= Self.typeBytesMax && Self.types.contains(String(decoding: bytes, as: UTF8.self))
    }

    /// - Returns: `nil` for a type that is no meeting command.
    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        if let action = try LifecycleAction(type, reader, limits) {
            self = .lifecycle(action)
        } else if let action = try AdmissionAction(type, reader, limits) {
            self = .admission(action)
        } else if let action = try RoleAction(type, reader, limits) {
            self = .role(action)
        } else if let action = try AttributeAction(type, reader, limits) {
            self = .attribute(action)
        } else if let action = try BreakoutAction(type, reader, limits) {
            self = .breakout(action)
        } else if let action = try DeviceAction(type, reader, limits) {
            self = .device(action)
        } else if let action = try FloorAction(type, reader, limits) {
            self = .floor(action)
        } else if let action = try ConsentAction(type, reader, limits) {
            self = .consent(action)
        } else if let action = try RecordingAction(type, reader, limits) {
            self = .recording(action)
        } else if let action = try ModerationAction(type, reader, limits) {
            self = .moderation(action)
        } else if let action = try RingAction(type, reader, limits) {
            self = .ring(action)
        } else if let action = try LineAction(type, reader, limits) {
            self = .line(action)
        } else if let action = try QueueAction(type, reader, limits) {
            self = .queue(action)
        } else {
            return nil
        }
    }

    /// The `type` of the message.
    public var type: String {
        switch self {
        case .lifecycle(let action): action.type
        case .admission(let action): action.type
        case .role(let action): action.type
        case .attribute(let action): action.type
        case .breakout(let action): action.type
        case .device(let action): action.type
        case .floor(let action): action.type
        case .consent(let action): action.type
        case .recording(let action): action.type
        case .ring(let action): action.type
        case .line(let action): action.type
        case .queue(let action): action.type
        case .moderation(let action): action.type
        }
    }

    /// The message without `type`, `id` and `room`.
    var members: JSONObject {
        switch self {
        case .lifecycle(let action): action.members
        case .admission(let action): action.members
        case .role(let action): action.members
        case .attribute(let action): action.members
        case .breakout(let action): action.members
        case .device(let action): action.members
        case .floor(let action): action.members
        case .consent(let action): action.members
        case .recording(let action): action.members
        case .ring(let action): action.members
        case .line(let action): action.members
        case .queue(let action): action.members
        case .moderation(let action): action.members
        }
    }
}

extension MeetingCommand {
    /// - Returns: `nil` for a type that is no meeting command.
    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        guard let action = try MeetingAction(type, reader, limits) else { return nil }
        self.init(
            id: try reader.requiredCount("id"),
            room: try reader.requiredIdentifier("room"),
            action: action,
            refused: try reader.refused()
        )
    }

    func encode(into bytes: inout [UInt8]) {
        var object: JSONObject = ["type": .string(self.action.type)]
        object.append("id", .integer(Int64(clamping: self.id)))
        object.append("room", .string(self.room.description))
        for (name, value) in self.action.members.members { object.append(name, value) }
        if let refused = self.refused { object.append("refused", .string(refused.rawValue)) }
        JSONValue.object(object).encode(into: &bytes)
    }
}
