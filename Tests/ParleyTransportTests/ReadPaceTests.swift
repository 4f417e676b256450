import ParleyTransport
import Testing

struct ReadPaceTests {
    private static let second: UInt64 = 1_000_000_000

    private static func pace(_ perSecond: Int, burst: Int) -> ReadPace {
        var limits = TransportLimits()
        limits.readUnitsPerSecond = perSecond
        limits.readUnitsBurst = burst
        limits.bytesPerReadUnit = 256
        limits.eventsPerTurnMax = 64
        limits.eventsPerTurnMin = 8
        return ReadPace(limits, now: 0)
    }

    @Test func `What was saved up is read at once`() {
        var pace = Self.pace(100, burst: 1_000)
        pace.spend(events: 1_000, bytes: 0)
        #expect(!pace.isSpent)
        #expect(pace.wait(now: 0) == nil)
        pace.spend(events: 1, bytes: 0)
        #expect(pace.isSpent)
        #expect(pace.wait(now: 0) != nil)
    }

    @Test func `A debt is paid before the next read, whatever its size`() throws {
        for debt in [1, 50, 1_000, 1_000_000] {
            var pace = Self.pace(100, burst: 10)
            pace.spend(events: 10 + debt, bytes: 0)
            let found = pace.wait(now: 0)
            let wait = UInt64(try #require(found))
            #expect(wait == UInt64(debt) * Self.second / 100 + 1)
            #expect(pace.wait(now: wait - 2) != nil)
            #expect(pace.wait(now: wait) == nil)
        }
    }

    @Test func `Bytes count as well, every one of them`() {
        var pace = Self.pace(100, burst: 256)
        pace.spend(events: 0, bytes: 65_536)
        #expect(pace.wait(now: 0) == nil)
        for _ in 0..<256 { pace.spend(events: 0, bytes: 1) }
        #expect(pace.wait(now: 0) == Int64(Self.second / 100) + 1)
    }

    @Test func `The less is left, the shorter is a turn`() {
        var pace = Self.pace(100, burst: 2_000)
        #expect(pace.eventsPerTurn == 64)
        pace.spend(events: 1_500, bytes: 0)
        #expect(pace.eventsPerTurn == 31)
        pace.spend(events: 490, bytes: 0)
        #expect(pace.eventsPerTurn == 8)
        pace.spend(events: 100, bytes: 0)
        #expect(pace.eventsPerTurn == 8)
    }

    @Test func `Whoever keeps within its share never waits, though the time is asked for only when little is left`() {
        var pace = Self.pace(100, burst: 200)
        for n in 1...100_000 {
            pace.spend(events: 1, bytes: 0)
            let now = UInt64(n) * Self.second / 100
            if pace.isLow { pace.refill(now: now) }
            #expect(!pace.isSpent)
        }
    }

    @Test func `A silence of years saves up no more than the burst`() {
        var pace = Self.pace(1_000_000_000, burst: 5)
        pace.spend(events: 5, bytes: 0)
        let later = UInt64.max - 1
        #expect(pace.wait(now: later) == nil)
        pace.spend(events: 6, bytes: 0)
        #expect(pace.wait(now: later) != nil)
        // A clock that goes back brings nothing.
        #expect(pace.wait(now: 0) != nil)
    }
}
