import NIOCore
import NIOEmbedded
import ParleyTransport
import Testing

struct ClosingTests {
    @Test func `The peer closes: its code comes back, the channel ends, once told`() throws {
        let accepted = try Accepted.upgraded()
        try accepted.receive(text("last") + close(4000, "bye") + text("after"))
        #expect(accepted.sent() == [0x88, 2] + bigEndian(UInt16(4000)))
        #expect(accepted.channel.isActive == false)
        #expect(accepted.recorder.log == ["text last", "closed 4000 peerClosed"])
    }

    @Test func `The peer closes without a code`() throws {
        let accepted = try Accepted.upgraded()
        try accepted.receive(frame(8))
        #expect(accepted.sent() == [0x88, 0])
        #expect(accepted.recorder.log == ["closed - peerClosed"])
    }

    @Test func `We close: output, close frame, their answer, the end`() throws {
        let accepted = try Accepted.upgraded()
        let connection = accepted.connection
        connection.sendText("x")
        connection.close(code: 4400, reason: "stop")
        connection.close(code: 4500, reason: "twice")
        connection.sendText("too late")
        connection.ping()
        accepted.eventLoop.run()
        #expect(try accepted.writes() == [[0x81, 1, 0x78, 0x88, 6] + bigEndian(UInt16(4400)) + Array("stop".utf8)])
        #expect(accepted.channel.isActive)
        #expect(connection.isOpen == false)
        // What they sent before they heard of it: dropped, and their ping stays without answer.
        try accepted.receive(text("crossing") + frame(9))
        #expect(accepted.recorder.log == [])
        try accepted.receive(close(4400))
        #expect(accepted.recorder.log == ["closed 4400 weClosed"])
        #expect(accepted.channel.isActive == false)
        #expect(accepted.sent() == [])
    }

    @Test func `Both close at once`() throws {
        let accepted = try Accepted.upgraded()
        accepted.connection.close(code: 4400)
        try accepted.receive(close(1001))
        #expect(hear([accepted.sent()], role: .client) == [.close(4400)])
        #expect(accepted.recorder.log == ["closed 4400 weClosed"])
    }

    @Test func `A peer that does not answer has two seconds`() throws {
        let accepted = try Accepted.upgraded()
        accepted.connection.close(code: 4400)
        accepted.pass(.milliseconds(1_990))
        #expect(accepted.channel.isActive)
        accepted.pass(.milliseconds(260))
        #expect(accepted.channel.isActive == false)
        #expect(accepted.recorder.log == ["closed 4400 weClosed"])
    }

    @Test func `The end at once, at the next flush`() throws {
        let accepted = try Accepted.upgraded()
        accepted.connection.closeNow()
        #expect(accepted.recorder.log == [], "never from within the call")
        accepted.eventLoop.run()
        #expect(accepted.sent() == [])
        #expect(accepted.recorder.log == ["closed - weClosed"])
    }

