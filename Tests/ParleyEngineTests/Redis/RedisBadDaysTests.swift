import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Synchronization
import Testing

/// A Redis that does not want, or holds what nobody of us has written.
@Suite(.serialized, .timeLimit(.minutes(patience))) struct RedisBadDaysTests {
    @Test(
        .redis,
        arguments: [
            ["SET", "l", "text"], ["RPUSH", "l", "no entry"], ["RPUSH", "l", ""],
            ["RPUSH", "l", "\u{2}\(String(repeating: "x", count: 60))"],
            ["RPUSH", "s", "list"], ["SET", "s", "short"], ["SET", "s", "\u{2}\(String(repeating: "x", count: 60))"],
        ]
    )
    func foreignDataInALogIsAnErrorInWords(_ words: [String]) async throws {
        let log = SaidLog()
        try await RedisSubject.with(logger: log.logger) { redis in
            try await redis.server.command(words[0], redis.key(of: EngineConformance.log, words[1]), words[2])
            await #expect(throws: EngineError.unavailable) { try await redis.subject.read() }
            await #expect(throws: EngineError.unavailable) { try await redis.subject.head() }
            await #expect(throws: EngineError.unavailable) {
                try await redis.subject.append("x", after: .start, uid: 1)
            }
            #expect(log.lines.with { $0.filter { $0.contains("Another program") }.count } == 1)
            #expect(redis.engine.refusalCounts.values.reduce(0, +) == 3)
            // Nobody else has to suffer.
            _ = try await redis.subject.fill(2, to: LogID(.alias, "other"))
            if case .failed(let reason) = redis.engine.health { Issue.record("\(reason)") }
        }
    }

    @Test(.redis) func foreignDataInAMailboxIsAnErrorInWords() async throws {
        try await RedisSubject.with { redis in
            let loop = EngineConformance.loop
            let room = redis.key(of: Mail.log, "")
            func garble(_ suffix: String, _ words: String...) async throws {
                let name = try await redis.server.command("KEYS", "\(room)\(suffix)*")
                #expect(!name.isEmpty)
            }
            _ = try await redis.subject.send(1)
            try await garble("m:", "x")
            let script = "return redis.call(ARGV[1], redis.call('KEYS', ARGV[2])[1], ARGV[3], ARGV[4])"
            try await redis.server.command("EVAL", script, "0", "LSET", "\(room)q:*", "0", "junk")
            await #expect(throws: EngineError.unavailable) { try await redis.engine.read(Mail.bob, via: loop) }
            await #expect(throws: EngineError.unavailable) { try await redis.subject.acknowledge(1) }
            try await redis.server.command("DEL", redis.key(of: Mail.log, "b"))
            try await redis.server.command("SET", redis.key(of: Mail.log, "b"), "junk")
            await #expect(throws: EngineError.unavailable) { try await redis.subject.send(2) }
            #expect(
                try await redis.subject.send(1, to: MailboxID(room: RoomID(high: 9, low: 9), recipient: Mail.ada))
                    == .stored
            )
        }
    }

    @Test(.redis) func whatOthersSayOnOurChannelsIsNotHeard() async throws {
        try await RedisSubject.with { redis in
            let heard = Heard<LogHint>()
            let (engine, loop) = (redis.engine, EngineConformance.loop)
            _ = try await engine.subscribe(to: EngineConformance.log, as: EngineConformance.other, via: loop) {
                heard.say($0)
            }
            let channel = "\(redis.prefix):{room:\(EngineConformance.log.id)}"
            for junk in ["", "L", "Lx", "Rshort", "M", "Mx", "Zzz", "\u{0}"] {
                #expect(try await redis.server.command("SPUBLISH", channel, junk) == "1")
            }
            engine.publishEphemeral(ByteBuffer(string: "real"), to: EngineConformance.log)
            #expect(await heard.upTo { _ in true } == [.ephemeral(ByteBuffer(string: "real"))])
        }
    }

    @Test(.redis) func aServerWithoutMemorySaysSoAndGoesOnLater() async throws {
        let log = SaidLog()
        try await RedisSubject.with(logger: log.logger) { redis in
            let lease = NodeLease(node: EngineConformance.node, address: "")
            let top = try await redis.subject.fill(1)[0]
            _ = try await redis.subject.send(1)
            try await redis.server.command("CONFIG", "SET", "maxmemory", "1")
            await #expect(throws: EngineError.unavailable) {
                try await redis.subject.append("x", after: top, uid: 2)
            }
            await #expect(throws: EngineError.unavailable) { try await redis.subject.send(2) }
            await #expect(throws: EngineError.unavailable) {
                try await redis.engine.heartbeat(lease, via: EngineConformance.loop)
            }
            // What is there can be read.
            #expect(try await redis.subject.read().entries.count == 1)
            #expect(try await redis.subject.texts() == ["1"])
            #expect(
                redis.engine.health
                    == .failed(reason: "Redis has no memory left (maxmemory); nothing can be written.")
            )
            #expect(redis.engine.refusalCounts == ["OOM": 3])
            #expect(log.lines.with { $0.filter { $0.contains("no memory left") }.count } == 1)
            try await redis.server.command("CONFIG", "SET", "maxmemory", "0")
            _ = try await redis.engine.heartbeat(lease, via: EngineConformance.loop)
            #expect(try await redis.subject.append("x", after: top, uid: 2) == .appended)
            #expect(redis.engine.refusalCounts == ["OOM": 3])
            #expect(log.lines.with { $0.contains { $0.contains("takes writes again") } })
        }
    }

    @Test(.redis) func aServerThatWantsReplicasSaysSo() async throws {
        try await RedisSubject.with { redis in
            try await redis.server.command("CONFIG", "SET", "min-replicas-to-write", "1")
            await #expect(throws: EngineError.unavailable) { try await redis.subject.fill(1) }
            #expect(redis.engine.refusalCounts["NOREPLICAS"] ?? 0 > 0)
            #expect(try await redis.subject.head() == .start)
        }
    }

    /// The rights that docs/OPERATING.md names are enough for everything.
    @Test(.redis) func aUserNeedsNoMoreRightsThanAreWrittenDown() async throws {
        let server = try #require(RedisScope.server)
        let rights = "-@all +@read +@write +@scripting +@pubsub +@connection +info +time +config|get"
        let names = ["~acl:*", "&acl:*", ">secret"] + rights.split(separator: " ").map(String.init)
        _ = try await RedisProcess.cli(["-p", "\(server.port)", "ACL", "SETUSER", "meeting", "on"] + names)
        let url = "redis://meeting:secret@127.0.0.1:\(server.port)"
        try await RedisScope.$url.withValue(url) {
            for rule in EngineConformance.rules {
                try await server.command("FLUSHALL")
                try await RedisSubject.with(prefix: "acl") { redis in
                    try await rule.check(redis.subject)
                    #expect(redis.engine.refusalCounts.isEmpty, "\(rule.name)")
                }
            }
        }
    }

    /// Whoever is told that a log is not there knows by then whether that means anything.
    @Test(.redis, arguments: ["append", "read", "heads"])
    func aWipeIsKnownBeforeTheAnswerThatShowsIt(_ question: String) async throws {
        try await RedisSubject.with { redis in
            let before = redis.engine.incarnation
            let top = try await redis.subject.fill(2)[1]
            #expect(redis.engine.incarnation == before)
            try await redis.server.command("FLUSHALL")
            switch question {
            case "append": _ = try await redis.subject.append("3", after: top, uid: 3)
            case "read": _ = try await redis.subject.read(after: top)
            default: _ = try await redis.subject.head()
            }
            let after = redis.engine.incarnation
            #expect(after != before)
            _ = try await redis.subject.fill(1, from: 9)
            _ = try await redis.subject.read()
            #expect(redis.engine.incarnation == after)
        }
    }

    @Test(.redisCluster) func aWipeOfOneServerOfAClusterIsKnownToo() async throws {
        try await RedisSubject.with { redis in
            let logs = (0..<24).map { LogID(.alias, "a\($0)") }
            for log in logs {
                _ = try await redis.subject.fill(1, to: log)
                _ = try await redis.subject.read(log)
            }
            let before = redis.engine.incarnation
            try await redis.server.command("FLUSHALL")
            var isKnown = false
            for log in logs {
                if try await redis.subject.head(log) == .start {
                    isKnown = true
                    #expect(redis.engine.incarnation != before)
                } else if !isKnown {
                    #expect(redis.engine.incarnation == before)
                }
            }
            #expect(isKnown)
        }
    }

    @Test(.redis) func aWipedServerLivesAnotherLife() async throws {
        try await RedisSubject.with { redis in
            let lease = NodeLease(node: EngineConformance.node, address: "")
            let before = redis.engine.incarnation
            let top = try await redis.subject.fill(2)[1]
            _ = try await redis.engine.heartbeat(lease, via: EngineConformance.loop)
            #expect(redis.engine.incarnation == before)
            try await redis.server.command("FLUSHALL")
            let view = try await redis.engine.heartbeat(lease, via: EngineConformance.loop)
            #expect(view.incarnation != before)
            #expect(redis.engine.incarnation == view.incarnation)
            #expect(try await redis.subject.append("3", after: top, uid: 3) != .appended)
        }
    }
}

/// What was logged.
struct SaidLog: Sendable {
    let lines = Shared<[String]>([])

    var logger: Logger {
        let lines = self.lines
        return Logger(label: "test") { _ in Handler(lines: lines) }
    }

    private struct Handler: Logging.LogHandler {
        let lines: Shared<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let line = "\(event.message)"
            self.lines.with { $0.append(line) }
        }
    }
}
