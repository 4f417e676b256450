import Foundation
import NIOCore
import NIOPosix
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

/// Against the real thing.
@Suite("A real Redis", .serialized, .timeLimit(.minutes(patience)))
struct RedisServersTests {
    private func with(
        _ redis: RedisProcess,
        url: String? = nil,
        _ change: (inout Limits) -> Void = { _ in },
        _ body: (RedisClient) async throws -> Void
    ) async throws {
        let client = try RedisClient(url ?? redis.url, change)
        try await client.servers.started()
        try await body(client)
        await client.servers.stop()
        redis.stop()
    }

    @Test func `answers come in the order of the questions, whatever is in them`() async throws {
        try await self.with(RedisProcess()) { (client: RedisClient) async throws in
            #expect(client.servers.trouble == nil && client.servers.incarnation.rawValue != 0)
            let bytes = ByteBuffer(bytes: (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            let key = RedisKey("k")
            let set = RedisCommand("SET", [key.bytes, bytes])
            #expect(try await client.servers.send(set, key: key, on: client.loop).get().text == "OK")
            #expect(try await client.send("GET", "k").bytes == bytes)
            let futures = (0..<2_000).map { number in
                client.servers.send(RedisCommand("ECHO", "\(number)"), key: key, on: client.loop)
            }
            let answers = try await EventLoopFuture.whenAllSucceed(futures, on: client.loop).get()
            #expect(answers.map(\.integer) == (0..<2_000).map { Int64($0) })
            #expect(try await client.send("INCR", "k").isError("ERR"))
            #expect(try await client.send("GET", "nothing") == .null)
        }
    }

    @Test func `nobody is told anything before the call has returned`() async throws {
        try await self.with(RedisProcess()) { (client: RedisClient) async throws in
            try await client.loop.submit {
                var isBack = false
                let bound = NIOLoopBoundBox(false, eventLoop: client.loop)
                client.servers.send(RedisCommand("PING"), key: RedisKey("a"), on: client.loop).whenComplete { _ in
                    client.loop.preconditionInEventLoop()
                    #expect(bound.value)
                }
                isBack = true
                bound.value = isBack
            }.get()
            #expect(try await client.send("PING", key: "a").text == "PONG")
        }
    }

    @Test func `a script is known after its first use, and again after the server has forgotten it`() async throws {
        try await self.with(RedisProcess()) { (client: RedisClient) async throws in
            let script = RedisScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
            func run() async throws -> Int64? {
                let (keys, arguments) = ([ByteBuffer(string: "n")], [ByteBuffer(string: "2")])
                return try await client.servers.run(script, keys: keys, arguments: arguments, on: client.loop).get()
                    .integer
            }
            #expect(try await run() == 2)
            #expect(try await run() == 4)
            #expect(try await client.send("INFO", "commandstats").text?.contains("cmdstat_evalsha:calls=1,") == true)
            try await client.send("SCRIPT", "FLUSH")
            #expect(try await run() == 6)
            #expect(try await run() == 8)
            let other = EngineIncarnation(rawValue: client.servers.incarnation.rawValue &+ 1)
            await #expect(throws: EngineError.unavailable) {
                let keys = [ByteBuffer(string: "n")]
                _ = try await client.servers.run(script, keys: keys, arguments: [], in: other, on: client.loop).get()
            }
        }
    }

    @Test func `a channel is heard, and heard again after its connection was ended`() async throws {
        try await self.with(RedisProcess()) { (client: RedisClient) async throws in
            let heard = try await client.listen("c")
            #expect(try await client.send("SPUBLISH", "c", "one").integer == 1)
            #expect(await client.waits { await heard.texts == ["one"] })
            #expect(try await client.send("CLIENT", "KILL", "TYPE", "pubsub").integer == 1)
            #expect(await client.waits { await heard.again == 1 })
            #expect(try await client.send("SPUBLISH", "c", "two").integer == 1)
            #expect(await client.waits { await heard.texts == ["one", "two"] })
            try await client.servers.unsubscribe(RedisKey("c"), on: client.loop).get()
            #expect(try await client.send("SPUBLISH", "c", "three").integer == 0)
            #expect(await heard.texts == ["one", "two"])
        }
    }

    @Test func `a killed server leaves unknown outcomes, then none, and comes back as another life`() async throws {
        let redis = try await RedisProcess()
        try await self.with(redis) { (client: RedisClient) async throws in
            let life = client.servers.incarnation
            let sleep = client.servers.send(RedisCommand("DEBUG", "SLEEP", "5"), key: RedisKey("a"), on: client.loop)
            let behind = client.servers.send(RedisCommand("SET", "a", "1"), key: RedisKey("a"), on: client.loop)
            // Written when something that was asked elsewhere at the same time is heard of.
            #expect(await client.waits { await self.isAsleep(redis) })
            redis.kill()
            await #expect(throws: EngineError.ambiguous) { try await sleep.get() }
            await #expect(throws: EngineError.ambiguous) { try await behind.get() }
            await #expect(throws: EngineError.unavailable) { try await client.send("SET", "a", "2") }
            #expect(client.servers.trouble != nil)
            try await redis.start()
            #expect(await client.waits { client.servers.trouble == nil })
            #expect(client.servers.incarnation != life)
            #expect(try await client.send("GET", "a") == .null)
        }
    }

    /// Whether the server answers nobody.
    private func isAsleep(_ redis: RedisProcess) async -> Bool {
        guard let other = try? RedisClient(redis.url, { $0.redisStartMilliseconds = 200 }) else { return false }
        let trouble = await other.trouble()
        await other.servers.stop()
        return trouble != nil
    }

    @Test func `an answer that is late is ambiguous, and the next ones are not taken for it`() async throws {
        try await self.with(RedisProcess(), { $0.redisAnswerMilliseconds = 200 }) {
            (client: RedisClient) async throws in
            let key = RedisKey("a")
            let sleep = client.servers.send(RedisCommand("DEBUG", "SLEEP", "0.7"), key: key, on: client.loop)
            await #expect(throws: EngineError.ambiguous) { try await sleep.get() }
            await #expect(throws: EngineError.ambiguous) { try await client.send("SET", "a", "1") }
            #expect(await client.waits { (try? await client.send("ECHO", "hello")) != nil })
            #expect(try await client.send("ECHO", "hello").text == "hello")
            // It was done all the same.
            #expect(try await client.send("GET", "a").text == "1")
            #expect(client.servers.trouble == nil)
        }
    }

    @Test func `a server that falls silent is left`() async throws {
        try await self.with(RedisProcess(), { $0.redisSilenceMilliseconds = 1_000 }) {
            (client: RedisClient) async throws in
            let life = client.servers.incarnation
            let key = RedisKey("a")
            let sleep = client.servers.send(RedisCommand("DEBUG", "SLEEP", "2.5"), key: key, on: client.loop)
            await #expect(throws: EngineError.ambiguous) { try await sleep.get() }
            #expect(await client.waits { client.servers.trouble?.contains("has not answered for 1 seconds") == true })
            #expect(await client.waits { client.servers.trouble == nil })
            #expect(client.servers.incarnation == life)
        }
    }

    // MARK: - Who may come in

    @Test func `the right password opens, the wrong one and none are refused at once`() async throws {
        let redis = try await RedisProcess(["--requirepass", "hush"])
        try await self.with(redis, url: "redis://:hush@127.0.0.1:\(redis.port)") { (client: RedisClient) async throws in
            #expect(try await client.send("SET", "a", "1").text == "OK")
            #expect(try await RedisClient("redis://:hash@127.0.0.1:\(redis.port)").trouble() == .wrongPassword)
            #expect(try await RedisClient(redis.url).trouble() == .passwordWanted)
            #expect(try await RedisClient("redis://ada:hush@127.0.0.1:\(redis.port)").trouble() == .wrongPassword)
            #expect(try await RedisClient("redis://:hush@127.0.0.1:\(redis.port)/99").trouble() == .wrongDatabase)
        }
    }

    @Test func `a user who may do little is enough`() async throws {
        let redis = try await RedisProcess(["--user", "ada", "on", ">hush", "~*", "&*", "+@all", "-info", "-config"])
        try await self.with(redis, url: "redis://ada:hush@127.0.0.1:\(redis.port)/3") {
            (client: RedisClient) async throws in
            #expect(try await client.send("SET", "a", "1").text == "OK")
            #expect(client.servers.trouble == nil)
            #expect(client.servers.weakness?.contains("does not tell its settings") == true)
            #expect(client.servers.incarnation.rawValue != 0)
            #expect(try await client.send("CLIENT", "INFO").text?.contains("db=3") == true)
            #expect(try await client.send("CLIENT", "INFO").text?.contains("name=parley") == true)
        }
    }

    @Test func `dangers are said, and a replica is refused`() async throws {
        let redis = try await RedisProcess(["--maxmemory-policy", "allkeys-lru"])
        try await self.with(redis) { (client: RedisClient) async throws in
            #expect(client.servers.weakness?.contains("maxmemory-policy noeviction") == true)
            let replica = try await RedisProcess(["--replicaof", "127.0.0.1 \(redis.port)"])
            let other = try RedisClient(replica.url) { $0.redisStartMilliseconds = 2_000 }
            #expect(await other.trouble() == .readOnly)
            await other.servers.stop()
            replica.stop()
        }
    }

    @Test func `where nothing listens the start says so after its time`() async throws {
        let port = try Ports.take()
        let client = try RedisClient("redis://127.0.0.1:\(port)") { $0.redisStartMilliseconds = 300 }
        #expect(await client.trouble() == .refused)
        #expect(client.servers.trouble == "Nothing listens at 127.0.0.1:\(port).")
        await client.servers.stop()
    }

    @Test func `who takes a connection and says nothing is given up`() async throws {
        let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(silent.localAddress?.port)
        let client = try RedisClient("redis://127.0.0.1:\(port)") {
            $0.redisConnectMilliseconds = 200
            $0.redisStartMilliseconds = 500
        }
        #expect(await client.trouble() == .silent)
        await client.servers.stop()
        try await silent.close()
    }
}
