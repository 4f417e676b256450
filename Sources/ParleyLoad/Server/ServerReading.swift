/// What a look at the server's process and metrics has shown.
public struct ServerReading: Hashable, Sendable {
    public var residentBytes: UInt64?
    /// Since the process began.
    public var cpuSeconds: Double?
    /// Of its metrics, those that go up and down; `nil`: they cannot be had.
    public var gauges: [String: Double]?

    public init(
        residentBytes: UInt64? = nil,
        cpuSeconds: Double? = nil,
        gauges: [String: Double]? = nil
    ) {
        self.residentBytes = residentBytes
        self.cpuSeconds = cpuSeconds
        self.gauges = gauges
    }

    public var megabytes: Double? { self.residentBytes.map { Double($0) / 1_048_576 } }
}

/// How to look.
public struct LoadProbe: Sendable {
    public var read: @Sendable () async -> ServerReading

    public init(_ read: @escaping @Sendable () async -> ServerReading) { self.read = read }
}

/// What was seen of a server, from before the load until behind it.
package struct ServerHistory: Hashable, Sendable {
    package struct Sample: Hashable, Sendable {
        package var seconds: Double
        package var reading: ServerReading

        package init(seconds: Double, reading: ServerReading) {
            self.seconds = seconds
            self.reading = reading
        }
    }

    package var before: ServerReading
    /// When everybody had come.
    package var opened: ServerReading?
    package var samples: [Sample] = []
    /// When everybody had gone.
    package var after: ServerReading?
    package static let samplesMax = 2_000

    package init(before: ServerReading) { self.before = before }

    package mutating func add(_ reading: ServerReading, at seconds: Double) {
        self.samples.append(Sample(seconds: seconds, reading: reading))
        if self.samples.count > Self.samplesMax {
            self.samples = self.samples.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        }
    }

    /// Of one core, while it was measured.
    package var cpuShare: Double? {
        guard let first = self.samples.first, let last = self.samples.last,
            last.seconds > first.seconds,
            let before = first.reading.cpuSeconds, let behind = last.reading.cpuSeconds
        else { return nil }
        return (behind - before) / (last.seconds - first.seconds)
    }

    /// What one connection has cost, if the first one had found the server as it was before.
    package func bytesPerConnection(_ connections: Int) -> Double? {
        guard let before = self.before.residentBytes, let opened = self.opened?.residentBytes,
            connections > 0
        else { return nil }
        return (Double(opened) - Double(before)) / Double(connections)
    }

    /// What goes up with each room, session or connection, and down again.
    package static let counted = [
        "parley_connections_open", "parley_sessions_detached", "parley_rooms_open",
        "parley_participants",
    ]

    /// Whether of all that nothing is left which was not there before. What cannot be seen is as before.
    package var isAsBefore: Bool { self.leftOver.isEmpty }

    /// What is more than before.
    package var leftOver: [(name: String, before: Double, after: Double)] {
        guard let before = self.before.gauges, let after = self.after?.gauges else { return [] }
        return Self.counted.compactMap { name in
            guard let now = after[name], let then = before[name], now > then else { return nil }
            return (name, then, now)
        }
    }
}
