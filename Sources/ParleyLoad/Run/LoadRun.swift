import Histogram
import NIOCore
import NIOPosix
import ParleyTransport

/// Runs a ``LoadScenario`` against a server.
public struct LoadRun: Sendable {
    private let scenario: LoadScenario
    private let server: LoadServer
    private let loops: Int
    private let run: String
    private let seed: UInt64
    private let probe: LoadProbe?

    /// - Parameters:
    ///   - loops: threads that the load has; one is enough for some hundred thousand messages a second.
    ///   - run: begins the names of its rooms: at most 40 characters that aliases may have.
    ///   - seed: the same one makes the same load, where the scenario has something to choose.
    ///   - probe: looks at the server, if anything of it can be seen.
    public init(
        _ scenario: LoadScenario,
        against server: LoadServer,
        loops: Int,
        run: String,
        seed: UInt64 = 1,
        probe: LoadProbe? = nil
    ) {
        self.scenario = scenario
        self.server = server
        self.loops = loops
        self.run = run
        self.seed = seed
        self.probe = probe
    }

    /// - Parameter progress: called about once a second.
    public func callAsFunction(progress: (LoadProgress) -> Void) async throws -> LoadReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.loops)
        do {
            let crews = try await self.crews(group)
            let report = try await self.measure(crews, progress)
            try await group.shutdownGracefully()
            return report
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func crews(_ group: MultiThreadedEventLoopGroup) async throws -> [Crew] {
        var crews: [Crew] = []
        for number in 0..<self.loops {
            let share = CrewShare(run: self.run, seed: self.seed, loop: number, loops: self.loops)
            let transport = try await TransportLoop.bound(on: group.next()).get()
            crews.append(
                try await transport.eventLoop.submit {
                    let kinds = self.scenario.latencies.count
                    let lane = LoadLane(
                        server: self.server,
                        number: number,
                        transport: transport,
                        latencies: kinds
                    )
                    let crew = self.scenario.makeCrew(lane, share)
                    return Crew(NIOLoopBound(crew, eventLoop: transport.eventLoop))
                }.get()
            )
        }
        return crews
    }

    private func measure(_ crews: [Crew], _ progress: (LoadProgress) -> Void) async throws
        -> LoadReport
    {
        var report = LoadReport(
            self.scenario,
            server: self.server.name,
            loops: self.loops,
            seed: self.seed
        )
        if let reading = await self.probe?.read() { report.history = ServerHistory(before: reading) }
        let began = ContinuousClock.now
        progress(LoadProgress(phase: .connecting))
        try await self.open(crews, progress)
        if try await !crews.all({ $0.lane.come == 0 }) {
            report.openingSeconds = (ContinuousClock.now - began) / .seconds(1)
        }
        report.history?.opened = await self.probe?.read()
        var watch = LoadWatch(loops: self.loops)
        if try await crews.all({ $0.lane.verdict.isGood }) {
            try await self.begin(crews, progress)
            watch = LoadWatch(loops: self.loops)
            try await self.watch(crews, &watch, &report.history, progress)
        }
        for crew in crews { try await crew.submit { $0.stop() } }
        report.note(watch, try await self.sample(crews))
        let isQuiet = try await self.drain(crews)
        // Where the end is not a time, what comes behind it counts.
        if self.scenario.endsByItself { report.note(try await self.sample(crews)) }
        for crew in crews {
            let (verdict, figures) = try await crew.conclude(onceQuiet: isQuiet)
            report.verdict.add(verdict)
            report.add(figures)
        }
        await self.lookBack(&report)
        return report
    }

    private func open(_ crews: [Crew], _ progress: (LoadProgress) -> Void) async throws {
        let opening = crews.map { $0.open() }
        var next = ContinuousClock.now + .seconds(1)
        while try await !crews.all({ $0.lane.isOpen }) {
            try await Task.sleep(for: .milliseconds(5))
            guard ContinuousClock.now >= next else { continue }
            next += .seconds(1)
            var come = 0
            for crew in crews { come += try await crew.submit { $0.lane.come } }
            progress(LoadProgress(phase: .connecting, come: come))
        }
        for future in opening { try await future.get() }
    }

    private func begin(_ crews: [Crew], _ progress: (LoadProgress) -> Void) async throws {
        guard self.scenario.warmupMilliseconds > 0 else {
            for crew in crews {
                try await crew.submit {
                    $0.lane.measure()
                    $0.start()
                }
            }
            return
        }
        for crew in crews { try await crew.submit { $0.start() } }
        progress(LoadProgress(phase: .warmingUp))
        try await Task.sleep(for: .milliseconds(self.scenario.warmupMilliseconds))
        for crew in crews { try await crew.submit { $0.lane.measure() } }
    }

    private func sample(_ crews: [Crew]) async throws -> LaneSample {
        var sum: LaneSample?
        for crew in crews {
            let sample = try await crew.submit { $0.lane.sample() }
            sum = sum.map { $0.adding(sample) } ?? sample
        }
        return sum ?? LaneSample(arrivals: 0, latencies: [])
    }

    /// Everybody has gone: what the server has of them now.
    private func lookBack(_ report: inout LoadReport) async {
        guard let probe = self.probe, var history = report.history else { return }
        let end = ContinuousClock.now + .milliseconds(LoadScenario.goneMilliseconds)
        repeat {
            try? await Task.sleep(for: .milliseconds(100))
            history.after = await probe.read()
        } while self.scenario.waitsForTheServer && !history.isAsBefore && ContinuousClock.now < end
        report.add(self.scenario.judgeServer(history, &report.verdict))
        if let share = history.cpuShare {
            report.add([LoadFigure("serverCPUShare", "server, of one core", share * 100, unit: "%")])
        }
        if let most = history.samples.compactMap(\.reading.megabytes).max() {
            report.add([LoadFigure("serverMegabytesMost", "server, most memory", most, unit: "MiB")])
        }
        report.history = history
    }

    private func watch(
        _ crews: [Crew],
        _ watch: inout LoadWatch,
        _ history: inout ServerHistory?,
        _ progress: (LoadProgress) -> Void
    ) async throws {
        if let reading = await self.probe?.read() { history?.add(reading, at: 0) }
        var nextLook = watch.start + .milliseconds(self.scenario.probeMilliseconds)
        let end = watch.start + .milliseconds(self.scenario.milliseconds)
        var next = watch.start + .seconds(1)
        while ContinuousClock.now < end {
            let pause = self.scenario.endsByItself ? ContinuousClock.now + .milliseconds(20) : next
            try await Task.sleep(until: min(end, min(next, pause)), clock: .continuous)
            var isDone = false
            if self.scenario.endsByItself {
                isDone = try await crews.all { $0.isDone || !$0.lane.verdict.isGood }
            }
            if ContinuousClock.now >= next || isDone || ContinuousClock.now >= end {
                var sum: LaneInterval?
                for crew in crews {
                    let interval = try await crew.submit { $0.lane.takeInterval() }
                    sum = sum.map { $0.adding(interval) } ?? interval
                }
                if let sum { progress(watch.take(sum)) }
                next += .seconds(1)
                if ContinuousClock.now >= nextLook || isDone || ContinuousClock.now >= end,
                    let reading = await self.probe?.read()
                {
                    history?.add(reading, at: watch.now.seconds)
                    nextLook += .milliseconds(self.scenario.probeMilliseconds)
                }
            }
            if isDone { return }
        }
    }

    /// What is under way may still arrive, as long as something does.
    /// - Returns: whether all has come.
    private func drain(_ crews: [Crew]) async throws -> Bool {
        var patience = LoadPatience(at: NIODeadline.now().uptimeNanoseconds)
        while try await !crews.all({ $0.isQuiet }) {
            let now = NIODeadline.now().uptimeNanoseconds
            if patience.isSilent(at: now),
                patience.isOver(areAgreed: try await crews.all { $0.areAgreed }, at: now)
            {
                return false
            }
            try await Task.sleep(for: .milliseconds(20))
            var heard: UInt64 = 0
            for crew in crews { heard += try await crew.submit { $0.lane.heard } }
            patience.note(heard: heard, at: NIODeadline.now().uptimeNanoseconds)
        }
        return true
    }
}

