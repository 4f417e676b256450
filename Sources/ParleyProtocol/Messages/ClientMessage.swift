/// What a client says (docs/PROTOCOL.md).
public enum ClientMessage: Hashable, Sendable {
    case hello(Hello)
    case join(JoinCommand)
    case leave(LeaveCommand)
    case media(MediaCommand)
    case meeting(MeetingCommand)
    case signal(OutboundSignal)
    case pulse(OutboundPulse)
    case beat(ClientBeat)
    case resync(ResyncRequest)
    case chat(ChatCommand)
    case chatHistory(ChatHistoryRequest)
    case roster(RosterRequest)
    case watch(WatchRequest)
    /// A hint: the device may have another address now.
    case networkChanged
    /// A newer token, before the one expires that the session has.
    case authenticate(token: String)
}

/// The first message of a connection.
public struct Hello: Hashable, Sendable {
    /// An earlier session that the client wants back.
    public struct Resume: Hashable, Sendable {
        /// How far the client has followed a room.
        public struct HeldRoom: Hashable, Sendable {
            public var room: RoomID
            /// `nil`: it holds nothing and wants a snapshot.
            public var at: Position?
            /// The `view` of the newest snapshot; `nil`: the client does not say.
            public var view: String?
            /// The `self` of the newest snapshot; `nil`: the client does not say.
            public var participant: ParticipantID?

            public init(room: RoomID, at: Position?, view: String? = nil, participant: ParticipantID? = nil) {
                self.room = room
                self.at = at
                self.view = view
                self.participant = participant
            }
        }

        public var session: SessionID
        public var secret: String
        /// In the client's order, each room once, at most `roomsPerSessionMax`. `nil`: the client has lost
        /// its memory and only wants to be the same identity again; empty: it has not, but is in no room.
        public var rooms: [HeldRoom]?
        /// The highest number that has arrived, by sender; at most `peersPerSessionMax`.
        public var received: [Watermark]
        /// How many connections the client has begun for this session, this one included: one that was slow on its
        /// way does not take over from a later one. 0: the client does not count.
        public var attempt: UInt64

        public init(
            session: SessionID,
            secret: String,
            rooms: [HeldRoom]? = nil,
            received: [Watermark] = [],
            attempt: UInt64 = 0
        ) {
            self.session = session
            self.secret = secret
            self.rooms = rooms
            self.received = received
            self.attempt = attempt
        }
    }

    /// Always 1: any other version is rejected.
    public var protocolVersion: Int64 = 1
    /// For statistics only; cut at `clientNameBytesMax`.
    public var clientName: String?
    public var clientVersion: String?
    public var abilities = Abilities()
    public var join: JoinCommand?
    /// Instead of `join`: its name or alias is not allowed. The session begins all the same.
    public var refusedJoin: Rejection?
    public var resume: Resume?
    /// Another device or tab of the same person; counts only without ``resume``.
    public var identity: IdentityProof?
    public var token: String?
    /// Who somebody says they are, where no tokens are wanted: the same word is the same identity, on each device.
    public var user: String?

    public init() {}
}

/// Shows that the client belongs to an identity, by a secret of one of its sessions. That session goes on.
public struct IdentityProof: Hashable, Sendable {
    public var session: SessionID
    public var secret: String

    public init(session: SessionID, secret: String) {
        self.session = session
        self.secret = secret
    }
}

/// What a device can do. What it does not say, it cannot.
public struct Abilities: Hashable, Sendable {
    /// It can take back its own offer.
    public var rollback: Bool
    /// It accepts candidates one by one.
    public var trickle: Bool
    /// It can restart ICE.
    public var restart: Bool
    /// What it can send and receive; `nil`: it says nothing of that. Shown to nobody: it would tell devices apart.
    @Apart public var media: MediaAbilities?

    public init(
        rollback: Bool = false,
        trickle: Bool = false,
        restart: Bool = false,
        media: MediaAbilities? = nil
    ) {
        self.rollback = rollback
        self.trickle = trickle
        self.restart = restart
        self.media = media
    }

    /// What others may know.
    public var withoutMedia: Self { Self(rollback: self.rollback, trickle: self.trickle, restart: self.restart) }
}

public struct JoinCommand: Hashable, Sendable {
    public var id: UInt64
    public var room: RoomReference
    public var name: DisplayName?
    /// The rule of a room that this join creates; `nil`: the server's own.
    public var devices: DeviceRule?
    /// In place of those of `hello`, for this room.
    @Apart public var media: MediaAbilities?
    /// What the room is like that this join creates.
    @Apart public var settings: RoomSettings?
    public var pin: String?
    /// The secret of an invitation.
    public var invitation: String?
    /// To be less than one could be: `audience`; `observer` is for whoever is invited as one.
    public var role: Role?
    /// From the event `transferred`: lets its reader in, once.
    public var ticket: String?
    /// Who somebody else says that this is, and by which key; the server does not look into it.
    public var assertion: String?
    /// What sort of room is meant; `nil`: whatever it is, and a meeting if there is none.
    public var kind: RoomKind?
    @Apart public var call: CallJoin?
    /// They come to wait in a queue.
    @Apart public var queue: QueueWish?

