import NIOCore
import NIOEmbedded
import ParleyTransport
import Testing

/// A network that takes nothing while it is shut.
private final class Dam: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var isShut = true

    func flush(context: ChannelHandlerContext) {
        if self.isShut == false {
            context.flush()
        }
    }
}

/// A channel that says when it has been given more than its mark, and when that has left.
private final class Marked: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    private let channel: EmbeddedChannel
    private var waiting = 0

    init(_ channel: EmbeddedChannel) {
        self.channel = channel
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        self.waiting += self.unwrapOutboundIn(data).readableBytes
        if self.waiting > 65_536 { self.tell(false, context) }
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        if self.waiting > 65_536 { self.tell(true, context) }
        self.waiting = 0
    }

    private func tell(_ isWritable: Bool, _ context: ChannelHandlerContext) {
        self.channel.isWritable = isWritable
        context.fireChannelWritabilityChanged()
    }
}

struct BackPressureTests {
    private let dam = Dam()

    private func dammed(outputBytesMax: Int = 1_000) throws -> Accepted {
        var limits = TransportLimits()
        limits.outputBytesMax = outputBytesMax
        let accepted = try Accepted.upgraded(limits)
        try accepted.channel.pipeline.syncOperations.addHandler(self.dam, position: .first)
        return accepted
    }

    @Test func `What waits is counted, here and in the channel, and leaves`() throws {
        let accepted = try self.dammed()
        accepted.connection.sendText(String(repeating: "a", count: 98))
        accepted.transport.flushDirty()
        accepted.connection.sendFrame(WebSocketConnection.frame(text: Array("12345678".utf8)))
        accepted.connection.sendText("12345678")
        #expect(accepted.connection.pendingBytes == 120)
        self.dam.isShut = false
        accepted.transport.flushDirty()
        #expect(accepted.connection.pendingBytes == 0)
        #expect(accepted.sent().count == 120)
    }

    @Test func `More than the limit in one tick closes with 4408`() throws {
        let accepted = try self.dammed()
        self.dam.isShut = false
        for _ in 0..<11 {
            accepted.connection.sendText(String(repeating: "a", count: 98))
        }
        #expect(accepted.connection.isOpen == false)
        accepted.eventLoop.run()
        let heard = hear([accepted.sent()], role: .client)
        #expect(heard.count == 10)
        #expect(heard.last == .close(4408))
        try accepted.receive(close(4408))
        #expect(accepted.recorder.log == ["closed 4408 overflow"])
    }

    @Test func `A peer that never reads is closed at the limit, tick after tick`() throws {
        let accepted = try self.dammed()
        let frame = WebSocketConnection.frame(text: Array(repeating: 0x61, count: 98))
        let connection = accepted.connection
        var ticks = 0
        while connection.isOpen, ticks < 100 {
            connection.sendFrame(frame)
            accepted.transport.flushDirty()
            ticks += 1
        }
        #expect(ticks == 10)
        accepted.pass(.milliseconds(2_300))
        #expect(accepted.recorder.log == ["closed 4408 overflow"])
    }

    @Test func `Pings are not answered without bound`() throws {
        let accepted = try self.dammed()
        let connection = accepted.connection
        for _ in 0..<100 where connection.isOpen {
            try accepted.receive(frame(9, Array(repeating: 1, count: 98)))
        }
        #expect(connection.isOpen == false)
        #expect(connection.pendingBytes < 1_100)
    }

    @Test func `A peer that reads slowly is not closed`() throws {
        let accepted = try self.dammed(outputBytesMax: 10_000)
        for _ in 0..<200 {
            self.dam.isShut = true
            accepted.connection.sendText(String(repeating: "a", count: 98))
            accepted.pass(.seconds(5))
            self.dam.isShut = false
            accepted.connection.sendText("b")
            accepted.pass(.milliseconds(500))
        }
        #expect(accepted.connection.isOpen)
    }

    @Test func `Output that stands still for ten seconds closes the connection, although more is sent`() throws {
        let accepted = try self.dammed(outputBytesMax: 100_000)
        accepted.connection.sendText("a")
        var seconds = 0
        while accepted.channel.isActive, seconds < 60 {
            accepted.connection.sendText("more")
            accepted.pass(.seconds(1))
            seconds += 1
        }
        // Two of them for a close frame that nobody reads.
        #expect(seconds == 13)
        #expect(accepted.recorder.log == ["closed 4408 stalled"])
    }

    @Test func `A peer that reads again after ten seconds hears why it was closed`() throws {
        let accepted = try self.dammed(outputBytesMax: 100_000)
        accepted.connection.sendText("a")
        accepted.pass(.milliseconds(10_600))
        #expect(accepted.connection.isOpen == false)
        self.dam.isShut = false
        accepted.channel.flush()
        #expect(hear([accepted.sent()], role: .client) == [.text("a"), .close(4408)])
        try accepted.receive(close(4408))
        #expect(accepted.recorder.log == ["closed 4408 stalled"])
    }

    // MARK: The watermark

    @Test func `More than the watermark is not writable until it has left, and that is told once`() throws {
        let accepted = try Accepted.upgraded()
        try accepted.channel.pipeline.syncOperations.addHandler(Marked(accepted.channel), position: .first)
        let connection = accepted.connection
        connection.sendText(String(repeating: "a", count: 65_532))
        #expect(connection.isWritable)
        connection.sendText("b")
        #expect(connection.isWritable == false)
        accepted.transport.flushDirty()
        #expect(connection.isWritable)
        accepted.eventLoop.run()
        #expect(accepted.recorder.log == ["writable"])
    }

    @Test func `What is sent when the channel takes more again leaves with the same flush`() throws {
        let accepted = try Accepted.upgraded()
        accepted.recorder.onWritable = { $0.sendText("on") }
        accepted.becomeWritable(false)
        #expect(accepted.connection.isWritable == false)
        accepted.becomeWritable(true)
        #expect(accepted.connection.isWritable)
        accepted.transport.flushDirty()
        #expect(try accepted.writes().count == 1)
        accepted.eventLoop.run()
        #expect(accepted.recorder.log == ["writable"])
    }

    @Test func `A connection that closes is never writable again`() throws {
        let accepted = try Accepted.upgraded()
        accepted.becomeWritable(false)
        accepted.connection.close(code: 1000)
        accepted.becomeWritable(true)
        #expect(accepted.connection.isWritable == false)
    }
}
