import NIOCore
import NIOEmbedded
import ParleyTransport
import Testing

struct ConnectionTests {
    @Test func `What a read leads to leaves in one write`() throws {
        let accepted = try Accepted.upgraded()
        accepted.recorder.onText = { $0.sendText("re: \($1)") }
        accepted.recorder.onReadComplete = { $0.sendText("done") }
        try accepted.receive(text("a") + frame(9, [5, 6]) + text("b"))
        #expect(
            try accepted.writes() == [
                [0x81, 5] + Array("re: a".utf8) + [0x8A, 2, 5, 6] + [0x81, 5] + Array("re: b".utf8)
                    + [0x81, 4] + Array("done".utf8)
            ]
        )
    }

    @Test func `What is sent outside of a read leaves at the end of the tick, or before when asked`() throws {
        let accepted = try Accepted.upgraded()
        accepted.connection.sendText("a")
        accepted.connection.ping()
        #expect(try accepted.writes() == [])
        accepted.eventLoop.run()
        #expect(try accepted.writes() == [[0x81, 1, 0x61, 0x89, 8, 0, 0, 0, 0, 0, 0, 0, 1]])
        accepted.connection.sendText("b")
        accepted.transport.flushDirty()
        #expect(try accepted.writes() == [[0x81, 1, 0x62]])
    }

    @Test func `What is held waits for an answer of this turn, and no longer`() throws {
        let accepted = try Accepted.upgraded()
        let loop = accepted.eventLoop
        accepted.recorder.onText = { connection, _ in
            connection.sendText("a")
            connection.holdOutput()
            connection.holdOutput()
            loop.execute { loop.execute { connection.sendText("b") } }
        }
        try accepted.receive(text("x"))
        #expect(try accepted.writes() == [])
        loop.run()
        #expect(try accepted.writes() == [[0x81, 1, 0x61, 0x81, 1, 0x62]])
        // No answer comes: the turn's end is the end of it. And the next read is as any other.
        accepted.recorder.onText = { connection, _ in
            connection.holdOutput()
            connection.sendText("c")
        }
        try accepted.receive(text("x"))
        loop.run()
        #expect(try accepted.writes() == [[0x81, 1, 0x63]])
        accepted.recorder.onText = { connection, _ in connection.sendText("d") }
        try accepted.receive(text("x"))
        #expect(try accepted.writes() == [[0x81, 1, 0x64]])
    }

    @Test func `Whoever is closed is not held`() throws {
        let accepted = try Accepted.upgraded()
        accepted.recorder.onText = { connection, _ in
            connection.holdOutput()
            connection.sendText("a")
            connection.closeNow()
        }
        try accepted.receive(text("x"))
        #expect(try accepted.writes() == [[0x81, 1, 0x61]])
        accepted.eventLoop.run()
        #expect(accepted.transport.connectionCount == 0)
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 100_000])
    func `Messages of every form of length, sent and understood`(length: Int) throws {
        let accepted = try Accepted.upgraded()
        let message = Array(repeating: UInt8(ascii: "m"), count: length)
        accepted.connection.sendText(length: length) { $0.copyBytes(from: message) }
        message.withUnsafeBytes { accepted.connection.sendText($0) }
        accepted.connection.sendFrame(WebSocketConnection.frame(text: message))
        accepted.eventLoop.run()
        let expected = Heard.text(String(decoding: message, as: UTF8.self))
        #expect(hear([accepted.sent()], role: .client) == [expected, expected, expected])
    }

    @Test func `A shared frame keeps its place among other output`() throws {
        let accepted = try Accepted.upgraded()
        let shared = WebSocketConnection.frame(text: Array("s".utf8))
        let connection = accepted.connection
        connection.sendFrame(shared)
        connection.sendText("1")
        connection.sendFrame(shared)
        connection.sendText("2")
        accepted.eventLoop.run()
        let heard = hear([accepted.sent()], role: .client)
        #expect(heard == [.text("s"), .text("1"), .text("s"), .text("2")])
        #expect(String(buffer: shared).hasSuffix("s"), "and is as it was")
    }

    @Test func `Every read counts as life`() throws {
        let accepted = try Accepted.upgraded()
        let before = accepted.connection.heardCount
        try accepted.receive(frame(10))
        try accepted.receive([0x81])
        #expect(accepted.connection.heardCount == before + 2)
    }

    @Test(arguments: [9, 10] as [UInt8]) func `Pings and pongs, so many a second`(opcode: UInt8) throws {
        var limits = TransportLimits()
        limits.controlFramesPerSecondMax = 3
        let accepted = try Accepted.upgraded(limits)
        for _ in 1...3 {
            for _ in 1...3 { try accepted.receive(frame(opcode)) }
            accepted.pass(.seconds(1))
        }
        #expect(accepted.connection.isOpen)
        for _ in 1...4 { try accepted.receive(frame(opcode)) }
        #expect(hear([accepted.sent()], role: .client).last == .close(1008))
        #expect(
            accepted.recorder.log == ["closed 1008 violation(ParleyTransport.WebSocketViolation.tooManyControlFrames)"]
        )
    }

    @Test func `Binary messages end the connection, or are delivered where that is wanted`() throws {
        let refusing = try Accepted.upgraded()
        try refusing.receive(frame(2, [1, 2, 3]))
        #expect(hear([refusing.sent()], role: .client) == [.close(1003)])
        #expect(refusing.recorder.log == ["closed 1003 violation(ParleyTransport.WebSocketViolation.binaryMessage)"])
        var limits = TransportLimits()
        limits.acceptsBinary = true
        let accepting = try Accepted.upgraded(limits)
        try accepting.receive(frame(2, [1, 2, 3]))
        #expect(accepting.recorder.log == ["binary 3"])
    }

    @Test func `One connection sends on another, and both leave with the same read`() throws {
        let first = try Accepted.upgraded()
        let second = EmbeddedChannel(loop: first.eventLoop)
        let recorder = Recorder()
        let acceptor = WebSocketAcceptor(
            loop: first.transport,
            decide: { _ in .accept(subprotocol: nil, delegate: { _ in recorder }) },
            handOver: { $0.eventLoop.makeSucceededVoidFuture() }
        )
        try acceptor.accept(second)
        try second.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 2)).wait()
        let receiver = first.connection
        try second.writeInbound(ByteBuffer(bytes: upgradeRequest()))
        recorder.onText = { receiver.sendText($1) }
        try second.writeInbound(ByteBuffer(bytes: text("x") + text("y")))
        #expect(try first.writes() == [[0x81, 1, 0x78, 0x81, 1, 0x79]])
    }

    @Test func `Connections are found while there, in whatever order they go`() throws {
        let first = try Accepted.upgraded()
        let acceptor = WebSocketAcceptor(
            loop: first.transport,
            decide: { _ in .accept(subprotocol: nil, delegate: { _ in Recorder() }) },
            handOver: { $0.eventLoop.makeSucceededVoidFuture() }
        )
        var channels: [EmbeddedChannel] = []
        for _ in 0..<5 {
            let channel = EmbeddedChannel(loop: first.eventLoop)
            try acceptor.accept(channel)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 2)).wait()
            try channel.writeInbound(ByteBuffer(bytes: upgradeRequest()))
            channels.append(channel)
        }
        for index in [2, 4, 0] {
            try channels[index].close().wait()
        }
        #expect(first.transport.connectionCount == 3)
        var visited = 0
        first.transport.forEachConnection {
            visited += 1
            $0.closeNow()
        }
        first.transport.flushDirty()
        #expect(visited == 3)
        #expect(first.transport.connectionCount == 0)
        #expect(first.recorder.log == ["closed - weClosed"])
    }
}
