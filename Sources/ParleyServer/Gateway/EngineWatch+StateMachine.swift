package import ParleyEngine

/// Whether the engine is there, as far as this node can tell: by the answers to its heartbeats, and by what the engine
/// says of itself. All times are monotonic nanoseconds.
///
/// ```
///           nothing was answered for some time, or the engine says for a second that it has failed
/// there ------------------------------------------------------------------------------> away
///   ^                                                                                     |
///   +----------- a heartbeat was answered, and the engine does not say so any more -------+
/// ```
///
/// While it is away nothing is asked of it that could as well be refused: who waits for an answer that will not come
/// waits in vain, and so do all behind it.
package struct EngineWatch: Hashable, Sendable {
    package enum Effect: Hashable, Sendable {
        /// - Parameter reason: a sentence of the engine, if it has one.
        case away(reason: String?)
        case back(afterMilliseconds: Int)
    }

    private enum State: Hashable {
        case there
        case away(since: UInt64)
    }

    private var state = State.there
    /// When a heartbeat was last answered; before the first answer, when this began.
    private var answeredAt: UInt64
    private var hasAnswered = false
    /// Since when it says that it has failed.
    private var failedAt: UInt64?
    private var tickedAt: UInt64
    private let silence: UInt64

    /// Before its first answer an engine has less time: nobody is here yet whom a wrong guess could disturb.
    private static let firstSilence: UInt64 = 500_000_000
    /// Whoever loses a connection and has another one at once has not failed.
    private static let failure: UInt64 = 1_000_000_000
    /// Who was not asked for so long was not running; that is nobody else's silence.
    private static let absence: UInt64 = 1_000_000_000

    package init(silenceMilliseconds: Int, now: UInt64) {
        self.silence = UInt64(max(0, silenceMilliseconds)) * 1_000_000
        self.answeredAt = now
        self.tickedAt = now
    }

    package var isAway: Bool {
        switch self.state {
        case .there: false
        case .away: true
        }
    }

    /// To be asked a few times a second.
    package mutating func tick(now: UInt64, health: EngineHealth) -> Effect? {
        let since = now - min(now, self.tickedAt)
        self.tickedAt = now
        if since > Self.absence { self.answeredAt += min(since, now - self.answeredAt) }
        self.failedAt = health.isFailed ? self.failedAt ?? now : nil
        switch self.state {
        case .away: return nil
        case .there:
            let patience = self.hasAnswered ? self.silence : min(self.silence, Self.firstSilence)
            let isSilent = now - min(now, self.answeredAt) >= patience
            let hasFailed = self.failedAt.map { now - min(now, $0) >= Self.failure } ?? false
            guard isSilent || hasFailed else { return nil }
            self.state = .away(since: now)
            return .away(reason: health.reason)
        }
    }

    /// A heartbeat was answered.
    package mutating func answered(now: UInt64, health: EngineHealth) -> Effect? {
        self.answeredAt = now
        self.hasAnswered = true
        switch self.state {
        case .there: return nil
        case .away(let since):
            guard !health.isFailed else { return nil }
            self.state = .there
            return .back(afterMilliseconds: Int((now - min(now, since)) / 1_000_000))
        }
    }
}

extension EngineHealth {
    package var isFailed: Bool {
        switch self {
        case .well, .degraded: false
        case .failed: true
        }
    }

    package var reason: String? {
        switch self {
        case .well: nil
        case .degraded(let reason), .failed(let reason): reason
        }
    }
}
