import Logging
import NIOCore
import ParleyClient
import ParleyEngine
import ParleyProtocol
import ParleyServer
import ServiceLifecycle
import Synchronization
import Testing

/// A whole server in this process, on a free port, for as long as `body` runs.
struct RunningServer: Sendable {
    let port: Int
    let engine: InMemoryEngine
    fileprivate let stopping: @Sendable () async -> Void
    fileprivate let end: AsyncStream<Void>
    private let clients = ConnectedClients()

    fileprivate init(
        port: Int,
        engine: InMemoryEngine,
        stopping: @escaping @Sendable () async -> Void,
        end: AsyncStream<Void>
    ) {
        self.port = port
        self.engine = engine
        self.stopping = stopping
        self.end = end
    }

    var address: String { "ws://127.0.0.1:\(self.port)" }

    /// Asks it to stop, as the first SIGTERM does: it drains. `withServer` waits for the end.
    func stop() async { await self.stopping() }

    /// Waits until it has ended by itself.
    func ended() async { for await _ in self.end {} }

    func connect(rollback: Bool = true, origin: String? = nil) async throws -> ParleyClient {
        var options = ClientOptions()
        options.abilities = Abilities(rollback: rollback, trickle: true, restart: true)
        options.origin = origin
        return try await self.connect(to: [self.address], options)
    }

    /// - Parameter addresses: of whatever stands in front of this server.
    func connect(to addresses: [String], _ options: ClientOptions = ClientOptions()) async throws -> ParleyClient {
        let client = try await ParleyClient.connect(to: addresses, options: options)
        self.clients.add(client)
        return client
    }

    /// A client comes back for ever: without this, to a server that is gone, or to the next one on its port.
    fileprivate func closeClients() async {
        for client in self.clients.all { await client.close() }
    }
}

private final class ConnectedClients: Sendable {
    private let clients = Mutex<[ParleyClient]>([])

    var all: [ParleyClient] { self.clients.withLock { $0 } }

    func add(_ client: ParleyClient) { self.clients.withLock { $0.append(client) } }
}

struct ServerDidNotStart: Error {}

/// - Parameters:
///   - engine: that of another server, whose rooms and sessions this one shares then.
///   - way: to it.
func withServer(
    limits: Limits = Limits(),
    engine: InMemoryEngine? = nil,
    by way: (any Engine)? = nil,
    issuers: [TokenIssuer] = [],
    certificates: ServerCertificates? = nil,
    audit: AuditLog? = nil,
    change: (inout ServerConfiguration) -> Void = { _ in },
    _ body: @Sendable (RunningServer) async throws -> Void
) async throws {
    let engine =
        engine
        ?? InMemoryEngine(
            limits: limits,
            incarnation: EngineIncarnation(rawValue: 1),
            clock: { Instant(milliseconds: 1_795_226_400_000) }
        )
    var configuration = ServerConfiguration()
    configuration.port = 0
    configuration.limits = limits
    configuration.issuers = issuers
    configuration.certificates = certificates
    change(&configuration)
    var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    logger.logLevel = .critical
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    let server = ParleyServer(
        configuration: configuration,
        engine: way ?? engine,
        logger: logger,
        startMilliseconds: 1_795_226_400_000,
        audit: audit
    ) { found.yield($0.port ?? 0) }
    let services = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        let (end, ended) = AsyncStream.makeStream(of: Void.self)
        tasks.addTask {
            // It has ended before it has a port: whoever waits for that is told.
            defer {
                found.finish()
                ended.finish()
            }
            try await services.run()
        }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else {
            tasks.cancelAll()
            try await tasks.waitForAll()
            throw ServerDidNotStart()
        }
        let running = RunningServer(
            port: port,
            engine: engine,
            stopping: { await services.triggerGracefulShutdown() },
            end: end
        )
        do {
            try await body(running)
        } catch {
            await running.closeClients()
            throw error
        }
        await running.closeClients()
        // At once, whoever is still connected.
        tasks.cancelAll()
        try await tasks.waitForAll()
    }
}

extension ParleyClient {
    /// The next event that `choose` takes, dropping others.
    func first<Value: Sendable>(_ choose: @Sendable (ClientEvent) -> Value?) async -> Value? {
        for await event in self.events {
            if let value = choose(event) { return value }
        }
        return nil
    }

    func nextSignal() async -> RelayedSignal? {
        await self.first { if case .signal(let signal) = $0 { signal } else { nil } }
    }

    func nextRejection() async -> RejectedMessage? {
        await self.first { if case .rejected(let rejected) = $0 { rejected } else { nil } }
    }

    func nextPostponement() async -> RejectedMessage? {
        await self.first { if case .postponed(let rejected) = $0 { rejected } else { nil } }
    }

    /// The next state of a room that is like that.
    func nextReplica(_ isWanted: @Sendable (RoomReplica) -> Bool) async -> RoomReplica? {
        await self.first { event in
            switch event {
            case .room(_, let replica) where isWanted(replica), .resynced(let replica) where isWanted(replica): replica
            default: nil
            }
        }
    }

    func nextRoomEvent(_ type: String) async -> (notice: RoomEventNotice, replica: RoomReplica)? {
        await self.first { event in
            guard case .room(let notice, let replica) = event, notice.type == type else { return nil }
            return (notice, replica)
        }
    }
}

extension ClientError {
    /// Why the server has refused something.
    var code: RejectionCode? {
        if case .rejected(let rejected) = self { rejected.knownCode } else { nil }
    }
}

func alias(_ text: String) throws -> RoomReference {
    .alias(try #require(RoomAlias(text)))
}

/// Ada, who is host, and Bob; she has heard that he is here.
func pair(_ server: RunningServer) async throws -> (ParleyClient, ParleyClient, RoomReplica, RoomReplica) {
    let ada = try await server.connect()
    let bob = try await server.connect()
    let a = try await ada.join(alias("blue-fox"), name: "Ada")
    let b = try await bob.join(alias("blue-fox"), name: "Bob")
    _ = await ada.nextRoomEvent("joined")
    return (ada, bob, a, b)
}
