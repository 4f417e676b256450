import Foundation

/// Three masters that share the slots.
package final class RedisCluster: Sendable {
    package let servers: [RedisProcess]

    package var url: String {
        "redis+cluster://" + self.servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    }

    package init() throws {
        let flags = [
            "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "2000",
        ]
        self.servers = try (0..<3).map { _ in try RedisProcess(flags) }
        let addresses = self.servers.map { "127.0.0.1:\($0.port)" }
        let said = try RedisProcess.cli(
            ["--cluster", "create"] + addresses + ["--cluster-replicas", "0", "--cluster-yes"]
        )
        for server in self.servers {
            try RedisProcess.eventually("the cluster is made: \(said)") {
                try server.command("CLUSTER", "INFO").contains("cluster_state:ok")
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

    package init() throws {
        let flags = ["--repl-diskless-sync-delay", "0"]
        let master = try RedisProcess(flags)
        self.master = master
        self.replica = try RedisProcess(flags + ["--replicaof", "127.0.0.1", "\(master.port)"])
        self.sentinel = try RedisProcess(
            program: "redis-sentinel",
            file: """
                sentinel monitor mymaster 127.0.0.1 \(master.port) 1
                sentinel down-after-milliseconds mymaster 500
                sentinel failover-timeout mymaster 3000

                """
        )
        try RedisProcess.eventually("the replica has everything") { [replica] in
            try replica.command("INFO", "replication").contains("master_link_status:up")
        }
        try RedisProcess.eventually("the Sentinel knows the replica") { [sentinel, replica] in
            try sentinel.command("SENTINEL", "replicas", "mymaster").contains("\(replica.port)")
        }
    }

    package func stop() {
        for server in [self.sentinel, self.replica, self.master] { server.stop() }
    }
}

extension RedisProcess {
    /// Asks again and again, for some seconds: each question is a process, which is pause enough.
    package static func eventually(_ what: String, _ isSo: () throws -> Bool) throws {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(20) {
            if try isSo() { return }
        }
        throw CannotStart(description: "not within 20 seconds: \(what)")
    }
}
