public import ParleyProtocol

extension RoomCommand {
    /// What the gateway knows of somebody who wants to come in, and the room's own log does not.
    public enum Pass: Hashable, Sendable {
        /// This room is a small room of that one, in which they are and which lets them.
        case breakout(BreakoutPass)
        /// A moderator of another room has sent them.
        ///
        /// - Parameter isExpected: the moderator is one here as well, so they need not wait to be let in.
        case ticket(isExpected: Bool)
        /// They were taken to this room from a queue in which they are.
        case queue(QueuePass)
    }

    /// What a small room is like, as its main room has it: its first joiner creates it by this.
    public struct BreakoutPass: Hashable, Sendable {
        public var parent: RoomID
        public var name: DisplayName
        /// Whoever is host there is host here.
        public var role: Role
        public var endsAt: Instant?

        public init(parent: RoomID, name: DisplayName, role: Role, endsAt: Instant?) {
            self.parent = parent
            self.name = name
            self.role = role
            self.endsAt = endsAt
        }
    }
}

extension RoomCommand.Pass {
    /// Whether the room may be yet to begin, with this join.
    public var mayBegin: Bool { self.breakout != nil || self.queue != nil }

    var breakout: RoomCommand.BreakoutPass? {
        switch self {
        case .breakout(let pass): pass
        case .ticket, .queue: nil
        }
    }

    var queue: RoomCommand.QueuePass? {
        switch self {
        case .queue(let pass): pass
        case .ticket, .breakout: nil
        }
    }
}

extension Room {
    /// How long a small room waits for its people while nobody is in it.
    private static let emptyBreakoutMilliseconds = 600_000

    /// Whether this may be a small room of that one. Nobody else comes in: to them there is no such room.
    func admitsPass(_ pass: RoomCommand.Pass?) -> Bool {
        self.lifecycle == .absent || self.parent == pass?.breakout?.parent
    }

    /// What the first joiner makes of the small room.
    func breakoutParameters(_ pass: RoomCommand.BreakoutPass, at now: Instant) -> RoomParameters {
        var parameters = RoomParameters()
        parameters.topic = pass.name.text
        parameters.emptyMilliseconds = Self.emptyBreakoutMilliseconds
        parameters.maximumMilliseconds = pass.endsAt.map { max(1, Int(clamping: $0.milliseconds - now.milliseconds)) }
        return parameters
    }
}
