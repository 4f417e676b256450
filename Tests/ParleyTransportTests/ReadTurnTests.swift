import NIOCore
import NIOEmbedded
import ParleyTransport
import Testing

/// One peer that brings much, and the channel that it comes by.
struct ReadTurnTests {
    /// Stands between the handler and the network.
    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        var count = 0

        func read(context: ChannelHandlerContext) {
            self.count += 1
            context.read()
        }
    }

    private static let limits: TransportLimits = {
        var limits = TransportLimits()
        limits.eventsPerTurnMax = 4
        limits.eventsPerTurnMin = 2
        // A turn holds four messages, three when less than 64 units are left, two when less than 48 are.
        limits.readUnitsBurst = 64
        limits.readUnitsPerSecond = 100
        limits.unhandledBytesMax = 1_000
        return limits
    }()

    private let accepted: Accepted
    private let reads = ReadCounter()

    init() throws {
        self.accepted = try Accepted.upgraded(Self.limits)
        try self.accepted.channel.pipeline.syncOperations.addHandler(self.reads, position: .first)
    }

    private func flood(_ count: Int) -> [UInt8] { (0..<count).flatMap { _ in text("x") } }

    private var heard: Int { self.accepted.recorder.log.count { $0 == "text x" } }

    @Test func `A turn has an end, and the rest has the next ones`() throws {
        try self.accepted.receive(self.flood(10))
        #expect(self.heard == 4)
        self.accepted.pass(self.accepted.transport.limits.turnPause)
        #expect(self.heard == 7)
        self.accepted.pass(self.accepted.transport.limits.turnPause)
        #expect(self.heard == 10)
    }

    @Test func `Nothing is read while something waits for its turn`() throws {
        self.accepted.channel.read()
        #expect(self.reads.count == 1)
        try self.accepted.receive(self.flood(5))
        self.accepted.channel.read()
        #expect(self.reads.count == 1)
        self.accepted.pass(self.accepted.transport.limits.turnPause)
        #expect(self.heard == 5)
        #expect(self.reads.count == 2)
    }

    @Test func `What comes all the same keeps its place`() throws {
        try self.accepted.receive(self.flood(5))
        try self.accepted.receive(text("y"))
        self.accepted.pass(.milliseconds(1))
        #expect(self.accepted.recorder.log == [String](repeating: "text x", count: 5) + ["text y"])
    }

    @Test func `Whoever has used up its share is read when it is repaid`() throws {
        for _ in 0..<16 {
            try self.accepted.receive(self.flood(4))
            self.accepted.pass(.microseconds(200))
        }
        #expect(self.heard == 64)
        // Two more overdraw it. A unit comes in ten milliseconds; a third of one has come meanwhile.
        try self.accepted.receive(self.flood(2))
        #expect(self.heard == 66)
        self.accepted.channel.read()
        #expect(self.reads.count == 0)
        self.accepted.pass(.milliseconds(14))
        #expect(self.reads.count == 0)
        self.accepted.pass(.milliseconds(8))
        #expect(self.reads.count == 1)
    }

    @Test func `A flood is handled at the rate of its share, and every message of it`() throws {
        try self.accepted.receive(self.flood(64 + 100))
        self.accepted.pass(.milliseconds(500))
        #expect((64 + 48...64 + 54).contains(self.heard))
        self.accepted.pass(.milliseconds(600))
        #expect(self.heard == 164)
    }

    @Test func `Whoever is given a pause has it behind the message for which it was given`() throws {
        self.accepted.recorder.onText = { connection, _ in connection.pause(.milliseconds(100)) }
        try self.accepted.receive(self.flood(2))
        self.accepted.channel.read()
        #expect(self.heard == 1)
        self.accepted.pass(.milliseconds(99))
        #expect(self.heard == 1)
        self.accepted.pass(.milliseconds(2))
        #expect(self.heard == 2)
        #expect(self.reads.count == 0)
        self.accepted.pass(.milliseconds(100))
        #expect(self.reads.count == 1)
    }

    @Test func `What is dear counts for more`() throws {
        let units = self.accepted.transport.limits.bytesPerReadUnit
        self.accepted.recorder.onText = { connection, _ in connection.charge(bytes: 62 * units) }
        try self.accepted.receive(text("x"))
        self.accepted.channel.read()
        #expect(self.reads.count == 1)
        try self.accepted.receive(text("x"))
        self.accepted.channel.read()
        self.accepted.pass(.milliseconds(610))
        #expect(self.reads.count == 1)
        self.accepted.pass(.milliseconds(30))
        #expect(self.reads.count == 2)
    }

    @Test func `Whom we do not listen to is not silent`() throws {
        let connection = self.accepted.connection
        let units = self.accepted.transport.limits.bytesPerReadUnit
        self.accepted.recorder.onText = { connection, _ in connection.charge(bytes: 250 * units) }
        try self.accepted.receive(self.flood(5))
        var before = connection.heardCount
        for _ in 0..<9 {
            self.accepted.pass(.seconds(1))
            #expect(connection.heardCount != before)
            before = connection.heardCount
        }
        #expect(self.heard == 4)
        self.accepted.pass(.seconds(1))
        #expect(self.heard == 5)
    }

    @Test func `The last words of somebody within its share are heard`() throws {
        try self.accepted.receive(self.flood(3) + text("y") + close(1000))
        #expect(self.accepted.recorder.log.last == "text y")
        self.accepted.channel.pipeline.fireChannelInactive()
        #expect(self.accepted.recorder.log.last == "closed 1000 peerClosed")
        self.accepted.pass(.seconds(1))
        #expect(self.accepted.recorder.log.count == 5)
    }

    @Test func `The rest of a flood goes with its connection`() throws {
        try self.accepted.receive(self.flood(64 + 100))
        self.accepted.pass(.milliseconds(100))
        let heard = self.heard
        self.accepted.channel.pipeline.fireChannelInactive()
        self.accepted.pass(.seconds(10))
        #expect(self.heard == heard)
        #expect(self.accepted.recorder.log.last == "closed - lost")
    }

    @Test func `More than may wait ends the connection`() throws {
        try self.accepted.receive(self.flood(20))
        try self.accepted.receive(self.flood(200))
        #expect(self.accepted.recorder.log.last?.hasPrefix("closed") == true)
        self.accepted.pass(.seconds(1))
        #expect(self.heard == 4)
    }

    @Test func `A client, and a server that is not told otherwise, has no turns`() throws {
        let accepted = try Accepted.upgraded()
        try accepted.receive(self.flood(10_000))
        #expect(accepted.recorder.log.count == 10_000)
    }
}
