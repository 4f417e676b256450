import ParleyServer
import Testing

@Suite("Whether something that fails is asked")
struct CircuitBreakerTests {
    private var breaker = CircuitBreaker()

    private func seconds(_ count: UInt64) -> UInt64 { count * 1_000_000_000 }

    private mutating func fail(at second: UInt64) {
        #expect(self.breaker.admits(now: self.seconds(second)))
        self.breaker.ask(now: self.seconds(second))
        self.breaker.failed(now: self.seconds(second))
    }

    @Test("three failures in a row are enough, for ten seconds")
    mutating func opens() {
        for second in UInt64(0)...2 { self.fail(at: second) }
        #expect(!self.breaker.admits(now: self.seconds(3)))
        #expect(!self.breaker.admits(now: self.seconds(12) - 1))
        #expect(self.breaker.admits(now: self.seconds(12)))
    }

    @Test("a success between them begins the count anew")
    mutating func recovers() {
        for second in [UInt64(0), 1] { self.fail(at: second) }
        self.breaker.succeeded()
        for second in [UInt64(2), 3] { self.fail(at: second) }
        #expect(self.breaker.admits(now: self.seconds(3)))
    }

    @Test("behind the pause one question finds out: whether it is well, or rests for twice as long")
    mutating func probes() {
        for _ in 0..<3 { self.fail(at: 0) }
        self.breaker.ask(now: self.seconds(10))
        #expect(!self.breaker.admits(now: self.seconds(11)))
        self.breaker.failed(now: self.seconds(12))
        #expect(!self.breaker.admits(now: self.seconds(31)))
        #expect(self.breaker.admits(now: self.seconds(32)))
        self.breaker.ask(now: self.seconds(32))
        self.breaker.succeeded()
        self.fail(at: 33)
        #expect(self.breaker.admits(now: self.seconds(33)))
    }

    @Test("it never rests for more than five minutes")
    mutating func longest() {
        for _ in 0..<3 { self.fail(at: 0) }
        var second: UInt64 = 10
        for pause in [20, 40, 80, 160, 300, 300] as [UInt64] {
            self.fail(at: second)
            #expect(!self.breaker.admits(now: self.seconds(second + pause) - 1))
            second += pause
        }
        #expect(self.breaker.admits(now: self.seconds(second)))
    }

    @Test("a late failure does not make the pause longer")
    mutating func late() {
        for _ in 0..<3 { self.fail(at: 0) }
        self.breaker.failed(now: self.seconds(9))
        #expect(self.breaker.admits(now: self.seconds(10)))
    }
}
