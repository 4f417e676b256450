public import ParleyProtocol

/// What has happened to a room. Past tense; it is in the log and cannot be refused.
///
/// It carries everything that ``Room/evolve(_:)`` needs, so that a room can be built from its log
/// alone; what others may see of it is decided by `wire(patch:)`.
public struct RoomEvent: Hashable, Sendable {
    public var fact: Fact
    /// The command that caused it; `nil` if the server did, or if another event of the same entry
    /// names the command.
    public var cause: Cause?
    /// Of `left` and `ended`: why, in words that telephones know.
    public var code: HangupCode?

    public enum Fact: Hashable, Sendable {
        indirect case created(Creation)
        indirect case joined(Joining)
        case mediaChanged(ParticipantID, Participant.MediaChange)
        /// The connection is lost, and may come back.
        case interrupted(ParticipantID, at: Instant)
        /// Another connection: `resumed`, if the earlier one was known to be lost.
        case attached(Attachment)
        case left(ParticipantID, LeaveReason)
        case ended(EndReason)
        /// Everything else that happens to a meeting.
        case meeting(MeetingFact)
    }

    public struct Cause: Hashable, Sendable {
        public var by: ParticipantID
        public var number: UInt64
        /// What was refused since the participant's last accepted command, oldest first.
        public var rejected: [RefusedCommands.Refusal]

        public init(by: ParticipantID, number: UInt64, rejected: [RefusedCommands.Refusal] = []) {
            self.by = by
            self.number = number
            self.rejected = rejected
        }
    }

    public struct Creation: Hashable, Sendable {
        public var alias: RoomAlias?
        public var capacity: Int
        public var graceMilliseconds: Int
        public var devices: DeviceRule
        public var roles: RoleTable
        public var parameters: RoomParameters
        /// Whose room it is; `nil`: whoever comes first.
        public var owner: IdentityID?
        /// Made by an operator: nobody comes in with it.
        public var isEmpty = false
        public var at: Instant
        /// The room that it is a small room of.
        public var parent: RoomID?
        public var semantics = RoomSemantics.current
        public var kind = RoomKind.meeting
        /// By then two have to be in it: else the call is over.
        public var meetsBy: Instant?

        public init(
            alias: RoomAlias?,
            capacity: Int,
            graceMilliseconds: Int,
            devices: DeviceRule = .allow,
            roles: RoleTable = RoleTable(),
            parameters: RoomParameters = RoomParameters(),
            owner: IdentityID? = nil,
            at: Instant
        ) {
            self.alias = alias
            self.capacity = capacity
            self.graceMilliseconds = graceMilliseconds
            self.devices = devices
            self.roles = roles
            self.parameters = parameters
            self.owner = owner
            self.at = at
        }
    }

    public struct Joining: Hashable, Sendable {
        public var participant: ParticipantID
        public var session: SessionID
        public var node: NodeID
        public var identity: IdentityID
        public var name: DisplayName?
        public var role: Role
        public var joined: UInt64
        public var at: Instant
        public var abilities: Abilities
        /// What the device can send and receive; `nil`: it has said nothing.
        @Apart public var media: MediaDeclaration? = nil
        /// The number of the invitation by which they come.
        public var invitation: UInt64?
        /// By which of its connections the session joined, see ``RoomCommand/Attach/attempt``.
        public var attempt: UInt64
        /// Beyond the stage: nobody is told of them one by one.
        public var isCounted = false
        /// What they may or may not, whatever their role says, as their token has it.
        public var permissions = PermissionChange()
        /// By which the room may let them in by itself.
        public var domain: String?
        /// By which token they come; banned with them.
        public var token: Digest?
        /// What their token says of them for others to see.
        public var attributes: [AttributeKey: AttributeValue] = [:]
        /// Who somebody else says that this is.
        public var assertion: String?
    }

    public struct Attachment: Hashable, Sendable {
        public var participant: ParticipantID
        public var node: NodeID
        public var attempt: UInt64
        public var wasInterrupted: Bool
        /// The number of the secret with which the client has come; 0: with none.
        public var secret: UInt64

        public init(
            participant: ParticipantID,
            node: NodeID,
            attempt: UInt64,
            wasInterrupted: Bool,
            secret: UInt64 = 0
        ) {
            self.participant = participant
            self.node = node
            self.attempt = attempt
            self.wasInterrupted = wasInterrupted
            self.secret = secret
        }
    }

    public enum LeaveReason: String, Hashable, Sendable, CaseIterable {
        /// By an own command.
        case left
        /// The connection was lost and did not come back.
        case disconnected
        /// Another membership of the same identity took its place.
        case replaced
        /// A moderator has sent them away.
        case removed
        /// Their token has expired, or was revoked.
        case unauthorized
        /// They have handed the call over.
        case transferred
        /// Nobody entered their code in time; or they were taken from the queue, and are still there.
        case expired
        /// They and whoever they were taken to are in their room, and the queue lets them go.
        case met
    }

    public enum EndReason: String, Hashable, Sendable, CaseIterable {
        /// The last participant has left.
        case empty
        /// Somebody who may has ended it for all.
        case host
        /// Its time was over.
        case duration
        /// The host has left, nobody succeeds, and the room's rule is ``Succession/end``.
        case hostLeft = "host-left"
        // Of calls.
        /// Nobody is left to talk to.
        case hungUp = "hung-up"
        case declined
        case busy
        case noAnswer = "no-answer"
        case cancelled
        case unreachable
        case incompatible
        /// Everybody has gone over into another call, and whoever sent them has left that, too.
        case transferred
        /// Everybody has gone over into another call.
        case merged
    }

    public init(_ fact: Fact, cause: Cause? = nil, code: HangupCode? = nil) {
        self.fact = fact
        self.cause = cause
        self.code = code
    }
}
