/// What a server says (docs/PROTOCOL.md).
public enum ServerMessage: Hashable, Sendable {
    case welcome(Welcome)
    case snapshot(Snapshot)
    case events(EventsMessage)
    case signal(RelayedSignal)
    case pulse(RelayedPulse)
    case rejected(RejectedMessage)
    case beat(ServerBeat)
    case iceServers(ICEServersMessage)
    case restarter(Restarter)
    case chat(ChatFrame)
    case chatHistory(ChatHistory)
    case roster(RosterPage)
    case presence(PresenceMessage)
    case goaway(Goaway)
    /// The server does not go away after all.
    case stay
    /// The answer to `authenticate`.
    case authenticated(expiresAt: Instant)
    /// The session ends soon if no newer token comes.
    case tokenExpiring(at: Instant)
    /// The token is over; the session ends within that time if no newer one comes.
    case tokenExpired(withinMilliseconds: Int)
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

    /// Who the session is in a room.
    public struct Place: Hashable, Sendable {
        public var room: RoomID
        public var participant: ParticipantID

        public init(room: RoomID, participant: ParticipantID) {
            self.room = room
            self.participant = participant
        }
    }

    public var session: SessionID
    public var identity: IdentityID
    public var resumed: Bool
    /// Where it is somebody else than the client has said (``Hello/Resume/HeldRoom/participant``).
    public var selves: [Place] = []
    /// Why the session that the client wanted back is not this one.
    public var resumeRefused: ResumeRefusal?
    public var resumeSecret: String
    public var silenceMilliseconds: Int
    public var darkMilliseconds: Int
    public var limits: Bounds
    public var features: [String]
    /// An array for `RTCPeerConnection`, passed on as it is.
    public var iceServers: JSONValue
    public var iceServersExpireAt: Instant?
    /// Where else the session can be had, if this server cannot be reached; the best first.
    public var endpoints: [String] = []
    public var time: Instant

    public init(
        session: SessionID,
        identity: IdentityID,
        resumed: Bool,
        resumeRefused: ResumeRefusal? = nil,
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
        self.resumeRefused = resumeRefused
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

/// Why a session could not be had back.
public enum ResumeRefusal: String, CaseIterable, Hashable, Sendable {
    /// The secret is none of this server's: forged, cut, or signed with a key that is gone.
    case unknown
    /// The secret was good for so long, and no longer.
    case expired
    /// The session has had newer secrets than this one and the one after it.
    case outdated
    /// The session has ended.
    case over
}

/// A room as somebody in it may see it.
public struct Snapshot: Hashable, Sendable {
    public var room: RoomID
    public var participant: ParticipantID
    public var at: Position
    /// What the receiver may see: `moderator`, `participant`, `audience` or `waiting`.
    public var view: String?
    /// The receiver's own row, if it is not in the `people` of that view.
    public var me: JSONValue?
    public var state: JSONValue
    public var hash: StateHash
    /// The number of the receiver's last command that is in this state.
    public var lastCommand: UInt64?
    /// What happened at this position; the patches are in `state` already.
    public var events: [JSONValue]

    public init(
        room: RoomID,
        participant: ParticipantID,
        at: Position,
        view: String? = nil,
        me: JSONValue? = nil,
        state: JSONValue,
        hash: StateHash,
        lastCommand: UInt64? = nil,
        events: [JSONValue]
    ) {
        self.room = room
        self.participant = participant
        self.at = at
        self.view = view
        self.me = me
        self.state = state
        self.hash = hash
        self.lastCommand = lastCommand
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
    public var cid: String?
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

/// How long a message to a participant's device and its answer take.
public struct RoundTrip: Hashable, Sendable {
    public var participant: ParticipantID
    public var milliseconds: Int

    public init(participant: ParticipantID, milliseconds: Int) {
        self.participant = participant
        self.milliseconds = milliseconds
    }
}

/// A sign of life from the server.
public struct ServerBeat: Hashable, Sendable {
    /// What is said of one room now and then.
    public struct Room: Hashable, Sendable {
        public var room: RoomID
        /// The state at that place amounts to ``hash``: a client that stands there compares.
        public var at: Position?
        public var hash: StateHash?
        /// Of those whose value is new; the newest value wins.
        public var roundTrips: [RoundTrip]

        public init(
            room: RoomID,
            at: Position? = nil,
            hash: StateHash? = nil,
            roundTrips: [RoundTrip] = []
        ) {
            self.room = room
            self.at = at
            self.hash = hash
            self.roundTrips = roundTrips
        }
    }

    public var time: Instant
    public var delivered: [Watermark]
    public var rooms: [Room]
    /// Whether the server cannot decide anything now; `nil`: it says nothing of that.
    public var degraded: Bool?

    public init(time: Instant, delivered: [Watermark] = [], rooms: [Room] = []) {
        self.time = time
        self.delivered = delivered
        self.rooms = rooms
    }
}

/// Fresh servers for `RTCPeerConnection`, in place of those of ``Welcome``.
public struct ICEServersMessage: Hashable, Sendable {
    /// An array, passed on as it is.
    public var iceServers: JSONValue
    public var expireAt: Instant?

    public init(iceServers: JSONValue, expireAt: Instant? = nil) {
        self.iceServers = iceServers
        self.expireAt = expireAt
    }
}

/// Which end of a pair restarts ICE, if either says that its connection is not up.
public struct Restarter: Hashable, Sendable {
    public var room: RoomID
    /// The other end, seen from the receiver.
    public var peer: ParticipantID
    /// `nil`: neither device can; the impolite one hangs up and offers anew.
    public var restarter: ParticipantID?

    public init(room: RoomID, peer: ParticipantID, restarter: ParticipantID?) {
        self.room = room
        self.peer = peer
        self.restarter = restarter
    }
}

/// The server will stop: come to another one.
public struct Goaway: Hashable, Sendable {
    /// When this client is to move; different for each, so that they do not all come at once.
    public var withinMilliseconds: Int
    /// When the server closes what is left.
    public var deadlineMilliseconds: Int
    /// Where to go, if the server knows a good place.
    public var endpoint: String?

    public init(withinMilliseconds: Int, deadlineMilliseconds: Int, endpoint: String? = nil) {
        self.withinMilliseconds = withinMilliseconds
        self.deadlineMilliseconds = deadlineMilliseconds
        self.endpoint = endpoint
    }
}
