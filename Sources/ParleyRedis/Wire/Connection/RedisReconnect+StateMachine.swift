package import NIOCore
package import ParleyProtocol

/// How long to wait before the next attempt: a random part of a bound that doubles with each failure, so that many
/// nodes do not come back at once.
package struct RedisReconnectStateMachine {
    private let limits: Limits
    private var failures = 0

    package init(limits: Limits) { self.limits = limits }

    /// - Parameter random: any number, evenly.
    package mutating func failed(random: UInt64) -> TimeAmount {
        let shift = min(self.failures, 20)
        self.failures += 1
        let bound = min(self.limits.redisReconnectMilliseconds << shift, self.limits.redisReconnectMillisecondsMax)
        // At least half of it: a server that refuses at once shall not be asked in a circle.
        let half = UInt64(max(1, bound / 2))
        return .milliseconds(Int64(half + random % (half + 1)))
    }

    package mutating func succeeded() { self.failures = 0 }
}
