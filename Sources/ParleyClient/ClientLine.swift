import NIOCore
import ParleyProtocol
import ParleyTransport

/// The socket of a client, seen from the concurrency side: messages in as a sequence, messages out as calls.
final class ClientLine: Sendable {
    enum Input: Sendable {
        case message(ServerMessage)
        case unreadable
        case closed(code: UInt16?)
    }

    let inputs: AsyncStream<Input>
    private let loop: any EventLoop
    private let delegate: NIOLoopBound<ClientDelegate>

    private init(_ inputs: AsyncStream<Input>, _ delegate: NIOLoopBound<ClientDelegate>, _ loop: any EventLoop) {
        self.inputs = inputs
        self.delegate = delegate
        self.loop = loop
    }

    /// - Parameter address: `ws://host:port`, with or without a path.
    static func open(to address: String, origin: String?, on loop: any EventLoop) async throws -> ClientLine {
        let target = try Self.target(address, origin)
        let (inputs, heard) = AsyncStream.makeStream(of: Input.self)
        var limits = TransportLimits()
        limits.messageBytesMax = Self.messageBytesMax
        let transport = try await TransportLoop.bound(on: loop, limits: limits).get()
        let delegate = try await loop.submit {
            NIOLoopBound(ClientDelegate(heard), eventLoop: loop)
        }.get()
        try await WebSocketClientConnection.connect(to: target, on: transport) { connection in
            delegate.value.connection = connection
            return delegate.value
        }.get()
        return ClientLine(inputs, delegate, loop)
    }

    /// A snapshot of a room of ten thousand has some megabytes.
    private static let messageBytesMax = 8_388_608

    func send(_ message: ClientMessage) {
        self.loop.execute {
            var bytes: [UInt8] = []
            message.encode(into: &bytes)
            bytes.withUnsafeBytes { self.delegate.value.connection?.sendText($0) }
        }
    }

    func close(code: UInt16) {
        self.loop.execute {
            self.delegate.value.connection?.close(code: code)
        }
    }

    private static func target(_ address: String, _ origin: String?) throws -> WebSocketClientConnection.Target {
        guard address.hasPrefix("ws://") else { throw ClientError.invalidAddress(address) }
        let rest = address.dropFirst("ws://".count)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        guard let colon = authority.lastIndex(of: ":"), let port = Int(authority[authority.index(after: colon)...]),
            (1...65_535).contains(port)
        else { throw ClientError.invalidAddress(address) }
        var host = String(authority[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { throw ClientError.invalidAddress(address) }
        return WebSocketClientConnection.Target(
            host: host,
            port: port,
            path: path.isEmpty || path == "/" ? "/v1/connect" : String(path),
            subprotocols: ["parley.v1"],
            headers: origin.map { [("Origin", $0)] } ?? []
        )
    }
}

/// Confined to the socket's loop.
private final class ClientDelegate: WebSocketDelegate {
    var connection: WebSocketConnection?
    private let heard: AsyncStream<ClientLine.Input>.Continuation

    init(_ heard: AsyncStream<ClientLine.Input>.Continuation) {
        self.heard = heard
    }

    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        guard let value = try? JSONParser.parse(text, depthMax: 64), let message = try? ServerMessage.decode(value)
        else {
            self.heard.yield(.unreadable)
            return
        }
        self.heard.yield(.message(message))
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {
        self.connection = nil
        self.heard.yield(.closed(code: code))
        self.heard.finish()
    }
}
