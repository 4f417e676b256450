/// Three masters that share the slots.
package final class RedisCluster: Sendable {
    package let servers: [RedisProcess]

    package var url: String {
        "redis+cluster://" + self.servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    }

    package init() async throws {
        let flags = [
            "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "2000",
        ]
        var servers: [RedisProcess] = []
        for _ in 0..<3 { servers.append(try await RedisProcess(flags)) }
        self.servers = servers
        let addresses = servers.map { "127.0.0.1:\($0.port)" }
        let said = try await RedisProcess.cli(
            ["--cluster", "create"] + addresses + ["--cluster-replicas", "0", "--cluster-yes"]
        )
        for server in servers {
            try await RedisProcess.eventually("the cluster is made: \(said)") {
                try await server.command("CLUSTER", "INFO").contains("cluster_state:ok")
            }
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
