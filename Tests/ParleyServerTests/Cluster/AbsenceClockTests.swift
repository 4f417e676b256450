import ParleyProtocol
import ParleyServer
import Testing

@Suite("How long those are waited for whose server has died")
struct AbsenceClockTests {
    private var clock = AbsenceClock()
    private let ada = ParticipantID(high: 1, low: 1)
    private let bob = ParticipantID(high: 2, low: 2)

    private static func absence(heard: Int64, grace: Int = 30_000) -> AbsenceClock.Absence {
        AbsenceClock.Absence(heardMilliseconds: heard, graceMilliseconds: grace)
    }

    /// When it is over for a node that looks once a second, in seconds since it has begun to; `nil`: not in a minute.
    private func end(_ heard: Int64, grace: Int = 30_000) -> UInt64? {
        var clock = self.clock
        return (0...60).first { second in
            // The log's time goes on as well, which changes nothing.
            let absence = Self.absence(heard: heard &+ Int64(second) * 1_000, grace: grace)
            return clock.isOver(absence, of: self.ada, now: 5_000_000_000 + second * 1_000_000_000)
        }
    }

    @Test("whoever sees it begin waits for the whole grace")
    func fromTheBeginning() {
        #expect(self.end(0) == 30)
        // Also if it was a while on its way into the log.
        #expect(self.end(4_000) == 30)
        #expect(self.end(0, grace: 0) == 0)
    }

    @Test("whoever takes over goes on where the one before has stopped")
    func takenOver() {
        #expect(self.end(10_000) == 24)
        #expect(self.end(30_000) == 4)
    }

    @Test("a clock that is wrong takes away all but a lease of it, and adds nothing")
    func wrongClocks() {
        for heard in [30_001, 34_000, 3_600_000, .max - 100_000] as [Int64] { #expect(self.end(heard) == 4) }
        for heard in [-1, -3_600_000, .min] as [Int64] { #expect(self.end(heard) == 30) }
        // A grace that is shorter than a lease is never shortened.
        #expect(self.end(3_600_000, grace: 2_000) == 2)
    }

    @Test("who comes back and goes again is waited for anew; the others are not")
    mutating func again() {
        for id in [self.ada, self.bob] {
            let isOver = self.clock.isOver(Self.absence(heard: 0), of: id, now: 0)
            #expect(!isOver)
        }
        self.clock.forget(allBut: [self.bob])
        let (end, absence) = (UInt64(30_000_000_000), Self.absence(heard: 0))
        let answers = [self.ada, self.bob].map { self.clock.isOver(absence, of: $0, now: end) }
        #expect(answers == [false, true])
    }
}
