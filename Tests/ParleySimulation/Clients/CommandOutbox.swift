import ParleyProtocol

/// The commands of one participant: kept until their outcome is known, and the last 64 beyond that.
struct CommandOutbox {
    enum Action: Hashable {
        case join
        case media(JSONObject)
        /// Of what else a meeting knows, by the message's type.
        case meeting(String, JSONObject)
        case leave
    }

    enum Outcome: Hashable {
        case unknown
        /// Its event was in the stream.
        case accepted
        case refused(String)
        /// A snapshot holds whatever came of it.
        case covered
    }

    struct Command {
        let number: Int64
        let action: Action
        var outcome = Outcome.unknown
    }

    static let keptMax = 64
    static let openMax = 8

    /// Oldest first, without gaps. The join is not among them: it cannot be sent again in this room.
    private(set) var kept: [Command] = []
    private(set) var next: Int64
    /// Some were refused for now: from there on they are sent again soon.
    var resendFrom: Int64?

    /// - Parameter last: the number of the last command that the room knows; the join is number 1.
    init(after last: Int64 = 1) {
        self.next = last + 1
    }

    var open: [Command] { self.kept.filter { $0.outcome == .unknown } }
    var isLeaving: Bool { self.kept.contains { $0.action == .leave && $0.outcome == .unknown } }

    mutating func add(_ action: Action) -> Command {
        let command = Command(number: self.next, action: action)
        self.next += 1
        self.kept.append(command)
        while self.kept.count > Self.keptMax, self.kept[0].outcome != .unknown { self.kept.removeFirst() }
        return command
    }

    /// - Returns: whether that was news.
    mutating func settle(_ number: Int64, _ outcome: Outcome) -> Bool {
        guard let index = self.kept.firstIndex(where: { $0.number == number }) else { return false }
        guard self.kept[index].outcome == .unknown else { return false }
        self.kept[index].outcome = outcome
        return true
    }

    /// A snapshot of the room as it was after that command.
    mutating func cover(_ last: Int64) {
        for index in self.kept.indices where self.kept[index].number <= last && self.kept[index].outcome == .unknown {
            self.kept[index].outcome = .covered
        }
    }

    func from(_ number: Int64) -> [Command] {
        self.kept.filter { $0.number >= number }
    }
}

/// The signals from one participant to another: kept until the other one is known to have them.
struct SignalOutbox {
    struct Signal {
        var n: Int64
        let payload: String
    }

    static let keptMax = 24

    private(set) var kept: [Signal] = []
    private(set) var next: Int64 = 1
    /// Some were refused for now: from there on they are sent again soon.
    var resendFrom: Int64?

    /// The lowest number that is not known to be delivered.
    var floor: Int64 { self.kept.first?.n ?? self.next }

    mutating func add(_ payload: String) -> Signal {
        let signal = Signal(n: self.next, payload: payload)
        self.next += 1
        self.kept.append(signal)
        return signal
    }

    /// - Returns: those that are delivered now.
    mutating func delivered(_ n: Int64) -> [Signal] {
        let delivered = self.kept.filter { $0.n <= n }
        self.kept.removeAll { $0.n <= n }
        return delivered
    }

    func from(_ n: Int64) -> [Signal] {
        self.kept.filter { $0.n >= n }
    }
}
