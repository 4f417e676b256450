public import ParleyProtocol

/// What a log is about. Whatever must happen once is a log whose first append wins.
///
/// The raw value is a part of stored keys: a case may be added, never renamed.
public enum LogKind: String, CaseIterable, Hashable, Sendable {
    /// The events of one incarnation of a room.
    case room
    /// Which room a readable name stands for now.
    case alias
    /// The use of a one-time ticket.
    case ticket
    /// The uses of an invitation.
    case invitation
    /// That a token was revoked.
    case revocation
    /// The signing keys of resume secrets.
    case keys
    /// A session's membership and secrets.
    case session
    /// A chat beside a room.
    case chat
    /// Where an identity can be reached.
    case presence
}

/// The name of one log.
public struct LogID: Hashable, Sendable {
    public let kind: LogKind
    /// Unique within the kind; bounded by whoever makes it.
    public let id: String

    public init(_ kind: LogKind, _ id: String) {
        self.kind = kind
        self.id = id
    }

    /// The log of a room.
    public init(room: RoomID) {
        self.init(.room, room.description)
    }
}

/// How long a log lives when nobody retires it.
public enum Retention: Hashable, Sendable {
    case untilRetired
    /// So long after the last append, by the engine's clock.
    case milliseconds(Int64)
}
