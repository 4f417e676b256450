/// Three masters that share the slots, and replicas of the first one.
package final class RedisCluster: Sendable {
    /// The masters first.
    package let servers: [RedisProcess]
    /// What an operator has to say to `redis-cli` to be let in.
    private let access: [String]

    package var url: String {
        "redis+cluster://" + self.servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    }

    /// - Parameter access: what `redis-cli` needs beside an address, if that is not enough; then they speak TLS alone.
    package init(replicas: Int = 0, flags: [String] = [], access: [String] = []) async throws {
        let isMortal = replicas > 0
        let usual = [
            "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
            "--cluster-node-timeout", isMortal ? "1000" : "2000",
            "--cluster-require-full-coverage", isMortal ? "no" : "yes",
        ]
        var servers: [RedisProcess] = []
        for _ in 0..<3 + replicas {
            servers.append(try await RedisProcess(usual + flags, takesPlain: access.isEmpty))
        }
        self.servers = servers
        self.access = access
        let addresses = servers.map { "127.0.0.1:\($0.port)" }
        let masters = Array(addresses.prefix(3))
        var said = try await self.cluster(["create"] + masters + ["--cluster-replicas", "0", "--cluster-yes"])
        try await self.everybody("the cluster is made: \(said)", servers.prefix(3)) {
            $0.contains("cluster_state:ok")
        }
        for address in addresses.dropFirst(3) {
            let first = try await self.say("CLUSTER", "MYID", to: servers[0])
            said = try await self.cluster(
                ["add-node", address, masters[0], "--cluster-slave", "--cluster-master-id", first]
            )
        }
        try await self.everybody("all know all: \(said)", servers[...]) {
            $0.contains("cluster_state:ok") && $0.contains("cluster_known_nodes:\(servers.count)")
        }
        for replica in servers.dropFirst(3) {
            try await RedisProcess.eventually("the replica has everything: \(said)") {
                try await self.say("INFO", "replication", to: replica).contains("master_link_status:up")
            }
        }
    }

    /// What an operator says.
    package func say(_ words: String..., to server: RedisProcess) async throws -> String {
        try await RedisProcess.cli(self.access + ["-p", "\(server.port)"] + words)
    }

    private func cluster(_ words: [String]) async throws -> String {
        try await RedisProcess.cli(self.access + ["--cluster"] + words)
    }

    private func everybody(
        _ what: String,
        _ servers: ArraySlice<RedisProcess>,
        _ isSo: (String) -> Bool
    ) async throws {
        for server in servers {
            try await RedisProcess.eventually(what) { isSo(try await self.say("CLUSTER", "INFO", to: server)) }
        }
    }

    /// What the first master has written until now.
    package func replicasHaveAll() async throws {
        func written(_ server: RedisProcess) async throws -> Int {
            let text = try await self.say("INFO", "replication", to: server)
            return text.firstMatch(of: /master_repl_offset:([0-9]+)/).flatMap { Int($0.1) } ?? 0
        }
        let wanted = try await written(self.servers[0])
        for replica in self.servers.dropFirst(3) {
            try await RedisProcess.eventually("the replica has it") { try await written(replica) >= wanted }
        }
    }

    package func stop() {
        for server in self.servers { server.stop() }
    }
}

/// A master, a replica, and a Sentinel that makes a master of the replica when the master is gone.
package final class RedisSentinel: Sendable {
    package let master: RedisProcess
    package let replica: RedisProcess
    package let sentinel: RedisProcess

    package var url: String { "redis+sentinel://127.0.0.1:\(self.sentinel.port)/mymaster" }

    package init() async throws {
        let master = try await RedisProcess()
        let replica = try await RedisProcess(["--replicaof", "127.0.0.1", "\(master.port)"])
        let sentinel = try await RedisProcess(
            program: "redis-sentinel",
            file: """
                sentinel monitor mymaster 127.0.0.1 \(master.port) 1
                sentinel down-after-milliseconds mymaster 500
                sentinel failover-timeout mymaster 3000

                """
        )
        (self.master, self.replica, self.sentinel) = (master, replica, sentinel)
        try await RedisProcess.eventually("the replica has everything") {
            try await replica.command("INFO", "replication").contains("master_link_status:up")
        }
        try await RedisProcess.eventually("the Sentinel knows the replica") {
            try await sentinel.command("SENTINEL", "replicas", "mymaster").contains("\(replica.port)")
        }
    }

    package func stop() {
        for server in [self.sentinel, self.replica, self.master] { server.stop() }
    }
}

extension RedisProcess {
    package struct NotSo: Error, CustomStringConvertible {
        package let description: String
    }

    /// Asks again and again, for some seconds: each question is a process, which is pause enough.
    package static func eventually(_ what: String, _ isSo: () async throws -> Bool) async throws {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(30 * patience) {
            try Task.checkCancellation()
            if try await isSo() { return }
        }
        throw NotSo(description: "not within \(30 * patience) seconds: \(what)")
    }
}
