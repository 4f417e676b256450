import ParleyProtocol

/// Which socket carries the session: one at a time, or two while it moves from a server that goes away.
///
/// ```
///          open           welcome                 closed, dark, gap
/// idle ---------> connecting ------> established -------------------> waiting
///                  ^     |                |  ^                          | |
///                  |     +- lost ------------|--------------------------+ |
///                  +-------------------------|--------- time, hint -------+
///                                         |  |
///                 goaway: planned -> connecting (a second socket): resumed there, and the first one is dropped
/// ```
///
/// A close code of 4500 and above, a goodbye, or (if so asked) any loss leads to `ended`.
package struct Connections: Sendable {
    package typealias LineID = UInt64

    package enum Effect: Hashable, Sendable {
        case open(LineID, endpoint: Int)
        /// The socket is open: it is time to say who one is.
        case hello(LineID)
        /// From now on this socket carries the session.
        case established(LineID)
        /// End it like a lost one: the session goes on.
        case drop(LineID)
        /// End it for good, with whatever session it has.
        case goodbye(LineID)
        case lost(attempt: Int, delay: Duration, after: ClientError)
        case ended(ClientError)
        /// Call ``Connections/tick(_:_:)`` then.
        case wake(at: Duration)
    }

    /// From the try to the `welcome`.
    package static let welcomeWithin = Duration.seconds(10)

    private struct Attempt: Hashable {
        let line: LineID
        let endpoint: Int
        let deadline: Duration
    }

    private enum Phase: Hashable {
        case idle
        case connecting(Attempt)
        case established(LineID, since: Duration)
        case waiting(until: Duration)
        case ended
    }

    /// The move to another server, while the phase is established.
    private enum Move: Hashable {
        case none
        /// - Parameter advised: where to go first.
        case planned(at: Duration, tries: Int, advised: Int? = nil)
        case connecting(Attempt, tries: Int)
    }

    private var phase = Phase.idle
    private var move = Move.none
    private var reconnection: Reconnection
    private var hasBeenWelcome = false
    /// The move that is planned has no other reason than a server that can decide nothing.
    private var fleesTrouble = false
    /// A second connection of ours has said hello, so that a server may have taken the session from the first.
    private var hasRival = false
    /// What the server has said: earlier it is not worth it.
    private var notBefore = Duration.zero
    private var lastLine: LineID = 0
    private var endpoints: Int
    private let reconnects: Bool

    package init(endpoints: Int, reconnects: Bool) {
        self.endpoints = endpoints
        self.reconnects = reconnects
        self.reconnection = Reconnection(endpoints: endpoints)
    }

    /// What is said now goes out there; `nil`: nothing can be said.
    package var current: LineID? {
        switch self.phase {
        case .established(let line, _): line
        case .idle, .connecting, .waiting, .ended: nil
        }
    }

    package var endpoint: Int { self.reconnection.endpoint }

    /// One more address is known, which is tried in its turn.
    ///
    /// - Returns: its number.
    package mutating func learn() -> Int {
        self.reconnection.learn()
        self.endpoints += 1
        return self.endpoints - 1
    }

    package mutating func start(_ moment: Moment, _ effects: inout [Effect]) {
        switch self.phase {
        case .idle: self.phase = .connecting(self.open(self.reconnection.endpoint, moment, &effects))
        case .connecting, .established, .waiting, .ended: assertionFailure("a client starts once")
        }
    }

    private mutating func open(_ endpoint: Int, _ moment: Moment, _ effects: inout [Effect]) -> Attempt {
        self.lastLine += 1
        let attempt = Attempt(line: self.lastLine, endpoint: endpoint, deadline: moment.time + Self.welcomeWithin)
        effects.append(.open(attempt.line, endpoint: endpoint))
        effects.append(.wake(at: attempt.deadline))
        return attempt
    }

    // MARK: What sockets tell

    package mutating func opened(_ line: LineID, _ effects: inout [Effect]) {
        switch (self.phase, self.move) {
        case (.connecting(let attempt), _) where attempt.line == line:
            effects.append(.hello(line))
        case (.established, .connecting(let attempt, _)) where attempt.line == line:
            self.hasRival = true
            effects.append(.hello(line))
        case (.idle, _), (.connecting, _), (.established, _), (.waiting, _), (.ended, _):
            // Given up meanwhile: a legal race.
            effects.append(.drop(line))
        }
    }

    /// - Parameter resumed: whether the session is the one that was asked for (or none was).
    package mutating func welcomed(_ line: LineID, resumed: Bool, _ moment: Moment, _ effects: inout [Effect]) {
        switch (self.phase, self.move) {
        case (.connecting(let attempt), _) where attempt.line == line:
            self.establish(attempt, moment, &effects)
        case (.established(let old, _), .connecting(let attempt, let tries)) where attempt.line == line:
            guard resumed else {
                // It does not know this session: the one that goes away still does.
                effects.append(.goodbye(line))
                return self.planMove(tries: tries + 1, moment, &effects)
            }
            effects.append(.drop(old))
            self.establish(attempt, moment, &effects)
        case (.idle, _), (.connecting, _), (.established, _), (.waiting, _), (.ended, _):
            // Ignored: said before we gave that socket up, or twice.
            break
        }
    }

    private mutating func establish(_ attempt: Attempt, _ moment: Moment, _ effects: inout [Effect]) {
        self.hasBeenWelcome = true
        self.hasRival = false
        self.reconnection.reached(attempt.endpoint)
        self.phase = .established(attempt.line, since: moment.time)
        self.move = .none
        effects.append(.established(attempt.line))
    }

    /// - Parameter isFinal: trying again would have the same end.
    package mutating func ended(
        _ line: LineID,
        _ error: ClientError,
        isFinal: Bool,
        _ moment: Moment,
        _ effects: inout [Effect]
    ) {
        switch (self.phase, self.move) {
        case (.connecting(let attempt), _) where attempt.line == line:
            self.lose(since: nil, error, isFinal: isFinal, moment, &effects)
        case (.established(let current, _), .connecting(let attempt, _))
        where current == line && error == .superseded && self.hasRival:
            // Our own doing: the welcome of the new one is on its way.
            self.move = .none
            self.phase = .connecting(attempt)
        case (.established(let current, let since), _) where current == line:
            let isOurDoing = error == .superseded && self.hasRival
            self.lose(since: since, error, isFinal: isFinal && !isOurDoing, moment, &effects)
        case (.established, .connecting(let attempt, let tries)) where attempt.line == line:
            self.planMove(tries: tries + 1, moment, &effects)
        case (.idle, _), (.connecting, _), (.established, _), (.waiting, _), (.ended, _):
            // Ignored: the end of a socket that we have given up.
            break
        }
    }

    /// The server says when to come again. Those who are told the same come spread over half as long behind it.
    package mutating func rest(for wait: Duration, _ moment: Moment) {
        let wait = min(wait, Self.restMax)
        self.notBefore = max(self.notBefore, moment.time + wait + wait * (moment.chance / 2))
    }

    /// Whatever a server says.
    package static let restMax = Duration.seconds(600)

    /// This socket is of no use any more, in spite of being open.
    package mutating func giveUp(_ line: LineID, _ error: ClientError, _ moment: Moment, _ effects: inout [Effect]) {
        effects.append(.drop(line))
        self.ended(line, error, isFinal: false, moment, &effects)
    }

    private mutating func lose(
        since: Duration?,
        _ error: ClientError,
        isFinal: Bool,
        _ moment: Moment,
        _ effects: inout [Effect]
    ) {
        // Somebody waits for the first welcome: each address gets one try at once, then they shall know.
        let isLastTry = !self.hasBeenWelcome && self.reconnection.attempts + 1 >= self.endpoints
        guard !isFinal, !isLastTry, self.reconnects || !self.hasBeenWelcome else {
            return self.end(error, &effects)
        }
        let connectedFor = since.map { moment.time - $0 }
        var delay = self.reconnection.lost(connectedFor: connectedFor, chance: moment.chance)
        if case .connecting(let attempt, _) = self.move {
            // The move has become the way back.
            self.move = .none
            self.phase = .connecting(attempt)
            return effects.append(.lost(attempt: self.reconnection.attempts, delay: .zero, after: error))
        }
        self.move = .none
        // Another server is not asked for: it may have a place now.
        if self.endpoints == 1 { delay = max(delay, self.notBefore - moment.time) }
        if !self.hasBeenWelcome { delay = .zero }
        self.phase = .waiting(until: moment.time + delay)
        effects.append(.lost(attempt: self.reconnection.attempts, delay: delay, after: error))
        effects.append(.wake(at: moment.time + delay))
    }

    /// The session ends here.
    package mutating func end(_ error: ClientError, _ effects: inout [Effect]) {
        if case .connecting(let attempt, _) = self.move { effects.append(.drop(attempt.line)) }
        switch self.phase {
        case .established(let line, _): effects.append(.goodbye(line))
        case .connecting(let attempt): effects.append(.drop(attempt.line))
        case .idle, .waiting: break
        case .ended: return
        }
        self.move = .none
        self.phase = .ended
        effects.append(.ended(error))
    }

    // MARK: Going away

    /// Move within that time, while this connection still lives.
    ///
    /// - Parameter advised: where to go first.
    package mutating func goaway(
        within: Duration,
        to advised: Int? = nil,
        _ moment: Moment,
        _ effects: inout [Effect]
    ) {
        switch (self.phase, self.move) {
        case (.established, .none), (.established, .planned):
            self.fleesTrouble = false
            // The server gives each client a time of its own. A little before it, so that a slow connect is in time.
            let at = moment.time + within * (0.5 + moment.chance / 2)
            self.move = .planned(at: at, tries: 0, advised: advised)
            effects.append(.wake(at: at))
        case (.established, .connecting):
            // Said again: we are on our way.
            break
        case (.idle, _), (.connecting, _), (.waiting, _), (.ended, _):
            assertionFailure("only a connection that carries the session is listened to")
        }
    }

    /// The server lives, but can decide nothing now: another one perhaps can.
    package mutating func degraded(_ moment: Moment, _ effects: inout [Effect]) {
        switch self.move {
        case .none where self.endpoints > 1:
            self.goaway(within: Self.degradedWithin, moment, &effects)
            self.fleesTrouble = true
        case .none, .planned, .connecting: break
        }
    }

    /// The trouble is over. A server that goes away goes all the same.
    package mutating func recovered() {
        if self.fleesTrouble { self.stay() }
    }

    /// So that a short trouble is over by itself, and not everybody is elsewhere at once.
    package static let degradedWithin = Duration.seconds(4)

    /// The server stays.
    package mutating func stay() {
        switch self.move {
        case .none, .planned: self.move = .none
        // Half the way is further than the whole one: the other server may have the session already.
        case .connecting: break
        }
    }

    private mutating func planMove(tries: Int, _ moment: Moment, _ effects: inout [Effect]) {
        let most = min(Reconnection.delayMax, Reconnection.firstDelayMax * (1 << min(tries, 16)))
        let at = moment.time + most * moment.chance
        self.move = .planned(at: at, tries: tries)
        effects.append(.wake(at: at))
    }

    // MARK: Time

    package mutating func tick(_ moment: Moment, _ effects: inout [Effect]) {
        switch self.phase {
        case .waiting(let until):
            guard moment.time >= until else { return effects.append(.wake(at: until)) }
            self.phase = .connecting(self.open(self.reconnection.endpoint, moment, &effects))
        case .connecting(let attempt):
            guard moment.time >= attempt.deadline else { return effects.append(.wake(at: attempt.deadline)) }
            self.giveUp(attempt.line, .unreachable("No welcome came in time."), moment, &effects)
        case .established: self.tickMove(moment, &effects)
        case .idle, .ended: break
        }
    }

    private mutating func tickMove(_ moment: Moment, _ effects: inout [Effect]) {
        switch self.move {
        case .none: break
        case .planned(let at, let tries, let advised):
            guard moment.time >= at else { return effects.append(.wake(at: at)) }
            let endpoint = advised ?? (self.reconnection.next + tries) % self.endpoints
            self.move = .connecting(self.open(endpoint, moment, &effects), tries: tries)
        case .connecting(let attempt, _):
            guard moment.time >= attempt.deadline else { return effects.append(.wake(at: attempt.deadline)) }
            self.giveUp(attempt.line, .unreachable("No welcome came in time."), moment, &effects)
        }
    }

    /// The network may be another one: what is being waited for is tried at once.
    package mutating func hint(_ moment: Moment, _ effects: inout [Effect]) {
        switch self.phase {
        case .waiting:
            self.phase = .connecting(self.open(self.reconnection.endpoint, moment, &effects))
        case .idle, .connecting, .established, .ended: break
        }
    }
}
