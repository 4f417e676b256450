import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

/// A suite's, or a test's, own Redis.
struct RedisScope: SuiteTrait, TestTrait, TestScoping {
    enum Shape: Sendable {
        case one, cluster, sentinel
    }

    @TaskLocal static var server: RedisProcess?
    @TaskLocal static var url: String?
    @TaskLocal static var sentinel: RedisSentinel?

    let shape: Shape

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        switch self.shape {
        case .one:
            let server = try await RedisProcess()
            defer { server.stop() }
            try await Self.run(server, server.url, function)
        case .cluster:
            let cluster = try await RedisCluster()
            defer { cluster.stop() }
            try await Self.run(cluster.servers[0], cluster.url, function)
        case .sentinel:
            let sentinel = try await RedisSentinel()
            defer { sentinel.stop() }
            try await Self.$sentinel.withValue(sentinel) {
                try await Self.run(sentinel.master, sentinel.url, function)
            }
        }
    }

    static func run(
        _ server: RedisProcess,
        _ url: String,
        _ function: @Sendable () async throws -> Void
    ) async throws {
        try await Self.$server.withValue(server) {
            try await Self.$url.withValue(url) { try await function() }
        }
    }
}

extension Trait where Self == RedisScope {
    static var redis: RedisScope { RedisScope(shape: .one) }
    static var redisCluster: RedisScope { RedisScope(shape: .cluster) }
    static var redisSentinel: RedisScope { RedisScope(shape: .sentinel) }
}
