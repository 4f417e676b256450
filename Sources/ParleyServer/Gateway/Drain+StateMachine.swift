package import ParleyProtocol

/// How a server empties itself: its clients are asked to go, one after the other, and whoever stays is closed at
/// the deadline. All times are monotonic nanoseconds.
///
/// ```
///            begin                        the deadline
/// serving ----------> draining ---------------------------------> drained
///    ^                 |     |  by request                           |   |
///    +--- take back ---+     |                                       |   |
///    +-----------------------|---------- take back ------------------+   |
///                            |  by termination: the deadline,            |  by termination
///                            |  or nobody is left                        |
///                            +--------------> stopped <------------------+
/// ```
///
/// A drain by request ends when it is taken back. One by termination ends with the process, and nothing takes it
/// back: whoever has told the process to end (an orchestrator, mostly) kills it if it does not.
package struct DrainStateMachine: Hashable {
    package enum Cause: Hashable, Sendable {
        /// The process stays.
        case request
        /// The process shall end.
        case termination
    }

    package enum Effect: Hashable {
        /// Not ready any more; upgrades are refused.
        case closeDoors
        case openDoors
        /// One for each client that has said hello, in their order.
        case goaway([Goaway])
        /// To every client that has said hello: the goaway holds no longer.
        case stay
        /// Everybody who is still connected is told to come back, which is elsewhere.
        case closeAll
        /// Nobody is to be waited for any more. Said once.
        case stop
    }

    private struct Schedule: Hashable {
        let deadline: UInt64
        /// When the last client is asked to be gone.
        let lastCall: UInt64
    }

    private enum State: Hashable {
        case serving
        case draining(Schedule, by: Cause)
        case drained
        case stopped
    }

    private var state = State.serving
    private let deadlineMilliseconds: Int

    /// Clients are spread over half of the time, so that the last one has the other half for getting away, but over
    /// no more than this: someone is waiting for the drain to end.
    private static let spreadMillisecondsMax = 20_000

    /// - Parameter deadlineMilliseconds: from the beginning of a drain to its hard end.
    package init(deadlineMilliseconds: Int) {
        self.deadlineMilliseconds = max(0, deadlineMilliseconds)
    }

    /// Also after the end of a drain by request, until it is taken back.
    package var isDraining: Bool { self.state != .serving }

    /// Until the hard end; `nil` if there is no drain.
    package func millisecondsLeft(now: UInt64) -> Int? {
        switch self.state {
        case .serving: nil
        case .draining(let schedule, by: _): Self.milliseconds(from: now, to: schedule.deadline)
        case .drained, .stopped: 0
        }
    }

    // MARK: Beginning and ending

    /// - Parameters:
    ///   - clients: those that have said hello.
    ///   - connections: all, with or without a hello.
    package mutating func begin(_ cause: Cause, now: UInt64, clients: Int, connections: Int) -> [Effect] {
        var effects: [Effect] = []
        switch (self.state, cause) {
        case (.serving, .request), (.serving, .termination):
            let spread = min(Self.spreadMillisecondsMax, self.deadlineMilliseconds / 2)
            let schedule = Schedule(
                deadline: now + Self.nanoseconds(self.deadlineMilliseconds),
                lastCall: now + Self.nanoseconds(spread)
            )
            self.state = .draining(schedule, by: cause)
            effects.append(.closeDoors)
            if clients > 0 { effects.append(.goaway(self.goaways(clients, spreadMilliseconds: spread))) }
        case (.draining(let schedule, by: .request), .termination):
            // They have been told, and the deadline that they were told holds.
            self.state = .draining(schedule, by: .termination)
        case (.drained, .termination):
            self.state = .stopped
            return [.stop]
        case (.draining, .request), (.draining(_, by: .termination), .termination), (.drained, .request),
            (.stopped, .request), (.stopped, .termination):
            // Asked twice: the first deadline holds.
            return []
        }
        return effects + self.tick(now: now, connections: connections)
    }

    /// To be asked a few times a second.
    package mutating func tick(now: UInt64, connections: Int) -> [Effect] {
        switch self.state {
        case .draining(let schedule, by: .termination) where connections == 0 || now >= schedule.deadline:
            self.state = .stopped
            return [.stop]
        case .draining(let schedule, by: .request) where now >= schedule.deadline:
            self.state = .drained
            return connections == 0 ? [] : [.closeAll]
        case .serving, .draining, .drained, .stopped:
            return []
        }
    }

    /// Serves again.
    ///
    /// - Returns: `nil` if the process ends: it is too late.
    package mutating func takeBack() -> [Effect]? {
        switch self.state {
        case .serving:
            // Taken back twice, or never begun: it is as it is wanted.
            return []
        case .draining(_, by: .request):
            self.state = .serving
            return [.openDoors, .stay]
        case .drained:
            self.state = .serving
            return [.openDoors]
        case .draining(_, by: .termination), .stopped:
            return nil
        }
    }

    /// A connection from before the drain has said hello: it may stay for as long as the last of the others.
    package func goaway(now: UInt64) -> Goaway? {
        switch self.state {
        case .serving, .drained, .stopped:
            nil
        case .draining(let schedule, by: _):
            Goaway(
                withinMilliseconds: Self.milliseconds(from: now, to: schedule.lastCall),
                deadlineMilliseconds: Self.milliseconds(from: now, to: schedule.deadline)
            )
        }
    }

    // MARK: Times

    /// The same distance between any two; the first goes at once, so that one alone does not wait for nobody.
    private func goaways(_ count: Int, spreadMilliseconds: Int) -> [Goaway] {
        (0..<count).map { place in
            Goaway(
                withinMilliseconds: spreadMilliseconds * place / count,
                deadlineMilliseconds: self.deadlineMilliseconds
            )
        }
    }

    private static func nanoseconds(_ milliseconds: Int) -> UInt64 { UInt64(milliseconds) * 1_000_000 }

    private static func milliseconds(from now: UInt64, to end: UInt64) -> Int {
        end > now ? Int((end - now) / 1_000_000) : 0
    }
}
