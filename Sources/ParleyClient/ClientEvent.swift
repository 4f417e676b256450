public import ParleyProtocol

/// What a client hears, in the order in which the server said it.
public enum ClientEvent: Hashable, Sendable {
    /// Something happened in a room; the replica has it already.
    case room(RoomEventNotice, RoomReplica)
    case signal(RelayedSignal)
    case pulse(RelayedPulse)
    /// The peer has acknowledged this client's signals up to `n`.
    case delivered(to: ParticipantID, n: UInt64)
    /// A signal or a message without an answer of its own was refused.
    case rejected(RejectedMessage)
}

/// One event of a room (docs/PROTOCOL.md, section 4).
public struct RoomEventNotice: Hashable, Sendable {
    /// `joined`, `left`, `media-changed`… New types may come at any time.
    public let type: String
    public let participant: ParticipantID?
    /// The whole event as it came.
    public let json: JSONValue

    init(_ json: JSONValue) {
        self.type = json["type"]?.string ?? ""
        self.participant = json["participant"]?.string.flatMap { ParticipantID($0) }
        self.json = json
    }
}

/// Why something did not work.
public enum ClientError: Error, Hashable, Sendable {
    /// The server refused it by name.
    case rejected(RejectedMessage)
    /// The connection is over; with the server's close code, if there was one.
    case closed(code: UInt16?)
    /// The address is none that this client understands: `ws://host:port`.
    case invalidAddress(String)
    /// The server said what the protocol does not allow.
    case protocolViolation(String)
    /// Events were missed: the connection is of no use any more.
    case gap
}
