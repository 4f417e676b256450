import ParleyProtocol
import ParleyServer
import Testing

@Suite("What the wake-up service is told when")
struct WakeDeskTests {
    private func desk(concurrent: Int = 2, waiting: Int = 3) -> WakeDesk {
        var limits = Limits()
        limits.wakesConcurrentMax = concurrent
        limits.wakesWaitingMax = waiting
        return WakeDesk(limits: limits)
    }

    private func perform(
        _ desk: inout WakeDesk,
        _ step: (inout WakeDesk, inout [WakeDesk.Action]) -> Void
    ) -> [WakeDesk.Action] {
        var actions: [WakeDesk.Action] = []
        step(&desk, &actions)
        return actions
    }

    @Test("so many at once, the others in order, and one too many not at all")
    func bounds() {
        var desk = self.desk()
        for number in 1...2 {
            #expect(self.perform(&desk) { $0.add(UInt64(number), until: 9_000, now: 0, &$1) } == [.say(UInt64(number))])
        }
        for number in 3...5 {
            #expect(self.perform(&desk) { $0.add(UInt64(number), until: 9_000, now: 0, &$1) } == [])
        }
        #expect(self.perform(&desk) { $0.add(6, until: 9_000, now: 0, &$1) } == [.giveUp(6)])
        #expect(self.perform(&desk) { $0.ended(1, isAnswered: true, now: 10, &$1) } == [.say(3)])
        #expect((desk.underWayCount, desk.waitingCount) == (2, 2))
    }

    @Test("what failed is said again after pauses that grow, and not when it is of no use any more")
    func again() {
        var desk = self.desk()
        #expect(self.perform(&desk) { $0.add(1, until: 1_000, now: 0, &$1) } == [.say(1)])
        #expect(self.perform(&desk) { $0.ended(1, isAnswered: false, now: 10, &$1) } == [.wait(until: 510)])
        #expect(self.perform(&desk) { $0.tick(now: 509, &$1) } == [.wait(until: 510)])
        #expect(self.perform(&desk) { $0.tick(now: 510, &$1) } == [.say(1)])
        #expect(self.perform(&desk) { $0.ended(1, isAnswered: false, now: 520, &$1) } == [.giveUp(1)])
        #expect(self.perform(&desk) { $0.add(2, until: 5, now: 5, &$1) } == [.giveUp(2)])
    }

    @Test("what is over is not said any more, and whether it may have been heard is known")
    func withdrawn() {
        var desk = self.desk(concurrent: 1)
        #expect(self.perform(&desk) { $0.add(1, until: 9_000, now: 0, &$1) } == [.say(1)])
        #expect(self.perform(&desk) { $0.add(2, until: 9_000, now: 0, &$1) } == [])
        let unheard = desk.withdraw(2)
        #expect(unheard == .unheard)
        let underWay = desk.withdraw(1)
        #expect(underWay == .underWay)
        #expect(self.perform(&desk) { $0.ended(1, isAnswered: false, now: 10, &$1) } == [.giveUp(1)], "not again")
        #expect(self.perform(&desk) { $0.add(3, until: 9_000, now: 20, &$1) } == [.say(3)])
        #expect(self.perform(&desk) { $0.ended(3, isAnswered: false, now: 30, &$1) } == [.wait(until: 530)])
        let tried = desk.withdraw(3)
        #expect(tried == .tried, "the service may have heard it, and not have said so")
        #expect(self.perform(&desk) { $0.tick(now: 9_000, &$1) } == [])
    }

    @Test("a service that fails again and again rests, and who waits for it in vain is given up")
    func rest() {
        var desk = self.desk(concurrent: 1, waiting: 8)
        for number in 1...3 {
            let now = UInt64(number)
            #expect(self.perform(&desk) { $0.add(now, until: 5_000, now: now, &$1) }.contains(.say(now)))
            _ = self.perform(&desk) { $0.ended(now, isAnswered: false, now: now, &$1) }
        }
        #expect(self.perform(&desk) { $0.add(4, until: 5_000, now: 10, &$1) } == [.wait(until: 10_003)])
        #expect(self.perform(&desk) { $0.tick(now: 5_000, &$1) }.filter { $0 == .giveUp(4) } == [.giveUp(4)])
    }
}
