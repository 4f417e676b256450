import Hummingbird
public import Logging
public import NIOCore
import NIOExtras
import NIOPosix
public import ParleyEngine
import ParleyProtocol
import ParleyTransport
public import ServiceLifecycle

/// The whole server as one service: listens until it is asked to stop, then says goodbye to everybody.
///
/// A graceful shutdown is a drain: clients go elsewhere one after the other, until nobody is left or
/// ``Limits/drainMilliseconds`` are over. Cancelling the task, also during a drain, ends it at once.
///
/// One event loop carries all sockets and rooms (docs/decisions/0004); what is HTTP runs beside it on the
/// concurrency pool.
public struct ParleyServer: Service, CustomStringConvertible {
    /// Whoever logs what services run logs no secret of the configuration.
    public var description: String { "Parley" }

    private let configuration: ServerConfiguration
    private let engine: any Engine
    private let logger: Logger
    private let startMilliseconds: Int64
    private let audit: AuditTrail?
    private let onListening: @Sendable (SocketAddress) -> Void

    /// - Parameters:
    ///   - startMilliseconds: UTC, by this machine's clock.
    ///   - audit: where to write down what an operator may be asked about; it ends with the server.
    ///   - onListening: called once, with the port that was given or found.
    public init(
        configuration: ServerConfiguration,
        engine: any Engine,
        logger: Logger,
        startMilliseconds: Int64,
        audit: AuditLog? = nil,
        onListening: @escaping @Sendable (SocketAddress) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.engine = engine
        self.logger = logger
        self.startMilliseconds = startMilliseconds
        self.audit = audit?.trail
        self.onListening = onListening
    }

