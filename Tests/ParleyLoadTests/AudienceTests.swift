import ParleyLoad
import Testing

struct AudienceTests {
    @Test("It is known when half, 99 % and the last have heard a message")
    func quantiles() {
        var (audience, verdict) = (Audience(listeners: 4), Verdict())
        let n = audience.say(due: 100)
        let arrivals = (0..<4).compactMap { audience.hear(n, by: $0, at: 110 + UInt64($0), &verdict) }
        #expect(arrivals.map(\.nanoseconds) == [10, 11, 12, 13])
        #expect(arrivals.map(\.isHalf) == [false, true, false, false])
        #expect(arrivals.map(\.isAlmostAll) == [false, false, false, true])
        #expect(arrivals.map(\.isLast) == [false, false, false, true])
        #expect(audience.isQuiet)
        #expect(audience.lost == 0)
        #expect(verdict.isGood)
    }

    @Test("What one does not hear is lost, what one hears again is there twice, what nobody has said is altered")
    func wrong() {
        var (audience, verdict) = (Audience(listeners: 2), Verdict())
        let n = audience.say(due: 0)
        _ = audience.hear(n, by: 0, at: 1, &verdict)
        #expect(audience.hear(n, by: 0, at: 2, &verdict) == nil)
        #expect(verdict.twice == 1)
        #expect(!audience.isQuiet)
        #expect(audience.lost == 1)
        #expect(audience.hear(n + 1, by: 1, at: 2, &verdict) == nil)
        #expect(audience.hear(0, by: 1, at: 2, &verdict) == nil)
        #expect(verdict.altered == 2)
    }
}

extension AudienceTests {
    @Test("Who has been told the state instead has heard what was said until then, and is to hear what comes")
    func excused() {
        var (audience, verdict) = (Audience(listeners: 2), Verdict())
        for _ in 0..<3 { _ = audience.say(due: 0) }
        for n in 1...3 { _ = audience.hear(UInt64(n), by: 0, at: 1, &verdict) }
        _ = audience.hear(2, by: 1, at: 1, &verdict)
        #expect(!audience.hasHeardAll(1))
        audience.excuse(1)
        #expect(audience.hasHeardAll(1))
        #expect(audience.isQuiet)
        let n = audience.say(due: 2)
        #expect(!audience.hasHeardAll(1))
        _ = audience.hear(n, by: 1, at: 3, &verdict)
        #expect(audience.hasHeardAll(1))
        #expect(verdict.isGood)
    }
}
