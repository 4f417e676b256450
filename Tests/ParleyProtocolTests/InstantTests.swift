import ParleyProtocol
import Testing

@Suite("Instants")
struct InstantTests {
    @Test("what would lie beyond all instants is the last one, or the first")
    func saturates() {
        let last = Instant(milliseconds: .max)
        let first = Instant(milliseconds: .min)
        #expect(last.advanced(milliseconds: 1) == last)
        #expect(last.advanced(milliseconds: .max) == last)
        #expect(first.advanced(milliseconds: -1) == first)
        #expect(Instant(milliseconds: .max - 1).advanced(milliseconds: 1) == last)
        #expect(Instant(milliseconds: 5).advanced(milliseconds: -7) == Instant(milliseconds: -2))
    }
}
