public import ParleyProtocol

/// What a client hears, in the order in which the server said it, and what becomes of its connection.
public enum ClientEvent: Hashable, Sendable {
    /// Something happened in a room; the replica has it already.
    case room(RoomEventNotice, RoomReplica)
    case signal(RelayedSignal)
    case pulse(RelayedPulse)
    /// The peer has acknowledged this client's signals up to `n`, which is what
    /// ``ParleyClient/send(_:to:negotiation:)`` has returned.
    case delivered(to: ParticipantID, n: UInt64)
    /// A signal that nobody will get. One that the server has refused is told as ``rejected(_:)``.
    case undelivered(to: ParticipantID, n: UInt64, ClientError)
    /// A signal or a message without an answer of its own was refused.
    case rejected(RejectedMessage)
    /// The server asks to wait with a signal: the client sends it again by itself.
    case postponed(RejectedMessage)

    /// The connection is lost, and another one is tried after `delay`; `attempt` counts from 1.
    case reconnecting(attempt: Int, delay: Duration, after: ClientError)
    /// The same session is back: nothing is lost, and what was missed follows.
    case resumed
    /// The session could not be had back. This is a new one, which joins the rooms of the earlier one again.
    case renewed(Welcome)
    /// This client is in that room again, as another participant: `replica.participant`.
    case rejoined(RoomReplica, instead: RoomReplica)
    /// A whole state came in place of the events that were missed.
    case resynced(RoomReplica)
    /// This client is in that room no more, and no event of the room says so.
    case closed(RoomID, ClientError)
    /// The server has another state than this client at that position; a ``resynced(_:)`` mends it. Report it.
    case disagreed(RoomID, at: Position)
    /// The server goes away, and this client moves to another connection in time.
    case leavingServer(deadlineMilliseconds: Int)

    /// The server lives, but can decide nothing now (or can again): commands and joins wait. Signals go on.
    case degraded(Bool)

    /// For `RTCPeerConnection`, in place of those of ``ParleyClient/welcome``.
    case iceServers(JSONValue, expireAt: Instant?)
    /// Which end of a pair restarts ICE, if its connection is not up: `restarter`, or neither (docs/PROTOCOL.md).
    case restarter(Restarter)
    /// Somebody has written something, perhaps this client itself. Each message is told once, in the order of its
    /// number; a number that is missing is that of a message to somebody else.
    case chat(ChatFrame)
    /// The server has taken a newer token.
    case authenticated(expiresAt: Instant)
    /// Time to get a newer token, and to hand it over with ``ParleyClient/authenticate(_:)``.
    case tokenExpiring(at: Instant)
    /// Without a newer token within that time the session ends.
    case tokenExpired(withinMilliseconds: Int)
    /// Some of a large audience.
    case roster(RosterPage)
    /// A call rings on this device: see ``ParleyClient/online(name:status:)`` and
    /// ``ParleyClient/accept(_:name:answer:)``.
    case incoming(Incoming)
    /// It does not ring here any more.
    case incomingEnded(Incoming, Incoming.End)
    /// The people of the call `from` go on in another one, and this client has gone with them.
    case moved(RoomReplica, from: RoomID)
    /// How those are who are watched: all of them at first, then those that have changed.
    case presence(PresenceMessage)
    /// The session is over; the last event.
    case ended(ClientError)
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
