import Histogram
public import ParleyProtocol

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

/// One kind of latency.
public struct LatencyReport: Hashable, Sendable {
    /// So many of a hundred took at most so long.
    public struct Point: Hashable, Sendable {
        public let percentile: Double
        public let milliseconds: Double
    }

    public let key: String
    public let words: String
    public let count: UInt64
    public let summary: LatencySummary
    /// From 0 to 100 %, closer together towards the end.
    public let curve: [Point]

    init(_ kind: LoadScenario.Latency, _ histogram: Histogram<UInt64>) {
        self.key = kind.key
        self.words = kind.words
        self.count = histogram.totalCount
        self.summary = LatencySummary(histogram)
        self.curve = histogram.percentiles(ticksPerHalfDistance: 5).map {
            Point(percentile: $0.percentile, milliseconds: Double($0.value) / 1e6)
        }
    }
}

/// What came of a load.
public struct LoadReport: Sendable {
    public let scenario: LoadScenario
    public let server: String
    public let loops: Int
    public let seed: UInt64
    /// From the first connection until the last one was in its room.
    public internal(set) var openingSeconds = 0.0
    public private(set) var seconds = 0.0
    /// That have arrived in this time.
    public private(set) var messages: UInt64 = 0
    public private(set) var latencies: [LatencyReport] = []
    public private(set) var figures: [LoadFigure] = []
    public private(set) var moments: [LoadMoment] = []
    /// Of the load itself.
    public private(set) var cpuSeconds = 0.0
    public internal(set) var verdict = Verdict()
    /// What was seen of the server.
    package internal(set) var history: ServerHistory?

    init(_ scenario: LoadScenario, server: String, loops: Int, seed: UInt64) {
        self.scenario = scenario
        self.server = server
        self.loops = loops
        self.seed = seed
    }

    /// The end, as far as it is a time.
    mutating func note(_ watch: LoadWatch, _ sample: LaneSample) {
        (self.seconds, self.cpuSeconds) = watch.now
        self.moments = watch.moments
        self.note(sample)
    }

    mutating func note(_ sample: LaneSample) {
        self.messages = sample.arrivals
        self.latencies = zip(self.scenario.latencies, sample.latencies).map { LatencyReport($0, $1) }
    }

    mutating func add(_ figures: [LoadFigure]) {
        for figure in figures {
            if let index = self.figures.firstIndex(where: { $0.key == figure.key }) {
                self.figures[index].add(figure)
            } else {
                self.figures.append(figure)
            }
        }
    }

    public var messagesPerSecond: Double {
        self.seconds > 0 ? Double(self.messages) / self.seconds : 0
    }

    /// So much of its threads the load has used.
    public var busyShare: Double {
        self.messages > 0 && self.seconds > 0 ? self.cpuSeconds / self.seconds / Double(self.loops) : 0
    }

    /// Whether the load, rather than the server, may have set the pace: its latencies are then its own. In less than
    /// half a second one cannot tell.
    public var isBottleneck: Bool { self.busyShare > 0.85 && self.seconds > 0.5 }

    /// Whether it was to be judged what becomes of the server, and nothing could be seen of it.
    public var isBlind: Bool {
        self.scenario.waitsForTheServer
            && !(self.history?.samples.contains {
                $0.reading.residentBytes != nil || $0.reading.gauges != nil
            } ?? false)
    }

    public var praise: String { self.scenario.praise }
}

extension LoadReport {
    public var json: JSONValue {
        func number(_ value: Double) -> JSONValue { .number(Self.text(value)) }
        func count(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }
        var object: JSONObject = [
            "scenario": .string(self.scenario.name), "server": .string(self.server),
        ]
        for (name, value) in self.scenario.settings.members { object[name] = value }
        object["seed"] = count(self.seed)
        object["openingSeconds"] = number(self.openingSeconds)
        object["seconds"] = number(self.seconds)
        object["messages"] = count(self.messages)
        object["messagesPerSecond"] = number(self.messagesPerSecond)
        if let first = self.latencies.first { object["latencyMicroseconds"] = first.summary.json }
        if self.latencies.count > 1 {
            var others = JSONObject()
            for latency in self.latencies {
                others[latency.key] = ["count": count(latency.count), "microseconds": latency.summary.json]
            }
            object["latencies"] = .object(others)
        }
        if !self.figures.isEmpty {
            var figures = JSONObject()
            for figure in self.figures { figures[figure.key] = number(figure.value) }
            object["figures"] = .object(figures)
        }
        object["load"] = [
            "loops": .integer(Int64(self.loops)), "cpuSeconds": number(self.cpuSeconds),
            "busyShare": number(self.busyShare), "isBottleneck": .bool(self.isBottleneck),
        ]
        object["verdict"] = self.verdict.json
        return .object(object)
    }

    /// Three digits behind the point, which is what the histogram is good for.
    static func text(_ value: Double) -> String {
        let thousandths = Int64((value * 1_000).rounded())
        let (whole, rest) = abs(thousandths).quotientAndRemainder(dividingBy: 1_000)
        let digits = String(rest)
        return (thousandths < 0 ? "-" : "") + "\(whole)."
            + String(repeating: "0", count: 3 - digits.count) + digits
    }
}

extension LatencySummary {
    var json: JSONValue {
        func number(_ value: Double) -> JSONValue { .number(LoadReport.text(value)) }
        return [
            "mean": number(self.mean), "p50": number(self.median), "p90": number(self.p90),
            "p99": number(self.p99),
            "p99.9": number(self.p999), "max": number(self.longest),
        ]
    }
}

extension Verdict {
    var json: JSONValue {
        var object: JSONObject = ["isGood": .bool(self.isGood)]
        for counter in Self.counters {
            object[counter.name] = .integer(Int64(clamping: self[keyPath: counter.path]))
        }
        object["faults"] = .integer(Int64(clamping: self.faultCount))
        object["firstFaults"] = .array(self.faults.map { .string($0) })
        return .object(object)
    }
}
