public import ParleyProtocol

/// The meaning of a room: a value that is folded from a log.
///
/// ```
///            created              ended
/// (absent) ----------->  open  ----------->  ended
///     |                 |  ^ ^                 ^
///     |           lock  v  | | unlock          |
///     |                 locked ----------------+
///     | created, for later | opened            |
///     +-------------->  scheduled -------------+
/// ```
///
/// ``decide(_:)`` judges a command and names the events; the log gives them their place;
/// ``evolve(_:)`` applies them. Two rooms that have applied the same events are equal, in every
/// process. Cost: both are O(log n) in the number of participants, unless they say otherwise.
public struct Room: Hashable, Sendable {
    public let id: RoomID
    public internal(set) var kind = RoomKind.meeting
    public internal(set) var lifecycle: Lifecycle = .absent
    /// Until the room is created: what a command that creates it will ask for.
    public internal(set) var alias: RoomAlias?
    public internal(set) var capacity: Int
    /// How long somebody whose connection is lost keeps the place.
    public internal(set) var graceMilliseconds: Int
    /// What happens to a second session of an identity that is here already.
    public internal(set) var devices = DeviceRule.allow
    public internal(set) var createdAt = Instant(milliseconds: 0)
    public internal(set) var parameters = RoomParameters()
    /// What each role allows here.
    public internal(set) var roles = RoleTable()
    var attributes = AttributeTable()
    var breakouts = Breakouts()
    /// Who waits in the line and who serves; absent in rooms that are no queue.
    public internal(set) var queue: Queue?
    /// The room that this one is a small room of.
    public internal(set) var parent: RoomID?
    /// What all devices can speak.
    var policy = RoomPolicy()
    public internal(set) var floors = Floors()
    public internal(set) var consents = Consents()
    /// Absent while nobody records or wants to.
    public internal(set) var recording: Recording?
    public internal(set) var standing = Standing()
    /// What rings here; absent as long as nothing has.
    @Apart var rings: Rings? = nil
    /// If this is a telephone line.
    @Apart public internal(set) var line: Line? = nil
    /// Those beyond the stage.
    var audience = Audience()

    /// Who waits, who is invited, and who may not come in.
    public internal(set) var door = Door()
    public internal(set) var times = RoomTimes()

    /// Without order; where order can be seen it is made from `joined`.
    var people: PersistentMap<ParticipantID, Participant> = [:]
    /// Who speaks, as far as the server has found out; never somebody whose microphone is off.
    public internal(set) var activeSpeaker: ParticipantID?
    var server = ServerSection()
    var hashes = ViewHashes()

    /// Until the room is created: those that it will have.
    public var semantics: RoomSemantics { self.server.semantics }

    public enum Lifecycle: Hashable, Sendable {
        /// Before the first event: there is nothing to see, and only a join is accepted.
        case absent
        /// Made for later; whoever comes early waits.
        case scheduled
        case open
        /// Like open, but nobody new comes in.
        case locked
        /// Nothing is accepted any more.
        case ended(RoomEvent.EndReason)
    }

    /// A room that does not exist yet. The first join creates it.
    public init(
        id: RoomID,
        alias: RoomAlias? = nil,
        capacity: Int = Limits().participantsPerRoomMax,
        graceMilliseconds: Int = Limits().graceMilliseconds,
        roles: RoleTable = RoleTable(),
        stageMax: Int? = nil,
        semantics: RoomSemantics = .current
    ) {
        self.server.semantics = semantics
        self.id = id
        self.alias = alias
        self.capacity = capacity
        self.graceMilliseconds = graceMilliseconds
        self.roles = roles
        self.parameters.stageMax = stageMax
    }

    /// As long as it does not exist: the rules that it shall have.
    public mutating func begin(under semantics: RoomSemantics) { self.server.semantics = semantics }
}

/// What never leaves the server.
struct ServerSection: Hashable, Sendable {
    var semantics = RoomSemantics.current
    var memberships: PersistentMap<ParticipantID, Membership> = [:]
    var participants: PersistentMap<SessionID, ParticipantID> = [:]
    /// In order of arrival; nobody is nothing. More than one only where the room allows it.
    var devices: PersistentMap<IdentityID, [ParticipantID]> = [:]
    /// The `joined` of the latest arrival.
    var joinedLast: UInt64 = 0
    /// The order of the latest raised hand.
    var handLast: UInt64 = 0
    /// Whose it was at its end, if that is nobody else's business: of a call or a line.
    var lastPeople: [IdentityID] = []
}

/// What the server alone knows of a participant.
public struct Membership: Hashable, Sendable {
    public let session: SessionID
    /// Which node holds the session: it alone speaks of the connection.
    public internal(set) var node: NodeID
    /// The client's count of its connections, as of the one that the room knows; 0 if it does not count.
    public internal(set) var attempt: UInt64
    /// The number of the last accepted command; 0 if the server did everything so far.
    public internal(set) var lastCommand: UInt64
    /// The newest refusals, oldest first, at most ``RefusedCommands/rememberedMax``.
    public internal(set) var rejected: [RefusedCommands.Refusal]
    /// Which connection the room knows: 1 at the join, one more with each `attached`.
    ///
    /// Whoever finds out that a connection was lost, or that its time is over, names the epoch that it
    /// has seen; the room has gone on if that is not the present one.
    public internal(set) var epoch: UInt64
    /// By which token they came; `nil`: by none that has a name.
    var token: Digest?
    /// The number of the newest secret with which the client has come back, as far as the room knows: whoever comes
    /// with an older one is not that client. 0: with none so far.
    public internal(set) var secret: UInt64 = 0
}

// MARK: - Looking

extension Room {
    public var count: Int { self.people.count }

    public func participant(_ id: ParticipantID) -> Participant? { self.people[id] }

    public func participant(of session: SessionID) -> ParticipantID? { self.server.participants[session] }

    public func membership(_ id: ParticipantID) -> Membership? { self.server.memberships[id] }

    /// Everybody who is this identity, in order of arrival.
    package func participants(of identity: IdentityID) -> [Participant] {
        (self.server.devices[identity] ?? []).compactMap { self.people[$0] }
    }

    /// In order of arrival. O(n log n): for snapshots, not for every message.
    public var participants: [Participant] {
        self.people.values.sorted { $0.joined < $1.joined }
    }
}
