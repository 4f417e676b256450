import ParleyLoad
import Testing

struct LoadPatienceTests {
    private let second: UInt64 = 1_000_000_000

    @Test("Where all agree, what has not come in 2.5 s is lost")
    func agreed() {
        var patience = LoadPatience(at: 0)
        #expect(!patience.isSilent(at: LoadPatience.silenceNanoseconds - 1))
        #expect(patience.isSilent(at: LoadPatience.silenceNanoseconds))
        #expect(patience.isOver(areAgreed: true, at: LoadPatience.silenceNanoseconds))
        patience.note(heard: 1, at: 2 * second)
        #expect(!patience.isOver(areAgreed: true, at: 4 * second))
        // The same number is no news.
        patience.note(heard: 1, at: 4 * second)
        #expect(patience.isOver(areAgreed: true, at: 2 * second + LoadPatience.silenceNanoseconds))
    }

    @Test("Where states differ, a server has longer to find out")
    func differing() {
        var patience = LoadPatience(at: 0)
        patience.note(heard: 7, at: second)
        #expect(!patience.isOver(areAgreed: false, at: second + LoadPatience.agreementNanoseconds - 1))
        #expect(patience.isOver(areAgreed: true, at: second + LoadPatience.agreementNanoseconds - 1))
        #expect(patience.isOver(areAgreed: false, at: second + LoadPatience.agreementNanoseconds))
        // Longer than a server takes to look again.
        #expect(LoadPatience.agreementNanoseconds > 2 * 3 * second)
    }
}
