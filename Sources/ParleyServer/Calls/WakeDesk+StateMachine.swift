package import ParleyProtocol

/// What the wake-up service is told now, what waits, and what is said again: it may be slow, or away. All times are
/// monotonic milliseconds.
///
/// ```
///            there is room                    told, unknown
///   asked ------------------> under way -----------------------> done
///     | no room               ^    | failed
///     v                       |    v
///   waiting, in order --------+  the pause; then again, until it is of no use any more
/// ```
package struct WakeDesk: Sendable {
    package typealias Number = UInt64

    package enum Action: Hashable, Sendable {
        case say(Number)
        /// It is too late, or too much.
        case giveUp(Number)
        /// Call ``tick(now:_:)`` then.
        case wait(until: UInt64)
    }

    package enum Withdrawal: Hashable, Sendable {
        /// The service cannot have heard of it.
        case unheard
        /// It has not said that it has.
        case tried
        case underWay
    }

    private struct Item: Sendable {
        let number: Number
        /// Of no use after that.
        var until: UInt64
        var notBefore: UInt64
        var tries = 0
    }

    private let concurrentMax: Int
    private let waitingMax: Int
    private var breaker = CircuitBreaker()
    private var waiting: [Item] = []
    private var underWay: [Number: Item] = [:]

    /// The first pause; each further one is twice as long.
    package static let pauseMilliseconds: UInt64 = 500
    package static let triesMax = 5

    package init(limits: Limits) {
        self.concurrentMax = max(1, limits.wakesConcurrentMax)
        self.waitingMax = limits.wakesWaitingMax
    }

    package var waitingCount: Int { self.waiting.count }
    package var underWayCount: Int { self.underWay.count }

    package mutating func add(_ number: Number, until: UInt64, now: UInt64, _ actions: inout [Action]) {
        guard self.waiting.count < self.waitingMax, until > now else { return actions.append(.giveUp(number)) }
        self.waiting.append(Item(number: number, until: until, notBefore: now))
        self.tick(now: now, &actions)
    }

    /// - Parameter isAnswered: whether the service has said anything that is an answer, be it no.
    package mutating func ended(_ number: Number, isAnswered: Bool, now: UInt64, _ actions: inout [Action]) {
        guard var item = self.underWay.removeValue(forKey: number) else { return }
        if isAnswered {
            self.breaker.succeeded()
        } else {
            self.breaker.failed(now: now * 1_000_000)
            item.tries += 1
            item.notBefore = now + Self.pauseMilliseconds << UInt64(item.tries - 1)
            if item.tries < Self.triesMax, item.notBefore < item.until {
                self.waiting.append(item)
            } else {
                actions.append(.giveUp(number))
            }
        }
        self.tick(now: now, &actions)
    }

    /// It is of no use any more. What is under way comes to its end, and is not said again.
    package mutating func withdraw(_ number: Number) -> Withdrawal {
        self.underWay[number]?.until = 0
        guard self.underWay[number] == nil else { return .underWay }
        guard let index = self.waiting.firstIndex(where: { $0.number == number }) else { return .unheard }
        return self.waiting.remove(at: index).tries == 0 ? .unheard : .tried
    }

    package mutating func tick(now: UInt64, _ actions: inout [Action]) {
        for item in self.waiting where item.until <= now { actions.append(.giveUp(item.number)) }
        self.waiting.removeAll { $0.until <= now }
        while self.underWay.count < self.concurrentMax, self.breaker.admits(now: now * 1_000_000),
            let index = self.waiting.firstIndex(where: { $0.notBefore <= now })
        {
            let item = self.waiting.remove(at: index)
            self.breaker.ask(now: now * 1_000_000)
            self.underWay[item.number] = item
            actions.append(.say(item.number))
        }
        guard self.underWay.count < self.concurrentMax, let first = self.waiting.map(\.notBefore).min() else { return }
        let rest = self.breaker.restMilliseconds(now: now * 1_000_000)
        // The answer that is under way finds out.
        guard rest != nil || self.breaker.admits(now: now * 1_000_000) else { return }
        actions.append(.wait(until: max(first, now + max(rest ?? 0, 1))))
    }
}
