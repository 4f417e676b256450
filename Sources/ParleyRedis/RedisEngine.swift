public import CoreMetrics
public import Logging
public import NIOCore
public import ParleyEngine
public import ParleyProtocol
public import ServiceLifecycle
import Synchronization

/// An engine in Redis or Valkey: one server, one behind Sentinel, or a Cluster.
///
/// Everything that must happen as a whole is a script, so that nothing is told that did not happen. See
/// `docs/decisions/0018-redis.md` for how the contract lies in keys.
public final class RedisEngine: Engine, Service, CustomStringConvertible {
    package let servers: RedisServers
    let keys: EngineKeys
    let hub: RedisHub
    let refusals: RedisRefusals
    let limits: Limits
    /// For calls whose answers nobody waits for.
    let anyLoop: any EventLoop
    let lives: RedisLives
    /// Logs that the index could not be told of, and how long they live.
    let unnoted = Mutex<[LogID: ByteBuffer]>([:])

    /// - Parameters:
    ///   - prefix: in front of the names of all keys and channels.
    ///   - metrics: where troubles are counted; the process's own place without.
    ///   - random: names lives of the data.
    public init(
        _ configuration: RedisConfiguration,
        prefix: String = "parley",
        limits: Limits = Limits(),
        group: any EventLoopGroup,
        logger: Logger,
        metrics: (any MetricsFactory)? = nil,
        random: @escaping @Sendable () -> UInt64
    ) {
        self.anyLoop = group.next()
        self.servers = RedisServers(
            configuration,
            group: group,
            logger: logger,
            limits: limits,
            metrics: metrics
        )
        self.keys = EngineKeys(prefix: prefix)
        self.hub = RedisHub(self.servers, askingLoop: self.anyLoop)
        self.refusals = RedisRefusals(logger: logger, metrics: metrics, limits: limits)
        self.limits = limits
        self.lives = RedisLives(
            prefix: prefix,
            one: self.keys.leases[2],
            isCluster: configuration.isCluster,
            random: random
        )
    }

    /// Whether names may begin like that.
    public static func allows(prefix: String, limits: Limits = Limits()) -> Bool {
        EngineKeys.allows(prefix: prefix, limits: limits)
    }

    public var description: String { "RedisEngine" }

    // MARK: Life

    /// Holds the connections until it is cancelled or shut down in good order.
    public func run() async throws {
        try await self.servers.run()
    }

    /// Waits until everything can be asked for the first time. ``run()`` has to be under way.
    ///
    /// - Throws: what says in words why that will not happen.
    public func started() async throws {
        while true {
            do {
                try await self.servers.started()
                return try await self.refreshLife().get()
            } catch let complaint as RedisComplaint where complaint.trouble.mayPass {
                // Why is in the log, and again as long as it lasts.
            } catch is EngineError {
                try await Task.sleep(for: .milliseconds(500))
            }
            try Task.checkCancellation()
        }
    }

    /// Finds out whether it is still the same data.
    package func refreshLife() -> EventLoopFuture<Void> {
        let arguments = [ByteBuffer(), ByteBuffer(), ByteBuffer(), self.lives.newName()]
        let keys = self.keys.leases
        let asked = self.servers.run(NodeScripts.readLife, keys: keys, arguments: arguments, on: self.anyLoop)
        return self.answer(asked, about: keys[2]) { $0.bytes }.map { self.lives.saw($0, at: keys[2]) }
    }

    public var incarnation: EngineIncarnation { self.incarnation(self.servers.incarnation) }

    func incarnation(_ servers: EngineIncarnation) -> EngineIncarnation {
        EngineIncarnation(rawValue: servers.rawValue ^ self.lives.changes)
    }

    // MARK: Health

    public var health: EngineHealth {
        if let trouble = self.servers.trouble ?? self.refusals.trouble { return .failed(reason: trouble) }
        return self.servers.weakness.map { .degraded(reason: $0) } ?? .well
    }

    /// How many calls servers have refused, by the code of the refusal.
    public var refusalCounts: [String: Int] { self.refusals.counts }

    // MARK: Answers

    /// What a call answers, as a value; a refusal, or an answer that is none, is an error with a sentence in the log.
    func answer<Value: Sendable>(
        _ asked: EventLoopFuture<RESPValue>,
        about key: ByteBuffer? = nil,
        _ parse: @escaping @Sendable (RESPValue) -> Value?
    ) -> EventLoopFuture<Value> {
        let eventLoop = asked.eventLoop
        return asked.flatMapThrowing { value in
            if case .error(let text) = value { throw self.refused(text, about: key, now: eventLoop.now) }
            guard let parsed = parse(value) else { throw self.unreadable(about: key, now: eventLoop.now) }
            return parsed
        }
    }

    private func refused(_ text: ByteBuffer, about key: ByteBuffer?, now: NIODeadline) -> EngineError {
        let text = String(buffer: text)
        // Within a script an ACL says it in words alone.
        let isForbidden = text.contains("script can't run this command")
        let code = isForbidden ? "NOPERM" : text.prefix { $0 != " " }
        let (sentence, stops) = RedisRefusal.sentence(for: code)
        var metadata: Logger.Metadata = ["answer": "\(text.prefix(200))"]
        metadata["key"] = key.map { "\(String(buffer: $0).prefix(200))" }
        self.refusals.note(String(code.prefix(32)), sentence, stops: stops, metadata, now: now)
        return .unavailable
    }

    private func unreadable(about key: ByteBuffer?, now: NIODeadline) -> EngineError {
        let (sentence, stops) = RedisRefusal.sentence(for: "PARLEYDATA")
        var metadata: Logger.Metadata = [:]
        metadata["key"] = key.map { "\(String(buffer: $0).prefix(200))" }
        self.refusals.note("PARLEYDATA", sentence, stops: stops, metadata, now: now)
        return .unavailable
    }

    /// Fails soon, never inside the call.
    func fail<Value: Sendable>(_ error: EngineError, on eventLoop: any EventLoop) -> EventLoopFuture<Value> {
        eventLoop.submit { throw error }
    }

    /// Succeeds soon, never inside the call.
    func succeed<Value: Sendable>(_ value: Value, on eventLoop: any EventLoop) -> EventLoopFuture<Value> {
        eventLoop.submit { value }
    }
}
