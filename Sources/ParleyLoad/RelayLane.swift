import Histogram
import NIOCore
import ParleyProtocol
import ParleyTransport

/// The pairs of one event loop, and what they have seen. Both sides of a pair are on one loop: what has arrived is
/// known to its sender without asking.
final class RelayLane {
    /// As clients do.
    static let acknowledgeAfter: UInt64 = 32

    let server: LoadServer
    let plan: RelayPlan
    let pauseNanoseconds: Double?
    var verdict = Verdict()
    private(set) var isSending = false
    private let loop: NIOLoopBound<TransportLoop>
    private var peers: [RelayPeer] = []
    private var begun = 0
    private var joined = 0
    private var isMeasuring = false
    private var arrivals: UInt64 = 0
    private var latencies = RelayLane.emptyHistogram()
    private let ready: EventLoopPromise<Void>
    private var timers: [RepeatedTask] = []

    /// A minute is the longest that is told apart; three digits.
    static func emptyHistogram() -> Histogram<UInt64> {
        Histogram(highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
    }

    /// - Parameters:
    ///   - pairs: numbers, for the names of their rooms.
    ///   - run: begins those names, so that no two runs meet.
    init(server: LoadServer, plan: RelayPlan, run: String, pairs: [Int], loop: NIOLoopBound<TransportLoop>) {
        self.server = server
        self.plan = plan
        self.loop = loop
        self.pauseNanoseconds = plan.perSecond.map { 1e9 / $0 }
        self.ready = loop.eventLoop.makePromise()
        for pair in pairs {
            guard let alias = RoomAlias("\(run)-\(pair)") else { continue }
            let sides = ["A", "B"].map { side in
                let name = try? DisplayName("Load \(pair) \(side)", bytesMax: 128)
                return RelayPeer(lane: self, room: .alias(alias), name: name ?? nil)
            }
            sides[0].meet(sides[1])
            sides[1].meet(sides[0])
            self.peers.append(contentsOf: sides)
        }
    }

    // MARK: Coming

    /// - Returns: fulfilled when all are in their rooms, or something went wrong.
    func connect() -> EventLoopFuture<Void> {
        if self.peers.isEmpty { self.ready.succeed() }
        self.connectMore()
        let bound = NIOLoopBound(self, eventLoop: self.loop.eventLoop)
        let timeout = self.loop.eventLoop.scheduleTask(in: .milliseconds(Int64(self.plan.openingMilliseconds))) {
            bound.value.fault("Not everybody was in their room in time.")
        }
        self.ready.futureResult.whenComplete { _ in timeout.cancel() }
        return self.ready.futureResult
    }

    private func connectMore() {
        // The two of a pair come one after the other: the first one makes the room.
        while self.begun < self.peers.count, self.begun - self.joined < self.plan.opening {
            let peer = self.peers[self.begun]
            self.begun += 1
            let bound = NIOLoopBound((self, peer), eventLoop: self.loop.eventLoop)
            WebSocketClientConnection.connect(to: self.server.target, on: self.loop) { connection in
                bound.value.1.begin(connection)
                return bound.value.1
            }.whenFailure { error in
                bound.value.0.fault(ConnectFault.words(of: error))
            }
        }
    }

    func hasJoined() {
        self.joined += 1
        self.connectMore()
        if self.joined == self.peers.count { self.ready.succeed() }
    }

    func fault(_ words: String) {
        self.verdict.note(words)
        // Whoever waits for everybody would wait for ever; the verdict says why there is nothing to measure.
        if self.joined < self.peers.count { self.ready.succeed() }
    }

    // MARK: Sending

    func start() {
        guard self.verdict.isGood else { return }
        self.isSending = true
        let now = NIODeadline.now().uptimeNanoseconds
        for (index, peer) in self.peers.enumerated() {
            peer.start(at: now, share: Double(index) / Double(self.peers.count))
        }
        let bound = NIOLoopBound(self, eventLoop: self.loop.eventLoop)
        let every = { (pause: TimeAmount, body: @escaping @Sendable (RelayLane) -> Void) in
            bound.value.loop.eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in body(bound.value)
            }
        }
        if self.pauseNanoseconds != nil { self.timers.append(every(.milliseconds(1)) { $0.sendWhatIsDue() }) }
        self.timers.append(every(.milliseconds(100)) { $0.acknowledge() })
    }

    private func sendWhatIsDue() {
        let now = NIODeadline.now().uptimeNanoseconds
        for peer in self.peers { peer.sendWhatIsDue(at: now) }
    }

    private func acknowledge() {
        for peer in self.peers { peer.acknowledge() }
    }

    func record(nanoseconds: UInt64) {
        self.arrivals += 1
        if self.isMeasuring { self.latencies.record(nanoseconds) }
    }

    // MARK: Measuring

    func measure() {
        self.isMeasuring = true
        self.arrivals = 0
    }

    /// From now on nothing is sent, and what arrives is not measured.
    func stopSending() -> LoadSample {
        let sample = self.sample()
        self.isSending = false
        self.isMeasuring = false
        return sample
    }

    func sample() -> LoadSample { LoadSample(messages: self.arrivals, latencies: self.latencies) }

    /// Sent, and not there yet.
    var underWay: UInt64 { self.peers.reduce(0) { $0 + $1.sent - $1.arrived } }

    func end() -> Verdict {
        for timer in self.timers { timer.cancel() }
        self.verdict.lost += self.underWay + self.peers.reduce(0) { $0 + UInt64($1.missing.count) }
        for peer in self.peers { peer.end() }
        return self.verdict
    }
}

/// What was seen up to a moment.
struct LoadSample: Sendable {
    var messages: UInt64
    var latencies: Histogram<UInt64>

    mutating func add(_ other: LoadSample) {
        self.messages += other.messages
        self.latencies.add(other.latencies)
    }
}
