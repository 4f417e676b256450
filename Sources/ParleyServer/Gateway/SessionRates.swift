import ParleyProtocol
import ParleyRooms

/// How much one session may say. It belongs to the session and not to a connection: a new one brings nothing.
struct SessionRates {
    /// Of what most never say.
    final class Rare {
        var networkChanges: RateLimit
        var authentications: RateLimit
        var watches: RateLimit
        /// Answers to what was too much.
        fileprivate var overruns: RateLimit

        fileprivate init(_ limits: Limits) {
            self.networkChanges = RateLimit(limits.networkChangesPerSecond, limits.networkChangeBurst, 0)
            self.authentications = RateLimit(limits.authenticationsPerSecond, limits.authenticationBurst, 0)
            self.watches = RateLimit(1, limits.watchBurst, 0)
            self.overruns = RateLimit(limits.overrunsPerSecond, limits.overrunBurst, 0)
        }
    }

    private let limits: Shared<Limits>
    private var messages: RateLimit
    private var bytes: RateLimit
    private var pulses: RateLimit
    /// Made when the first is needed: all begin full.
    private(set) lazy var rare = Rare(self.limits.value)

    init(limits shared: Shared<Limits>, now: UInt64) {
        let limits = shared.value
        self.limits = shared
        self.messages = RateLimit(limits.messagesPerSecond, limits.messageBurst, now)
        self.bytes = RateLimit(limits.bytesPerSecond, limits.byteBurst, now)
        self.pulses = RateLimit(limits.pulsesPerSecond, limits.pulseBurst, now)
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
        guard case .allowed = self.rare.overruns.take(now: now) else { return .flooding }
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

extension RateLimit {
    fileprivate init(_ perSecond: Int, _ burst: Int, _ now: UInt64) {
        self.init(perSecond: perSecond, burst: burst, now: now)
    }
}
