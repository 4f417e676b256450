import ParleyEngine
import ParleyProtocol
import ParleyServer
import Testing

@Suite("Whether the engine is there")
struct EngineWatchTests {
    private var watch = EngineWatch(silenceMilliseconds: Limits().engineSilenceMilliseconds, now: ms(1_000))

    /// Four looks a second, up to that time.
    private mutating func look(
        from: UInt64,
        to: UInt64,
        _ health: EngineHealth = .well
    ) -> [(UInt64, EngineWatch.Effect)] {
        stride(from: from, through: to, by: 250).compactMap { time in
            self.watch.tick(now: ms(time), health: health).map { (time, $0) }
        }
    }

    @Test("an engine that answers is there")
    mutating func there() {
        for second in UInt64(1)...20 {
            #expect(self.watch.answered(now: ms(second * 1_000 + 10), health: .well) == nil)
            #expect(self.look(from: second * 1_000 + 250, to: second * 1_000 + 1_000).isEmpty)
        }
        #expect(!self.watch.isAway)
    }

    @Test("one that answers nothing for three seconds is away, which is said once, until it answers again")
    mutating func silent() throws {
        _ = self.watch.answered(now: ms(1_000), health: .well)
        let away = try #require(self.look(from: 1_250, to: 9_000).first)
        #expect(away.0 == 4_000)
        #expect(away.1 == .away(reason: nil))
        #expect(self.watch.isAway)
        #expect(self.look(from: 9_250, to: 20_000).isEmpty)
        #expect(self.watch.answered(now: ms(20_100), health: .well) == .back(afterMilliseconds: 16_100))
        #expect(!self.watch.isAway)
        #expect(self.look(from: 20_250, to: 23_000).isEmpty)
    }

    @Test("one that has never answered has less time")
    mutating func first() throws {
        let away = try #require(self.look(from: 1_250, to: 9_000).first)
        #expect(away.0 == 1_500)
    }

    @Test("one that says for a second that it has failed is away, and not back before it says otherwise")
    mutating func failed() {
        _ = self.watch.answered(now: ms(1_000), health: .well)
        let failed = EngineHealth.failed(reason: "The disk is full.")
        // A moment is none.
        #expect(self.look(from: 1_250, to: 2_000, failed).isEmpty)
        #expect(self.watch.tick(now: ms(2_250), health: .well) == nil)
        #expect(self.look(from: 2_500, to: 3_250, failed).isEmpty)
        #expect(self.watch.tick(now: ms(3_500), health: failed) == .away(reason: "The disk is full."))
        #expect(self.watch.answered(now: ms(4_000), health: failed) == nil)
        #expect(self.watch.isAway)
        #expect(self.watch.answered(now: ms(5_500), health: .well) == .back(afterMilliseconds: 2_000))
    }

    @Test("one that only has something to be looked after is there")
    mutating func degraded() {
        _ = self.watch.answered(now: ms(1_000), health: .well)
        #expect(self.look(from: 1_250, to: 3_750, .degraded(reason: "No replica.")).isEmpty)
    }

    @Test("the time for which this process stood still is nobody's silence")
    mutating func absence() throws {
        _ = self.watch.answered(now: ms(1_000), health: .well)
        #expect(self.look(from: 1_250, to: 2_000).isEmpty)
        #expect(self.watch.tick(now: ms(60_000), health: .well) == nil)
        let away = try #require(self.look(from: 60_250, to: 70_000).first)
        #expect(away.0 == 62_000)
    }
}

@Suite("Whether the server takes connections")
struct ReadinessTests {
    @Test("it says why not")
    func reasons() {
        let readiness = Readiness()
        #expect(readiness.reason == "The server is starting.")
        readiness.become(.open)
        #expect(readiness.isReady && readiness.reason == nil && !readiness.isWithoutEngine)
        readiness.set(trouble: "b", of: 1)
        readiness.set(trouble: "a", of: 0)
        #expect(readiness.reason == "a" && readiness.isWithoutEngine)
        readiness.set(trouble: nil, of: 0)
        #expect(readiness.reason == "b")
        readiness.become(.draining)
        #expect(readiness.reason?.contains("draining") == true && !readiness.isWithoutEngine)
        readiness.become(.open)
        readiness.set(trouble: nil, of: 1)
        #expect(readiness.isReady)
        readiness.become(.stopping)
        readiness.become(.open)
        #expect(readiness.reason == "The server is stopping.")
    }

    @Test("what the engine says of itself counts at once", arguments: [true, false])
    func engine(isFailed: Bool) {
        let readiness = Readiness(health: { isFailed ? .failed(reason: "Full.") : .degraded(reason: "Slow.") })
        readiness.become(.open)
        #expect(readiness.isReady == !isFailed)
        #expect(readiness.reason == (isFailed ? "The engine has failed: Full." : nil))
        #expect(readiness.warning == (isFailed ? nil : "Slow."))
    }
}

private func ms(_ milliseconds: UInt64) -> UInt64 { milliseconds * 1_000_000 }
