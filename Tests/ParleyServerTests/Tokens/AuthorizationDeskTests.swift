import ParleyProtocol
import ParleyServer
import Testing

@Suite("Asking an authorization service")
struct AuthorizationDeskTests {
    private var desk = AuthorizationDesk(concurrentMax: 2, waitingMax: 2, patienceMilliseconds: 3_000)

    private typealias Action = AuthorizationDesk.Action

    private mutating func add(_ number: UInt64, at second: UInt64 = 0) -> [Action] {
        var actions: [Action] = []
        self.desk.add(number, now: second * 1_000_000_000, &actions)
        return actions
    }

    private mutating func ends(isAnswered: Bool = true, at second: UInt64 = 0) -> [Action] {
        var actions: [Action] = []
        self.desk.ended(isAnswered: isAnswered, now: second * 1_000_000_000, &actions)
        return actions
    }

    @Test("so many are asked about at once, so many wait in order, and one more is told when to come again")
    mutating func bounds() {
        #expect(self.add(1) == [.ask(1)])
        #expect(self.add(2) == [.ask(2)])
        #expect(self.add(3) == [])
        #expect(self.add(4) == [])
        #expect(self.add(5) == [.refuse(5, retryAfterMilliseconds: 3_000)])
        #expect(self.desk.waitingCount == 2)
        #expect(self.ends() == [.ask(3)])
        #expect(self.add(6) == [])
        #expect(self.ends() == [.ask(4)])
        #expect(self.ends() == [.ask(6)])
        #expect(self.ends() == [])
        #expect(self.ends() == [])
        #expect(self.desk.underWay == 0 && self.desk.waitingCount == 0)
    }

    @Test("as many as the limits say")
    mutating func limits() {
        let limits = Limits()
        let (concurrent, waiting) = (UInt64(limits.webhookConcurrentMax), UInt64(limits.webhookWaitingMax))
        self.desk = AuthorizationDesk(limits: limits, patienceMilliseconds: limits.webhookMilliseconds)
        for number in 1...concurrent { #expect(self.add(number) == [.ask(number)]) }
        for number in (concurrent + 1)...(concurrent + waiting) { #expect(self.add(number) == []) }
        let wait = UInt64(limits.webhookMilliseconds)
        #expect(self.add(0) == [.refuse(0, retryAfterMilliseconds: wait)])
        #expect(self.ends() == [.ask(concurrent + 1)])
    }

    @Test("after three failures in a row nobody is asked about, nor waits, until the pause is over")
    mutating func rests() {
        for number in UInt64(1)...4 { _ = self.add(number) }
        #expect(self.ends(isAnswered: false) == [.ask(3)])
        #expect(self.ends(isAnswered: false) == [.ask(4)])
        #expect(self.add(5) == [])
        #expect(self.ends(isAnswered: false) == [.refuse(5, retryAfterMilliseconds: 10_000)])
        #expect(self.add(6, at: 4) == [.refuse(6, retryAfterMilliseconds: 6_000)])
        // A late answer to a question of before is one.
        #expect(self.ends(isAnswered: true, at: 5) == [])
        #expect(self.add(7, at: 5) == [.ask(7)])
    }

    @Test("then one question finds out; the others are told to come again soon")
    mutating func probes() {
        for number in UInt64(1)...3 {
            _ = self.add(number)
            _ = self.ends(isAnswered: false)
        }
        #expect(self.add(4, at: 10) == [.ask(4)])
        #expect(self.add(5, at: 10) == [.refuse(5, retryAfterMilliseconds: 3_000)])
        #expect(self.ends(isAnswered: false, at: 13) == [])
        #expect(self.add(6, at: 14) == [.refuse(6, retryAfterMilliseconds: 19_000)])
        #expect(self.add(7, at: 33) == [.ask(7)])
        #expect(self.ends(isAnswered: true, at: 33) == [])
        #expect(self.add(8, at: 33) == [.ask(8)])
        #expect(self.add(9, at: 33) == [.ask(9)])
    }
}
