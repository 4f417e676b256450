import NIOCore
import NIOEmbedded
import ParleyProtocol
import ParleyRedis
import Testing

@Suite("A connection to a Redis")
struct RedisSocketTests {
    /// What happens, as lines.
    private final class Listener: RedisSocketDelegate {
        var lines: [String] = []

        func socketOpened(_ socket: RedisSocket) { self.lines.append("opened") }
        func socket(_ socket: RedisSocket, received value: RESPValue) {
            self.lines.append("received \(value.text ?? "?")")
        }
        func socketReadComplete(_ socket: RedisSocket) {}
        func socketFlushed(_ socket: RedisSocket) { self.lines.append("flushed") }
        func socketEnded(_ socket: RedisSocket, _ complaint: RedisComplaint) {
            self.lines.append("ended: \(complaint.trouble.rawValue)")
        }
    }

    private let channel = EmbeddedChannel()
    private let listener = Listener()

    private func open(_ limits: Limits = Limits()) throws -> RedisSocket {
        let socket = RedisSocket(address: RedisAddress(host: "a", port: 1), limits: limits, delegate: self.listener)
        try self.channel.pipeline.syncOperations.addHandler(socket)
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        self.channel.embeddedEventLoop.run()
        return socket
    }

    @Test func `what one tick sends leaves in one write`() throws {
        let socket = try self.open()
        socket.send(RedisCommand("GET", "a"))
        socket.send(RedisCommand("PING"))
        #expect(try self.channel.readOutbound(as: ByteBuffer.self) == nil)
        self.channel.embeddedEventLoop.run()
        let written = try #require(try self.channel.readOutbound(as: ByteBuffer.self))
        #expect(String(buffer: written) == "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n")
        #expect(try self.channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(self.listener.lines == ["opened", "flushed"])
        try self.channel.writeInbound(ByteBuffer(string: "$1\r\nx\r\n+PO"))
        try self.channel.writeInbound(ByteBuffer(string: "NG\r\n"))
        try self.channel.close().wait()
        #expect(self.listener.lines == ["opened", "flushed", "received x", "received PONG", "ended: lost"])
    }

    @Test func `who does not speak RESP is left`() throws {
        _ = try self.open()
        try self.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n"))
        #expect(!self.channel.isActive)
        #expect(self.listener.lines == ["opened", "ended: no-redis"])
    }

    @Test func `so much may wait as the limit says`() throws {
        var limits = Limits()
        limits.redisOutputBytesMax = 100
        let socket = try self.open(limits)
        #expect(socket.hasRoom(for: 100) && !socket.hasRoom(for: 101))
        socket.send(RedisCommand("PING"))
        #expect(socket.hasRoom(for: 86) && !socket.hasRoom(for: 87))
        self.channel.embeddedEventLoop.run()
        #expect(socket.hasRoom(for: 100))
    }

    @Test func `the reason for which it is closed is the one that is told, once`() throws {
        let socket = try self.open()
        socket.close(RedisComplaint(.silent, "It is silent."))
        socket.close(RedisComplaint(.lost, "It is lost."))
        self.channel.embeddedEventLoop.run()
        _ = try? self.channel.finish()
        #expect(self.listener.lines == ["opened", "ended: silent"])
    }
}
