/// What a server says of itself.
package struct RedisFacts: Hashable, Sendable {
    /// The settings that we ask for.
    package static let settings = [
        "maxmemory", "maxmemory-policy", "appendonly", "save", "min-replicas-to-write", "cluster-enabled",
    ]

    package var isResp3 = false
    package var version: String?
    /// It has not told everything.
    package var isSecretive = false
    package var runID: String?
    package var replicationID: String?
    package var role: String?
    package var isMasterLinkUp = true
    package var isLoading = false
    package var isCluster = false
    package var replicas = 0
    package var isAppendOnly = false
    package var lastSaveFailed = false
    package var lastAppendFailed = false
    package var memoryMax: Int?
    package var evictionPolicy: String?
    package var configuration: [String: String] = [:]

    package init() {}

    /// The text of `INFO`.
    package mutating func read(info: String) {
        for line in info.split(whereSeparator: \.isNewline) {
            let name = line.prefix { $0 != ":" }
            let value = String(line.dropFirst(name.count + 1))
            switch name {
            // Valkey calls itself a Redis 7.2.4 here, for those who look.
            case "redis_version": self.version = value
            case "run_id": self.runID = value
            case "master_replid": self.replicationID = value
            case "role": self.role = value
            case "master_link_status": self.isMasterLinkUp = value == "up"
            case "loading": self.isLoading = value == "1"
            case "cluster_enabled": self.isCluster = value == "1"
            case "connected_slaves": self.replicas = Int(value) ?? 0
            case "aof_enabled": self.isAppendOnly = value == "1"
            case "rdb_last_bgsave_status": self.lastSaveFailed = value == "err"
            case "aof_last_write_status": self.lastAppendFailed = value == "err"
            case "maxmemory": self.memoryMax = Int(value)
            case "maxmemory_policy": self.evictionPolicy = value
            default: break
            }
        }
    }

    /// `(7, 0)` of `7.0.15`.
    package var versionNumber: (major: Int, minor: Int)? {
        guard let parts = self.version?.split(separator: "."), parts.count >= 2, let major = Int(parts[0]),
            let minor = Int(parts[1])
        else { return nil }
        return (major, minor)
    }

    /// A number that is the same wherever it is made of the same life of the same server; nil if the server has not
    /// said who it is.
    package var life: UInt64? {
        guard let runID, let replicationID else { return nil }
        // FNV-1a, 64 bits.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(runID) \(replicationID)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}
