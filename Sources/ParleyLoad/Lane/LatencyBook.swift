import Histogram

/// One kind of latency: all of it, and that since somebody looked last.
struct LatencyBook {
    private(set) var total = LatencyBook.emptyTotal()
    private(set) var interval = LatencyBook.emptyInterval()

    /// A minute is the longest that is told apart; three digits.
    static func emptyTotal() -> Histogram<UInt64> {
        Histogram(highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
    }

    static func emptyInterval() -> Histogram<UInt64> {
        Histogram(highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .two)
    }

    mutating func record(_ nanoseconds: UInt64) {
        let value = min(nanoseconds, 60_000_000_000)
        self.total.record(value)
        self.interval.record(value)
    }

    mutating func endInterval() { self.interval = Self.emptyInterval() }
}

/// What one loop has measured up to a moment.
struct LaneSample: Sendable {
    var arrivals: UInt64
    var latencies: [Histogram<UInt64>]

    mutating func add(_ other: LaneSample) {
        self.arrivals += other.arrivals
        for index in self.latencies.indices { self.latencies[index].add(other.latencies[index]) }
    }
}

/// What one loop has measured since the last time.
struct LaneInterval: Sendable {
    var arrivals: UInt64
    var latencies: Histogram<UInt64>

    mutating func add(_ other: LaneInterval) {
        self.arrivals += other.arrivals
        self.latencies.add(other.latencies)
    }
}
