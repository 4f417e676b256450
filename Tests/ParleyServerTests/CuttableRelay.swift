import NIOCore
import NIOPosix

/// TCP in front of a server, as a network that fails when the test says so.
final class CuttableRelay: Sendable {
    let port: Int
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let wires: NIOLoopBound<Wires>

    var address: String { "ws://127.0.0.1:\(self.port)" }

    private init(
        port: Int,
        _ group: MultiThreadedEventLoopGroup,
        _ listener: any Channel,
        _ wires: NIOLoopBound<Wires>
    ) {
        self.port = port
        self.group = group
        self.listener = listener
        self.wires = wires
    }

    /// Connections at once, so that nobody waits for a second try of TCP.
    private static let backlog: Int32 = 4_096

    static func open(to port: Int) async throws -> CuttableRelay {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let wires = try await loop.submit { NIOLoopBound(Wires(), eventLoop: loop) }.get()
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                wires.value.join(client, toPort: port)
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return CuttableRelay(port: listener.localAddress?.port ?? 0, group, listener, wires)
    }

    /// All connections end in one instant, wherever they are in a frame. New ones are let in.
    ///
    /// - Returns: how many there were.
    @discardableResult
    func cut() async throws -> Int {
        let wires = self.wires
        return try await self.listener.eventLoop.submit { wires.value.cut() }.get()
    }

    /// The connections stay, and nothing goes through them any more. New ones work.
    func freeze() async throws {
        let wires = self.wires
        try await self.listener.eventLoop.submit { wires.value.freeze() }.get()
    }

    /// From now on, new connections are ended at once, or not.
    func refuse(_ isRefusing: Bool) async throws {
        let wires = self.wires
        try await self.listener.eventLoop.submit { wires.value.isRefusing = isRefusing }.get()
    }

    /// The connection that is made next ends after so many bytes to the client.
    func cutNext(afterBytesToClient bytes: Int) async throws {
        let wires = self.wires
        try await self.listener.eventLoop.submit { wires.value.bytesToClientMax = bytes }.get()
    }

    func close() async throws {
        try await self.listener.close()
        try await self.cut()
        try await self.group.shutdownGracefully()
    }
}

/// The relay's state, confined to its loop.
private final class Wires {
    private var ends: [ObjectIdentifier: WireEnd] = [:]
    var isRefusing = false
    var bytesToClientMax: Int?

    func join(_ client: any Channel, toPort port: Int) -> EventLoopFuture<Void> {
        guard !self.isRefusing else { return client.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
        let near = WireEnd(bytesMax: nil)
        let far = WireEnd(bytesMax: self.bytesToClientMax.take())
        near.partner = far
        far.partner = near
        let wires = NIOLoopBound((wires: self, near: near, far: far), eventLoop: client.eventLoop)
        return ClientBootstrap(group: client.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture { try wires.value.wires.add(wires.value.far, to: server) }
            }
            .connect(host: "127.0.0.1", port: port)
            .flatMapThrowing { _ in
                try wires.value.wires.add(wires.value.near, to: client)
                client.setOption(.autoRead, value: true).whenFailure { _ in }
            }
    }

    private func add(_ end: WireEnd, to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(end)
        let id = ObjectIdentifier(end)
        self.ends[id] = end
        let wires = NIOLoopBound(self, eventLoop: channel.eventLoop)
        channel.closeFuture.whenComplete { _ in wires.value.ends[id] = nil }
    }

    func cut() -> Int {
        let ends = Array(self.ends.values)
        for end in ends { end.close() }
        return ends.count / 2
    }

    func freeze() {
        for end in self.ends.values { end.isFrozen = true }
    }
}

/// One side of a relayed connection: what it reads, the other one writes.
private final class WireEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var partner: WireEnd?
    var isFrozen = false
    private var context: ChannelHandlerContext?
    /// What it may still pass on.
    private var bytesLeft: Int?

    init(bytesMax: Int?) {
        self.bytesLeft = bytesMax
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isFrozen else { return }
        var bytes = self.unwrapInboundIn(data)
        guard let left = self.bytesLeft, bytes.readableBytes >= left else {
            self.bytesLeft = self.bytesLeft.map { $0 - bytes.readableBytes }
            return self.partner?.write(bytes) ?? ()
        }
        self.bytesLeft = 0
        if let rest = bytes.readSlice(length: left) { self.partner?.write(rest) }
        self.close()
    }

    private func write(_ bytes: ByteBuffer) {
        self.context?.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !self.isFrozen { self.partner?.context?.close(promise: nil) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func close() {
        let partner = self.partner
        self.partner = nil
        partner?.partner = nil
        self.context?.close(promise: nil)
        partner?.context?.close(promise: nil)
    }
}
