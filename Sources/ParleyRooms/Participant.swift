public import ParleyProtocol

/// One membership of one session in one room, as others may see it.
///
/// What only the server may know of a membership is in ``Membership``: whatever is in here can be
/// shown, whatever is in there cannot, and no rule has to remember which is which.
public struct Participant: Hashable, Sendable {
    public let id: ParticipantID
    public let identity: IdentityID
    public let name: DisplayName?
    public internal(set) var role: Role
    /// Order of arrival: 1 for the creator, one more with every join, never used again.
    public let joined: UInt64
    public let joinedAt: Instant
    public let abilities: Abilities
    public internal(set) var connection: Connection
    public internal(set) var media: Media
    var attributes = AttributeTable()
    /// Whether it is the identity that created the room.
    public internal(set) var isOwner = false
    public internal(set) var conduct = Conduct()
    /// Whether people are told of them one by one. Who is not is counted, with the others of a large audience.
    public internal(set) var isListed = true
    /// What they may or may not, whatever their role says.
    public internal(set) var permissions = PermissionChange()
    /// Who somebody else says that this is, and by which key they seal their signals: opaque here.
    public internal(set) var assertion: String?

    /// Whether somebody can be reached.
    ///
    /// ```
    ///              interrupted                  left (disconnected), after the grace period
    ///  connected  ------------->  interrupted  -------------------------------------------->  (gone)
    ///      ^                           |
    ///      +---------------------------+  resumed
    /// ```
    public enum Connection: Hashable, Sendable {
        case connected
        case interrupted(since: Instant)
    }

    /// What somebody's devices are doing right now.
    public struct Media: Hashable, Sendable {
        public var audio: Bool
        public var video: Bool
        public var screen: Bool

        public init(audio: Bool = false, video: Bool = false, screen: Bool = false) {
            self.audio = audio
            self.video = video
            self.screen = screen
        }
    }

    /// What is to become different; `nil` stays as it is.
    public struct MediaChange: Hashable, Sendable {
        public var audio: Bool?
        public var video: Bool?
        public var screen: Bool?

        public init(audio: Bool? = nil, video: Bool? = nil, screen: Bool? = nil) {
            self.audio = audio
            self.video = video
            self.screen = screen
        }

        public var isEmpty: Bool { self.audio == nil && self.video == nil && self.screen == nil }
    }
}

extension Participant.Media {
    /// The part of the change that would make a difference.
    func difference(_ change: Participant.MediaChange) -> Participant.MediaChange {
        Participant.MediaChange(
            audio: change.audio == self.audio ? nil : change.audio,
            video: change.video == self.video ? nil : change.video,
            screen: change.screen == self.screen ? nil : change.screen
        )
    }

    mutating func apply(_ change: Participant.MediaChange) {
        self.audio = change.audio ?? self.audio
        self.video = change.video ?? self.video
        self.screen = change.screen ?? self.screen
    }
}
