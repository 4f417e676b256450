import NIOCore
import NIOPosix
import ParleyTransport

/// Runs a ``RelayPlan`` against a server.
public struct RelayLoad: Sendable {
    private let server: LoadServer
    private let plan: RelayPlan
    private let loops: Int
    private let run: String
    private static let drainMilliseconds = 5_000

    /// - Parameters:
    ///   - loops: threads that the load has; one is enough for some hundred thousand messages a second.
    ///   - run: begins the names of its rooms: at most 40 characters that aliases may have.
    public init(_ plan: RelayPlan, against server: LoadServer, loops: Int, run: String) {
        self.server = server
        self.plan = plan
        self.loops = loops
        self.run = run
    }

    /// - Parameter progress: called about once a second.
    public func callAsFunction(progress: (LoadProgress) -> Void) async throws -> LoadReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.loops)
        do {
            let lanes = try await self.lanes(group)
            let report = try await self.measure(lanes, progress)
            try await group.shutdownGracefully()
            return report
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func lanes(_ group: MultiThreadedEventLoopGroup) async throws -> [Lane] {
        var lanes: [Lane] = []
        for number in 0..<self.loops {
            let pairs = Array(stride(from: number, to: self.plan.pairs, by: self.loops))
            let transport = try await TransportLoop.bound(on: group.next()).get()
            lanes.append(
                try await transport.eventLoop.submit {
                    let lane = RelayLane(
                        server: self.server,
                        plan: self.plan,
                        run: self.run,
                        pairs: pairs,
                        loop: transport
                    )
                    return Lane(NIOLoopBound(lane, eventLoop: transport.eventLoop))
                }.get()
            )
        }
        return lanes
    }

    private func measure(_ lanes: [Lane], _ progress: (LoadProgress) -> Void) async throws -> LoadReport {
        let began = ContinuousClock.now
        progress(LoadProgress(phase: .connecting))
        for future in lanes.map({ lane in lane.flatSubmit { $0.connect() } }) { try await future.get() }
        let opened = ContinuousClock.now - began
        var isReady = true
        for lane in lanes { isReady = try await lane.submit { $0.verdict.isGood } && isReady }
        var (cpuBefore, start) = (ProcessCPU.nanoseconds, ContinuousClock.now)
        if isReady {
            for lane in lanes { try await lane.submit { $0.start() } }
            progress(LoadProgress(phase: .warmingUp))
            try await Task.sleep(for: .milliseconds(self.plan.warmupMilliseconds))
            for lane in lanes { try await lane.submit { $0.measure() } }
            (cpuBefore, start) = (ProcessCPU.nanoseconds, ContinuousClock.now)
            try await self.watch(lanes, until: start + .milliseconds(self.plan.milliseconds), progress)
        }
        var sum: LoadSample?
        for lane in lanes {
            let sample = try await lane.submit { $0.stopSending() }
            sum = sum.map { $0.adding(sample) } ?? sample
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let cpuSeconds = Double(ProcessCPU.nanoseconds - cpuBefore) / 1e9
        try await self.drain(lanes)
        var verdict = Verdict()
        for lane in lanes { verdict.add(try await lane.submit { $0.end() }) }
        return LoadReport(
            server: self.server.name,
            plan: self.plan,
            loops: self.loops,
            openingSeconds: opened / .seconds(1),
            seconds: seconds,
            messages: sum?.messages ?? 0,
            latency: LatencySummary(sum?.latencies ?? RelayLane.emptyHistogram()),
            cpuSeconds: cpuSeconds,
            verdict: verdict
        )
    }

    private func watch(
        _ lanes: [Lane],
        until end: ContinuousClock.Instant,
        _ progress: (LoadProgress) -> Void
    ) async throws {
        var (before, then) = (UInt64(0), ContinuousClock.now)
        while ContinuousClock.now < end {
            try await Task.sleep(until: min(end, then + .seconds(1)), clock: .continuous)
            var messages: UInt64 = 0
            for lane in lanes { messages += try await lane.submit { $0.sample().messages } }
            let now = ContinuousClock.now
            let rate = Double(messages - before) / ((now - then) / .seconds(1))
            progress(LoadProgress(phase: .measuring, messagesPerSecond: rate))
            (before, then) = (messages, now)
        }
    }

    /// What is under way may still arrive.
    private func drain(_ lanes: [Lane]) async throws {
        let end = ContinuousClock.now + .milliseconds(Self.drainMilliseconds)
        while ContinuousClock.now < end {
            var underWay: UInt64 = 0
            for lane in lanes { underWay += try await lane.submit { $0.underWay } }
            if underWay == 0 { return }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// A lane, seen from the concurrency side.
private struct Lane: Sendable {
    private let bound: NIOLoopBound<RelayLane>

    init(_ bound: NIOLoopBound<RelayLane>) { self.bound = bound }

    func submit<Result: Sendable>(_ body: @escaping @Sendable (RelayLane) -> Result) async throws -> Result {
        try await self.bound.eventLoop.submit { body(self.bound.value) }.get()
    }

    func flatSubmit(_ body: @escaping @Sendable (RelayLane) -> EventLoopFuture<Void>) -> EventLoopFuture<Void> {
        self.bound.eventLoop.flatSubmit { body(self.bound.value) }
    }
}

extension LoadSample {
    fileprivate func adding(_ other: LoadSample) -> LoadSample {
        var sum = self
        sum.add(other)
        return sum
    }
}
