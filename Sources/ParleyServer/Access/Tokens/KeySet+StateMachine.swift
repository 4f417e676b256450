package import ParleyProtocol

/// Keys that are fetched: when to fetch them anew, and whom to answer from what is there.
///
/// ```
///                lookup: nothing known, old, or an unknown key          fetched
///   resting --------------------------------------------------> fetching -------> resting
///      ^                                                            |
///      +------------------------------------------------------------+ failed: the old keys stay
/// ```
///
/// Somebody who sends tokens with made-up key ids makes this server fetch at most once in ``KeySetTimes/pause``.
package struct KeySetStateMachine: Sendable {
    private(set) var keys: [TokenKey] = []
    private var fetchedAt: Instant?
    private var triedAt: Instant?
    private var isFetching = false
    private let times: KeySetTimes

    package init(_ times: KeySetTimes = KeySetTimes()) {
        self.times = times
    }

    package enum Answer: Sendable {
        case key(TokenKey)
        /// The same, and meanwhile fetch: the keys are getting old.
        case keyAndFetch(TokenKey)
        /// Fetch (unless somebody does already), then ask again with `isSecond`.
        case fetch
        case wait
        case fault(TokenFault)
    }

    /// - Parameter isSecond: a fetch was waited for.
    package mutating func lookup(_ id: String?, at now: Instant, isSecond: Bool = false) -> Answer {
        if let key = self.keys.find(id) {
            guard self.isOld(now), self.mayTry(now), !self.isFetching else { return .key(key) }
            self.begin(now)
            return .keyAndFetch(key)
        }
        guard !isSecond else { return .fault(self.fault(id)) }
        if self.isFetching { return .wait }
        guard self.mayTry(now) else { return .fault(self.fault(id)) }
        self.begin(now)
        return .fetch
    }

    package mutating func fetched(_ keys: [TokenKey], at now: Instant) {
        assert(self.isFetching, "only what was asked for is answered")
        self.isFetching = false
        self.keys = keys
        self.fetchedAt = now
    }

    /// What is known stays good: an issuer that is away is no reason to send people away.
    package mutating func failed() {
        assert(self.isFetching, "only what was asked for is answered")
        self.isFetching = false
    }

    private mutating func begin(_ now: Instant) {
        self.isFetching = true
        self.triedAt = now
    }

    private func fault(_ id: String?) -> TokenFault { self.fetchedAt == nil ? .keysUnavailable : .unknownKey(id) }

    private func isOld(_ now: Instant) -> Bool {
        guard let fetchedAt else { return true }
        return now >= fetchedAt.advanced(milliseconds: self.times.refreshMilliseconds)
    }

    private func mayTry(_ now: Instant) -> Bool {
        guard let triedAt else { return true }
        return now >= triedAt.advanced(milliseconds: self.times.pauseMilliseconds)
    }
}

/// How often keys are fetched.
package struct KeySetTimes: Hashable, Sendable {
    /// After so long they are fetched anew, while they are used on.
    package var refreshMilliseconds = 600_000
    /// Never sooner after the last attempt.
    package var pauseMilliseconds = 10_000

    package init() {}
}
