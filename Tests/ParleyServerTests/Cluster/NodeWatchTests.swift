import ParleyEngine
import ParleyServer
import Testing

@Suite("From when on a server can tell which others are dead")
struct NodeWatchTests {
    private var watch = NodeWatch()
    private static let first = EngineIncarnation(rawValue: 1)

    /// Answers in these seconds, and whether it can tell then.
    private mutating func answers(
        _ seconds: some Sequence<UInt64>,
        in incarnation: EngineIncarnation = Self.first
    ) -> [UInt64: Bool] {
        var told: [UInt64: Bool] = [:]
        for second in seconds { told[second] = self.watch.answered(incarnation, now: second * 1_000_000_000) }
        return told
    }

    private mutating func firstThatTells(
        _ seconds: ClosedRange<UInt64>,
        in incarnation: EngineIncarnation = Self.first
    ) -> UInt64? {
        self.answers(seconds, in: incarnation).filter { $0.value }.keys.min()
    }

    @Test("two leases behind its first answer")
    mutating func begins() {
        let first = self.firstThatTells(10...30)
        #expect(first == 18)
    }

    @Test("behind a silence of two seconds one lease, and not what is left of it once more")
    mutating func silence() {
        _ = self.answers(10...20)
        let isSilent = [21, 22, 23].map { self.watch.isSilent(now: $0 * 1_000_000_000) }
        #expect(isSilent == [false, false, true])
        #expect(!NodeWatch().isSilent(now: .max))
        let behindOne = self.firstThatTells(25...40)
        #expect(behindOne == 29)
        // A heartbeat that was late is none.
        let late = self.watch.answered(Self.first, now: 41_999_999_999)
        #expect(late)
    }

    @Test("a silence in the first two leases does not shorten them")
    mutating func early() {
        _ = self.answers(10...11)
        let first = self.firstThatTells(13...30)
        #expect(first == 18)
    }

    @Test("in another life of the engine all begins anew")
    mutating func anotherLife() {
        _ = self.answers(10...20)
        let first = self.firstThatTells(21...40, in: EngineIncarnation(rawValue: 2))
        #expect(first == 29)
    }
}
