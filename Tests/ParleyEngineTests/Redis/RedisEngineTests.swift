import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

/// The contract, on a real server.
@Suite(.redis, .timeLimit(.minutes(patience))) struct RedisEngineTests {
    @Test(arguments: EngineConformance.rules)
    func conforms(_ rule: ConformanceRule) async throws {
        try await RedisSubject.with { try await rule.check($0.subject) }
    }

    @Test func entriesAndSnapshotEndTogetherAndTheIndexFollows() async throws {
        try await RedisSubject.with { redis in
            let log = LogID(.chat, "short")
            let hour = Retention.milliseconds(3_600_000)
            let subject = redis.subject
            #expect(try await subject.append("1", after: .start, uid: 1, to: log, retention: hour) == .appended)
            let first = Position.start.next(uid: 1)
            let snapshot = LogSnapshot(position: first, payload: ByteBuffer(string: "one"))
            let loop = EngineConformance.loop
            let written = try await redis.engine.writeSnapshot(snapshot, keepFrom: 0, to: log, via: loop)
            #expect(written == .written)
            var ends: [String] = []
            for key in ["l", "s"] {
                ends.append(try await redis.server.command("PEXPIRETIME", redis.key(of: log, key)))
            }
            #expect(ends[0] == ends[1])
            #expect((Int(ends[0]) ?? 0) > 0)
            #expect(try await redis.engine.list(.chat, limit: 9, via: loop) == [log])
            for key in ["l", "s"] { try await redis.server.command("PEXPIRE", redis.key(of: log, key), "0") }
            #expect(try await subject.head(log) == .start)
            #expect(try await redis.engine.list(.chat, limit: 9, via: loop) == [])
            #expect(try await subject.append("2", after: .start, uid: 2, to: log) == .appended)
            #expect(try await redis.server.command("PTTL", redis.key(of: log, "l")) == "-1")
            #expect(try await redis.engine.list(.chat, limit: 9, via: loop) == [log])
        }
    }

    @Test func aRetiredLogThatBeginsAgainIsListed() async throws {
        try await RedisSubject.with { redis in
            let (log, loop) = (LogID(.alias, "again"), EngineConformance.loop)
            let top = try await redis.subject.fill(1, to: log)[0]
            #expect(try await redis.engine.retire(log, expecting: top, via: loop) == .done)
            #expect(try await redis.engine.list(.alias, limit: 9, via: loop) == [])
            _ = try await redis.subject.fill(1, from: 7, to: log)
            #expect(try await redis.engine.list(.alias, limit: 9, via: loop) == [log])
        }
    }

    @Test func listsAreReadInPagesAlsoPastLogsThatAreGone() async throws {
        try await RedisSubject.with { redis in
            let ids = (0..<1_200).map { "a\(10_000 + $0)" }
            let key = "\(redis.prefix):{index:alias}:ids"
            for start in stride(from: 0, to: ids.count, by: 400) {
                let page = ids[start..<start + 400].flatMap { ["0", $0] }
                _ = try await RedisProcess.cli(["-p", "\(redis.server.port)", "ZADD", key] + page)
            }
            _ = try await redis.subject.fill(1, to: LogID(.alias, "z"))
            let list = try await redis.engine.list(.alias, limit: 5, via: EngineConformance.loop)
            #expect(list == [LogID(.alias, "z")])
            // What was found to be gone is forgotten; the last page may still be on its way.
            _ = try await redis.engine.list(.alias, limit: 5, via: EngineConformance.loop)
            #expect(try await redis.server.command("ZCARD", key) == "1")
        }
    }

    @Test func twoPrefixesShareNothing() async throws {
        try await RedisSubject.with { one in
            try await RedisSubject.with { two in
                _ = try await one.subject.fill(2)
                #expect(try await two.subject.head() == .start)
                let lease = NodeLease(node: EngineConformance.node, address: "")
                _ = try await one.engine.heartbeat(lease, via: EngineConformance.loop)
                let other = NodeLease(node: EngineConformance.other, address: "")
                #expect(try await two.engine.heartbeat(other, via: EngineConformance.loop).nodes.count == 1)
            }
        }
    }

    @Test func twoEnginesAreOne() async throws {
        try await RedisSubject.with { one in
            try await RedisSubject.with(prefix: one.prefix) { two in
                let heard = Heard<LogHint>()
                let loop = EngineConformance.loop
                _ = try await two.engine.subscribe(to: EngineConformance.log, as: EngineConformance.other, via: loop) {
                    heard.say($0)
                }
                let top = try await one.subject.fill(1)[0]
                let hints = await heard.upTo { _ in true }
                #expect(try await two.subject.read().entries.map { LogHint.committed($0) } == hints)
                #expect(try await two.subject.append("2", after: top, uid: 2) == .appended)
                #expect(try await one.subject.head()?.sequence == 2)
            }
        }
    }

    @Test func aServerThatForgetsItsScriptsIsToldThemAgain() async throws {
        try await RedisSubject.with { redis in
            let top = try await redis.subject.fill(1)[0]
            try await redis.server.command("SCRIPT", "FLUSH")
            #expect(try await redis.subject.append("2", after: top, uid: 2) == .appended)
        }
    }

    @Test func mailboxesOfManyNobodyHasDroppedEndByThemselves() async throws {
        try await RedisSubject.with { redis in
            _ = try await redis.subject.send(1)
            for key in ["b", "m:*", "q:*"] {
                let names = try await redis.server.command("KEYS", redis.key(of: Mail.log, key))
                #expect(!names.isEmpty)
            }
            let list = try await redis.server.command("PTTL", redis.key(of: Mail.log, "b"))
            #expect((Int(list) ?? 0) > 86_000_000)
        }
    }
}

extension RedisSubject {
    func key(of log: LogID, _ suffix: String) -> String {
        "\(self.prefix):{\(log.kind.rawValue):\(log.id)}:\(suffix)"
    }
}
