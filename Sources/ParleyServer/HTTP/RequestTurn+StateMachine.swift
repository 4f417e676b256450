import DequeModule
package import ParleyProtocol

/// One request of a connection after the other, each when it has its turn; what comes behind it is held.
///
/// ```
/// idle --a request begins--> waiting --its turn--> serving --it is whole, and so is its answer--> idle
///                            any --more is held than may be--> over
/// ```
package struct RequestTurn<Part> {
    /// What a part of a request is to its request.
    package enum Place {
        case beginning, middle, end
    }

    package enum Effect {
        case pass(Part)
        /// Ask for a turn.
        case ask
        case close
    }

    private enum State {
        case idle, waiting, over
        case serving(isWhole: Bool, isAnswered: Bool)
    }

    private let requestsMax: Int
    private var state = State.idle
    private var held: Deque<(part: Part, place: Place)> = []
    private var requests = 0

    package init(limits: Limits) {
        self.requestsMax = limits.plainRequestsHeldMax
    }

    package var isHolding: Bool { !self.held.isEmpty }

    package var isWaiting: Bool {
        switch self.state {
        case .waiting: true
        case .idle, .serving, .over: false
        }
    }

    package mutating func received(_ part: Part, _ place: Place) -> Effect? {
        switch self.state {
        case .over: return nil
        case .serving(isWhole: false, let isAnswered):
            if place == .end { self.requestEnded(isAnswered) }
            return .pass(part)
        case .idle, .waiting, .serving(isWhole: true, _):
            self.held.append((part, place))
            if place == .beginning { self.requests += 1 }
            guard self.requests <= self.requestsMax else {
                self.end()
                return .close
            }
            return self.ask()
        }
    }

    /// It has its turn, for which it has asked.
    ///
    /// - Returns: what has come of the request.
    package mutating func begin() -> [Part] {
        guard self.isWaiting else { return [] }
        self.requests -= 1
        self.state = .serving(isWhole: false, isAnswered: false)
        var parts: [Part] = []
        while case .serving(isWhole: false, let isAnswered) = self.state, let (part, place) = self.held.popFirst() {
            if place == .end { self.requestEnded(isAnswered) }
            parts.append(part)
        }
        return parts
    }

    /// The answer is out, perhaps before the request is whole.
    package mutating func answered() -> Effect? {
        guard case .serving(let isWhole, _) = self.state else { return nil }
        self.state = isWhole ? .idle : .serving(isWhole: false, isAnswered: true)
        return self.ask()
    }

    package mutating func end() {
        self.state = .over
        self.held = []
    }

    private mutating func requestEnded(_ isAnswered: Bool) {
        self.state = isAnswered ? .idle : .serving(isWhole: true, isAnswered: false)
    }

    private mutating func ask() -> Effect? {
        guard case .idle = self.state, self.isHolding else { return nil }
        self.state = .waiting
        return .ask
    }
}
