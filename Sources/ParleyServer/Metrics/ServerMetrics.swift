package import CoreMetrics
package import ParleyProtocol
package import ParleyRooms

/// What the socket loop has counted: plain integers, because it counts for every message.
package struct GatewayCounters: Equatable, Sendable {
    package var connectionsOpen = 0
    package var connectionsAccepted = 0
    package var connectionsRefused = 0
    package var socketsRefused = 0
    package var refusals: [ConnectionRefusal: Int] = [:]
    package var rejections: [RejectionCode: Int] = [:]
    package var failuresNoted = 0
    package var connectionsClosed = 0
    package var sessionsDetached = 0
    package var sessionsResumed = 0
    package var roomsOpen = 0
    package var participants = 0
    package var messagesReceived = 0
    package var signalsRelayed = 0
    package var pulsesRelayed = 0
    package var chatDelivered = 0
    package var presencesTold = 0
    package var wakes: [WakeWebhook.Answer: Int] = [:]
    package var ringsStarted = 0
    package var ringsEnded: [RingEnd: Int] = [:]
    package var devicesOnline = 0
    package var eventsDelivered = 0
    package var eventEntries = 0
    package var resyncs = 0
    package var slowCloses = 0
    package var stateDifferences = 0
    package var roundTripMicroseconds = 0
    package var framesRejected = 0
    package var tokensRefused = 0
    package var ticketsMade = 0
    package var sessionsRevoked = 0
    package var commandsAccepted = 0
    package var appendConflicts = 0
    package var healings = 0
    package var bytesReceived = 0
    package var bytesSent = 0
    package var leases = 0
    package var turnVendorFailures = 0
    package var draining = 0
    package var auditEntries = 0
    package var auditMissing = 0
    package var engineDegraded = 0
    package var engineDegradations = 0
    package var fences = 0
    package var nodesAlive = 0

    package init() {}
}

/// What is counted for every message. An object of its own: the other counters are handed around to be changed, so that
/// each change of one of them is checked for exclusivity.
final class TrafficCounters {
    var messagesReceived = 0
    var bytesReceived = 0
    var signalsRelayed = 0
    var bytesSent = 0

    func move(to counters: inout GatewayCounters) {
        counters.messagesReceived += self.messagesReceived
        counters.bytesReceived += self.bytesReceived
        counters.signalsRelayed += self.signalsRelayed
        counters.bytesSent += self.bytesSent
        (self.messagesReceived, self.bytesReceived, self.signalsRelayed, self.bytesSent) = (0, 0, 0, 0)
    }
}

/// Hands the loop's counters to swift-metrics, from the loop's sweep a few times per second.
package struct ServerMetrics {
    private struct Line {
        let read: KeyPath<GatewayCounters, Int>
        let unit: Double
        let counter: Counter?
        let meter: Meter?
        let addsUp: Bool
    }

    private let lines: [Line]
    /// By reason.
    private let refusals: [(ConnectionRefusal, Counter)]
    private let rejections: [(RejectionCode, Counter)]
    private let ringsEnded: [(RingEnd, Counter)]
    private let wakes: [(WakeWebhook.Answer, Counter)]
    private var published = GatewayCounters()

    package init(factory: any MetricsFactory) {
        func counter(_ declaration: MetricDeclaration, _ value: String) -> Counter {
            let dimensions = declaration.label.map { [($0, value)] } ?? []
            return Counter(label: declaration.name, dimensions: dimensions, factory: factory)
        }
        self.refusals = ConnectionRefusal.allCases.map { ($0, counter(.refusals, $0.rawValue)) }
        self.rejections = RejectionCode.allCases.map { ($0, counter(.rejections, $0.rawValue)) }
        self.ringsEnded = RingEnd.allCases.map { ($0, counter(.ringsEnded, $0.rawValue)) }
        self.wakes = WakeWebhook.Answer.allCases.map { ($0, counter(.wakes, $0.rawValue)) }
        self.lines = Self.sources.map { declaration, read in
            switch declaration.kind {
            case .counter:
                Line(
                    read: read,
                    unit: declaration.unit,
                    counter: Counter(label: declaration.name, dimensions: [], factory: factory),
                    meter: nil,
                    addsUp: true
                )
            case .gauge:
                Line(
                    read: read,
                    unit: declaration.unit,
                    counter: nil,
                    meter: Meter(label: declaration.name, dimensions: [], factory: factory),
                    addsUp: declaration.addsUp
                )
            }
        }
    }

    package mutating func publish(_ counters: GatewayCounters) {
        guard counters != self.published else { return }
        for line in self.lines {
            let value = counters[keyPath: line.read]
            let change = value - self.published[keyPath: line.read]
            line.counter?.increment(by: change)
            guard let meter = line.meter else { continue }
            if line.addsUp {
                meter.increment(by: Double(change) * line.unit)
            } else {
                meter.set(Double(value) * line.unit)
            }
        }
        for (reason, counter) in self.refusals {
            counter.increment(by: counters.refusals[reason, default: 0] - self.published.refusals[reason, default: 0])
        }
        for (code, counter) in self.rejections {
            counter.increment(by: counters.rejections[code, default: 0] - self.published.rejections[code, default: 0])
        }
        for (end, counter) in self.ringsEnded {
            counter.increment(by: counters.ringsEnded[end, default: 0] - self.published.ringsEnded[end, default: 0])
        }
        for (answer, counter) in self.wakes {
            counter.increment(by: counters.wakes[answer, default: 0] - self.published.wakes[answer, default: 0])
        }
        self.published = counters
    }

    package static let sources: [(MetricDeclaration, any KeyPath<GatewayCounters, Int> & Sendable)] = [
        (.connectionsOpen, \.connectionsOpen),
        (.connectionsAccepted, \.connectionsAccepted),
        (.connectionsRefused, \.connectionsRefused),
        (.socketsRefused, \.socketsRefused),
        (.failuresNoted, \.failuresNoted),
        (.connectionsClosed, \.connectionsClosed),
        (.sessionsDetached, \.sessionsDetached),
        (.sessionsResumed, \.sessionsResumed),
        (.roomsOpen, \.roomsOpen),
        (.participants, \.participants),
        (.messagesReceived, \.messagesReceived),
        (.signalsRelayed, \.signalsRelayed),
        (.pulsesRelayed, \.pulsesRelayed),
        (.chatDelivered, \.chatDelivered),
        (.ringsStarted, \.ringsStarted), (.devicesOnline, \.devicesOnline), (.presencesTold, \.presencesTold),
        (.eventsDelivered, \.eventsDelivered),
        (.eventEntries, \.eventEntries),
        (.resyncs, \.resyncs),
        (.slowCloses, \.slowCloses),
        (.stateDifferences, \.stateDifferences),
        (.roundTrip, \.roundTripMicroseconds),
        (.framesRejected, \.framesRejected), (.tokensRefused, \.tokensRefused), (.ticketsMade, \.ticketsMade),
        (.sessionsRevoked, \.sessionsRevoked),
        (.commandsAccepted, \.commandsAccepted),
        (.appendConflicts, \.appendConflicts),
        (.bytesReceived, \.bytesReceived),
        (.bytesSent, \.bytesSent),
        (.leases, \.leases),
        (.turnVendorFailures, \.turnVendorFailures),
        (.draining, \.draining),
        (.auditEntries, \.auditEntries),
        (.auditMissing, \.auditMissing),
        (.engineDegraded, \.engineDegraded), (.engineDegradations, \.engineDegradations),
        (.fences, \.fences), (.nodesAlive, \.nodesAlive),
    ]
}
