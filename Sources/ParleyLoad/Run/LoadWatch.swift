import Histogram

/// What is going on, for somebody who waits.
public struct LoadProgress: Hashable, Sendable {
    public enum Phase: Hashable, Sendable {
        case connecting, warmingUp, measuring
    }

    public var phase: Phase
    public var messagesPerSecond = 0.0
    /// Clients that are there, while they connect.
    public var come = 0
}

/// About a second of a load.
public struct LoadMoment: Hashable, Sendable {
    /// From the beginning to its end.
    public let seconds: Double
    public let messagesPerSecond: Double
    /// Milliseconds; 0 if nothing has arrived.
    public let median, p99, longest: Double
    /// Of the threads that the load has.
    public let busyShare: Double
}

/// Looks at the clocks.
struct LoadWatch {
    let start = ContinuousClock.now
    private let cpuBefore = ProcessCPU.nanoseconds
    private let loops: Int
    private(set) var moments: [LoadMoment] = []
    private var before: (messages: UInt64, time: ContinuousClock.Instant, cpu: UInt64)
    /// Then every second one goes, and they are twice as long from then on.
    private static let momentsMax = 2_000

    init(loops: Int) {
        self.loops = loops
        self.before = (0, self.start, self.cpuBefore)
    }

    var now: (seconds: Double, cpuSeconds: Double) {
        (
            (ContinuousClock.now - self.start) / .seconds(1),
            Double(ProcessCPU.nanoseconds - self.cpuBefore) / 1e9
        )
    }

    mutating func take(_ interval: LaneInterval) -> LoadProgress {
        let (now, cpu) = (ContinuousClock.now, ProcessCPU.nanoseconds)
        let seconds = max(0.001, (now - self.before.time) / .seconds(1))
        let rate = Double(interval.arrivals - min(interval.arrivals, self.before.messages)) / seconds
        func milliseconds(_ percentile: Double) -> Double {
            interval.latencies.totalCount == 0
                ? 0 : Double(interval.latencies.valueAtPercentile(percentile)) / 1e6
        }
        self.moments.append(
            LoadMoment(
                seconds: (now - self.start) / .seconds(1),
                messagesPerSecond: rate,
                median: milliseconds(50),
                p99: milliseconds(99),
                longest: milliseconds(100),
                busyShare: Double(cpu - self.before.cpu) / 1e9 / seconds / Double(self.loops)
            )
        )
        if self.moments.count > Self.momentsMax {
            self.moments = self.moments.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        }
        self.before = (interval.arrivals, now, cpu)
        return LoadProgress(phase: .measuring, messagesPerSecond: rate)
    }
}