    /// - Throws: ``ListenError`` if the address cannot be bound.
    public func run() async throws {
        defer { self.audit?.end() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let vendorClient =
            self.configuration.turn.vendors.isEmpty ? nil : VendorClient(limits: self.configuration.limits)
        do {
            try await self.run(on: group.next(), vendorClient)
        } catch {
            await vendorClient?.shutdown()
            try await group.shutdownGracefully()
            throw error
        }
        await vendorClient?.shutdown()
        try await group.shutdownGracefully()
    }

    private func run(on eventLoop: any EventLoop, _ vendorHTTP: (any VendorHTTP)?) async throws {
        let readiness = Readiness()
        let registry = PrometheusRegistry()
        let openConnections = OpenConnections()
        let (drained, whenDrained) = AsyncStream.makeStream(of: Void.self)
        let setup = GatewaySetup(
            configuration: self.configuration,
            engine: self.engine,
            registry: registry,
            logger: self.logger,
            startMilliseconds: self.startMilliseconds,
            openConnections: { openConnections.count = $0 },
            readiness: readiness,
            onDrained: { whenDrained.finish() },
            audit: self.audit
        )
        let gateway = try await eventLoop.submit {
            NIOLoopBound(Gateway(setup, eventLoop: eventLoop), eventLoop: eventLoop)
        }.get()
        let routes = self.routes(gateway, registry, readiness, openConnections)
        let http = PlainHTTP(responder: routes.responder(), configuration: self.configuration, logger: self.logger)
        let (connections, incoming) = AsyncStream.makeStream(of: PlainHTTP.Connection.self)
        let acceptor = try await eventLoop.submit {
            self.acceptor(gateway.value, http, incoming)
        }.get()

        let quiescing = ServerQuiescingHelper(group: eventLoop)
        let listener = try await self.listen(acceptor, gateway, quiescing)
        try await eventLoop.submit {
            gateway.value.vendorHTTP = vendorHTTP
            gateway.value.startHeartbeat(address: "\(listener.address)")
        }.get()
        readiness.isReady = true
        self.logger.info("Listening.", metadata: ["address": "\(listener.address)"])
        self.onListening(listener.address)

        await withDiscardingTaskGroup { tasks in
            tasks.addTask {
                await withDiscardingTaskGroup { requests in
                    for await connection in connections { requests.addTask { await http.serve(connection) } }
                }
            }
            tasks.addTask { await self.watchFiles(for: gateway, on: eventLoop) }
            await self.drain(gateway, until: drained, on: eventLoop)
            readiness.isReady = false
            self.logger.info("Stopping: clients are told to come back.", metadata: ["open": "\(openConnections.count)"])
            await self.stop(gateway, quiescing, on: eventLoop)
            incoming.finish()
            tasks.cancelAll()
        }
    }

    /// For the twin of the upgrade.
    private static func addressJudge(
        _ gateway: NIOLoopBound<Gateway>,
        on eventLoop: any EventLoop
    ) -> @Sendable (ClientOrigin, _ isReturning: Bool) async throws -> ConnectionDenial? {
        { origin, isReturning in
            try await eventLoop.submit { gateway.value.denial(of: origin, isReturning: isReturning) }.get()
        }
    }

    private func routes(
        _ gateway: NIOLoopBound<Gateway>,
        _ registry: PrometheusRegistry,
        _ readiness: Readiness,
        _ openConnections: OpenConnections
    ) -> Routes {
        let eventLoop = gateway.eventLoop
        let operators = OperatorGate { token, origin in
            try await eventLoop.flatSubmit { gateway.value.operator(token, origin) }.get()
        }
        return Routes(
            assets: SiteAssets(folders: self.configuration.assetFolders),
            registry: registry,
            readiness: readiness,
            configuration: self.configuration,
            connections: { openConnections.count },
            judgeAddress: Self.addressJudge(gateway, on: eventLoop),
            drain: DrainRoutes(operators: operators) { request, asker in
                try await eventLoop.submit { gateway.value.answer(request, by: asker) }.get()
            },
            meter: MeterRoutes(gateway, operators: operators),
            rooms: RoomRoutes(limits: self.configuration.limits, operators: operators) { request, asker in
                try await eventLoop.flatSubmit { gateway.value.answer(request, by: asker) }.get()
            },
            turn: TurnRoutes(gateway, on: eventLoop, keys: self.configuration.turn.restKeys),
            tickets: TicketRoutes(self.configuration, readiness) { request in
                try await eventLoop.flatSubmit { gateway.value.answer(request) }.get()
            },
            revocations: RevocationRoutes(limits: self.configuration.limits, operators: operators) { request, asker in
                try await eventLoop.flatSubmit { gateway.value.answer(request, by: asker) }.get()
            }
        )
    }

    /// Waits until the server is to end, and then until its clients have gone.
    private func drain(
        _ gateway: NIOLoopBound<Gateway>,
        until drained: AsyncStream<Void>,
        on eventLoop: any EventLoop
    ) async {
        try? await gracefulShutdown()
        // Cancelled, now or meanwhile, nobody waits for clients to go.
        guard !Task.isCancelled else { return }
        eventLoop.execute { gateway.value.beginDrain(.termination) }
        for await _ in drained {}
    }

    /// What may change while the server runs: secrets and certificates. Until the task is cancelled.
    private func watchFiles(for gateway: NIOLoopBound<Gateway>, on eventLoop: any EventLoop) async {
        async let secrets: Void = self.configuration.turn.watchSecrets(for: gateway, on: eventLoop, self.logger)
        await self.configuration.certificates?.watch(self.logger)
        await secrets
    }

    /// Call it on the gateway's loop.
    private func acceptor(
        _ gateway: Gateway,
        _ http: PlainHTTP,
        _ incoming: AsyncStream<PlainHTTP.Connection>.Continuation
    ) -> NIOLoopBound<WebSocketAcceptor> {
        let turns = RequestTurns(limits: gateway.limits, eventLoop: gateway.eventLoop)
        let acceptor = WebSocketAcceptor(
            loop: gateway.transport,
            decide: { gateway.decide($0) },
            handOver: { channel in
                gateway.countPlain(channel) ?? http.adopt(channel, turns: turns).map { incoming.yield($0) }
            }
        )
        return NIOLoopBound(acceptor, eventLoop: gateway.eventLoop)
    }

    private func listen(
        _ acceptor: NIOLoopBound<WebSocketAcceptor>,
        _ gateway: NIOLoopBound<Gateway>,
        _ quiescing: ServerQuiescingHelper
    ) async throws -> WebSocketListener {
        var listening = WebSocketListener.Configuration(host: self.configuration.host, port: self.configuration.port)
        let configuration = self.configuration
        listening.childChannelInitializer = { channel in
            try configuration.addDoorHandlers(channel) { gateway.value.admitSocket(channel, of: $0) }
        }
        listening.serverChannelInitializer = { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
            }
        }
        do {
            return try await WebSocketListener.bind(listening, acceptors: [acceptor])
        } catch {
            throw ListenError(host: self.configuration.host, port: self.configuration.port, cause: error)
        }
    }

    /// Tells every client to come back, lets running requests finish, and ends what is left at the deadline.
    private func stop(
        _ gateway: NIOLoopBound<Gateway>,
        _ quiescing: ServerQuiescingHelper,
        on eventLoop: any EventLoop
    ) async {
        let done = eventLoop.makePromise(of: Void.self)
        quiescing.initiateShutdown(promise: done)
        let deadline = eventLoop.scheduleTask(in: .milliseconds(Int64(self.configuration.limits.stopMilliseconds))) {
            done.succeed()
        }
        eventLoop.execute {
            gateway.value.transport.beginClosing(
                code: CloseCode.goingAway.rawValue,
                reason: CloseCode.goingAway.reason
            )
        }
        try? await done.futureResult.get()
        deadline.cancel()
        eventLoop.execute { gateway.value.recordStop() }
    }
}
