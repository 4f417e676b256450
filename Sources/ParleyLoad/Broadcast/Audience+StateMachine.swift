/// What one publisher has said, and who has heard it.
package struct Audience: Hashable, Sendable {
    /// What an arrival was: the first, and whether with it half, 99 % or all of them have heard it.
    package struct Arrival: Hashable, Sendable {
        package var nanoseconds: UInt64
        package var isHalf = false
        package var isAlmostAll = false
        package var isLast = false
    }

    private struct UnderWay: Hashable, Sendable {
        var due: UInt64
        var heard = 0
    }

    private let listeners: Int
    private let half: Int
    private let almostAll: Int
    package private(set) var said: UInt64 = 0
    private var underWay: [UInt64: UnderWay] = [:]
    private var orders: [ArrivalOrder]

    package init(listeners: Int) {
        self.listeners = listeners
        self.half = max(1, (listeners + 1) / 2)
        self.almostAll = max(1, (listeners * 99 + 99) / 100)
        self.orders = Array(repeating: ArrivalOrder(), count: listeners)
    }

    /// - Returns: its number.
    package mutating func say(due: UInt64) -> UInt64 {
        self.said += 1
        self.underWay[self.said] = UnderWay(due: due)
        return self.said
    }

    package mutating func hear(
        _ n: UInt64,
        by listener: Int,
        at now: UInt64,
        _ verdict: inout Verdict
    ) -> Arrival? {
        guard n >= 1, n <= self.said else {
            verdict.altered += 1
            return nil
        }
        guard verdict.note(self.orders[listener].arrive(n)), var message = self.underWay[n] else {
            return nil
        }
        message.heard += 1
        self.underWay[n] = message.heard == self.listeners ? nil : message
        return Arrival(
            nanoseconds: now > message.due ? now - message.due : 0,
            isHalf: message.heard == self.half,
            isAlmostAll: message.heard == self.almostAll,
            isLast: message.heard == self.listeners
        )
    }

    /// That one has been told the state instead: what has been said so far is in it.
    package mutating func excuse(_ listener: Int) {
        for n in self.underWay.keys.sorted() where !self.hasHeard(n, listener) {
            self.underWay[n]?.heard += 1
            if self.underWay[n]?.heard == self.listeners { self.underWay[n] = nil }
        }
        self.orders[listener] = ArrivalOrder(upTo: self.said)
    }

    private func hasHeard(_ n: UInt64, _ listener: Int) -> Bool {
        n <= self.orders[listener].highest && !self.orders[listener].missing.contains(n)
    }

    /// Whether that one has heard all there is.
    package func hasHeardAll(_ listener: Int) -> Bool {
        self.orders[listener].lost(of: self.said) == 0
    }

    package var isQuiet: Bool { self.underWay.isEmpty }

    package var lost: UInt64 { self.orders.reduce(0) { $0 + $1.lost(of: self.said) } }
}
