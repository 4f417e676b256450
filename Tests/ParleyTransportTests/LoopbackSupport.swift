import NIOCore
import NIOPosix
import ParleyTransport

/// Tells another task what happens on a connection, and does what its script says.
final class Teller: WebSocketDelegate {
    private let log: AsyncStream<String>.Continuation
    private let onText: (WebSocketConnection, String) -> Void

    init(
        _ log: AsyncStream<String>.Continuation,
        onText: @escaping (WebSocketConnection, String) -> Void = { _, _ in }
    ) {
        self.log = log
        self.onText = onText
    }

    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        let text = String(decoding: text, as: UTF8.self)
        self.log.yield(text.utf8.count > 40 ? "text of \(text.utf8.count)" : "text \(text)")
        self.onText(connection, text)
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {
        self.log.yield("closed \(code.map(String.init) ?? "-") \(end)")
        self.log.finish()
    }
}

/// Everything that a script is told until its connection ends.
struct Told {
    let continuation: AsyncStream<String>.Continuation
    private let stream: AsyncStream<String>

    init() {
        (self.stream, self.continuation) = AsyncStream.makeStream()
    }

    func untilClosed() async -> [String] {
        var lines: [String] = []
        for await line in self.stream {
            lines.append(line)
        }
        return lines
    }
}

let loops = MultiThreadedEventLoopGroup.singleton

/// A server on loopback that lives as long as `body`.
func serving<Result>(
    on count: Int = 1,
    _ limits: TransportLimits = TransportLimits(),
    decide: @escaping @Sendable (UpgradeRequest) -> UpgradeDecision,
    handOver: @escaping @Sendable (any Channel) -> EventLoopFuture<Void> = {
        $0.eventLoop.makeSucceededVoidFuture()
    },
    body: (WebSocketListener) async throws -> Result
) async throws -> Result {
    var acceptors: [NIOLoopBound<WebSocketAcceptor>] = []
    for _ in 0..<count {
        let eventLoop = loops.next()
        let acceptor = eventLoop.submit {
            let loop = TransportLoop(eventLoop: eventLoop, limits: limits)
            let acceptor = WebSocketAcceptor(loop: loop, decide: decide, handOver: handOver)
            return NIOLoopBound(acceptor, eventLoop: eventLoop)
        }
        acceptors.append(try await acceptor.get())
    }
    let listener = try await WebSocketListener.bind(.init(host: "127.0.0.1", port: 0), acceptors: acceptors)
    let result = try await body(listener)
    try await listener.close()
    return result
}

/// A peer that is no WebSocket: it sends what it is told and collects what comes until the other side hangs
/// up.
final class RawPeer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let received: EventLoopPromise<[UInt8]>
    private var bytes: [UInt8] = []

    private init(_ received: EventLoopPromise<[UInt8]>) {
        self.received = received
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.bytes += self.unwrapInboundIn(data).readableBytesView
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.received.succeed(self.bytes)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.bytes += Array("!\(type(of: error))".utf8)
        context.close(promise: nil)
    }

    static func connect(
        to address: SocketAddress,
        reads: Bool = true
    ) async throws -> (channel: any Channel, received: EventLoopFuture<[UInt8]>) {
        let loop = loops.next()
        let received = loop.makePromise(of: [UInt8].self)
        let channel = try await ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: reads)
            .channelOption(.allowRemoteHalfClosure, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RawPeer(received))
                }
            }
            .connect(to: address).get()
        return (channel, received.futureResult)
    }
}

extension WebSocketListener {
    var target: WebSocketClientConnection.Target {
        .init(host: "127.0.0.1", port: self.address.port ?? 0, subprotocols: ["parley.v1"])
    }
}

/// A loop for clients.
func clientLoop(_ limits: TransportLimits = TransportLimits()) async throws -> NIOLoopBound<TransportLoop> {
    try await TransportLoop.bound(on: loops.next(), limits: limits).get()
}
