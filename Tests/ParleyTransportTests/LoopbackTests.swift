import NIOCore
import NIOPosix
import ParleyTransport
import ParleyTestSupport
import Testing

@Suite(.timeLimit(.minutes(patience)))
struct LoopbackTests {
    private let server = Told()
    private let client = Told()

    private var echo: @Sendable (UpgradeRequest) -> UpgradeDecision {
        let log = self.server.continuation
        return { _ in .accept(subprotocol: "parley.v1", delegate: { _ in Teller(log) { $0.sendText($1) } }) }
    }

    @Test(arguments: [1, 125, 126, 65_535, 65_536, 1_000_000])
    func `A message goes there and back, then the client closes`(length: Int) async throws {
        var limits = TransportLimits()
        limits.messageBytesMax = 1_000_000
        try await serving(limits, decide: self.echo) { listener in
            let log = self.client.continuation
            let loop = try await clientLoop(limits)
            let opened = WebSocketClientConnection.connect(to: listener.target, on: loop) { connection in
                connection.sendText(String(repeating: "m", count: length))
                return Teller(log) { connection, _ in connection.close(code: 1000, reason: "done") }
            }
            try await opened.get()
            let line = length > 40 ? "text of \(length)" : "text m"
            #expect(await self.client.untilClosed() == [line, "closed 1000 weClosed"])
            #expect(await self.server.untilClosed() == [line, "closed 1000 peerClosed"])
        }
    }

    @Test func `The server closes`() async throws {
        let log = self.server.continuation
        let decide: @Sendable (UpgradeRequest) -> UpgradeDecision = { _ in
            .accept(subprotocol: "parley.v1") { connection in
                connection.sendText("bye")
                connection.close(code: 4400, reason: "stop")
                return Teller(log)
            }
        }
        try await serving(decide: decide) { listener in
            let log = self.client.continuation
            let loop = try await clientLoop()
            try await WebSocketClientConnection.connect(to: listener.target, on: loop) { _ in Teller(log) }.get()
            #expect(await self.client.untilClosed() == ["text bye", "closed 4400 peerClosed"])
            #expect(await self.server.untilClosed() == ["closed 4400 weClosed"])
        }
    }

    @Test func `An accepted socket sends at once`() async throws {
        let (options, continuation) = AsyncStream<Int>.makeStream()
        try await serving(
            decide: self.echo,
            handOver: { channel in
                channel.getOption(.tcpOption(.tcp_nodelay)).map { option in
                    continuation.yield(Int(option))
                    channel.close(promise: nil)
                }
            },
            body: { listener in
                let peer = try await RawPeer.connect(to: listener.address)
                try await peer.channel.writeAndFlush(ByteBuffer(string: "POST / HTTP/1.1\r\n\r\n"))
                #expect(await options.first { _ in true } == 1)
                _ = try await peer.received.get()
            }
        )
    }

    @Test func `Several loops share a port`() async throws {
        let decide: @Sendable (UpgradeRequest) -> UpgradeDecision = { _ in
            .accept(subprotocol: nil, delegate: { _ in Teller(Told().continuation) { $0.sendText($1) } })
        }
        try await serving(on: 2, decide: decide) { listener in
            #expect(Set(listener.channels.map { $0.localAddress?.port }).count == 1)
            let loop = try await clientLoop()
            for number in 0..<30 {
                let told = Told()
                let log = told.continuation
                try await WebSocketClientConnection.connect(to: listener.target, on: loop) { connection in
                    connection.sendText("\(number)")
                    return Teller(log) { connection, _ in connection.closeNow() }
                }.get()
                #expect(await told.untilClosed() == ["text \(number)", "closed - weClosed"])
            }
        }
    }

    // MARK: Peers that misbehave

