import NIOCore
import NIOEmbedded
import NIOPosix
import ParleyTestSupport
import ParleyTransport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Frames for many go past the channel, see WebSocketConnection+Direct.swift: nobody notices.
@Suite(.timeLimit(.minutes(patience)))
struct DirectOutputTests {
    /// What the connection was asked to send, and what it said of it.
    private struct Sent: Sendable {
        var bytes: [UInt8] = []
        /// Whether the first frame was on its way before any flush.
        var wasDirect = false
        /// Whether the socket was full in between.
        var hasWaited = false
    }

    private static let end = "that is all"

    /// Reads when it is told to, and hangs up when it has heard the end.
    private final class LatePeer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let received: EventLoopPromise<[UInt8]>
        private var bytes: [UInt8] = []

        init(_ received: EventLoopPromise<[UInt8]>) {
            self.received = received
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.bytes += self.unwrapInboundIn(data).readableBytesView
            if self.bytes.suffix(DirectOutputTests.end.utf8.count).elementsEqual(DirectOutputTests.end.utf8) {
                context.close(promise: nil)
            }
        }

        func handlerRemoved(context: ChannelHandlerContext) {
            self.received.succeed(self.bytes)
        }
    }

    private static func numbered(_ number: Int, _ length: Int) -> [UInt8] {
        Array("\(number) ".utf8) + [UInt8](repeating: 0x61, count: length)
    }

    /// More than a socket takes: frames for many and messages of one's own in turn, flushed now and then.
    private static func flood(_ connection: WebSocketConnection) -> Sent {
        var sent = Sent()
        for number in 0..<400 {
            let text = Self.numbered(number, number % 7 == 0 ? 20_000 : 300)
            if number % 5 == 3 {
                text.withUnsafeBytes { connection.sendText($0) }
            } else {
                connection.sendFrame(WebSocketConnection.frame(text: text))
            }
            if number == 0 { sent.wasDirect = connection.pendingBytes == 0 }
            if number % 11 == 0 { connection.loop.flushDirty() }
            if connection.pendingBytes > 20_400 { sent.hasWaited = true }
            sent.bytes += Array(WebSocketConnection.frame(text: text).readableBytesView)
        }
        connection.sendText(Self.end)
        sent.bytes += frame(1, Array(Self.end.utf8), mask: nil)
        return sent
    }

    @Test(arguments: [true, false])
    func `A peer that reads late gets the same bytes in the same order`(sendsDirectly: Bool) async throws {
        var limits = TransportLimits()
        limits.sendsDirectly = sendsDirectly
        limits.outputBytesMax = 16_777_216
        let (results, told) = AsyncStream.makeStream(of: Sent.self)
        let decide: @Sendable (UpgradeRequest) -> UpgradeDecision = { _ in
            .accept(subprotocol: nil) { _ in
                Teller(Told().continuation) { connection, _ in
                    // Behind the answer to the upgrade.
                    connection.loop.eventLoop.assumeIsolated().execute { told.yield(Self.flood(connection)) }
                }
            }
        }
        try await serving(limits, decide: decide) { listener in
            let received = loops.next().makePromise(of: [UInt8].self)
            let channel = try await ClientBootstrap(group: received.futureResult.eventLoop)
                .channelOption(.autoRead, value: false)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(LatePeer(received))
                    }
                }
                .connect(to: listener.address).get()
            try await channel.writeAndFlush(ByteBuffer(bytes: upgradeRequest()))
            try await channel.writeAndFlush(ByteBuffer(bytes: text("go")))
            var sent = Sent()
            for await result in results {
                sent = result
                break
            }
            #expect(sent.wasDirect == sendsDirectly)
            #expect(sent.hasWaited)
            try await channel.setOption(.autoRead, value: true).get()
            let bytes = try await received.futureResult.get()
            // Not the bytes themselves: they are many.
            let isSame = bytes.suffix(sent.bytes.count).elementsEqual(sent.bytes)
            #expect(isSame, "\(bytes.count) bytes have come, \(sent.bytes.count) were sent")
        }
    }

    /// Sends for as long as it may, and goes on when it hears that it may again.
    private final class Feeder: WebSocketDelegate {
        private var left = 300

        func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
            // Behind the answer to the upgrade.
            let bound = NIOLoopBound((self, connection), eventLoop: connection.loop.eventLoop)
            connection.loop.eventLoop.execute { bound.value.0.feed(bound.value.1) }
        }

        func connectionBecameWritable(_ connection: WebSocketConnection) {
            self.feed(connection)
        }

        func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {}

        private func feed(_ connection: WebSocketConnection) {
            while self.left > 0, connection.isWritable {
                self.left -= 1
                DirectOutputTests.numbered(self.left, 9_000).withUnsafeBytes { connection.sendText($0) }
                if self.left == 0 { connection.sendText(DirectOutputTests.end) }
            }
        }
    }

    @Test(arguments: [true, false], [true, false])
    func `Whoever stops because too much waits hears when there is room`(
        sendsDirectly: Bool,
        readsLate: Bool
    ) async throws {
        var limits = TransportLimits()
        limits.sendsDirectly = sendsDirectly
        let decide: @Sendable (UpgradeRequest) -> UpgradeDecision = { _ in
            .accept(subprotocol: nil) { _ in Feeder() }
        }
        try await serving(limits, decide: decide) { listener in
            let received = loops.next().makePromise(of: [UInt8].self)
            let channel = try await ClientBootstrap(group: received.futureResult.eventLoop)
                .channelOption(.autoRead, value: !readsLate)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(LatePeer(received))
                    }
                }
                .connect(to: listener.address).get()
            try await channel.writeAndFlush(ByteBuffer(bytes: upgradeRequest() + text("go")))
            // Who reads from the start may have read all of it by now, and be gone.
            if readsLate { try await channel.setOption(.autoRead, value: true).get() }
            #expect(try await received.futureResult.get().count > 300 * 9_000)
        }
    }

    @Test func `Whoever is gone does not write to the socket that has its number now`() async throws {
        var limits = TransportLimits()
        limits.eventsPerTurnMax = 1
        limits.eventsPerTurnMin = 1
        limits.turnPause = .seconds(60)
        let (results, told) = AsyncStream.makeStream(of: (Bool, Int).self)
        let decide: @Sendable (UpgradeRequest) -> UpgradeDecision = { _ in
            .accept(subprotocol: nil) { _ in
                Teller(Told().continuation) { connection, text in
                    guard text == "last" else { return }
                    // The channel has closed its socket, and the lowest free number is given out next.
                    var pair: [CInt] = [-1, -1]
                    #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) == 0)
                    connection.sendFrame(WebSocketConnection.frame(text: Array("stray".utf8)))
                    var byte: UInt8 = 0
                    let read = pair.map { recv($0, &byte, 1, CInt(MSG_DONTWAIT)) }
                    told.yield((connection.isOpen, read.max() ?? 0))
                    for descriptor in pair { close(descriptor) }
                }
            }
        }
        try await serving(limits, decide: decide) { listener in
            let (channel, _) = try await RawPeer.connect(to: listener.address)
            try await channel.writeAndFlush(ByteBuffer(bytes: upgradeRequest()))
            try await channel.writeAndFlush(ByteBuffer(bytes: text("first") + text("last")))
            // Not in both directions: with the answer unread that is a reset, which may take the messages with it.
            try await channel.close(mode: .output)
            for await (isOpen, read) in results {
                #expect(isOpen, "it is not told yet that it is gone")
                #expect(read == -1)
                break
            }
        }
    }

    @Test func `A channel that is no socket is written to`() throws {
        let accepted = try Accepted.upgraded()
        accepted.connection.sendFrame(WebSocketConnection.frame(text: Array("a".utf8)))
        #expect(accepted.connection.pendingBytes == 3)
        accepted.transport.flushDirty()
        #expect(accepted.sent() == frame(1, Array("a".utf8), mask: nil))
    }
}
