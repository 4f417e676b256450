import ParleyProtocol
import ParleyRooms

/// How much one session may say. It belongs to the session and not to a connection: a new one brings nothing.
struct SessionRates {
    var networkChanges: RateLimit
    var authentications: RateLimit
    private var messages: RateLimit
    private var bytes: RateLimit
    private var pulses: RateLimit
    /// Answers to what was too much.
    private var overruns: RateLimit

    init(limits: Limits, now: UInt64) {
        func rate(_ perSecond: Int, _ burst: Int) -> RateLimit {
            RateLimit(perSecond: perSecond, burst: burst, now: now)
        }
        self.messages = rate(limits.messagesPerSecond, limits.messageBurst)
        self.bytes = rate(limits.bytesPerSecond, limits.byteBurst)
        self.pulses = rate(limits.pulsesPerSecond, limits.pulseBurst)
        self.networkChanges = rate(limits.networkChangesPerSecond, limits.networkChangeBurst)
        self.authentications = rate(limits.authenticationsPerSecond, limits.authenticationBurst)
        self.overruns = rate(limits.overrunsPerSecond, limits.overrunBurst)
    }

    enum Outcome {
        case allowed
        case tooMuch(retryAfterMilliseconds: UInt64)
        /// And that for too long.
        case flooding
    }

    /// For each message that is no pulse. Integers only: it counts for every signal.
    mutating func take(bytes count: Int, now: UInt64) -> Outcome {
        if let wait = self.bytes.wait(for: count, now: now) { return self.tooMuch(wait, now) }
        if case .retryAfterMilliseconds(let wait) = self.messages.take(now: now) { return self.tooMuch(wait, now) }
        self.bytes.spend(count, now: now)
        return .allowed
    }

    private mutating func tooMuch(_ wait: UInt64, _ now: UInt64) -> Outcome {
        guard case .allowed = self.overruns.take(now: now) else { return .flooding }
        return .tooMuch(retryAfterMilliseconds: wait)
    }

    /// - Returns: whether it is passed on. One too many is dropped without a word: the next one says it better.
    mutating func takePulse(bytes count: Int, now: UInt64) -> Bool {
        guard self.bytes.wait(for: count, now: now) == nil, case .allowed = self.pulses.take(now: now) else {
            return false
        }
        self.bytes.spend(count, now: now)
        return true
    }
}
