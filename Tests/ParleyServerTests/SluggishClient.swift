import NIOCore
import NIOPosix
import ParleyProtocol
import ParleyTransport

/// Reads when it is told to, so that what it is sent waits on the server's side.
final class SluggishClient: Sendable {
    enum Heard: Sendable {
        case message(ServerMessage)
        case closed(code: UInt16?)
    }

    private let ear: NIOLoopBound<Ear>
    private let channel: any Channel
    private let heard: AsyncStream<Heard>

    /// With a small receive buffer: the kernel reads on for whoever does not.
    static func connect(to port: Int) async throws -> SluggishClient {
        let (heard, told) = AsyncStream.makeStream(of: Heard.self)
        let (channels, found) = AsyncStream.makeStream(of: (any Channel).self)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var limits = TransportLimits()
        limits.messageBytesMax = 1_048_576
        let transport = try await TransportLoop.bound(on: loop, limits: limits).get()
        let ear = try await loop.submit { NIOLoopBound(Ear(told), eventLoop: loop) }.get()
        var target = WebSocketClientConnection.Target(host: "127.0.0.1", port: port, subprotocols: ["parley.v1"])
        target.channelInitializer = { channel in
            try channel.syncOptions?.setOption(.socketOption(.so_rcvbuf), value: 4_096)
            found.yield(channel)
            found.finish()
        }
        try await WebSocketClientConnection.connect(to: target, on: transport) { connection in
            ear.value.connection = connection
            return ear.value
        }.get()
        var channel: (any Channel)?
        for await connected in channels { channel = connected }
        guard let channel else { throw ChannelError.alreadyClosed }
        return SluggishClient(ear, channel, heard)
    }

    private init(_ ear: NIOLoopBound<Ear>, _ channel: any Channel, _ heard: AsyncStream<Heard>) {
        self.ear = ear
        self.channel = channel
        self.heard = heard
    }

    func reads(_ reads: Bool) async throws {
        try await self.channel.setOption(.autoRead, value: reads).get()
    }

    func send(_ message: ClientMessage) {
        self.channel.eventLoop.execute {
            var bytes: [UInt8] = []
            message.encode(into: &bytes)
            bytes.withUnsafeBytes { self.ear.value.connection?.sendText($0) }
        }
    }

    /// The next thing that `choose` takes, dropping others.
    func first<Value: Sendable>(_ choose: @Sendable (Heard) -> Value?) async -> Value? {
        for await heard in self.heard {
            if let value = choose(heard) { return value }
        }
        return nil
    }

    func nextSnapshot() async -> Snapshot? {
        await self.first { if case .message(.snapshot(let snapshot)) = $0 { snapshot } else { nil } }
    }

    func closeCode() async -> UInt16? {
        await self.first { if case .closed(let code) = $0 { code } else { nil } }
    }
}

private final class Ear: WebSocketDelegate {
    var connection: WebSocketConnection?
    private let told: AsyncStream<SluggishClient.Heard>.Continuation

    init(_ told: AsyncStream<SluggishClient.Heard>.Continuation) {
        self.told = told
    }

    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        guard let value = try? JSONParser.parse(text, depthMax: 64), let message = try? ServerMessage.decode(value)
        else { return }
        self.told.yield(.message(message))
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {
        self.connection = nil
        self.told.yield(.closed(code: code))
        self.told.finish()
    }
}
