public import ParleyProtocol

/// What somebody wants of a room. Imperative; nothing has happened yet.
public struct RoomCommand: Hashable, Sendable {
    /// Whom it is about. For a join: the new id, which was never used before.
    public var participant: ParticipantID
    /// 1, 2, 3 … per (session, room); `nil` if the server causes it.
    public var number: UInt64?
    /// What was refused since the participant's last accepted command.
    public var rejectedSince: RefusedCommands
    public var at: Instant
    public var action: Action

    public enum Action: Hashable, Sendable {
        case join(Join)
        case leave
        case media(Participant.MediaChange)
        /// By the server: the participant cannot be reached any more, or was replaced.
        case disconnect(RoomEvent.LeaveReason)
        // By the server, too; each names the epoch of the connection that it speaks of, so that what is
        // found out late never hurts a newer connection (``Membership/epoch``).
        /// The participant's connection is lost; it may come back.
        case interrupt(epoch: UInt64)
        /// It is back.
        case resume(epoch: UInt64)
        /// It did not come back in time.
        case expire(epoch: UInt64)
    }

    public struct Join: Hashable, Sendable {
        public var session: SessionID
        public var identity: IdentityID
        public var name: DisplayName?
        public var abilities: Abilities
        /// The rule of the room, if this join creates it.
        public var devices: DeviceRule

        public init(
            session: SessionID,
            identity: IdentityID,
            name: DisplayName? = nil,
            abilities: Abilities,
            devices: DeviceRule = .allow
        ) {
            self.session = session
            self.identity = identity
            self.name = name
            self.abilities = abilities
            self.devices = devices
        }
    }

    public init(
        participant: ParticipantID,
        number: UInt64?,
        rejectedSince: RefusedCommands = [],
        at: Instant,
        action: Action
    ) {
        self.participant = participant
        self.number = number
        self.rejectedSince = rejectedSince
        self.at = at
        self.action = action
    }
}
