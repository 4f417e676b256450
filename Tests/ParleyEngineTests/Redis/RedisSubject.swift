import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

/// An engine on a Redis, under names that no other test uses.
struct RedisSubject: Sendable {
    let engine: RedisEngine
    let prefix: String
    let server: RedisProcess

    var subject: ConformanceSubject {
        ConformanceSubject(engine: self.engine, advance: nil) { losing, log in await self.failOver(losing, log) }
    }

    static func with(
        prefix: String? = nil,
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        limits change: (inout Limits) -> Void = { _ in },
        _ body: @Sendable (RedisSubject) async throws -> Void
    ) async throws {
        let server = try #require(RedisScope.server)
        let url = try #require(RedisScope.url)
        let prefix = prefix ?? "test\(UInt64.random(in: .min ... .max))"
        var limits = Limits()
        change(&limits)
        let engine = RedisEngine(
            try RedisConfiguration(url: url),
            prefix: prefix,
            limits: limits,
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
    private func failOver(_ losing: Int, _ log: LogID) async {
        let entries = "\(self.prefix):{\(log.kind.rawValue):\(log.id)}:l"
        do {
            for _ in 0..<losing { try await self.server.command("RPOP", entries) }
            try await self.server.command("DEL", "\(self.prefix):{nodes}:life")
            try await self.engine.refreshLife().get()
        } catch {
            Issue.record(error)
        }
    }
}
