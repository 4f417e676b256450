import NIOCore
import NIOPosix
import ParleyProtocol
import ParleyTransport
import Synchronization

/// A socket of a client, seen from the concurrency side: messages in as a sequence, messages out as calls.
final class ClientLine: Sendable {
    enum Input: Sendable {
        case message(ServerMessage)
        case unreadable
        /// Nothing was heard for too long; the socket is closed.
        case dark
        case closed(code: UInt16?)
    }

    /// Ends with the socket, also if its last element could not be kept.
    let inputs: AsyncStream<Input>
    private let loop: any EventLoop
    private let delegate: NIOLoopBound<ClientDelegate>

    private init(_ inputs: AsyncStream<Input>, _ delegate: NIOLoopBound<ClientDelegate>, _ loop: any EventLoop) {
        self.inputs = inputs
        self.delegate = delegate
        self.loop = loop
    }

    /// - Parameter group: `nil`: the process's own.
    static func open(
        to target: WebSocketClientConnection.Target,
        group: (any EventLoopGroup)?
    ) async throws -> ClientLine {
        // So many wait for the client, which only has to fold them; one more ends the connection: a resume brings it.
        let (inputs, heard) = AsyncStream.makeStream(of: Input.self, bufferingPolicy: .bufferingOldest(65_536))
        let transport = try await ClientLoops.transport(group).get()
        let loop = transport.eventLoop
        let delegate = try await loop.submit {
            NIOLoopBound(ClientDelegate(heard), eventLoop: loop)
        }.get()
        try await WebSocketClientConnection.connect(to: target, on: transport) { connection in
            delegate.value.begin(connection)
            return delegate.value
        }.get()
        return ClientLine(inputs, delegate, loop)
    }

    func send(_ message: ClientMessage) {
        self.loop.execute {
            var bytes: [UInt8] = []
            message.encode(into: &bytes)
            bytes.withUnsafeBytes { self.delegate.value.connection?.sendText($0) }
        }
    }

    func close(code: UInt16) {
        self.loop.execute { self.delegate.value.connection?.close(code: code) }
    }

    /// Whoever is silent for so long is dead.
    func watch(dark: Duration) {
        self.loop.execute { self.delegate.value.watch(dark: TimeAmount(dark)) }
    }

    /// Whoever is silent from now on for so long is dead.
    func expect(within: Duration) {
        self.loop.execute { self.delegate.value.expect(within: TimeAmount(within)) }
    }
}

/// The memory that sockets of one event loop share.
private enum ClientLoops {
    /// A snapshot of a room of ten thousand has some megabytes.
    private static let messageBytesMax = 8_388_608

    /// Of the process's own group, which lives as long as these.
    private static let shared = Mutex<[ObjectIdentifier: EventLoopFuture<NIOLoopBound<TransportLoop>>]>([:])

    static func transport(_ group: (any EventLoopGroup)?) -> EventLoopFuture<NIOLoopBound<TransportLoop>> {
        if let group { return self.make(on: group.any()) }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return self.shared.withLock { transports in
            if let transport = transports[ObjectIdentifier(loop)] { return transport }
            let transport = self.make(on: loop)
            transports[ObjectIdentifier(loop)] = transport
            return transport
        }
    }

    private static func make(on loop: any EventLoop) -> EventLoopFuture<NIOLoopBound<TransportLoop>> {
        var limits = TransportLimits()
        limits.messageBytesMax = self.messageBytesMax
        return TransportLoop.bound(on: loop, limits: limits)
    }
}

/// Confined to the socket's loop.
private final class ClientDelegate: WebSocketDelegate {
    private(set) var connection: WebSocketConnection?
    private let heard: AsyncStream<ClientLine.Input>.Continuation
    private var silence = Silence()
    private var heardCount: UInt32 = 0

    init(_ heard: AsyncStream<ClientLine.Input>.Continuation) {
        self.heard = heard
    }

    func begin(_ connection: WebSocketConnection) {
        self.connection = connection
    }

    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        guard let value = try? JSONParser.parse(text, depthMax: 64), let message = try? ServerMessage.decode(value)
        else { return self.tell(.unreadable) }
        self.tell(.message(message))
    }

    private func tell(_ input: ClientLine.Input) {
        guard case .dropped = self.heard.yield(input) else { return }
        self.connection?.close(code: ParleyClient.lostCode)
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {
        self.connection = nil
        self.heard.yield(.closed(code: code))
        self.heard.finish()
    }

    // MARK: Silence

    func watch(dark: TimeAmount) {
        self.listen(every: dark / Silence.looks)
    }

    private func listen(every interval: TimeAmount) {
        self.later(interval) { delegate, connection in
            let isHeard = connection.heardCount != delegate.heardCount
            delegate.heardCount = connection.heardCount
            delegate.silence.look(isHeard: isHeard) ? delegate.goDark(connection) : delegate.listen(every: interval)
        }
    }

    func expect(within: TimeAmount) {
        guard let before = self.connection?.heardCount else { return }
        self.later(within) { delegate, connection in
            if connection.heardCount == before { delegate.goDark(connection) }
        }
    }

    private func goDark(_ connection: WebSocketConnection) {
        self.tell(.dark)
        connection.closeNow()
    }

    private func later(_ time: TimeAmount, _ body: @escaping (ClientDelegate, WebSocketConnection) -> Void) {
        guard let loop = self.connection?.loop.eventLoop else { return }
        loop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            guard let self, let connection = self.connection else { return }
            body(self, connection)
        }
    }
}

/// Counts looks instead of time: a process that was asleep has looked at nothing, so its sleep is nobody's silence.
struct Silence: Hashable {
    /// So many looks without a sound are too many.
    static let looks: Int64 = 8

    private var silentLooks: Int64 = 0

    /// - Returns: whether it has been silent for too long.
    mutating func look(isHeard: Bool) -> Bool {
        self.silentLooks = isHeard ? 0 : self.silentLooks + 1
        return self.silentLooks >= Self.looks
    }
}

extension TimeAmount {
    fileprivate static func / (amount: TimeAmount, divisor: Int64) -> TimeAmount {
        .nanoseconds(amount.nanoseconds / divisor)
    }
}
