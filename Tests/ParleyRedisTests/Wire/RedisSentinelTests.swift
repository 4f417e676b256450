import Foundation
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Synchronization
import Testing

@Suite("A real Redis behind Sentinels", .serialized, .timeLimit(.minutes(patience)))
struct RedisSentinelTests {
    @Test func `the master is found, and found again when another one is`() async throws {
        let master = try await RedisProcess()
        let plain = try RedisClient(master.url)
        try await plain.servers.started()
        let replica = try await RedisProcess(["--replicaof", "127.0.0.1 \(master.port)"])
        #expect(
            try await plain.waits { try await plain.send("INFO", "replication").text?.contains("state=online") == true }
        )
        var sentinels: [RedisProcess] = []
        for _ in 0..<3 { sentinels.append(try await RedisProcess.sentinel(of: master.port)) }
        let hosts = sentinels.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
        let client = try RedisClient("redis+sentinel://\(hosts)/parley") { $0.redisTopologyMilliseconds = 100 }
        try await client.servers.started()
        let life = client.servers.incarnation
        #expect(try await client.send("SET", "a", "1").text == "OK")
        #expect(try await client.send("WAIT", "1", "2000").integer == 1)
        let heard = try await client.listen("c")
        // Sentinels find each other and the replica by way of the master.
        let first = try RedisClient("redis://127.0.0.1:\(sentinels[0].port)")
        #expect(await Self.knowsOthers(sentinels[0], first))
        master.kill()
        #expect(await client.waits(20) { client.servers.incarnation != life && client.servers.trouble == nil })
        #expect(try await client.send("GET", "a").text == "1")
        #expect(await client.waits { await heard.again >= 1 })
        #expect(try await client.send("SPUBLISH", "c", "one").integer == 1)
        #expect(await client.waits { await heard.texts == ["one"] })
        let port = try await client.send("CONFIG", "GET", "port").elements?.last?.integer
        #expect(port == Int64(replica.port))
        for servers in [client.servers, plain.servers, first.servers] { await servers.stop() }
        for process in sentinels + [replica, master] { process.stop() }
    }

    @Test func `a name that no Sentinel knows is said`() async throws {
        let master = try await RedisProcess()
        let sentinel = try await RedisProcess.sentinel(of: master.port)
        let client = try RedisClient("redis+sentinel://127.0.0.1:\(sentinel.port)/other") {
            $0.redisStartMilliseconds = 1_500
        }
        #expect(await client.trouble() == .noMaster)
        #expect(client.servers.trouble?.contains("knows no master other") == true)
        await client.servers.stop()
        for process in [sentinel, master] { process.stop() }
    }

    /// What the Sentinel says of the master, by redis-cli: it is no Redis.
    private static func knowsOthers(_ sentinel: RedisProcess, _ client: RedisClient) async -> Bool {
        await client.waits(20) {
            let words = (try? await sentinel.command("SENTINEL", "MASTER", "parley")) ?? ""
            let lines = words.split(separator: "\n").map(String.init)
            func value(_ name: String) -> String? {
                lines.firstIndex(of: name).flatMap { $0 + 1 < lines.count ? lines[$0 + 1] : nil }
            }
            return value("num-other-sentinels") == "2" && value("num-slaves") == "1"
        }
    }
}

extension RedisProcess {
    /// A Sentinel that watches the master on that port by the name `parley`.
    static func sentinel(of port: Int) async throws -> RedisProcess {
        try await RedisProcess(
            program: "redis-sentinel",
            file: """
                sentinel monitor parley 127.0.0.1 \(port) 2
                sentinel down-after-milliseconds parley 500
                sentinel failover-timeout parley 3000

                """
        )
    }
}
