import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

/// The contract, on a Redis that Sentinels name.
@Suite(.redisSentinel, .timeLimit(.minutes(patience))) struct RedisSentinelTests {
    @Test(arguments: EngineConformance.rules)
    func conforms(_ rule: ConformanceRule) async throws {
        try await RedisSubject.with { try await rule.check($0.subject) }
    }
}

@Suite struct RedisFailoverTests {
    @Test(.redisSentinel, .timeLimit(.minutes(patience)))
    func afterAFailoverItIsAnotherLifeOfTheSameLog() async throws {
        let sentinel = try #require(RedisScope.sentinel)
        try await RedisSubject.with { redis in
            let before = redis.engine.incarnation
            let positions = try await redis.subject.fill(3)
            _ = try await redis.subject.send(1)
            let heard = Heard<LogHint>()
            let (engine, loop) = (redis.engine, EngineConformance.loop)
            _ = try await engine.subscribe(to: EngineConformance.log, as: EngineConformance.other, via: loop) {
                heard.say($0)
            }
            try await RedisProcess.eventually("the replica has it") {
                let entries = try await sentinel.replica.command("LLEN", redis.key(of: EngineConformance.log, "l"))
                let signals = try await sentinel.replica.command("KEYS", redis.key(of: Mail.log, "q:*"))
                return entries == "3" && !signals.isEmpty
            }
            sentinel.master.stop()
            // What is asked meanwhile has an answer each time.
            while engine.incarnation == before {
                try Task.checkCancellation()
                _ = try? await redis.subject.head()
                try await sentinel.replica.command("PING")
            }
            #expect(try await redis.subject.head() == positions[2])
            #expect(try await redis.subject.texts() == ["1"])
            #expect(try await redis.subject.append("4", after: positions[2], uid: 4) == .appended)
            // It is subscribed again by itself; what is said before that is lost.
            let saying = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(50)) { _ in
                engine.publishEphemeral(ByteBuffer(string: "psst"), to: EngineConformance.log)
            }
            _ = await heard.upTo { $0 == .ephemeral(ByteBuffer(string: "psst")) }
            saying.cancel()
        }
    }
}
