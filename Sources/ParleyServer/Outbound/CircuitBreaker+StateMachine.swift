/// Whether something that fails again and again is to be asked at all. All times are monotonic nanoseconds.
///
/// ```
///             3 failures in a row              the pause is over
/// closed -------------------------> open ------------------------> trying (one question)
///   ^  ^                             ^                               |        |
///   |  +--- a success                +----- it fails: twice the pause         |
///   +------------------------------------------------------ it succeeds ------+
/// ```
package struct CircuitBreaker: Hashable, Sendable {
    private enum State: Hashable, Sendable {
        case closed(failures: Int)
        case open(until: UInt64, pauseMilliseconds: Int)
        case trying(pauseMilliseconds: Int)
    }

    private var state = State.closed(failures: 0)

    static let failuresMax = 3
    /// The first pause, and the longest one.
    package static let pauseMilliseconds = 10_000
    package static let pauseMillisecondsMax = 300_000

    package init() {}

    /// Whether it would be asked now.
    package func admits(now: UInt64) -> Bool {
        switch self.state {
        case .closed: true
        case .open(let until, _): now >= until
        case .trying: false
        }
    }

    /// Until it would be asked; `nil` if that hangs on a question that is under way, or nothing is in the way.
    package func restMilliseconds(now: UInt64) -> UInt64? {
        switch self.state {
        case .closed, .trying: nil
        case .open(let until, _): until > now ? (until - now + 999_999) / 1_000_000 : nil
        }
    }

    /// It is asked.
    package mutating func ask(now: UInt64) {
        switch self.state {
        case .closed: break
        case .open(let until, let pause):
            assert(now >= until, "it rests")
            self.state = .trying(pauseMilliseconds: pause)
        case .trying: assertionFailure("one question is enough to find out")
        }
    }

    package mutating func succeeded() { self.state = .closed(failures: 0) }

    package mutating func failed(now: UInt64) {
        switch self.state {
        case .closed(let failures) where failures + 1 < Self.failuresMax: self.state = .closed(failures: failures + 1)
        case .closed: self.open(Self.pauseMilliseconds, now)
        case .trying(let pause): self.open(min(2 * pause, Self.pauseMillisecondsMax), now)
        // Ignored: the answer to a question of before it was opened.
        case .open: break
        }
    }

    private mutating func open(_ pauseMilliseconds: Int, _ now: UInt64) {
        self.state = .open(until: now + UInt64(pauseMilliseconds) * 1_000_000, pauseMilliseconds: pauseMilliseconds)
    }
}
