import NIOCore
import NIOEmbedded
import ParleyEngine
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite(.timeLimit(.minutes(patience))) struct InMemoryEngineTests {
    @Test(arguments: EngineConformance.rules)
    func conforms(_ rule: ConformanceRule) async throws {
        let clock = Shared<Int64>(1_000_000)
        let engine = InMemoryEngine(incarnation: EngineIncarnation(rawValue: 1)) {
            Instant(milliseconds: clock.with { $0 })
        }
        let subject = ConformanceSubject(
            engine: engine,
            advance: { milliseconds in clock.with { $0 += milliseconds } },
            failOver: { engine.failOver(losing: $0, of: $1) }
        )
        try await rule.check(subject)
    }

    @Test func everythingOfOneTickIsOneHop() {
        var outbox = LoopOutbox(EmbeddedEventLoop())
        #expect(outbox.add {})
        #expect(!outbox.add {})
        #expect(!outbox.add {})
        #expect(outbox.takeAll().count == 3)
        #expect(outbox.add {})
        #expect(outbox.takeAll().count == 1)
        #expect(outbox.takeAll().isEmpty)
    }

    @Test func completionsOfOneTickComeWithTheNextRunOfTheLoop() throws {
        let loop = EmbeddedEventLoop()
        let engine = InMemoryEngine(incarnation: EngineIncarnation(rawValue: 1)) { Instant(milliseconds: 0) }
        let answers = (0..<3).map { _ in engine.heads([], on: loop) }
        let count = Shared(0)
        for answer in answers { answer.whenComplete { _ in count.with { $0 += 1 } } }
        #expect(count.with { $0 } == 0)
        loop.run()
        #expect(count.with { $0 } == 3)
    }
}
