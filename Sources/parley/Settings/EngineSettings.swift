import CoreMetrics
import Logging
import NIOCore
import NIOPosix
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyServer
import ParleySQLite
import ServiceLifecycle

extension Setting {
    static let engines = [engine, enginePrefix]

    /// It may hold a password.
    static let engine = Setting(
        key: "engine",
        allowed: "memory, sqlite: and a file of this server alone, or the address of a Redis: redis://host:port",
        isSecret: true
    )
    static let enginePrefix = Setting(
        key: "engine-prefix",
        allowed: "some letters and digits, which no other program's keys in this Redis begin with"
    )
}

/// Where rooms are kept.
enum EngineChoice: Sendable {
    /// They end with the process.
    case memory
    /// They are in that file, too, and outlive the process.
    case sqlite(path: String)
    /// Any number of servers share them.
    case redis(RedisConfiguration, prefix: String)

    init(_ settings: SettingsReader) throws {
        let prefix = try settings.value(.enginePrefix) { RedisEngine.allows(prefix: $0) ? $0 : nil }
        let text = try settings.value(.engine) { $0 } ?? "memory"
        if text.contains("://"), !text.hasPrefix("sqlite:") {
            do throws(RedisURLError) {
                self = .redis(try RedisConfiguration(url: text), prefix: prefix ?? "parley")
            } catch {
                throw SettingError("The setting engine cannot be used: \(error)")
            }
            return
        }
        guard prefix == nil else {
            throw SettingError("The setting engine-prefix means nothing without a Redis in engine.")
        }
        guard let choice = Self(text) else {
            throw SettingError(.engine, value: text, source: "as it is")
        }
        self = choice
    }

    /// Where meetings are, as the end of a sentence.
    var keeping: String {
        switch self {
        case .memory: "in memory and end with this process"
        case .sqlite(let path): "in \(path)"
        case .redis: "in Redis"
        }
    }

    private init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count > 1 ? parts[1] : nil) {
        case ("memory", nil): self = .memory
        case ("sqlite", let path?) where !path.isEmpty: self = .sqlite(path: path)
        case (_, _): return nil
        }
    }
}

/// An engine, and what its life takes.
struct ChosenEngine: Sendable {
    let engine: any Engine
    /// What runs as long as somebody asks the engine.
    var service: (any Service)?
    /// Returns when it can be asked.
    var started: @Sendable () async throws -> Void = {}
    /// When nobody asks it any more.
    var close: @Sendable () async -> Void = {}
}

extension EngineChoice {
    func open(
        limits: Limits,
        logger: Logger,
        metrics: any MetricsFactory,
        clock: @escaping @Sendable () -> Instant
    ) throws(SettingError) -> ChosenEngine {
        let incarnation = EngineIncarnation(rawValue: .random(in: .min ... .max))
        switch self {
        case .memory:
            return ChosenEngine(engine: InMemoryEngine(limits: limits, incarnation: incarnation, clock: clock))
        case .sqlite(let path):
            return try Self.open(path, limits, incarnation, logger, clock)
        case .redis(let configuration, let prefix):
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let engine = RedisEngine(
                configuration,
                prefix: prefix,
                limits: limits,
                group: group,
                logger: logger,
                metrics: metrics
            ) { .random(in: .min ... .max) }
            return ChosenEngine(engine: engine, service: engine) {
                do {
                    try await engine.started()
                } catch let complaint as RedisComplaint {
                    throw EngineStartError(description: complaint.description)
                }
            } close: {
                try? await group.shutdownGracefully()
            }
        }
    }
}

extension EngineChoice {
    private static func open(
        _ path: String,
        _ limits: Limits,
        _ incarnation: EngineIncarnation,
        _ logger: Logger,
        _ clock: @escaping @Sendable () -> Instant
    ) throws(SettingError) -> ChosenEngine {
        let engine: SQLiteEngine
        do throws(SQLiteProblem) {
            engine = try SQLiteEngine(
                path: path,
                limits: limits,
                incarnation: incarnation,
                logger: logger,
                clock: clock
            )
        } catch {
            throw SettingError(error.description)
        }
        return ChosenEngine(
            engine: engine,
            close: {
                do throws(SQLiteProblem) {
                    try await engine.close()
                } catch {
                    logger.error("\(error)")
                }
            }
        )
    }
}

/// Why an engine will never be there.
struct EngineStartError: Error, CustomStringConvertible {
    let description: String
}

/// A service that begins when the engine can be asked.
struct WhenStarted: Service, CustomStringConvertible {
    let engine: ChosenEngine
    let service: any Service

    var description: String { "\(self.service), when the engine has started" }

    func run() async throws {
        guard try await cancelWhenGracefulShutdown({ try await self.hasStarted() }) else { return }
        try await self.service.run()
    }

    /// - Returns: false if nobody wants it any more.
    private func hasStarted() async throws -> Bool {
        do {
            try await self.engine.started()
            return true
        } catch is CancellationError {
            return false
        }
    }
}
