public import ParleyProtocol

/// Somebody in a call, as others are told of them who are not in it.
public struct CallParty: Hashable, Sendable {
    public let identity: IdentityID
    public let name: DisplayName?
    /// What the app calls them.
    public let user: String?

    public init(_ identity: IdentityID, name: DisplayName? = nil, user: String? = nil) {
        self.identity = identity
        self.name = name
        self.user = user
    }
}

/// One ring: some people are called, by one of those in the room.
///
/// ```
///             the line shows it        accepts
///  calling  ------------------> ringing ------> answered
///     |                            |
///     +------------+---------------+
///                  v
///   declined, busy, unreachable, incompatible
/// ```
public struct Ring: Hashable, Sendable {
    public let by: CallParty
    public let mode: RingMode
    public let intent: CallIntent
    public let since: Instant
    public let until: Instant
    public let purpose: Purpose
    public internal(set) var people: [IdentityID: Person]
    /// Never in the state: each device that rings has it with its line.
    public let offer: AttributeValue?
    public let data: AttributeValue?
    /// Whose tokens call these people as they are called here; never shown.
    public internal(set) var issuer: String?

    /// Why it rings.
    public enum Purpose: Hashable, Sendable {
        case call
        /// Whoever rang has gone, and those who are rung are to take their place.
        case transfer
        /// A transfer has failed like that: whoever wanted it is rung themselves.
        case recall(RingEnd)
    }

    public struct Person: Hashable, Sendable {
        public let user: String?
        /// See ``Callee/onlyOf``; never shown.
        public let onlyOf: String?
        public internal(set) var state: PersonState
        /// What they have said instead of taking the call.
        public internal(set) var message: String?

        init(user: String?, state: PersonState = .calling, onlyOf: String? = nil) {
            self.user = user
            self.onlyOf = onlyOf
            self.state = state
        }
    }

    public enum PersonState: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
        /// No device shows it yet.
        case calling
        case ringing
        case answered
        case declined
        case busy
        case unreachable
        case incompatible

        /// Whether they may still come.
        public var isOpen: Bool {
            switch self {
            case .calling, .ringing: true
            case .answered, .declined, .busy, .unreachable, .incompatible: false
            }
        }
    }

    /// In a fixed order.
    public var inOrder: [(identity: IdentityID, person: Person)] {
        self.people.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// How it is over, if it is; `nil`: somebody may still come.
    var outcome: RingEnd? {
        let states = self.people.values.map(\.state)
        let isAnswered = states.contains(.answered)
        if isAnswered, self.mode == .first { return .answered }
        guard !states.contains(where: \.isOpen) else { return nil }
        if isAnswered { return .answered }
        // What a person has said tells more than what a rule has.
        if states.contains(.declined) { return .declined }
        if states.contains(.busy) { return .busy }
        return states.contains(.incompatible) ? .incompatible : .unreachable
    }
}

/// How a ring is over.
public enum RingEnd: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    case answered
    case declined
    case busy
    /// Its time was over.
    case noAnswer = "no-answer"
    /// Whoever rang does not want it any more, or has gone.
    case cancelled
    case unreachable
    case incompatible
}

/// What became of one person who is rung, as their line has judged it.
public struct RingVerdict: Hashable, Sendable {
    public var state: Ring.PersonState
    public var code: HangupCode?
    public var message: String?

    public init(_ state: Ring.PersonState, code: HangupCode? = nil, message: String? = nil) {
        self.state = state
        self.code = code
        self.message = message
    }
}
