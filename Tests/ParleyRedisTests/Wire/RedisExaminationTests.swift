import ParleyRedis
import Testing

@Suite("Whether a Redis is fit for rooms")
struct RedisExaminationTests {
    private static let good = """
        redis_version:7.0.15
        run_id:a
        master_replid:b
        role:master
        loading:0
        cluster_enabled:0
        connected_slaves:1
        aof_enabled:1
        maxmemory:1000000
        maxmemory_policy:noeviction
        rdb_last_bgsave_status:ok
        aof_last_write_status:ok
        """

    private func examine(
        _ changes: [String: String] = [:],
        settings: [String: String] = ["save": "3600 1", "min-replicas-to-write": "1"],
        isCluster: Bool = false
    ) -> RedisExamination {
        var facts = RedisFacts()
        facts.read(info: Self.good)
        for (name, value) in changes { facts.read(info: "\(name):\(value)") }
        facts.configuration = settings
        return RedisExamination(facts, address: RedisAddress(host: "a", port: 1), isCluster: isCluster)
    }

    @Test func `a good one is taken without a word`() {
        #expect(self.examine().complaint == nil)
        #expect(self.examine().warnings.isEmpty)
        #expect(self.examine(["cluster_enabled": "1"], isCluster: true).complaint == nil)
    }

    @Test(arguments: [
        ("redis_version", "6.2.14", RedisTrouble.tooOld), ("loading", "1", .loading), ("role", "slave", .readOnly),
        ("cluster_enabled", "1", .isCluster),
    ])
    func `what cannot be is refused`(name: String, value: String, trouble: RedisTrouble) throws {
        let complaint = try #require(self.examine([name: value]).complaint)
        #expect(complaint.trouble == trouble)
        #expect(complaint.description.contains("a:1") && complaint.description.hasSuffix("."))
    }

    @Test func `one that is no server of a cluster is refused in a cluster`() {
        #expect(self.examine(isCluster: true).complaint?.trouble == .notCluster)
    }

    @Test(arguments: [
        (["maxmemory_policy": "allkeys-lru"], ["save": "1 1"], RedisWarning.Reason.evicts),
        (["aof_enabled": "0"], ["save": ""], .forgets),
        (["rdb_last_bgsave_status": "err"], ["save": "1 1"], .cannotSave),
        (["aof_last_write_status": "err"], ["save": "1 1"], .cannotSave),
        ([:], ["min-replicas-to-write": "0"], .minority),
    ])
    func `what is dangerous is said`(
        changes: [String: String],
        settings: [String: String],
        reason: RedisWarning.Reason
    ) {
        let examination = self.examine(changes, settings: settings)
        #expect(examination.complaint == nil)
        #expect(examination.warnings.map(\.reason) == [reason])
        #expect(examination.warnings.allSatisfy { $0.description.hasSuffix(".") })
    }

    @Test func `one that tells nothing is taken, and that is said`() {
        var facts = RedisFacts()
        facts.isSecretive = true
        let examination = RedisExamination(facts, address: RedisAddress(host: "a", port: 1), isCluster: false)
        #expect(examination.complaint == nil)
        #expect(examination.warnings.map(\.reason) == [.secretive])
    }

    @Test func `only what passes by itself is waited for`() {
        #expect(RedisTrouble.allCases.filter(\.mayPass).count == 10)
        #expect(!RedisTrouble.wrongPassword.mayPass && RedisTrouble.refused.mayPass)
    }
}