    @Test func `A client that only ends its output is gone`() async throws {
        try await serving(decide: self.echo) { listener in
            let (channel, received) = try await RawPeer.connect(to: listener.address)
            try await channel.writeAndFlush(ByteBuffer(bytes: upgradeRequest() + text("x")))
            try await channel.close(mode: .output)
            #expect(await self.server.untilClosed() == ["text x", "closed - lost"])
            #expect(String(decoding: try await received.get(), as: UTF8.self).hasPrefix("HTTP/1.1 101 "))
        }
    }

    @Test func `A client with a fault reads why`() async throws {
        try await serving(decide: self.echo) { listener in
            let (channel, received) = try await RawPeer.connect(to: listener.address)
            let flood = Array(repeating: text(String(repeating: "f", count: 60_000)), count: 10).flatMap { $0 }
            try await channel.writeAndFlush(ByteBuffer(bytes: upgradeRequest() + frame(1, mask: nil) + flood))
            let bytes = try await received.get()
            let reason = Array("A client masks its frames.".utf8)
            #expect(bytes.suffix(30) == [0x88, 28] + bigEndian(UInt16(1002)) + reason)
            #expect(await self.server.untilClosed().first?.hasPrefix("closed 1002 violation") == true)
        }
    }

    @Test func `A head that is too long is answered although more is on its way`() async throws {
        try await serving(decide: self.echo) { listener in
            let (channel, received) = try await RawPeer.connect(to: listener.address)
            let head = upgradeRequest("GET /v1/connect HTTP/1.1", [("X", String(repeating: "x", count: 900_000))])
            channel.writeAndFlush(ByteBuffer(bytes: head), promise: nil)
            let answer = String(decoding: try await received.get(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 431 "))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    private func flooding(_ limits: TransportLimits) async throws -> [String] {
        let log = self.server.continuation
        let decide: @Sendable (UpgradeRequest) -> UpgradeDecision = { _ in
            .accept(subprotocol: nil) { connection in
                connection.loop.onSweep = { _ in
                    for _ in 0..<64 {
                        connection.sendText(String(repeating: "x", count: 65_536))
                    }
                }
                return Teller(log)
            }
        }
        return try await serving(limits, decide: decide) { listener in
            let (channel, _) = try await RawPeer.connect(to: listener.address, reads: false)
            try await channel.writeAndFlush(ByteBuffer(bytes: upgradeRequest()))
            let told = await self.server.untilClosed()
            try? await channel.close()
            return told
        }
    }

    @Test func `A client that never reads is closed at the limit`() async throws {
        var limits = TransportLimits()
        limits.sweepInterval = .milliseconds(10)
        limits.closeGrace = .milliseconds(50)
        limits.outputBytesMax = 8_388_608
        #expect(try await self.flooding(limits) == ["closed 4408 overflow"])
    }

    @Test func `A client that never reads is closed when nothing moves`() async throws {
        var limits = TransportLimits()
        limits.sweepInterval = .milliseconds(10)
        limits.writeStall = .milliseconds(100)
        limits.closeGrace = .milliseconds(50)
        limits.outputBytesMax = .max
        #expect(try await self.flooding(limits) == ["closed 4408 stalled"])
    }

    // MARK: Somebody else's

    @Test func `Plain HTTP goes to the other pipeline`() async throws {
        final class Answer: ChannelInboundHandler {
            typealias InboundIn = ByteBuffer
            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                let request = String(buffer: self.unwrapInboundIn(data))
                context.writeAndFlush(NIOAny(ByteBuffer(string: "seen: \(request)")), promise: nil)
                context.close(promise: nil)
            }
        }
        let handOver: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Answer()) }
        }
        try await serving(decide: self.echo, handOver: handOver) { listener in
            let (channel, received) = try await RawPeer.connect(to: listener.address)
            try await channel.writeAndFlush(ByteBuffer(string: "GET /healthz HTTP/1.1\r\n\r\n"))
            #expect(String(decoding: try await received.get(), as: UTF8.self) == "seen: GET /healthz HTTP/1.1\r\n\r\n")
        }
    }
}
