import Histogram
import NIOCore
import ParleyTransport

/// What the clients of one event loop share: clock, timers, what was measured and what was wrong.
final class LoadLane {
    let server: LoadServer
    /// Of its loop.
    let number: Int
    let transport: NIOLoopBound<TransportLoop>
    var verdict = Verdict()
    private var books: [LatencyBook]
    private(set) var arrivals: UInt64 = 0
    /// Who was to come first is there, or something went wrong.
    var isOpen = false
    /// Clients that are there.
    private(set) var come = 0
    /// Whatever has come of what others do.
    var heard: UInt64 = 0
    private var isMeasuring = false
    private var timers: [RepeatedTask] = []
    private var opening: Opening?
    private var coming: [LoadPeer] = []
    private var ready: EventLoopPromise<Void>?

    /// The frames of one room.
    final class Frames {
        var cache = FrameCache()
        var states = StateCache()
    }

    /// - Parameter latencies: how many kinds of them there are.
    init(server: LoadServer, number: Int, transport: NIOLoopBound<TransportLoop>, latencies: Int) {
        self.server = server
        self.number = number
        self.transport = transport
        self.books = (0..<latencies).map { _ in LatencyBook() }
    }

    var eventLoop: any EventLoop { self.transport.eventLoop }
    /// Nanoseconds, of whichever beginning.
    var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    // MARK: Timers

    func every(
        _ pause: TimeAmount,
        _ crew: any LoadCrew,
        _ body: @escaping @Sendable (any LoadCrew) -> Void
    ) {
        let bound = NIOLoopBound(crew, eventLoop: self.eventLoop)
        self.timers.append(
            self.eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
                body(bound.value)
            }
        )
    }

    func endTimers() {
        for timer in self.timers { timer.cancel() }
        self.timers = []
    }

    // MARK: Coming

    /// - Parameter timeout: when it is a fault that not all are there.
    /// - Returns: fulfilled when ``hasCome()`` was called for each, or something went wrong.
    func open(
        _ peers: [LoadPeer],
        atOnce: Int,
        perSecond: Double? = nil,
        within timeout: TimeAmount = .seconds(60)
    ) -> EventLoopFuture<Void> {
        let ready = self.eventLoop.makePromise(of: Void.self)
        self.ready = ready
        self.coming = peers
        self.opening = Opening(count: peers.count, atOnce: atOnce, perSecond: perSecond, at: self.now)
        guard !peers.isEmpty, self.verdict.isGood else {
            ready.succeed()
            return ready.futureResult
        }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        var pacing: RepeatedTask?
        if perSecond != nil {
            pacing = self.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(1)) {
                _ in
                bound.value.openMore()
            }
        } else {
            self.openMore()
        }
        let alarm = self.eventLoop.scheduleTask(in: timeout) {
            bound.value.fault("Not everybody was there in time.")
        }
        ready.futureResult.whenComplete { [pacing] _ in
            alarm.cancel()
            pacing?.cancel()
        }
        return ready.futureResult
    }

    private func openMore() {
        let now = self.now
        guard let range = self.opening?.begin(at: now) else { return }
        for index in range {
            self.coming[index].due = self.opening?.due(index) ?? now
            self.coming[index].connect()
        }
    }

    /// One of those that come is there.
    func hasCome() {
        self.come += 1
        guard self.opening?.isComplete == false else { return }
        self.opening?.finish()
        if self.opening?.pauseNanoseconds == nil { self.openMore() }
        if self.opening?.isComplete == true { self.ready?.succeed() }
    }

    func fault(_ words: String) {
        self.verdict.note(words)
        // Whoever waits for everybody would wait for ever; the verdict says why there is nothing to measure.
        if self.opening?.isComplete == false {
            self.opening = nil
            self.ready?.succeed()
        }
    }

    // MARK: Measuring

    func measure() {
        self.isMeasuring = true
        self.arrivals = 0
    }

    func stopMeasuring() { self.isMeasuring = false }

    /// - Parameters:
    ///   - kind: which latency.
    ///   - isArrival: whether it counts as something that has arrived; if it is not said, the first kind does.
    func record(_ kind: Int = 0, nanoseconds: UInt64, isArrival: Bool? = nil) {
        if isArrival ?? (kind == 0) { self.arrivals += 1 }
        if self.isMeasuring { self.books[kind].record(nanoseconds) }
    }

    func sample() -> LaneSample {
        LaneSample(arrivals: self.arrivals, latencies: self.books.map(\.total))
    }

    /// Since the last time.
    func takeInterval() -> LaneInterval {
        let interval = LaneInterval(
            arrivals: self.arrivals,
            latencies: self.books.first?.interval ?? LatencyBook.emptyInterval()
        )
        if !self.books.isEmpty { self.books[0].endInterval() }
        return interval
    }

    func frame(_ text: UnsafeRawBufferPointer, _ frames: Frames?) -> HeardFrame? {
        guard let frames else {
            var none = FrameCache()
            return none.frame(text)
        }
        return frames.cache.frame(text)
    }
}
