import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

/// A suite's, or a test's, own Redis.
struct RedisScope: SuiteTrait, TestTrait, TestScoping {
    @TaskLocal static var server: RedisProcess?

    var flags: [String] = []

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let server = try RedisProcess(self.flags)
        defer { server.stop() }
        try await Self.$server.withValue(server) { try await function() }
    }
}

extension Trait where Self == RedisScope {
    static var redis: RedisScope { RedisScope() }
    static func redis(_ flags: String...) -> RedisScope { RedisScope(flags: flags) }
}

/// An engine on a Redis, under names that no other test uses.
struct RedisSubject: Sendable {
    let engine: RedisEngine
    let prefix: String
    let server: RedisProcess

    var subject: ConformanceSubject {
        ConformanceSubject(engine: self.engine, advance: nil) { losing, log in self.failOver(losing, log) }
    }

    /// - Parameter url: of the servers, if it is not the one.
    static func with(
        prefix: String? = nil,
        url: String? = nil,
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        _ body: @Sendable (RedisSubject) async throws -> Void
    ) async throws {
        let server = try #require(RedisScope.server)
        let prefix = prefix ?? "test\(UInt64.random(in: .min ... .max))"
        let engine = RedisEngine(
            try RedisConfiguration(url: url ?? server.url),
            prefix: prefix,
            group: EngineConformance.group,
            logger: logger
        ) { .random(in: .min ... .max) }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await engine.run() }
            try await engine.started()
            try await body(RedisSubject(engine: engine, prefix: prefix, server: server))
            tasks.cancelAll()
        }
    }

    /// As a server does that has lost the newest entries: it lives another life.
    private func failOver(_ losing: Int, _ log: LogID) {
        let entries = "\(self.prefix):{\(log.kind.rawValue):\(log.id)}:l"
        do {
            for _ in 0..<losing { try self.server.command("RPOP", entries) }
            try self.server.command("DEL", "\(self.prefix):{nodes}:life")
            try self.engine.refreshLife().wait()
        } catch {
            Issue.record(error)
        }
    }
}
