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
    /// What an operator who asks for it is called; told to whoever writes down what operators do, and in no log.
    public var operatorName: String?
    /// Why somebody leaves.
    public var code: HangupCode?

    public enum Action: Hashable, Sendable {
        indirect case join(Join)
        /// A room that an operator makes, without people.
        indirect case create(Create)
        case leave
        case media(Participant.MediaChange)
        /// Everything else that is asked of the meeting.
        case meeting(MeetingAction)
        /// It was refused with that code, says its client; whoever knew has forgotten.
        ///
        /// - Parameter type: that of the message, for those who are told again.
        case skip(RejectionCode, type: String)
        // By the server; each names the epoch of the connection that it speaks of, so that what is
        // found out late never hurts a newer connection (``Membership/epoch``).
        /// The participant cannot be reached any more, or was replaced.
        case disconnect(RoomEvent.LeaveReason, epoch: UInt64? = nil)
        /// The participant's connection is lost; it may come back.
        case interrupt(epoch: UInt64)
        /// It has another one, perhaps on another node.
        case attach(Attach)
        /// It did not come back in time.
        case expire(epoch: UInt64)
        /// A deadline of the room has passed (``Room/nextDeadline``); about nobody.
        case deadline
        /// What it does in calls and on lines; about nobody.
        case call(CallStep)
    }

    public struct Join: Hashable, Sendable {
        public var session: SessionID
        /// Which node holds the session.
        public var node: NodeID
        /// By which of its connections it joins, see ``Attach/attempt``.
        public var attempt: UInt64
        public var identity: IdentityID
        public var name: DisplayName?
        public var abilities: Abilities
        /// The rule of the room, if this join creates it.
        public var devices: DeviceRule
        /// What the room is like, if this join creates it; its PIN is sealed.
        public var settings: RoomSettings
        /// What the device can send and receive here, in place of what ``abilities`` say.
        @Apart public var media: MediaAbilities?
        public var pin: Digest?
        public var invitation: Digest?
        /// To be less than one could be.
        public var role: Role?
        @Apart public var pass: Pass?
        /// They come to wait in a queue.
        @Apart public var queue: QueueArrival? = nil
        /// What their token allows; `nil`: nobody needs one here.
        @Apart public var grant: Grant? = nil
        /// Of that token, if it has a name.
        public var token: Digest?
        /// Who somebody else says that this is: for the others, not for the room.
        public var assertion: String?
        /// What sort of room is meant; `nil`: whatever it is, and a meeting if there is none.
        public var kind: RoomKind?
        @Apart public var call: CallJoin? = nil

        public init(
            session: SessionID,
            node: NodeID = NodeID(high: 0, low: 0),
            attempt: UInt64 = 0,
            identity: IdentityID,
            name: DisplayName? = nil,
            abilities: Abilities,
            devices: DeviceRule = .allow,
            settings: RoomSettings = RoomSettings(),
            media: MediaAbilities? = nil,
            pass: Pass? = nil
        ) {
            self.session = session
            self.node = node
            self.attempt = attempt
            self.identity = identity
            self.name = name
            self.abilities = abilities
            self.devices = devices
            self.settings = settings
            self.media = media
            self.pass = pass
        }
    }

    public struct Create: Hashable, Sendable {
        /// A meeting or a queue.
        public var kind = RoomKind.meeting
        public var settings: RoomSettings
        public var devices: DeviceRule
        /// Whose room it is; `nil`: of the first who comes by ``invitation``.
        public var owner: IdentityID?
        /// Of the secret by which a host comes in.
        public var invitation: Digest?

        public init(
            settings: RoomSettings = RoomSettings(),
            devices: DeviceRule = .allow,
            owner: IdentityID? = nil,
            invitation: Digest? = nil
        ) {
            self.settings = settings
            self.devices = devices
            self.owner = owner
            self.invitation = invitation
        }
    }

    public struct Attach: Hashable, Sendable {
        public var node: NodeID
        /// The client's count of its connections: an earlier one that was delayed on its way does not take
        /// over from a later one. 0: the client does not count, and whoever comes last is the newest.
        public var attempt: UInt64
        /// Of a connection that is no new one, but taken for lost or for another node's: only if nobody has attached
        /// since this epoch.
        public var epoch: UInt64?
        /// The number of the secret with which the client has come, see `Membership.secret`.
        public var secret: UInt64

        public init(node: NodeID, attempt: UInt64, epoch: UInt64? = nil, secret: UInt64 = 0) {
            self.node = node
            self.attempt = attempt
            self.epoch = epoch
            self.secret = secret
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
