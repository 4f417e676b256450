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
    private func cluster() async throws -> [RedisProcess] {
        var servers: [RedisProcess] = []
        for _ in 0..<3 {
            servers.append(
                try await RedisProcess(
                    ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"]
                        + ["--cluster-require-full-coverage", "no"]
                )
            )
        }
        let ends = [0, 5_461, 10_923, 16_384]
        for (index, server) in servers.enumerated() {
            try await server.command("CLUSTER", "ADDSLOTSRANGE", "\(ends[index])", "\(ends[index + 1] - 1)")
            try await server.command("CLUSTER", "SET-CONFIG-EPOCH", "\(index + 1)")
        }
        for server in servers {
            try await RedisProcess.eventually("the cluster is whole") {
                // Said once, it is forgotten where the other has not answered within the node timeout.
                for other in servers where other !== server {
                    try await server.command("CLUSTER", "MEET", "127.0.0.1", "\(other.port)")
                }
                let text = try await server.command("CLUSTER", "INFO")
                return text.contains("cluster_state:ok") && text.contains("cluster_known_nodes:3")
                    && text.contains("cluster_slots_assigned:16384")
            }
        }
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
        for server in cluster { #expect(try await server.command("DBSIZE") != "0") }
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
        let move = try await Move("{c0}", in: cluster)
        try await move.begin()
        // Its slot is still the old server's, its key is the new one's: `ASK`.
        #expect(try await client.send("INCR", "{c0}").integer == 2)
        #expect(try await client.send("INCR", "{c0}").integer == 3)
        try await move.end()
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
        let single = try await RedisProcess()
        #expect(try await RedisClient("redis+cluster://127.0.0.1:\(single.port)").trouble() == .notCluster)
        let part = try await RedisProcess(["--cluster-enabled", "yes"])
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
        let (from, to): (RedisProcess, RedisProcess)
        let (fromID, toID): (String, String)

        init(_ key: String, in cluster: [RedisProcess]) async throws {
            let slot = RedisKey(key).slot
            let index = slot < 5_461 ? 0 : slot < 10_923 ? 1 : 2
            (self.key, self.slot) = (key, "\(slot)")
            (self.from, self.to) = (cluster[index], cluster[(index + 1) % 3])
            self.fromID = try await self.from.command("CLUSTER", "MYID")
            self.toID = try await self.to.command("CLUSTER", "MYID")
        }

        func begin() async throws {
            try await self.to.command("CLUSTER", "SETSLOT", self.slot, "IMPORTING", self.fromID)
            try await self.from.command("CLUSTER", "SETSLOT", self.slot, "MIGRATING", self.toID)
            try await self.from.command("MIGRATE", "127.0.0.1", "\(self.to.port)", self.key, "0", "1000")
        }

        func end() async throws {
            for server in [self.to, self.from] {
                try await server.command("CLUSTER", "SETSLOT", self.slot, "NODE", self.toID)
            }
        }
    }
}
