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

    @Test func `Output that stands still for ten seconds ends the connection, although more is sent`() throws {
        let accepted = try self.dammed(outputBytesMax: 100_000)
        accepted.connection.sendText("a")
        var seconds = 0
        while accepted.channel.isActive, seconds < 60 {
            accepted.connection.sendText("more")
            accepted.pass(.seconds(1))
            seconds += 1
        }
        #expect(seconds == 11)
        #expect(accepted.recorder.log == ["closed - stalled"])
    }
}
