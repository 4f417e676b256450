import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

/// TLS and passwords, where several servers and Sentinels have to be shown them.
@Suite("A guarded Redis", .serialized, .timeLimit(.minutes(2 * patience)))
struct RedisGuardedTests {
    /// Who may do everything, by whom servers are told what to do; and who we are.
    private static let operatorsPassword = "operators"
    private static let users = [
        "--requirepass", Self.operatorsPassword, "--masterauth", Self.operatorsPassword,
        "--user", "parley", "on", ">pa:ss", "~*", "&*", "+@all",
    ]

    private struct Guard {
        let certificates: RedisCertificates

        /// What an operator says to a server.
        func say(_ words: String..., to port: Int) async throws -> String {
            let who = ["--tls", "--cacert", self.certificates.roots, "-h", "127.0.0.1", "-p", "\(port)"]
            let password = ["-a", RedisGuardedTests.operatorsPassword, "--no-auth-warning"]
            return try await RedisProcess.cli(who + password + words)
        }

        func server(_ flags: [String] = []) async throws -> RedisProcess {
            let guarded = RedisGuardedTests.users + self.certificates.flags + ["--tls-replication", "yes"]
            return try await RedisProcess(guarded + flags, takesPlain: false)
        }

        func sentinel(of port: Int) async throws -> RedisProcess {
            try await RedisProcess(
                self.certificates.flags + ["--tls-replication", "yes"],
                program: "redis-sentinel",
                file: """
                    sentinel monitor parley 127.0.0.1 \(port) 1
                    sentinel auth-pass parley \(RedisGuardedTests.operatorsPassword)
                    sentinel down-after-milliseconds parley 500
                    sentinel failover-timeout parley 3000
                    requirepass operators
                    user watcher on >see &* +@all

                    """,
                takesPlain: false
            )
        }
    }

    @Test func `Sentinels with passwords, behind TLS, name a master with passwords, behind TLS`() async throws {
        let certificates = try await RedisCertificates(for: "IP:127.0.0.1")
        defer { certificates.remove() }
        let guarded = Guard(certificates: certificates)
        let master = try await guarded.server()
        let replica = try await guarded.server(["--replicaof", "127.0.0.1", "\(master.port)"])
        try await RedisProcess.eventually("the replica has everything") {
            try await guarded.say("INFO", "replication", to: replica.port).contains("master_link_status:up")
        }
        let sentinel = try await guarded.sentinel(of: master.port)
        try await RedisProcess.eventually("the Sentinel knows the replica") {
            try await guarded.say("SENTINEL", "replicas", "parley", to: sentinel.port).contains("\(replica.port)")
        }
        func url(_ who: String = "parley:pa%3Ass", _ options: String...) -> String {
            let all = ["ca=\(certificates.roots)"] + options
            return "rediss+sentinel://\(who)@127.0.0.1:\(sentinel.port)/parley?\(all.joined(separator: "&"))"
        }
        let watcher = ["sentinel-user=watcher", "sentinel-password=see"]
        #expect(try await RedisClient(url()).trouble() == .passwordWanted)
        #expect(try await RedisClient(url("parley:pa%3Ass", "sentinel-password=see")).trouble() == .wrongPassword)
        #expect(try await RedisClient(url("parley:wrong", watcher[0], watcher[1])).trouble() == .wrongPassword)
        let usual = try RedisClient(url("parley:pa%3Ass", "sentinel-password=\(Self.operatorsPassword)"))
        try await usual.servers.started()
        await usual.servers.stop()
        let client = try RedisClient(url("parley:pa%3Ass", watcher[0], watcher[1])) {
            $0.redisTopologyMilliseconds = 100
        }
        try await client.servers.started()
        let life = client.servers.incarnation
        #expect(try await client.send("SET", "a", "1").text == "OK")
        #expect(try await client.send("WAIT", "1", "2000").integer == 1)
        let heard = try await client.listen("c")
        master.kill()
        #expect(await client.waits(20) { client.servers.incarnation != life && client.servers.trouble == nil })
        #expect(try await client.send("GET", "a").text == "1")
        #expect(await client.waits { await heard.again >= 1 })
        #expect(try await client.send("SPUBLISH", "c", "one").integer == 1)
        #expect(await client.waits { await heard.texts == ["one"] })
        await client.servers.stop()
        for process in [sentinel, replica, master] { process.stop() }
    }

    @Test func `a cluster with passwords, behind TLS, of which a master dies`() async throws {
        let certificates = try await RedisCertificates(for: "DNS:localhost,IP:127.0.0.1")
        defer { certificates.remove() }
        let cluster = try await RedisCluster(
            replicas: 1,
            flags: certificates.flags + ["--tls-replication", "yes", "--tls-cluster", "yes"] + Self.users,
            access: ["--tls", "--cacert", certificates.roots, "-a", Self.operatorsPassword, "--no-auth-warning"]
        )
        defer { cluster.stop() }
        // One is named by a name; the others are known by their addresses.
        let url = "rediss+cluster://parley:pa%3Ass@localhost:\(cluster.servers[1].port)?ca=\(certificates.roots)"
        #expect(try await RedisClient(url.replacing("pa%3Ass", with: "wrong")).trouble() == .wrongPassword)
        let client = try RedisClient(url) { $0.redisTopologyMilliseconds = 100 }
        try await client.servers.started()
        let keys = (0..<60).map { "{k\($0)}" }
        let lost = keys.filter { RedisKey($0).slot < 5_461 }
        for key in keys { #expect(try await client.send("INCR", key).integer == 1) }
        let heard = try await client.listen(lost[0])
        try await cluster.replicasHaveAll()
        let life = client.servers.incarnation
        cluster.servers[0].kill()
        // What the others have is served meanwhile.
        for key in keys where !lost.contains(key) { #expect(try await client.send("INCR", key).integer == 2) }
        #expect(await client.waits(20) { (try? await client.send("GET", lost[0]).text) == "1" })
        for key in lost { #expect(try await client.send("INCR", key).integer == 2) }
        #expect(client.servers.incarnation != life && client.servers.trouble == nil)
        #expect(await client.waits { await heard.again >= 1 })
        #expect(try await client.send("SPUBLISH", lost[0], "one").integer == 1)
        #expect(await client.waits { await heard.texts == ["one"] })
        await client.servers.stop()
    }
}
