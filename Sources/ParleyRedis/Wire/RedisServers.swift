package import CoreMetrics
package import Logging
package import NIOCore
package import ParleyEngine
package import ParleyProtocol
import ServiceLifecycle
import Synchronization

/// The servers behind one URL, whatever their shape (one, Sentinel, Cluster).
///
/// Everything may be called on any thread. Nothing waits for a connection: without one a call fails at once, surely
/// without effect.
package final class RedisServers: Service {
    private let eventLoop: any EventLoop
    private let configuration: RedisConfiguration
    private let limits: Limits
    private let status: RedisStatus
    private let topology: NIOLoopBoundBox<(any RedisTopology)?>
    private let outbox: Mutex<LoopOutbox>
    private let isStarted = Atomic(false)
    private let isStopped = Atomic(false)

    package init(
        _ configuration: RedisConfiguration,
        group: any EventLoopGroup,
        logger: Logger,
        limits: Limits = Limits(),
        metrics: (any MetricsFactory)? = nil
    ) {
        self.configuration = configuration
        self.limits = limits
        self.eventLoop = group.next()
        self.status = RedisStatus(logger: logger, metrics: metrics, limits: limits)
        self.topology = .makeEmptyBox(valueType: (any RedisTopology).self, eventLoop: self.eventLoop)
        self.outbox = Mutex(LoopOutbox(self.eventLoop))
    }

    /// The master's life: of which process and which history it is. 0 before the first connection; afterwards the last
    /// one that was seen.
    package var incarnation: EngineIncarnation { self.status.incarnation }

    /// Why no command can be sent now, in words without secrets; nil if one can.
    package var trouble: String? { self.status.complaint?.description }

    /// Why messages of channels are not heard now, or what else an operator should know of the servers.
    package var weakness: String? { self.status.deafness?.description ?? self.status.warnings.first?.description }

    /// Connections that nobody can use any more would come back for ever.
    deinit {
        guard self.isStarted.load(ordering: .relaxed), !self.isStopped.load(ordering: .relaxed) else { return }
        let topology = self.topology
        self.eventLoop.execute {
            topology.value?.stop()
            topology.value = nil
        }
    }

    // MARK: - Life

    /// Connects, if that has not begun, and stays connected until the service stops.
    package func run() async throws {
        self.start()
        try? await gracefulShutdown()
        await self.stop()
    }

    /// Returns when the first good connection is there. Throws a ``RedisComplaint``, which says in words why there is
    /// none: at once if it does not pass by itself, otherwise after some seconds.
    package func started() async throws {
        self.start()
        let deadline = self.eventLoop.scheduleTask(in: .milliseconds(Int64(self.limits.redisStartMilliseconds))) {
            self.status.giveUp()
        }
        defer { deadline.cancel() }
        try await self.status.started()
    }

    /// Begins to connect.
    package func start() {
        guard !self.isStarted.exchange(true, ordering: .relaxed) else { return }
        self.perform {
            do throws(RedisComplaint) {
                let topology = try self.makeTopology()
                self.topology.value = topology
                topology.start()
            } catch {
                self.status.failed(error)
            }
        }
    }

    /// Ends all connections; what waits for an answer fails.
    package func stop() async {
        guard !self.isStopped.exchange(true, ordering: .relaxed) else { return }
        try? await self.eventLoop.submit {
            self.topology.value?.stop()
            self.topology.value = nil
            self.status.giveUp()
        }.get()
    }

    private func makeTopology() throws(RedisComplaint) -> any RedisTopology {
        let configuration = self.configuration
        let setup = RedisLink.Setup(
            eventLoop: self.eventLoop,
            credentials: configuration.credentials,
            database: configuration.database,
            clientName: configuration.clientName,
            tls: configuration.isSecure ? try RedisTLS(trustedRootsFile: configuration.trustedRootsFile) : nil,
            limits: self.limits
        )
        switch configuration.shape {
        case .one(let address): return RedisSingle(address, setup: setup, status: self.status)
        case .sentinel(let addresses, let master):
            return RedisSentinels(
                addresses,
                master: master,
                setup: setup,
                sentinels: setup.with(configuration.sentinelCredentials),
                status: self.status
            )
        case .cluster(let addresses): return RedisCluster(addresses, setup: setup, status: self.status)
        }
    }

    // MARK: - Commands

    /// The server's answer; a refusal (`OOM …`, `MISCONF …`) is one too. Fails with an ``EngineError``, nothing else:
    /// `ambiguous` if the command was written and no answer has come, `unavailable` if it was not.
    ///
    /// What one loop sends for one key arrives in that order.
    package func send(
        _ command: RedisCommand,
        key: RedisKey,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<RESPValue> {
        self.ask(.command(command), key, nil, eventLoop)
    }

    /// - Parameter incarnation: in another life of the engine it is not run, and fails: `unavailable`.
    package func run(
        _ script: RedisScript,
        keys: [ByteBuffer],
        arguments: [ByteBuffer],
        in incarnation: EngineIncarnation? = nil,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<RESPValue> {
        let key = RedisKey(keys.first ?? ByteBuffer())
        return self.ask(.script(script, keys: keys, arguments: arguments), key, incarnation, eventLoop)
    }

    private func ask(
        _ question: RedisRequest.Question,
        _ key: RedisKey,
        _ incarnation: EngineIncarnation?,
        _ eventLoop: any EventLoop
    ) -> EventLoopFuture<RESPValue> {
        let promise = eventLoop.makePromise(of: RESPValue.self)
        let request = RedisRequest(question: question, key: key, incarnation: incarnation, promise: promise)
        self.perform {
            if let topology = self.topology.value {
                topology.send(request)
            } else {
                self.eventLoop.execute { request.fail(.unavailable) }
            }
        }
        return promise.futureResult
    }

    // MARK: - Channels

    /// Completes when the server has confirmed. After a lost connection the channel is subscribed again by itself, and
    /// `resubscribed` is called: what was published in between is not heard. Both handlers run on the loop.
    ///
    /// One at a time for each channel: a second one fails.
    package func subscribe(
        _ channel: RedisKey,
        on eventLoop: any EventLoop,
        handler: @escaping @Sendable (ByteBuffer) -> Void,
        resubscribed: @escaping @Sendable () -> Void
    ) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let listener = RedisListener(eventLoop: eventLoop, handler: handler, resubscribed: resubscribed)
        self.perform {
            if let topology = self.topology.value {
                topology.subscribe(channel, listener, promise)
            } else {
                self.eventLoop.execute { promise.fail(EngineError.unavailable) }
            }
        }
        return promise.futureResult
    }

    /// No handler is called once this has completed.
    package func unsubscribe(_ channel: RedisKey, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        self.perform {
            if let topology = self.topology.value {
                topology.unsubscribe(channel, promise)
            } else {
                self.eventLoop.execute { promise.succeed() }
            }
        }
        return promise.futureResult
    }

    // MARK: - The loop

    /// What several calls ask in one turn of another loop reaches ours in one hop.
    private func perform(_ work: @escaping LoopOutbox.Work) {
        guard !self.eventLoop.inEventLoop else { return work() }
        guard self.outbox.withLock({ $0.add(work) }) else { return }
        self.eventLoop.execute {
            for work in self.outbox.withLock({ $0.takeAll() }) { work() }
        }
    }
}
