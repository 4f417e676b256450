import ParleyLoad
import Testing

struct ArrivalOrderTests {
    private static func verdict(_ numbers: [UInt64], sent: UInt64) -> (Verdict, new: Int) {
        var (order, verdict, new) = (ArrivalOrder(), Verdict(), 0)
        for number in numbers where verdict.note(order.arrive(number)) { new += 1 }
        verdict.lost += order.lost(of: sent)
        return (verdict, new)
    }

    @Test("In order nothing is wrong")
    func inOrder() {
        let (verdict, new) = Self.verdict([1, 2, 3], sent: 3)
        #expect(verdict.isGood)
        #expect(new == 3)
    }

    @Test("One that does not come is lost, in the middle and at the end")
    func lost() {
        #expect(Self.verdict([1, 3, 4], sent: 4).0.lost == 1)
        #expect(Self.verdict([1, 2], sent: 4).0.lost == 2)
        #expect(Self.verdict([], sent: 2).0.lost == 2)
    }

    @Test("One that comes twice, and one that comes late")
    func twiceAndLate() {
        let (twice, new) = Self.verdict([1, 2, 2, 1], sent: 2)
        #expect(twice.twice == 2)
        #expect(new == 2)
        let (late, _) = Self.verdict([2, 1, 3], sent: 3)
        #expect(late.disordered == 1)
        #expect(late.lost == 0)
        #expect(Self.verdict([2, 1, 1], sent: 2).0.twice == 1)
    }

    @Test("So many missing ones are remembered, and more are lost at once")
    func bounded() {
        let far = UInt64(ArrivalOrder.missingMax) + 11
        var order = ArrivalOrder()
        #expect(order.arrive(far) == .far)
        #expect(order.missing.count == ArrivalOrder.missingMax)
        #expect(order.lost(of: far) == far - 1)
        #expect(order.arrive(1) == .late)
        #expect(order.lost(of: far) == far - 2)
    }
}
