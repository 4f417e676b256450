import ParleyLoad
import ParleyProtocol
import Testing

struct VerdictTests {
    @Test("Each thing that is wrong makes it bad")
    func bad() {
        #expect(Verdict().isGood)
        for path in [\Verdict.lost, \.twice, \.disordered, \.altered] {
            var verdict = Verdict()
            verdict[keyPath: path] = 1
            #expect(!verdict.isGood)
        }
        var verdict = Verdict()
        verdict.note("Nobody listens.")
        #expect(!verdict.isGood)
    }

    @Test("Faults are counted, and each sentence is shown once, eight at most")
    func faults() {
        var verdict = Verdict()
        for number in 0..<20 {
            verdict.note("same")
            verdict.note("number \(number)")
        }
        #expect(verdict.faultCount == 40)
        #expect(verdict.faults == ["same"] + (0..<7).map { "number \($0)" })
        var sum = Verdict()
        sum.note("same")
        sum.add(verdict)
        #expect(sum.faultCount == 41)
        #expect(sum.faults.count == 8)
    }
}