/// A crew, seen from the concurrency side.
private struct Crew: Sendable {
    private let bound: NIOLoopBound<any LoadCrew>

    init(_ bound: NIOLoopBound<any LoadCrew>) { self.bound = bound }

    func submit<Result: Sendable>(_ body: @escaping @Sendable (any LoadCrew) -> Result) async throws
        -> Result
    {
        try await self.bound.eventLoop.submit { body(self.bound.value) }.get()
    }

    /// - Parameter onceQuiet: it was quiet: what has come since, to some of a room before the others, is waited for.
    func conclude(onceQuiet: Bool) async throws -> (Verdict, [LoadFigure]) {
        for _ in 0..<(onceQuiet ? 50 : 0) {
            if let told = try await self.submit({ $0.isQuiet ? $0.told() : nil }) { return told }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await self.submit { $0.told() }
    }

    func open() -> EventLoopFuture<Void> {
        let bound = self.bound
        return bound.eventLoop.flatSubmit {
            bound.value.open().always { _ in bound.value.lane.isOpen = true }
        }
    }
}

extension LoadCrew {
    fileprivate func told() -> (Verdict, [LoadFigure]) {
        self.lane.stopMeasuring()
        self.conclude()
        self.lane.endTimers()
        return (self.lane.verdict, self.figures)
    }
}

extension [Crew] {
    /// Each is asked.
    fileprivate func all(_ body: @escaping @Sendable (any LoadCrew) -> Bool) async throws -> Bool {
        var holds = true
        for crew in self { holds = try await crew.submit(body) && holds }
        return holds
    }
}

extension LaneSample {
    fileprivate func adding(_ other: LaneSample) -> LaneSample {
        var sum = self
        sum.add(other)
        return sum
    }
}

extension LaneInterval {
    fileprivate func adding(_ other: LaneInterval) -> LaneInterval {
        var sum = self
        sum.add(other)
        return sum
    }
}
