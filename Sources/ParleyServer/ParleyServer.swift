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
/// Each event loop carries its own sockets, sessions and rooms (docs/decisions/0004, 0016); usually there is one. What
/// is HTTP runs beside them on the concurrency pool.
public struct ParleyServer: Service, CustomStringConvertible {
    /// Whoever logs what services run logs no secret of the configuration.
    public var description: String { "Parley" }

    private let configuration: ServerConfiguration
    private let engine: any Engine
    private let logger: Logger
    private let startMilliseconds: Int64
    private let audit: AuditTrail?
    private let onListening: @Sendable (SocketAddress) -> Void
    /// What `/metrics` shows; others may count in it as well.
    package var registry = PrometheusRegistry()

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
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, self.configuration.loops))
        let vendorClient =
            self.configuration.turn.vendors.isEmpty ? nil : VendorClient(limits: self.configuration.limits)
        do {
            try await self.run(on: group, vendorClient)
        } catch {
            await vendorClient?.shutdown()
            try await group.shutdownGracefully()
            throw error
        }
        await vendorClient?.shutdown()
        try await group.shutdownGracefully()
    }

    private func run(on group: MultiThreadedEventLoopGroup, _ vendorHTTP: (any VendorHTTP)?) async throws {
        let readiness = Readiness(health: { [engine] in engine.health })
        let registry = self.registry
        let processWide = ProcessWide(limits: self.configuration.limits, now: NIODeadline.now().uptimeNanoseconds)
        let (drained, whenDrained) = AsyncStream.makeStream(of: Void.self)
        let setup = GatewaySetup(
            configuration: self.configuration,
            engine: self.engine,
            registry: registry,
            logger: self.logger,
            startMilliseconds: self.startMilliseconds,
            readiness: readiness,
            onDrained: { whenDrained.yield() },
            audit: self.audit,
            processWide: processWide
        )
        let gateways = try await GatewayLoops(setup, on: Array(group.makeIterator()))
        let routes = self.routes(gateways, registry, readiness, processWide)
        let http = PlainHTTP(responder: routes.responder(), configuration: self.configuration, logger: self.logger)
        let (connections, incoming) = AsyncStream.makeStream(of: PlainHTTP.Connection.self)

        let quiescing = ServerQuiescingHelper(group: group)
        let listener = try await self.listen(gateways, http, incoming, quiescing)
        _ = try await gateways.each { gateway in
            gateway.vendorHTTP = vendorHTTP
            gateway.startHeartbeat()
        }
        await gateways.untilTheyGreet()
        readiness.become(.open)
        self.logger.info("Listening.", metadata: ["address": "\(listener.address)"])
        self.onListening(listener.address)

        await withDiscardingTaskGroup { tasks in
            tasks.addTask {
                await withDiscardingTaskGroup { requests in
                    for await connection in connections { requests.addTask { await http.serve(connection) } }
                }
            }
            tasks.addTask { await self.watchFiles(for: gateways) }
            await self.drain(gateways, until: drained)
            readiness.become(.stopping)
            self.logger.info(
                "Stopping: clients are told to come back.",
                metadata: ["open": "\(processWide.connections)"]
            )
            await self.stop(gateways, quiescing, on: group.any())
            incoming.finish()
            tasks.cancelAll()
        }
    }

    /// For the twin of the upgrade.
    private static func addressJudge(
        _ gateway: NIOLoopBound<Gateway>
    ) -> @Sendable (ClientOrigin, _ isReturning: Bool) async throws -> ConnectionDenial? {
        let eventLoop = gateway.eventLoop
        return { origin, isReturning in
            try await eventLoop.submit { gateway.value.denial(of: origin, isReturning: isReturning) }.get()
        }
    }

    private func routes(
        _ gateways: GatewayLoops,
        _ registry: PrometheusRegistry,
        _ readiness: Readiness,
        _ processWide: ProcessWide
    ) -> Routes {
        let gateway = gateways.any
        let eventLoop = gateway.eventLoop
        let operators = OperatorGate { token, origin in
            try await eventLoop.flatSubmit { gateway.value.operator(token, origin) }.get()
        }
        return Routes(
            assets: SiteAssets(folders: self.configuration.assetFolders),
            registry: registry,
            readiness: readiness,
            configuration: self.configuration,
            connections: { processWide.connections },
            judgeAddress: Self.addressJudge(gateway),
            drain: DrainRoutes(operators: operators) { request, asker in
                try await gateways.answer(request, by: asker)
            },
            meter: MeterRoutes(gateways, self.configuration, operators: operators),
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
    private func drain(_ gateways: GatewayLoops, until drained: AsyncStream<Void>) async {
        try? await gracefulShutdown()
        // Cancelled, now or meanwhile, nobody waits for clients to go.
        guard !Task.isCancelled else { return }
        gateways.tellEach { $0.beginDrain(.termination) }
        // Each loop says it once.
        var left = gateways.all.count
        for await _ in drained {
            left -= 1
            if left == 0 { break }
        }
    }

    /// What may change while the server runs: secrets and certificates. Until the task is cancelled.
    private func watchFiles(for gateways: GatewayLoops) async {
        async let secrets: Void = self.configuration.turn.watchSecrets(self.logger) { secrets in
            gateways.tellEach { $0.adopt(turnSecrets: secrets) }
        }
        await self.configuration.certificates?.watch(self.logger)
        await secrets
    }

    /// Call it on the gateway's loop.
    private static func acceptor(
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
        _ gateways: GatewayLoops,
        _ http: PlainHTTP,
        _ incoming: AsyncStream<PlainHTTP.Connection>.Continuation,
        _ quiescing: ServerQuiescingHelper
    ) async throws -> WebSocketListener {
        var listening = WebSocketListener.Configuration(host: self.configuration.host, port: self.configuration.port)
        let configuration = self.configuration
        listening.childChannelInitializer = { channel in
            let gateway = gateways.gateway(on: channel.eventLoop)
            try configuration.addDoorHandlers(channel) { gateway?.admitSocket(channel, of: $0) ?? false }
        }
        listening.serverChannelInitializer = { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
            }
        }
        let acceptors = try await gateways.each { Self.acceptor($0, http, incoming) }
        do {
            return try await WebSocketListener.bind(listening, acceptors: acceptors)
        } catch {
            throw ListenError(host: self.configuration.host, port: self.configuration.port, cause: error)
        }
    }

    /// Tells every client to come back, lets running requests finish, and ends what is left at the deadline.
    private func stop(
        _ gateways: GatewayLoops,
        _ quiescing: ServerQuiescingHelper,
        on eventLoop: any EventLoop
    ) async {
        let done = eventLoop.makePromise(of: Void.self)
        quiescing.initiateShutdown(promise: done)
        let deadline = eventLoop.scheduleTask(in: .milliseconds(Int64(self.configuration.limits.stopMilliseconds))) {
            done.succeed()
        }
        gateways.tellEach {
            $0.transport.beginClosing(code: CloseCode.goingAway.rawValue, reason: CloseCode.goingAway.reason)
        }
        try? await done.futureResult.get()
        deadline.cancel()
        gateways.tellEach { $0.recordStop() }
    }
}
