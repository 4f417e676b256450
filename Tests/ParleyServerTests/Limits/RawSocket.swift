import NIOCore
import NIOPosix

/// Bytes to the server and back, with nothing that understands them: it answers no ping and no close.
struct RawSocket: Sendable {
    private let channel: any Channel
    private let bytes: AsyncStream<[UInt8]>

    static func open(_ server: RunningServer) async throws -> RawSocket {
        let (bytes, heard) = AsyncStream.makeStream(of: [UInt8].self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Ear(heard)) }
            }
            .connect(host: "127.0.0.1", port: server.port).get()
        return RawSocket(channel: channel, bytes: bytes)
    }

    func send(_ bytes: [UInt8]) async {
        // It may be closed already: what was heard says so.
        try? await self.channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func send(_ text: String) async { await self.send(Array(text.utf8)) }

    /// Masked frames, all alike, at once; the mask is 0.
    func frame(_ opcode: UInt8, _ payload: String = "", isLast: Bool = true, count: Int = 1) async {
        let payload = Array(payload.utf8)
        precondition(payload.count < 65_536)
        let length =
            payload.count < 126
            ? [0x80 | UInt8(payload.count)] : [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        let frame = [(isLast ? 0x80 : 0) | opcode] + length + [0, 0, 0, 0] + payload
        await self.send(Array(repeatElement(frame, count: count).joined()))
    }

    /// What comes until some of it is `end`, or the connection is over.
    func heard(until end: String) async -> String {
        var text = ""
        for await part in self.bytes {
            text += String(decoding: part, as: UTF8.self)
            if text.contains(end) { break }
        }
        return text
    }

    /// Everything up to the end of the connection.
    func rest() async -> [UInt8] {
        var rest: [UInt8] = []
        for await part in self.bytes { rest += part }
        return rest
    }

    /// The code of the server's close frame, which is the last that it says.
    func closeCode() async -> UInt16? {
        let rest = await self.rest()
        // A reason follows, which is short.
        guard let start = rest.lastIndex(of: 0x88), start + 3 < rest.count else { return nil }
        return UInt16(rest[start + 2]) << 8 | UInt16(rest[start + 3])
    }

    func close() { self.channel.close(promise: nil) }

    // MARK: What is said

    /// - Parameter bytes: how long it is, with a header that fills it up.
    static func upgrade(_ server: RunningServer, bytes: Int? = nil) -> String {
        let head =
            "GET /v1/connect HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nConnection: Upgrade\r\n"
            + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            + "Sec-WebSocket-Protocol: parley.v1\r\n"
        guard let bytes else { return head + "\r\n" }
        let filling = "X: "
        return head + filling + String(repeating: "x", count: bytes - head.utf8.count - filling.count - 4) + "\r\n\r\n"
    }

    static let request = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    /// One that the server takes for a WebSocket.
    static func upgraded(_ server: RunningServer) async throws -> RawSocket {
        let socket = try await RawSocket.open(server)
        await socket.send(Self.upgrade(server))
        _ = await socket.heard(until: "\r\n\r\n")
        return socket
    }
}

private final class Ear: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let heard: AsyncStream<[UInt8]>.Continuation

    init(_ heard: AsyncStream<[UInt8]>.Continuation) { self.heard = heard }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.heard.yield(Array(self.unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) { self.heard.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
