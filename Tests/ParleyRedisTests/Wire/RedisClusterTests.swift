import Foundation
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

@Suite("A real cluster of Redis", .serialized, .timeLimit(.minutes(patience)))
struct RedisClusterTests {
    /// Three masters with a third of the slots each.
    private func cluster() async throws -> [MortalRedis] {
        let servers = try (0..<3).map { _ in
            let port = try MortalRedis.freePort()
            let bus = try MortalRedis.freePort()
            return try MortalRedis(
                ["--cluster-enabled", "yes", "--cluster-port", "\(bus)", "--cluster-node-timeout", "1000"]
                    + ["--cluster-require-full-coverage", "no"],
                port: port
            )
        }
        let ends = [0, 5_461, 10_923, 16_384]
        let anybody = try RedisClient(servers[0].url)
        let isReady = await anybody.waits { servers.allSatisfy { (try? $0.ask("PING"))?.contains("PONG") == true } }
        try #require(isReady)
        for (index, server) in servers.enumerated() {
            _ = try server.ask("CLUSTER", "ADDSLOTSRANGE", "\(ends[index])", "\(ends[index + 1] - 1)")
            _ = try server.ask("CLUSTER", "SET-CONFIG-EPOCH", "\(index + 1)")
        }
        let buses = try servers.map { server in
            try server.ask("CONFIG", "GET", "cluster-port").split(separator: "\n").last.map(String.init) ?? ""
        }
        for (index, server) in servers.enumerated().dropFirst() {
            _ = try servers[0].ask("CLUSTER", "MEET", "127.0.0.1", "\(server.port)", buses[index])
        }
        let isWhole = await anybody.waits {
            servers.allSatisfy { server in
                let text = (try? server.ask("CLUSTER", "INFO")) ?? ""
                return text.contains("cluster_state:ok") && text.contains("cluster_known_nodes:3")
                    && text.contains("cluster_slots_assigned:16384")
            }
        }
        try #require(isWhole)
        return servers
    }

    @Test func `each key and channel is at the server that has its slot, also after that has changed`() async throws {
        let cluster = try await self.cluster()
        let client = try RedisClient("redis+cluster://127.0.0.1:\(cluster[1].port)") {
            $0.redisTopologyMilliseconds = 100
        }
        try await client.servers.started()
        #expect(client.servers.trouble == nil && client.servers.incarnation.rawValue != 0)
        for number in 0..<50 { #expect(try await client.send("SET", "{k\(number)}", "\(number)").text == "OK") }
        let sizes = try cluster.map { try $0.ask("DBSIZE") }
        #expect(sizes.allSatisfy { !$0.hasPrefix("0") })
        let script = RedisScript("redis.call('SPUBLISH', KEYS[1], ARGV[1]) return redis.call('INCR', KEYS[1])")
        var heard: [Heard] = []
        for number in 0..<12 { heard.append(try await client.listen("{c\(number)}")) }
        for number in 0..<12 {
            let keys = [ByteBuffer(string: "{c\(number)}")]
            let arguments = [ByteBuffer(string: "hello \(number)")]
            let answer = try await client.servers.run(script, keys: keys, arguments: arguments, on: client.loop).get()
            #expect(answer.integer == 1)
        }
        for (number, heard) in heard.enumerated() {
            #expect(await client.waits { await heard.texts == ["hello \(number)"] })
        }
        let strict = try RedisClient("redis+cluster://127.0.0.1:\(cluster[0].port)") { $0.redisRedirectsMax = 0 }
        try await strict.servers.started()
        let move = try Move("{c0}", in: cluster)
        try move.begin()
        // Its slot is still the old server's, its key is the new one's: `ASK`.
        #expect(try await client.send("INCR", "{c0}").integer == 2)
        #expect(try await client.send("INCR", "{c0}").integer == 3)
        try move.end()
        await #expect(throws: EngineError.unavailable) { try await strict.send("INCR", "{c0}") }
        await strict.servers.stop()
        // The client has not heard of it: it is told `MOVED`, and listens elsewhere.
        let answer = try await client.send("INCR", "{c0}")
        #expect(answer.integer == 4)
        #expect(await client.waits { await heard[0].again >= 1 })
        #expect(try await client.send("SPUBLISH", "{c0}", "again").integer == 1)
        #expect(await client.waits { await heard[0].texts == ["hello 0", "again"] })
        #expect(client.servers.trouble == nil)
        // One of three is gone: what the others have is served.
        cluster[2].kill()
        #expect(await client.waits { client.servers.weakness != nil })
        let owned = (0..<100).map { "{o\($0)}" }.filter { RedisKey($0).slot < 5_000 }
        #expect(try await client.send("SET", owned[0], "1").text == "OK")
        #expect(client.servers.trouble == nil)
        await client.servers.stop()
        for server in cluster { server.stop() }
    }

    @Test func `an address of the wrong kind is told apart`() async throws {
        let single = try MortalRedis()
        #expect(try await RedisClient("redis+cluster://127.0.0.1:\(single.port)").trouble() == .notCluster)
        let part = try MortalRedis(["--cluster-enabled", "yes", "--cluster-port", "\(MortalRedis.freePort())"])
        #expect(try await RedisClient(part.url).trouble() == .isCluster)
        let empty = try RedisClient("redis+cluster://127.0.0.1:\(part.port)") { $0.redisStartMilliseconds = 1_500 }
        #expect(await empty.trouble() == .incomplete)
        await empty.servers.stop()
        for server in [single, part] { server.stop() }
    }

    /// Gives the key's slot, with the key, to the next server, as `redis-cli --cluster reshard` does.
    private struct Move {
        let key: String
        let slot: String
        let (from, to): (MortalRedis, MortalRedis)
        let (fromID, toID): (String, String)

        init(_ key: String, in cluster: [MortalRedis]) throws {
            let slot = RedisKey(key).slot
            let index = slot < 5_461 ? 0 : slot < 10_923 ? 1 : 2
            (self.key, self.slot) = (key, "\(slot)")
            (self.from, self.to) = (cluster[index], cluster[(index + 1) % 3])
            self.fromID = try self.from.ask("CLUSTER", "MYID").trimmingCharacters(in: .whitespacesAndNewlines)
            self.toID = try self.to.ask("CLUSTER", "MYID").trimmingCharacters(in: .whitespacesAndNewlines)
        }

        func begin() throws {
            _ = try self.to.ask("CLUSTER", "SETSLOT", self.slot, "IMPORTING", self.fromID)
            _ = try self.from.ask("CLUSTER", "SETSLOT", self.slot, "MIGRATING", self.toID)
            _ = try self.from.ask("MIGRATE", "127.0.0.1", "\(self.to.port)", self.key, "0", "1000")
        }

        func end() throws {
            for server in [self.to, self.from] {
                _ = try server.ask("CLUSTER", "SETSLOT", self.slot, "NODE", self.toID)
            }
        }
    }
}
