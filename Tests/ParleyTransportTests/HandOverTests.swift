import NIOCore
import NIOEmbedded
import ParleyTransport
import Testing

/// What a caller's pipeline gets, and in which order.
private final class Heir: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    var log: [String] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.log.append(String(buffer: self.unwrapInboundIn(data)))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.log.append("complete")
    }
}

struct HandOverTests {
    private let heir = Heir()

    private func accepted() throws -> Accepted {
        let heir = self.heir
        return try Accepted(handOver: { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(heir) }
        })
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n", "POST /v1/connect HTTP/1.1\r\n\r\n", "GET /v1/connected HTTP/1.1\r\n\r\n",
        "GET /v1/connect/ HTTP/1.1\r\n\r\n", "get /v1/connect HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}", "\r\n",
        "GET /v1/connect HTTP/1.1\r\nHost: a\r\n\r\n", "GET /v1/connect?a HTTP/1.0\r\nUpgrade: h2c\r\n\r\n",
    ])
    func `What is not ours goes on as it came`(request: String) throws {
        let accepted = try self.accepted()
        try accepted.receive(Array(request.utf8))
        #expect(self.heir.log == [request, "complete"])
        #expect(accepted.sent().isEmpty)
    }

    @Test func `The first byte that differs decides`() throws {
        let accepted = try self.accepted()
        for byte in Array("GET /v1/co".utf8) {
            try accepted.receive([byte])
        }
        #expect(self.heir.log.allSatisfy { $0 == "complete" })
        self.heir.log = []
        try accepted.receive(Array("m".utf8))
        #expect(self.heir.log == ["GET /v1/com", "complete"])
    }

    @Test func `Pipelined requests go on together, and our handler is gone`() throws {
        let accepted = try self.accepted()
        try accepted.receive(Array("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n".utf8))
        try accepted.receive(Array("GET /c".utf8))
        #expect(self.heir.log == ["GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n", "complete", "GET /c", "complete"])
        // And so is its deadline.
        accepted.pass(.minutes(1))
        #expect(accepted.channel.isActive)
    }

    @Test func `A pipeline that takes its time gets everything, in order`() throws {
        let loop = EmbeddedEventLoop()
        let promise = loop.makePromise(of: Void.self)
        let heir = self.heir
        let accepted = try Accepted(handOver: { channel in
            promise.futureResult.assumeIsolated().flatMapThrowing {
                try channel.pipeline.syncOperations.addHandler(heir)
            }.nonisolated()
        })
        try accepted.receive(Array("GET /a".utf8))
        try accepted.receive(Array("bc".utf8))
        #expect(self.heir.log.isEmpty)
        promise.succeed()
        loop.run()
        accepted.eventLoop.run()
        #expect(self.heir.log == ["GET /abc", "complete"])
    }

    @Test func `A pipeline that fails ends the channel`() throws {
        let accepted = try Accepted(handOver: { $0.eventLoop.makeFailedFuture(ChannelError.eof) })
        try accepted.receive(Array("GET /a".utf8))
        #expect(accepted.channel.isActive == false)
    }
}
