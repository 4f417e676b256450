/// What a client's message is, by its `type`.
public enum MessageKind: UInt8, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    case hello
    // Commands.
    case join
    case leave
    case media
    /// Any other command: see ``MeetingAction``, which tells them apart.
    case meeting
    // Signals.
    case offer
    case answer
    case iceCandidate
    case hangup
    case iceRestart
    case signal
    // The rest.
    case pulse
    case beat
    case resync
    case networkChanged
    case authenticate
    case chat
    case chatHistory
    case roster
    case watch
    /// A type that this version does not know, or none.
    case unknown

    /// The `type` member; `nil` for ``meeting``, which has many, and ``unknown``.
    public var text: StaticString? {
        switch self {
        case .hello: "hello"
        case .join: "join"
        case .leave: "leave"
        case .media: "media"
        case .offer: "offer"
        case .answer: "answer"
        case .iceCandidate: "ice-candidate"
        case .hangup: "hangup"
        case .iceRestart: "ice-restart"
        case .signal: "signal"
        case .pulse: "pulse"
        case .beat: "beat"
        case .resync: "resync"
        case .networkChanged: "network-changed"
        case .authenticate: "authenticate"
        case .chat: "chat"
        case .chatHistory: "chat-history"
        case .roster: "roster"
        case .watch: "watch"
        case .meeting, .unknown: nil
        }
    }

    /// Whether this goes into a mailbox: offers, answers, candidates, hang-ups, restarts and free signals.
    public var isSignal: Bool {
        switch self {
        case .offer, .answer, .iceCandidate, .hangup, .iceRestart, .signal: true
        case .hello, .join, .leave, .media, .meeting, .pulse, .beat, .resync, .networkChanged, .authenticate, .chat,
            .chatHistory, .roster, .watch, .unknown:
            false
        }
    }
}
