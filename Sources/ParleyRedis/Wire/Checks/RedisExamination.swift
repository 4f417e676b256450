/// Whether a server is fit for rooms, in words.
package struct RedisExamination: Hashable, Sendable {
    /// What makes it unfit.
    package var complaint: RedisComplaint?
    /// What an operator should know.
    package var warnings: [RedisWarning] = []

    package init(_ facts: RedisFacts, address: RedisAddress, isCluster: Bool) {
        self.complaint = Self.complaint(facts, address, isCluster: isCluster)
        guard self.complaint == nil else { return }
        if facts.isSecretive {
            self.warn(
                .secretive,
                "\(address) does not tell its settings (INFO or CONFIG GET is forbidden): see yourself that it "
                    + "evicts nothing, keeps its data and has replicas."
            )
        }
        self.addMemory(facts, address)
        self.addDurability(facts, address)
    }

    private static func complaint(_ facts: RedisFacts, _ address: RedisAddress, isCluster: Bool) -> RedisComplaint? {
        if let version = facts.version, let number = facts.versionNumber, number.major < 7 {
            return RedisComplaint(.tooOld, "\(address) is a Redis \(version): 7.0 or newer is needed, or a Valkey.")
        }
        if facts.isLoading { return RedisComplaint(.loading, "\(address) still loads its data.") }
        if facts.isCluster != isCluster, facts.runID != nil {
            return isCluster
                ? RedisComplaint(.notCluster, "\(address) is no server of a cluster: its address begins with redis://.")
                : RedisComplaint(
                    .isCluster,
                    "\(address) is a server of a cluster: its address begins with redis+cluster://."
                )
        }
        if facts.role == "slave" || facts.role == "replica" {
            return RedisComplaint(
                .readOnly,
                "\(address) is a replica and takes no writes: the master's address is needed, or "
                    + "redis+sentinel://, which finds it."
            )
        }
        return nil
    }

    private mutating func addMemory(_ facts: RedisFacts, _ address: RedisAddress) {
        let policy = facts.evictionPolicy ?? facts.configuration["maxmemory-policy"]
        guard let policy, policy != "noeviction" else { return }
        let isBounded = (facts.memoryMax ?? facts.configuration["maxmemory"].flatMap { Int($0) } ?? 0) > 0
        self.warn(
            .evicts,
            "\(address) throws rooms away when its memory is full (maxmemory-policy \(policy)"
                + "\(isBounded ? "" : ", no maxmemory yet")): set maxmemory-policy noeviction."
        )
    }

    private mutating func addDurability(_ facts: RedisFacts, _ address: RedisAddress) {
        let isAppendOnly = facts.isAppendOnly || facts.configuration["appendonly"] == "yes"
        if !isAppendOnly, facts.configuration["save"]?.isEmpty ?? false {
            self.warn(
                .forgets,
                "\(address) keeps nothing on disk (appendonly no, no save): when it restarts, rooms that no node holds "
                    + "are gone."
            )
        }
        if facts.lastSaveFailed || facts.lastAppendFailed {
            self.warn(.cannotSave, "\(address) could not write its data to disk the last time it tried.")
        }
        if facts.configuration["min-replicas-to-write"] == "0", facts.replicas > 0 {
            self.warn(
                .minority,
                "\(address) takes writes while it sees none of its replicas (min-replicas-to-write 0): what an old "
                    + "master takes after a failover is lost. Set it to 1."
            )
        }
    }

    private mutating func warn(_ reason: RedisWarning.Reason, _ words: String) {
        self.warnings.append(RedisWarning(reason: reason, description: words))
    }
}

/// What an operator should know of a Redis.
package struct RedisWarning: Hashable, Sendable, CustomStringConvertible {
    /// The raw value stands in metrics.
    package enum Reason: String, CaseIterable, Hashable, Sendable {
        case evicts
        case forgets
        case cannotSave = "cannot-save"
        case minority
        case secretive
    }

    package let reason: Reason
    package let description: String
}
