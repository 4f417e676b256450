package import ParleyProtocol

/// The commands of one membership, `join` having been number 1; docs/PROTOCOL.md, section 3.
///
/// ```
///           push              accepted / rejected            63 more
/// waiting ---------> under way ------------------> decided -----------> forgotten
///                     ^     |                         |
///                     +-----+ resumed, retry          +--- sent again, silently, if a snapshot without it comes
/// ```
///
/// One is under way at a time, so that numbers are dense by construction. Sending one again is always safe.
package struct CommandOutbox: Sendable {
    /// 0: nobody waits for the outcome.
    package typealias RequestID = UInt64

    package enum Action: Hashable, Sendable {
        /// - Parameter code: why.
        case leave(HangupCode? = nil)
        case media(Media)
        case meeting(MeetingAction)

        var isLeave: Bool { if case .leave = self { true } else { false } }
    }

    /// What devices are to do; `nil` stays as it is.
    package struct Media: Hashable, Sendable {
        package var audio: Bool?
        package var video: Bool?
        package var screen: Bool?

        package init(audio: Bool? = nil, video: Bool? = nil, screen: Bool? = nil) {
            self.audio = audio
            self.video = video
            self.screen = screen
        }

        /// Whether any device is to be on.
        package var isOn: Bool { self.audio == true || self.video == true || self.screen == true }

        package mutating func merge(_ later: Media) {
            self.audio = later.audio ?? self.audio
            self.video = later.video ?? self.video
            self.screen = later.screen ?? self.screen
        }
    }

    package enum Effect: Hashable, Sendable {
        /// - Parameter refused: that it was refused is known; whoever refused it may be gone.
        case send(id: UInt64, Action, refused: RejectionCode? = nil)
        case succeeded(RequestID)
        case failed(RequestID, ClientError)
        /// Call ``CommandOutbox/tick(_:_:)`` then.
        case wake(at: Duration)
    }

    fileprivate struct Command: Hashable {
        var id: UInt64
        let action: Action
        /// `nil` once it has its outcome.
        var request: RequestID?
        /// Its outcome, if it was refused by name.
        var refused: RejectionCode?
    }

    /// So many commands are kept for a server that has lost them, the one under way included.
    package static let keptMax = 64
    /// So many wait for their turn; one more fails.
    package static let waitingMax = 64
    private static let retryDelay = Duration.seconds(1)

    /// Dense and ascending. Only the last may be without outcome.
    private var kept: [Command] = []
    private var waiting: [(action: Action, request: RequestID)] = []
    private var nextID: UInt64 = 2
    /// The server has asked to wait with this number and all behind it.
    private var retry: (from: UInt64, at: Duration)?

    package init() {}

    package var isLeaving: Bool {
        self.kept.contains { $0.request != nil && $0.action.isLeave } || self.waiting.contains { $0.action.isLeave }
    }

    private var underWay: Command? {
        guard let last = self.kept.last, last.request != nil else { return nil }
        return last
    }

    package mutating func push(_ action: Action, request: RequestID, _ effects: inout [Effect]) {
        guard self.waiting.count < Self.waitingMax else {
            return effects.append(.failed(request, .tooManyWaiting))
        }
        self.waiting.append((action, request))
        self.flush(&effects)
    }

    private mutating func flush(_ effects: inout [Effect]) {
        guard self.underWay == nil, !self.waiting.isEmpty else { return }
        let (action, request) = self.waiting.removeFirst()
        self.kept.append(Command(id: self.nextID, action: action, request: request))
        if self.kept.count > Self.keptMax { self.kept.removeFirst() }
        effects.append(.send(id: self.nextID, action))
        self.nextID += 1
    }

    private func send(from id: UInt64, _ effects: inout [Effect]) {
        for command in self.kept where command.id >= id { effects.append(.send(command)) }
    }

    // MARK: Outcomes

    /// An event names it.
    package mutating func accepted(_ id: UInt64, _ effects: inout [Effect]) {
        self.decide(id, nil, &effects)
    }

    package mutating func rejected(_ rejected: RejectedMessage, _ moment: Moment, _ effects: inout [Effect]) {
        // Ignored: the outcome of a command that is history here.
        guard let id = rejected.id, let command = self.kept.first(where: { $0.id == id }) else { return }
        if rejected.knownCode == .commandGap {
            return self.gap(expected: rejected.expected ?? id, &effects)
        }
        if let delay = Self.delay(rejected) {
            // What was sent behind it is refused as a gap, and waits with it.
            let at = moment.time + delay
            self.retry = (min(id, self.retry?.from ?? id), at)
            return effects.append(.wake(at: at))
        }
        guard command.request != nil else { return }
        switch rejected.knownCode {
        // The room was as the command wanted it. Judged again it could undo what others have done since.
        case .noChange: self.decide(id, nil, refused: .noChange, &effects)
        // These never reached the room, so the number is still to be used.
        case .malformed, .invalidMember, .unknownType, .notJoined:
            self.kept.removeLast()
            self.nextID = id
            command.request.map { effects.append(.failed($0, .rejected(rejected))) }
            self.flush(&effects)
        case .some, .none: self.decide(id, .rejected(rejected), refused: rejected.knownCode, &effects)
        }
    }

    private static func delay(_ rejected: RejectedMessage) -> Duration? {
        if let wait = rejected.retryAfterMilliseconds { return .milliseconds(Int64(clamping: wait)) }
        switch rejected.knownCode {
        case .busy, .rateLimited, .engineUnavailable: return Self.retryDelay
        case .some, .none: return nil
        }
    }

    private mutating func gap(expected: UInt64, _ effects: inout [Effect]) {
        // It is sent again anyway, with all that is in front of it.
        guard self.retry == nil else { return }
        if self.kept.contains(where: { $0.id == expected }) { return self.send(from: expected, &effects) }
        // The server has lost more than is kept here, or knows more: the one under way takes the number it wants.
        guard var command = self.underWay else { return }
        command.id = expected
        self.kept = [command]
        self.nextID = expected + 1
        self.send(from: expected, &effects)
    }

    private mutating func decide(
        _ id: UInt64,
        _ error: ClientError?,
        refused: RejectionCode? = nil,
        _ effects: inout [Effect]
    ) {
        // Told before, when it was first decided.
        guard let index = self.kept.firstIndex(where: { $0.id == id }), let request = self.kept[index].request else {
            return
        }
        self.kept[index].request = nil
        self.kept[index].refused = refused
        if let retry = self.retry, retry.from >= id { self.retry = nil }
        effects.append(error.map { .failed(request, $0) } ?? .succeeded(request))
        self.flush(&effects)
    }

    // MARK: Coming back

    package mutating func tick(_ moment: Moment, _ effects: inout [Effect]) {
        guard let retry = self.retry else { return }
        guard moment.time >= retry.at else { return effects.append(.wake(at: retry.at)) }
        self.retry = nil
        self.send(from: retry.from, &effects)
    }

    /// The same session on a new connection; what was missed comes as events.
    package mutating func resumed(_ effects: inout [Effect]) {
        self.retry = nil
        if let command = self.underWay { effects.append(.send(id: command.id, command.action)) }
    }

    /// A snapshot has come in place of the events that might have told outcomes.
    ///
    /// - Parameters:
    ///   - lastCommand: the last one that is in it; `nil` from a server that does not say.
    ///   - holds: whether the snapshot shows what an action wanted.
    package mutating func resynced(
        lastCommand: UInt64?,
        holds: (Action) -> Bool,
        _ effects: inout [Effect]
    ) {
        self.retry = nil
        guard let lastCommand else {
            guard let command = self.underWay else { return }
            if holds(command.action) { return self.decide(command.id, nil, &effects) }
            return effects.append(.send(id: command.id, command.action))
        }
        // Before the next one goes out, those in front of it do.
        self.send(from: lastCommand + 1, &effects)
        if let command = self.underWay, command.id <= lastCommand { self.decide(command.id, nil, &effects) }
        self.kept.removeAll { $0.id <= lastCommand }
    }

    /// A new membership: numbers start again, and what had no outcome is asked for again.
    package mutating func restart(_ effects: inout [Effect]) {
        if let command = self.underWay, let request = command.request {
            self.waiting.insert((command.action, request), at: 0)
        }
        self.kept = []
        self.retry = nil
        self.nextID = 2
        self.flush(&effects)
    }

    /// The membership is over. To be out of the room is what a leave asked for.
    package mutating func close(_ error: ClientError, _ effects: inout [Effect]) {
        let open = self.kept.compactMap { command in command.request.map { (action: command.action, request: $0) } }
        for (action, request) in open + self.waiting {
            effects.append(action.isLeave ? .succeeded(request) : .failed(request, error))
        }
        self.kept = []
        self.waiting = []
        self.retry = nil
    }
}

extension CommandOutbox.Effect {
    fileprivate static func send(_ command: CommandOutbox.Command) -> Self {
        .send(id: command.id, command.action, refused: command.refused)
    }
}
