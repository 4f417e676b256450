import NIOCore
import ParleyProtocol
import ParleyRedis
import Testing

@Suite("Commands and their answers")
struct RedisPipelineTests {
    private typealias Machine = RedisPipelineStateMachine<String>

    private let limits = Limits()

    private func at(_ milliseconds: Int) -> NIODeadline {
        .uptimeNanoseconds(1_000_000_000) + .milliseconds(Int64(milliseconds))
    }

    private func owner(_ owner: Machine.Owner?) -> String {
        switch owner {
        case nil: "nobody"
        case .abandoned: "abandoned"
        case .ping: "ping"
        case .request(let name): name
        }
    }

    @Test func `the first answer is the first command's`() {
        var machine = Machine(limits: self.limits, now: self.at(0))
        machine.add("a", now: self.at(0))
        machine.addPing(now: self.at(0))
        machine.add("b", now: self.at(0))
        machine.flushed()
        #expect(self.owner(machine.answered(now: self.at(1))) == "a")
        #expect(self.owner(machine.answered(now: self.at(1))) == "ping")
        #expect(self.owner(machine.answered(now: self.at(1))) == "b")
        #expect(self.owner(machine.answered(now: self.at(1))) == "nobody")
    }

    @Test func `what is not written has no answer`() {
        var machine = Machine(limits: self.limits, now: self.at(0))
        machine.add("a", now: self.at(0))
        #expect(self.owner(machine.answered(now: self.at(0))) == "nobody")
        #expect(machine.count == 1)
    }

    @Test func `an answer that comes too late is nobody's, and the next one still the next one's`() {
        var machine = Machine(limits: self.limits, now: self.at(0))
        let late = self.limits.redisAnswerMilliseconds
        machine.add("a", now: self.at(0))
        machine.add("b", now: self.at(100))
        machine.flushed()
        #expect(machine.tick(now: self.at(late - 1)).ambiguous.isEmpty)
        #expect(machine.tick(now: self.at(late)).ambiguous == ["a"])
        // Once.
        #expect(machine.tick(now: self.at(late + 1)).ambiguous.isEmpty)
        #expect(self.owner(machine.answered(now: self.at(late + 2))) == "abandoned")
        #expect(self.owner(machine.answered(now: self.at(late + 2))) == "b")
        machine.add("c", now: self.at(late + 2))
        machine.flushed()
        #expect(machine.tick(now: self.at(2 * late + 1)).ambiguous.isEmpty)
        #expect(machine.tick(now: self.at(2 * late + 2)).ambiguous == ["c"])
    }

    @Test func `a loss is ambiguous for what was written and harmless for what was not`() {
        var machine = Machine(limits: self.limits, now: self.at(0))
        for name in ["a", "b", "c"] { machine.add(name, now: self.at(0)) }
        machine.flushed()
        machine.add("d", now: self.at(1))
        #expect(self.owner(machine.answered(now: self.at(1))) == "a")
        let lost = machine.lost()
        #expect(lost.ambiguous == ["b", "c"])
        #expect(lost.unavailable == ["d"])
        #expect(machine.count == 0)
        #expect(machine.lost().ambiguous.isEmpty)
    }

    @Test func `who has been told that the outcome is unknown is not told again`() {
        var machine = Machine(limits: self.limits, now: self.at(0))
        machine.add("a", now: self.at(0))
        machine.flushed()
        #expect(machine.tick(now: self.at(self.limits.redisAnswerMilliseconds)).ambiguous == ["a"])
        #expect(machine.lost().ambiguous.isEmpty)
    }

    @Test func `a silent server is asked, and one that owes an answer for long is dead`() {
        var machine = Machine(limits: self.limits, now: self.at(0))
        let (ping, silence) = (self.limits.redisPingMilliseconds, self.limits.redisSilenceMilliseconds)
        #expect(!machine.tick(now: self.at(ping - 1)).isPingDue)
        #expect(machine.tick(now: self.at(ping)).isPingDue)
        machine.addPing(now: self.at(ping))
        machine.flushed()
        let waiting = machine.tick(now: self.at(silence - 1))
        #expect(!waiting.isPingDue && !waiting.isDead)
        #expect(machine.tick(now: self.at(silence)).isDead)
        // Anything it says shows that it lives.
        machine.heard(now: self.at(silence - 1))
        #expect(!machine.tick(now: self.at(silence)).isDead)
    }

    @Test func `as many may wait as the limit says`() {
        var limits = Limits()
        limits.redisRequestsMax = 2
        var machine = Machine(limits: limits, now: self.at(0))
        machine.add("a", now: self.at(0))
        #expect(machine.hasPlace)
        machine.add("b", now: self.at(0))
        #expect(!machine.hasPlace)
        machine.flushed()
        _ = machine.answered(now: self.at(0))
        #expect(machine.hasPlace)
    }

    @Test func `the pause before the next attempt doubles up to its bound`() {
        var machine = RedisReconnectStateMachine(limits: self.limits)
        let longest = (0..<8).map { _ in machine.failed(random: .max) }
        let first = Int64(self.limits.redisReconnectMilliseconds)
        let bound = TimeAmount.milliseconds(Int64(self.limits.redisReconnectMillisecondsMax))
        #expect(longest.allSatisfy { $0 <= bound })
        machine.succeeded()
        for (round, shift) in [0, 1, 2, 3].enumerated() {
            let pause = machine.failed(random: 0)
            #expect(pause == .milliseconds((first << Int64(shift)) / 2), "\(round)")
        }
        var other = RedisReconnectStateMachine(limits: self.limits)
        #expect(
            Set(
                (UInt64(0)..<50).map { random in
                    other.succeeded()
                    return other.failed(random: random).nanoseconds
                }
            ).count > 40
        )
    }
}