    @Test func `The end of one, told in a flush, makes another send, in the same flush and after it`() throws {
        let first = try Accepted.upgraded()
        let other = EmbeddedChannel(loop: first.eventLoop)
        let acceptor = WebSocketAcceptor(
            loop: first.transport,
            decide: { _ in .accept(subprotocol: nil, delegate: { _ in Recorder() }) },
            handOver: { $0.eventLoop.makeSucceededVoidFuture() }
        )
        let ending = first.connection
        var others: [WebSocketConnection] = []
        try acceptor.accept(other)
        try other.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 2)).wait()
        try other.writeInbound(ByteBuffer(bytes: upgradeRequest()))
        _ = try other.readOutbound(as: ByteBuffer.self)
        first.transport.forEachConnection { others += $0 === ending ? [] : [$0] }
        first.recorder.onClosed = { others[0].sendText("gone") }
        ending.closeNow()
        first.transport.flushDirty()
        let frame = WebSocketConnection.frame(text: "gone".utf8)
        #expect(try other.readOutbound(as: ByteBuffer.self) == frame)
        others[0].sendText("gone")
        first.transport.flushDirty()
        #expect(try other.readOutbound(as: ByteBuffer.self) == frame)
    }

    @Test func `The peer hangs up`() throws {
        let accepted = try Accepted.upgraded()
        try accepted.channel.close().wait()
        #expect(accepted.recorder.log == ["closed - lost"])
        #expect(accepted.transport.connectionCount == 0)
    }

    @Test func `The network fails`() throws {
        let accepted = try Accepted.upgraded()
        accepted.channel.pipeline.fireErrorCaught(ChannelError.inputClosed)
        accepted.eventLoop.run()
        #expect(accepted.recorder.log == ["closed - lost"])
    }

    @Test(
        arguments: [
            (frame(1, [0xFF]), 1007), (frame(3), 1002), (frame(1, Array(repeating: 0x61, count: 65_537)), 1009),
        ] as [([UInt8], UInt16)]
    )
    func `A fault: its code, and nothing heard after it`(bytes: [UInt8], code: UInt16) throws {
        let accepted = try Accepted.upgraded()
        try accepted.receive(bytes + text("after"))
        #expect(hear([accepted.sent()], role: .client) == [.close(code)])
        #expect(accepted.recorder.log.count == 1)
        #expect(accepted.recorder.log[0].hasPrefix("closed \(code) violation("))
    }

    @Test func `A long reason is cut between characters`() throws {
        let accepted = try Accepted.upgraded()
        accepted.connection.close(code: 4400, reason: String(repeating: "é", count: 100))
        accepted.eventLoop.run()
        let sent = accepted.sent()
        #expect(sent.count == 2 + 2 + 122)
        #expect(hear([sent], role: .client) == [.close(4400)])
    }

    @Test func `A loop that closes: everybody is told, newcomers are refused, the silent are hung up on`() throws {
        let accepted = try Accepted.upgraded()
        let acceptor = WebSocketAcceptor(
            loop: accepted.transport,
            decide: { _ in .accept(subprotocol: nil, delegate: { _ in Recorder() }) },
            handOver: { $0.eventLoop.makeSucceededVoidFuture() }
        )
        let silent = EmbeddedChannel(loop: accepted.eventLoop)
        try acceptor.accept(silent)
        try silent.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 2)).wait()
        accepted.transport.beginClosing(code: 4400, reason: "stop")
        #expect(hear([accepted.sent()], role: .client) == [.close(4400)])
        #expect(silent.isActive == false)
        let newcomer = EmbeddedChannel(loop: accepted.eventLoop)
        try acceptor.accept(newcomer)
        try newcomer.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 3)).wait()
        try newcomer.writeInbound(ByteBuffer(bytes: upgradeRequest()))
        let answer = try newcomer.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) }
        #expect(answer?.hasPrefix("HTTP/1.1 503 ") == true)
        accepted.pass(.milliseconds(2_300))
        #expect(accepted.transport.connectionCount == 0)
        #expect(accepted.recorder.log == ["closed 4400 weClosed"])
    }

    @Test(arguments: [WebSocketRole.server, .client])
    func `Whatever happens in whatever order, the end is told once`(role: WebSocketRole) {
        typealias Step = (inout WebSocketClosing) -> WebSocketClosing.Effect?
        let steps: [Step] = [
            { $0.close(code: 4400, end: .weClosed) }, { $0.close(code: 1002, end: .violation(.reservedBits)) },
            { $0.peerClosed(code: 1000) }, { $0.endNow(.stalled) }, { $0.channelGone() },
        ]
        for order in 0..<3_125 {
            var closing = WebSocketClosing(role: role)
            var (told, closeFrames) = (0, 0)
            for position in [1, 5, 25, 125, 625] {
                switch steps[order / position % 5](&closing) {
                case .tell: told += 1
                case .sendClose, .sendCloseAndEndOutput, .echoClose: closeFrames += 1
                case .endChannel, nil: break
                }
            }
            told += closing.channelGone() == nil ? 0 : 1
            #expect(told == 1)
            #expect(closeFrames <= 1)
        }
    }
}
