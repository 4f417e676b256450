package import ParleyProtocol

/// Who is asked about now, who waits, and who is sent away: in front of a service that may be slow, or away. All times
/// are monotonic nanoseconds.
///
/// ```
///            there is room                 answered, failed
///   asked --------------------> under way --------------------> the next one that waits
///     |       no room
///     +--------------------> waiting, in order
///     |  no room there either, or the service rests
///     +--------------------> refused, and told when to come again
/// ```
package struct AuthorizationDesk: Sendable {
    package typealias Number = UInt64

    package enum Action: Hashable, Sendable {
        case ask(Number)
        case refuse(Number, retryAfterMilliseconds: UInt64)
    }

    private let concurrentMax: Int
    private let waitingMax: Int
    /// How long somebody waits at the most for an answer, and so for a place.
    private let patienceMilliseconds: UInt64
    private var breaker = CircuitBreaker()
    package private(set) var underWay = 0
    private var waiting: [Number] = []

    package init(concurrentMax: Int, waitingMax: Int, patienceMilliseconds: Int) {
        self.concurrentMax = max(1, concurrentMax)
        self.waitingMax = waitingMax
        self.patienceMilliseconds = UInt64(max(1, patienceMilliseconds))
    }

    package init(limits: Limits, patienceMilliseconds: Int) {
        self.init(
            concurrentMax: limits.webhookConcurrentMax,
            waitingMax: limits.webhookWaitingMax,
            patienceMilliseconds: patienceMilliseconds
        )
    }

    package var waitingCount: Int { self.waiting.count }

    package mutating func add(_ number: Number, now: UInt64, _ actions: inout [Action]) {
        guard self.breaker.admits(now: now) else {
            return actions.append(.refuse(number, retryAfterMilliseconds: self.rest(now)))
        }
        guard self.waiting.count < self.waitingMax || self.underWay < self.concurrentMax else {
            return actions.append(.refuse(number, retryAfterMilliseconds: self.patienceMilliseconds))
        }
        self.waiting.append(number)
        self.proceed(now, &actions)
    }

    /// The question is over.
    ///
    /// - Parameter isAnswered: whether the service has said anything that is an answer, be it no.
    package mutating func ended(isAnswered: Bool, now: UInt64, _ actions: inout [Action]) {
        assert(self.underWay > 0, "only what was asked ends")
        self.underWay -= 1
        isAnswered ? self.breaker.succeeded() : self.breaker.failed(now: now)
        self.proceed(now, &actions)
    }

    private mutating func proceed(_ now: UInt64, _ actions: inout [Action]) {
        while let next = self.waiting.first, self.underWay < self.concurrentMax {
            self.waiting.removeFirst()
            guard self.breaker.admits(now: now) else {
                actions.append(.refuse(next, retryAfterMilliseconds: self.rest(now)))
                continue
            }
            self.breaker.ask(now: now)
            self.underWay += 1
            actions.append(.ask(next))
        }
        guard !self.breaker.admits(now: now) else { return }
        // Nobody waits for a service that rests.
        for next in self.waiting { actions.append(.refuse(next, retryAfterMilliseconds: self.rest(now))) }
        self.waiting = []
    }

    /// Until it is asked again, or has answered the one question that finds out.
    private func rest(_ now: UInt64) -> UInt64 {
        max(1, self.breaker.restMilliseconds(now: now) ?? self.patienceMilliseconds)
    }
}
