import NIOCore
import NIOPosix
import ParleyProtocol
import ParleyTransport

/// A client that does nothing by itself: what it hears is read message by message.
struct RawClient: Sendable {
    /// Ends with the connection.
    let messages: AsyncStream<ServerMessage>
    private let delegate: NIOLoopBound<RawDelegate>
    private let eventLoop: any EventLoop

    /// - Throws: `WebSocketConnectFailure`.
    static func connect(to server: RunningServer) async throws -> RawClient {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        let (messages, heard) = AsyncStream.makeStream(of: ServerMessage.self)
        let transport = try await TransportLoop.bound(on: eventLoop).get()
        let delegate = try await eventLoop.submit { NIOLoopBound(RawDelegate(heard), eventLoop: eventLoop) }.get()
        let target = WebSocketClientConnection.Target(
            host: "127.0.0.1",
            port: server.port,
            subprotocols: ["parley.v1"]
        )
        try await WebSocketClientConnection.connect(to: target, on: transport) { connection in
            delegate.value.connection = connection
            return delegate.value
        }.get()
        return RawClient(messages: messages, delegate: delegate, eventLoop: eventLoop)
    }

    func send(_ message: ClientMessage) {
        var bytes: [UInt8] = []
        message.encode(into: &bytes)
        self.send(text: bytes)
    }

    /// What no client would say.
    func send(text: String) { self.send(text: Array(text.utf8)) }

    private func send(text bytes: [UInt8]) {
        self.eventLoop.execute {
            bytes.withUnsafeBytes { self.delegate.value.connection?.sendText($0) }
        }
    }

    func close(code: UInt16 = 1000) {
        self.eventLoop.execute { self.delegate.value.connection?.close(code: code) }
    }

    /// The first message that `choose` takes, dropping those before it.
    func first<Value: Sendable>(_ choose: @Sendable (ServerMessage) -> Value?) async -> Value? {
        for await message in self.messages {
            if let value = choose(message) { return value }
        }
        return nil
    }

    /// The rest, up to the end of the connection, and the code with which it ended.
    func rest() async throws -> (messages: [ServerMessage], closeCode: UInt16?) {
        var messages: [ServerMessage] = []
        for await message in self.messages { messages.append(message) }
        let delegate = self.delegate
        return (messages, try await self.eventLoop.submit { delegate.value.closeCode }.get())
    }
}

/// Confined to the socket's loop.
private final class RawDelegate: WebSocketDelegate {
    var connection: WebSocketConnection?
    private(set) var closeCode: UInt16?
    private let heard: AsyncStream<ServerMessage>.Continuation

    init(_ heard: AsyncStream<ServerMessage>.Continuation) {
        self.heard = heard
    }

    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        guard let value = try? JSONParser.parse(text, depthMax: 64), let message = try? ServerMessage.decode(value)
        else { return }
        self.heard.yield(message)
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {
        self.connection = nil
        self.closeCode = code
        self.heard.finish()
    }
}
