import ParleyLoad
import Testing

struct OpeningTests {
    @Test("Without a rate so many are on their way at once")
    func atOnce() {
        var opening = Opening(count: 5, atOnce: 2, at: 0)
        #expect(opening.begin(at: 0) == 0..<2)
        #expect(opening.begin(at: 1).isEmpty)
        opening.finish()
        #expect(opening.begin(at: 2) == 2..<3)
        for _ in 0..<4 { opening.finish() }
        #expect(opening.begin(at: 3) == 3..<5)
        #expect(opening.isComplete)
        #expect(opening.due(3) == nil)
    }

    @Test("With a rate they come when they are due, whatever becomes of the others")
    func rate() {
        var opening = Opening(count: 4, atOnce: 1, perSecond: 10, at: 1_000)
        #expect(opening.begin(at: 1_000) == 0..<1)
        #expect(opening.begin(at: 100_000_999).isEmpty)
        #expect(opening.begin(at: 100_001_000) == 1..<2)
        #expect(opening.begin(at: 900_000_000) == 2..<4)
        #expect(opening.due(2) == 200_001_000)
    }

    @Test("A pace says when each was due, also if somebody looks late")
    func pace() {
        var pace = Pace(perSecond: 10, from: 0, share: 0.5)
        #expect(pace.due(at: 49_999_999) == nil)
        #expect(pace.due(at: 260_000_000) == 50_000_000)
        #expect(pace.due(at: 260_000_000) == 150_000_000)
        #expect(pace.due(at: 260_000_000) == 250_000_000)
        #expect(pace.due(at: 260_000_000) == nil)
    }

    @Test("The same seed, the same numbers, which differ")
    func seed() {
        var (one, two, other) = (SeededGenerator(seed: 7), SeededGenerator(seed: 7), SeededGenerator(seed: 8))
        let numbers = (0..<100).map { _ in one.next() }
        #expect(numbers == (0..<100).map { _ in two.next() })
        #expect(numbers != (0..<100).map { _ in other.next() })
        #expect(Set(numbers).count == 100)
        #expect((0..<1_000).allSatisfy { _ in (0..<1).contains(one.share()) })
    }
}
