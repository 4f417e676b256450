import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

/// What an engine in a Redis bounds: as many as there may be, and one more.
@Suite(.redis, .serialized, .timeLimit(.minutes(patience))) struct RedisLimitTests {
    private let loop = EngineConformance.loop

    /// How often the server was asked for that, by anybody.
    private func calls(_ command: String, of redis: RedisSubject) async throws -> Int {
        let text = try await redis.server.command("INFO", "commandstats")
        let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_\(command):calls=") }
        return line?.split(separator: "=").dropFirst().first.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
    }

    @Test func aListIsAskedForInParts() async throws {
        try await RedisSubject.with(limits: { $0.redisListedMax = 3 }) { redis in
            for number in 1...2 { _ = try await redis.subject.fill(1, to: LogID(.alias, "a\(number)")) }
            var before = try await self.calls("zrangebylex", of: redis)
            #expect(try await redis.engine.list(.alias, limit: 9, via: self.loop).count == 2)
            #expect(try await self.calls("zrangebylex", of: redis) == before + 1)
            for number in 3...4 { _ = try await redis.subject.fill(1, to: LogID(.alias, "a\(number)")) }
            before = try await self.calls("zrangebylex", of: redis)
            #expect(try await redis.engine.list(.alias, limit: 9, via: self.loop).count == 4)
            #expect(try await self.calls("zrangebylex", of: redis) == before + 2)
        }
    }

    @Test func logsThatTheIndexMustStillHearOfAreSoMany() async throws {
        try await RedisSubject.with(limits: { $0.redisUnlistedMax = 2 }) { redis in
            let index = "\(redis.prefix):{index:alias}:ids"
            try await redis.server.command("SET", index, "no index")
            for number in 1...3 { _ = try await redis.subject.fill(1, to: LogID(.alias, "a\(number)")) }
            try await redis.server.command("DEL", index)
            #expect(try await redis.engine.list(.alias, limit: 9, via: self.loop) == [])
            let lease = NodeLease(node: EngineConformance.node, address: "")
            _ = try await redis.engine.heartbeat(lease, via: self.loop)
            #expect(try await redis.engine.list(.alias, limit: 9, via: self.loop).count == 2)
            #expect(try await redis.subject.head(LogID(.alias, "a3"))?.sequence == 1)
        }
    }

    @Test func ofThoseThatHaveEndedSomeAreForgottenEachTime() async throws {
        try await RedisSubject.with(limits: { $0.redisForgottenMax = 2 }) { redis in
            let ends = "\(redis.prefix):{index:chat}:ends"
            // The ends that the index knows, long ago.
            for number in 1...3 { try await redis.server.command("ZADD", ends, "1", "old\(number)") }
            let hour = Retention.milliseconds(3_600_000)
            for (number, left) in [(1, 2), (2, 2), (3, 3)] {
                let log = LogID(.chat, "new\(number)")
                let result = try await redis.subject.append("1", after: .start, uid: 1, to: log, retention: hour)
                #expect(result == .appended)
                try await RedisProcess.eventually("\(left) are known, the first \(number) new ones among them") {
                    try await redis.server.command("ZCARD", ends) == "\(left)"
                }
            }
        }
    }

    @Test func signalsOfOneMailboxAreSeveralCalls() async throws {
        try await RedisSubject.with(limits: { $0.redisMailCallMax = 2 }) { redis in
            // Then the server knows the scripts.
            _ = try await redis.subject.send(1)
            _ = try await redis.subject.acknowledge(1)
            var n: UInt64 = 1
            for (count, calls) in [(2, 1), (3, 2)] {
                var batch = MailboxBatch(author: EngineConformance.node)
                for _ in 0..<count {
                    n += 1
                    batch.append(ByteBuffer(string: "\(n)"), to: Mail.bob, from: Mail.ada, n: n, floor: 1)
                }
                var before = try await self.calls("evalsha", of: redis)
                let verdicts = try await redis.engine.append(batch, via: self.loop)
                #expect(verdicts == Array(repeating: .stored, count: count))
                #expect(try await self.calls("evalsha", of: redis) == before + calls)
                before = try await self.calls("evalsha", of: redis)
                let marks = (0..<count).map { place in
                    MailboxAcknowledgement(mailbox: Mail.bob, sender: Mail.ada, n: n - UInt64(count - 1 - place))
                }
                #expect(try await redis.engine.acknowledge(marks, via: self.loop).last == n)
                #expect(try await self.calls("evalsha", of: redis) == before + calls)
            }
        }
    }

    @Test func aMailboxThatNobodyWritesToEnds() async throws {
        try await RedisSubject.with(limits: { $0.redisMailboxMilliseconds = 3_600_000 }) { redis in
            _ = try await redis.subject.send(1)
            let left = try await redis.server.command("PTTL", redis.key(of: Mail.log, "b"))
            #expect((3_500_000...3_600_000).contains(Int(left) ?? 0))
        }
    }

    @Test func aConflictNamesSoManyEntries() async throws {
        try await RedisSubject.with(limits: { $0.conflictEntriesMax = 2 }) { redis in
            let positions = try await redis.subject.fill(4)
            for (after, named) in [(1, 2), (0, 2)] {
                let result = try await redis.subject.append("late", after: positions[after], uid: 77)
                guard case .conflict(let conflict) = result else {
                    Issue.record("\(result)")
                    continue
                }
                let missed = positions.dropFirst(after + 1).prefix(named)
                #expect(conflict.tail?.map(\.position) == Array(missed))
            }
        }
    }

    @Test func aNodeThatIsSilentIsForgotten() async throws {
        try await RedisSubject.with(limits: { $0.forgottenNodeMilliseconds = 600_000 }) { redis in
            let (engine, loop) = (redis.engine, self.loop)
            let silent = NodeLease(node: EngineConformance.other, address: "")
            let now = try await engine.heartbeat(silent, via: loop).now.milliseconds
            let script = "return redis.call('ZADD', KEYS[1], ARGV[1], redis.call('ZRANGE', KEYS[1], 0, 0)[1])"
            func know(after milliseconds: Int64) async throws -> Int {
                try await redis.server.command(
                    "EVAL",
                    script,
                    "1",
                    "\(redis.prefix):{nodes}:beats",
                    "\(now - milliseconds)"
                )
                let lease = NodeLease(node: EngineConformance.node, address: "")
                return try await engine.heartbeat(lease, via: loop).nodes.count
            }
            #expect(try await know(after: 500_000) == 2)
            #expect(try await know(after: 600_001) == 1)
        }
    }

    @Test func codesOfRefusalsAreCountedEachSoMany() async throws {
        try await RedisSubject.with(limits: { $0.redisRefusalCodesMax = 1 }) { redis in
            try await redis.server.command("SET", redis.key(of: EngineConformance.log, "l"), "text")
            await #expect(throws: EngineError.unavailable) { try await redis.subject.read() }
            let known = redis.engine.refusalCounts.keys.sorted()
            try await redis.server.command("CONFIG", "SET", "min-replicas-to-write", "1")
            await #expect(throws: EngineError.unavailable) { try await redis.subject.send(1) }
            try await redis.server.command("CONFIG", "SET", "min-replicas-to-write", "0")
            #expect(known.count == 1 && redis.engine.refusalCounts.keys.sorted() == (known + ["other"]).sorted())
        }
    }

    @Test(arguments: [(0, 2), (3_600_000, 1)])
    func whatIsWrongIsSaidAgain(after milliseconds: Int, lines: Int) async throws {
        let log = SaidLog()
        try await RedisSubject.with(logger: log.logger, limits: { $0.redisSaidAgainMilliseconds = milliseconds }) {
            redis in
            try await redis.server.command("SET", redis.key(of: EngineConformance.log, "l"), "text")
            for _ in 0..<2 { await #expect(throws: EngineError.unavailable) { try await redis.subject.read() } }
            #expect(log.lines.with { $0.filter { $0.contains("Another program") }.count } == lines)
        }
    }

    @Test func aPrefixIsShort() {
        let most = Limits().redisPrefixBytesMax
        #expect(RedisEngine.allows(prefix: String(repeating: "p", count: most)))
        #expect(!RedisEngine.allows(prefix: String(repeating: "p", count: most + 1)))
    }
}
