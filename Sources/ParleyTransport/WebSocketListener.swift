public import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Listening sockets for one port: one per event loop, between which the kernel distributes the connections.
public struct WebSocketListener: Sendable {
    public struct Configuration: Sendable {
        public var host: String
        /// 0 for any that is free.
        public var port: Int
        /// Connections that the kernel keeps until we accept them.
        /// The system's own bound (`net.core.somaxconn`) may be lower.
        public var backlog: CInt = 16_384
        /// How many connections are accepted before the loop looks at the others.
        public var acceptsPerTurn: UInt = 64
        /// What the kernel takes of one connection before the network does (accepted sockets inherit it): otherwise it
        /// is megabytes for a peer that does not read, and all of it old when the peer reads again.
        public var unsentBytesMax = 65_536
        /// The most that is read of one connection at a time; then the others have their turn.
        public var readBytesMax = 16_384
        /// For handlers of the listening channels, which see accepted channels first. Runs on their loop.
        public var serverChannelInitializer: (@Sendable (any Channel) -> EventLoopFuture<Void>)?
        /// For handlers in front of ours, such as TLS. Runs on the loop of the accepted channel.
        public var childChannelInitializer: (@Sendable (any Channel) throws -> Void)?

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    public let channels: [any Channel]
    /// With the port that was given or found.
    public let address: SocketAddress

    /// Binds one socket per acceptor, on its loop. More than one share the port (`SO_REUSEPORT`).
    ///
    /// - Throws: what the system says to binding: `NIOCore.IOError`; nothing is left bound then.
    public static func bind(
        _ configuration: Configuration,
        acceptors: [NIOLoopBound<WebSocketAcceptor>]
    ) async throws -> WebSocketListener {
        precondition(acceptors.isEmpty == false, "a listener without a loop")
        var channels: [any Channel] = []
        var configuration = configuration
        do {
            if acceptors.count > 1, configuration.port != 0 { try await self.probe(configuration, acceptors[0]) }
            for acceptor in acceptors {
                let bootstrap = Self.bootstrap(configuration, acceptor, sharesPort: acceptors.count > 1)
                let channel = try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
                channels.append(channel)
                // The others take the port that the first one found.
                configuration.port = channel.localAddress?.port ?? configuration.port
            }
            guard let address = channels[0].localAddress else {
                throw ChannelError.unknownLocalAddress
            }
            return WebSocketListener(channels: channels, address: address)
        } catch {
            for channel in channels {
                try? await channel.close()
            }
            throw error
        }
    }

    /// Those who share a port share it with every program of the same user. That another one listens already is not to
    /// go unnoticed, so the port is first bound by one who does not share.
    private static func probe(
        _ configuration: Configuration,
        _ acceptor: NIOLoopBound<WebSocketAcceptor>
    ) async throws {
        let bootstrap = ServerBootstrap(group: acceptor.eventLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        try await bootstrap.bind(host: configuration.host, port: configuration.port).get().close()
    }

    /// Stops listening. Accepted channels live on: see `TransportLoop.beginClosing`.
    public func close() async throws {
        for channel in self.channels {
            try await channel.close()
        }
    }

    private static func bootstrap(
        _ configuration: Configuration,
        _ acceptor: NIOLoopBound<WebSocketAcceptor>,
        sharesPort: Bool
    ) -> ServerBootstrap {
        let unsentMost = NIOBSDSocket.Option(rawValue: TCP_NOTSENT_LOWAT)
        let childInitializer = configuration.childChannelInitializer
        let readBytesMax = configuration.readBytesMax
        var bootstrap = ServerBootstrap(group: acceptor.eventLoop, childGroup: acceptor.eventLoop)
            .serverChannelOption(.backlog, value: configuration.backlog)
            // When thousands come at once, whoever finds the backlog full tries again after a second, or three.
            .serverChannelOption(.maxMessagesPerRead, value: configuration.acceptsPerTurn)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.tcpOption(unsentMost), value: configuration.unsentBytesMax)
            // Accepted sockets inherit it.
            .serverChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // At once: as options of the bootstrap each would be a future of its own.
                    let receive = LoopReceiveAllocator(acceptor.value.loop, bytesMax: readBytesMax)
                    try channel.syncOptions?.setOption(.recvAllocator, value: receive)
                    try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
                    try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
                    try childInitializer?(channel)
                    try acceptor.value.accept(channel)
                }
            }
        if sharesPort {
            let option = NIOBSDSocket.Option(rawValue: SO_REUSEPORT)
            bootstrap = bootstrap.serverChannelOption(.socketOption(option), value: 1)
        }
        if let initializer = configuration.serverChannelInitializer {
            bootstrap = bootstrap.serverChannelInitializer(initializer)
        }
        return bootstrap
    }
}
