import Histogram
public import ParleyProtocol

/// What is going on, for somebody who waits.
public struct LoadProgress: Hashable, Sendable {
    public enum Phase: Hashable, Sendable {
        case connecting, warmingUp, measuring
    }

    public var phase: Phase
    public var messagesPerSecond = 0.0
}

/// From when a message was due until it had arrived, in microseconds.
public struct LatencySummary: Hashable, Sendable {
    public let mean, median, p90, p99, p999, longest: Double

    init(_ histogram: Histogram<UInt64>) {
        func microseconds(_ percentile: Double) -> Double {
            histogram.totalCount == 0 ? 0 : Double(histogram.valueAtPercentile(percentile)) / 1_000
        }
        self.mean = histogram.totalCount == 0 ? 0 : histogram.mean / 1_000
        self.median = microseconds(50)
        self.p90 = microseconds(90)
        self.p99 = microseconds(99)
        self.p999 = microseconds(99.9)
        self.longest = microseconds(100)
    }
}

/// What came of a load.
public struct LoadReport: Sendable {
    public let server: String
    public let plan: RelayPlan
    public let loops: Int
    /// From the first connection until the last one was in its room.
    public let openingSeconds: Double
    public let seconds: Double
    /// That have arrived in this time.
    public let messages: UInt64
    public let latency: LatencySummary
    /// Of the load itself.
    public let cpuSeconds: Double
    public let verdict: Verdict

    public var messagesPerSecond: Double { self.seconds > 0 ? Double(self.messages) / self.seconds : 0 }

    /// So much of its threads the load has used.
    public var busyShare: Double {
        self.messages > 0 && self.seconds > 0 ? self.cpuSeconds / self.seconds / Double(self.loops) : 0
    }

    /// Whether the load, rather than the server, may have set the pace: its latencies are then its own.
    public var isBottleneck: Bool { self.busyShare > 0.85 }
}

extension LoadReport {
    public var json: JSONValue {
        func number(_ value: Double) -> JSONValue { .number(Self.text(value)) }
        func count(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }
        return [
            "scenario": "relay",
            "server": .string(self.server),
            "pairs": .integer(Int64(self.plan.pairs)),
            "bytes": .integer(Int64(self.plan.bytes)),
            "window": .integer(Int64(self.plan.window)),
            "perSecond": self.plan.perSecond.map(number) ?? .null,
            "openingSeconds": number(self.openingSeconds),
            "seconds": number(self.seconds),
            "messages": count(self.messages),
            "messagesPerSecond": number(self.messagesPerSecond),
            "latencyMicroseconds": [
                "mean": number(self.latency.mean), "p50": number(self.latency.median),
                "p90": number(self.latency.p90), "p99": number(self.latency.p99),
                "p99.9": number(self.latency.p999), "max": number(self.latency.longest),
            ],
            "load": [
                "loops": .integer(Int64(self.loops)), "cpuSeconds": number(self.cpuSeconds),
                "busyShare": number(self.busyShare), "isBottleneck": .bool(self.isBottleneck),
            ],
            "verdict": [
                "isGood": .bool(self.verdict.isGood), "lost": count(self.verdict.lost),
                "twice": count(self.verdict.twice), "disordered": count(self.verdict.disordered),
                "altered": count(self.verdict.altered), "faults": count(self.verdict.faultCount),
                "firstFaults": .array(self.verdict.faults.map { .string($0) }),
            ],
        ]
    }

    /// Three digits behind the point, which is what the histogram is good for.
    static func text(_ value: Double) -> String {
        let thousandths = Int64((value * 1_000).rounded())
        let (whole, rest) = abs(thousandths).quotientAndRemainder(dividingBy: 1_000)
        let digits = String(rest)
        return (thousandths < 0 ? "-" : "") + "\(whole)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}
