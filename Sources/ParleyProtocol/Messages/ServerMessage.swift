/// What a server says (docs/PROTOCOL.md).
public enum ServerMessage: Hashable, Sendable {
    case welcome(Welcome)
    case snapshot(Snapshot)
    case events(EventsMessage)
    case signal(RelayedSignal)
    case pulse(RelayedPulse)
    case rejected(RejectedMessage)
    case beat(ServerBeat)
    /// A type that this version does not know: to be ignored.
    case unknown(type: String)
}

public struct Welcome: Hashable, Sendable {
    /// What this server accepts.
    public struct Bounds: Hashable, Sendable {
        public var frameBytesMax: Int
        public var nameBytesMax: Int
        public var roomsPerSessionMax: Int
        public var unacknowledgedSignalsMax: Int

        public init(_ limits: Limits = Limits()) {
            self.frameBytesMax = limits.frameBytesMax
            self.nameBytesMax = limits.nameBytesMax
            self.roomsPerSessionMax = limits.roomsPerSessionMax
            self.unacknowledgedSignalsMax = limits.unacknowledgedSignalsMax
        }
    }

    public var session: SessionID
    public var identity: IdentityID
    public var resumed: Bool
    public var resumeSecret: String
    public var silenceMilliseconds: Int
    public var darkMilliseconds: Int
    public var limits: Bounds
    public var features: [String]
    /// An array for `RTCPeerConnection`, passed on as it is.
    public var iceServers: JSONValue
    public var iceServersExpireAt: Instant?
    public var time: Instant

    public init(
        session: SessionID,
        identity: IdentityID,
        resumed: Bool,
        resumeSecret: String,
        limits: Limits,
        features: [String],
        iceServers: JSONValue,
        iceServersExpireAt: Instant? = nil,
        time: Instant
    ) {
        self.session = session
        self.identity = identity
        self.resumed = resumed
        self.resumeSecret = resumeSecret
        self.silenceMilliseconds = limits.silenceMilliseconds
        self.darkMilliseconds = limits.darkMilliseconds
        self.limits = Bounds(limits)
        self.features = features
        self.iceServers = iceServers
        self.iceServersExpireAt = iceServersExpireAt
        self.time = time
    }
}

/// A room as somebody in it may see it.
public struct Snapshot: Hashable, Sendable {
    public var room: RoomID
    public var participant: ParticipantID
    public var at: Position
    public var state: JSONValue
    public var hash: StateHash
    /// What happened at this position; the patches are in `state` already.
    public var events: [JSONValue]

    public init(
        room: RoomID,
        participant: ParticipantID,
        at: Position,
        state: JSONValue,
        hash: StateHash,
        events: [JSONValue]
    ) {
        self.room = room
        self.participant = participant
        self.at = at
        self.state = state
        self.hash = hash
        self.events = events
    }
}

/// The events of one log entry.
public struct EventsMessage: Hashable, Sendable {
    public var room: RoomID
    public var at: Position
    public var after: Position
    public var events: [JSONValue]

    public init(room: RoomID, at: Position, after: Position, events: [JSONValue]) {
        self.room = room
        self.at = at
        self.after = after
        self.events = events
    }
}

/// A signal as its recipient reads it.
public struct RelayedSignal: Hashable, Sendable {
    public var from: ParticipantID
    public var n: UInt64
    /// The sender knows what is below to be delivered.
    public var floor: UInt64?
    public var negotiation: UInt64?
    public var payload: SignalPayload

    public init(
        from: ParticipantID,
        n: UInt64,
        floor: UInt64? = nil,
        negotiation: UInt64? = nil,
        payload: SignalPayload
    ) {
        self.from = from
        self.n = n
        self.floor = floor
        self.negotiation = negotiation
        self.payload = payload
    }
}

/// A pulse as its recipients read it.
public struct RelayedPulse: Hashable, Sendable {
    public var room: RoomID
    public var from: ParticipantID
    public var kind: String
    public var data: JSONValue?

    public init(room: RoomID, from: ParticipantID, kind: String, data: JSONValue? = nil) {
        self.room = room
        self.from = from
        self.kind = kind
        self.data = data
    }
}

/// A refusal as its receiver reads it: a newer server may say codes that this version does not know.
public struct RejectedMessage: Hashable, Sendable {
    public var code: String
    public var message: String
    public var of: String?
    public var room: String?
    public var id: UInt64?
    public var to: String?
    public var n: UInt64?
    public var expected: UInt64?
    public var member: String?
    public var retryAfterMilliseconds: UInt64?

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    /// `nil` for a code that this version does not know.
    public var knownCode: RejectionCode? { RejectionCode(rawValue: self.code) }
}

/// A sign of life from the server.
public struct ServerBeat: Hashable, Sendable {
    public var time: Instant
    public var delivered: [Watermark]

    public init(time: Instant, delivered: [Watermark] = []) {
        self.time = time
        self.delivered = delivered
    }
}