    public init(
        id: UInt64,
        room: RoomReference,
        name: DisplayName? = nil,
        devices: DeviceRule? = nil,
        media: MediaAbilities? = nil
    ) {
        self.id = id
        self.room = room
        self.name = name
        self.devices = devices
        self.media = media
    }
}

/// What happens if an identity joins a room in which it is already, from another device.
public enum DeviceRule: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    /// Each device is a participant of its own.
    case allow
    /// The newest device takes the place of the earlier ones.
    case replace
    /// The join is rejected: `identity-present`.
    case reject
}

public struct LeaveCommand: Hashable, Sendable {
    public var id: UInt64
    public var room: RoomID
    /// Why; `nil` says nothing.
    public var code: HangupCode?

    public init(id: UInt64, room: RoomID, code: HangupCode? = nil) {
        self.id = id
        self.room = room
        self.code = code
    }
}

public struct MediaCommand: Hashable, Sendable {
    public var id: UInt64
    public var room: RoomID
    /// See ``MeetingCommand/refused``.
    public var refused: RejectionCode?
    /// `nil` stays as it is.
    public var audio: Bool?
    public var video: Bool?
    public var screen: Bool?

    public init(
        id: UInt64,
        room: RoomID,
        audio: Bool? = nil,
        video: Bool? = nil,
        screen: Bool? = nil
    ) {
        self.id = id
        self.room = room
        self.audio = audio
        self.video = video
        self.screen = screen
    }
}

/// A signal as its sender writes it.
public struct OutboundSignal: Hashable, Sendable {
    public var to: ParticipantID
    public var n: UInt64
    /// At most `n`.
    public var floor: UInt64
    public var negotiation: UInt64?
    public var payload: SignalPayload

    public init(
        to: ParticipantID,
        n: UInt64,
        floor: UInt64,
        negotiation: UInt64? = nil,
        payload: SignalPayload
    ) {
        self.to = to
        self.n = n
        self.floor = floor
        self.negotiation = negotiation
        self.payload = payload
    }
}

/// What a signal brings; the case decides its `type`.
public enum SignalPayload: Hashable, Sendable {
    case offer(sdp: String)
    case answer(sdp: String)
    /// An `RTCIceCandidateInit` object, or null: no more candidates.
    case iceCandidate(JSONValue)
    case hangup(reason: String?)
    /// To the end that the server has named: restart ICE, for here the connection is not up.
    case iceRestart
    case signal(data: JSONValue)

    public var kind: MessageKind {
        switch self {
        case .offer: .offer
        case .answer: .answer
        case .iceCandidate: .iceCandidate
        case .hangup: .hangup
        case .iceRestart: .iceRestart
        case .signal: .signal
        }
    }
}

/// A pulse as its sender writes it.
public struct OutboundPulse: Hashable, Sendable {
    public var room: RoomID
    /// `nil`: to everybody else in the room.
    public var to: ParticipantID?
    public var kind: String
    public var data: JSONValue?

    public init(room: RoomID, to: ParticipantID? = nil, kind: String, data: JSONValue? = nil) {
        self.room = room
        self.to = to
        self.kind = kind
        self.data = data
    }
}

/// Signs of life from a client, with what it has received.
public struct ClientBeat: Hashable, Sendable {
    public var acknowledged: [Watermark]

    public init(acknowledged: [Watermark] = []) {
        self.acknowledged = acknowledged
    }
}

/// A client that does not trust what it holds of a room.
public struct ResyncRequest: Hashable, Sendable {
    public var room: RoomID
    /// Where it stands, if it has compared hashes there.
    public var at: Position?
    /// What its state there amounts to.
    public var hash: StateHash?
    /// In which view; `nil`: the client does not say.
    public var view: String?

    public init(room: RoomID, at: Position? = nil, hash: StateHash? = nil, view: String? = nil) {
        self.room = room
        self.at = at
        self.hash = hash
        self.view = view
    }
}

/// Up to which number the signals of one pair have arrived. In `ack` the participant is the sender,
/// in `delivered` the recipient.
public struct Watermark: Hashable, Sendable {
    public var participant: ParticipantID
    public var n: UInt64

    public init(participant: ParticipantID, n: UInt64) {
        self.participant = participant
        self.n = n
    }
}
