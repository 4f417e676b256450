import NIOCore
import NIOEmbedded
import ParleyTransport

extension FuzzTarget {
    /// A whole connection after its upgrade: kinds and sizes; how the bytes are cut; and what a peer sends.
    ///
    /// What it hears and says, and why it ends, is what a reader of all bytes at once says (``FrameReference``):
    /// whatever the cuts, and also if the bytes come with the upgrade.
    static let connections = FuzzTarget(name: "connections") { input in
        var feed = Feed(input)
        let flags = feed.byte()
        let cuts = (0..<Int(feed.byte() & 7)).map { _ in Int(feed.byte()) + 1 }
        var limits = TransportLimits()
        limits.acceptsBinary = flags & 1 != 0
        limits.messageBytesMax = [125, 200, 1_000, 70_000][Int(flags >> 1 & 3)]
        // A little at a time, or all at once: it only takes longer.
        if flags & 8 != 0 { (limits.eventsPerTurnMax, limits.eventsPerTurnMin) = (2, 1) }
        let stream = Array(feed.rest.prefix(2_000))
        let expected = FrameReference.read(stream, limits)
        for cuts in [[], [1], cuts] {
            let found = try Peer.outcome(of: stream, cuts: cuts, limits)
            try demand(found == expected, "cut after \(cuts):\n\(found)\nand not\n\(expected)")
        }
        let found = try Peer.outcome(of: stream, cuts: nil, limits)
        try demand(found == expected, "with the upgrade:\n\(found)\nand not\n\(expected)")
    }
}

/// What somebody has heard and said on a connection.
struct Conversation: Equatable {
    var heard: [[UInt8]] = []
    /// Opcode and payload; of a close frame only the code.
    var sent: [Sent] = []
    /// `nil`: nobody has ended it.
    var end: UInt16??

    struct Sent: Equatable {
        var opcode: UInt8
        var payload: [UInt8]
    }
}

/// A delegate that does what it is told, by the first letter of a text.
enum Request {
    case echo, close, closeNow, nothing

    init(_ text: some Collection<UInt8>) {
        switch text.first {
        case UInt8(ascii: "e"): self = .echo
        case UInt8(ascii: "c"): self = .close
        case UInt8(ascii: "n"): self = .closeNow
        case .some, nil: self = .nothing
        }
    }

    static let code: UInt16 = 4_000
}

/// A channel without a network, and what is said on it.
private final class Peer: WebSocketDelegate {
    private var conversation = Conversation()
    private var ends = 0

    /// Then the rest comes in one: more of them take for ever, and say nothing more.
    private static let cutsMax = 150

    /// - Parameter cuts: lengths of reads, over and over; none: all in one; `nil`: all in one with the request.
    static func outcome(
        of stream: [UInt8],
        cuts: [Int]?,
        _ limits: TransportLimits
    ) throws -> Conversation {
        let peer = Peer()
        let channel = EmbeddedChannel()
        let acceptor = WebSocketAcceptor(
            loop: TransportLoop(eventLoop: channel.eventLoop, limits: limits),
            decide: { _ in .accept(subprotocol: nil, delegate: { _ in peer }) },
            handOver: { $0.eventLoop.makeSucceededVoidFuture() }
        )
        try acceptor.accept(channel)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let request = Array(self.request.utf8)
        var output: [UInt8] = []
        if let cuts {
            try self.write(request, to: channel, &output)
            var (rest, turn) = (stream[...], 0)
            while !rest.isEmpty {
                let length =
                    cuts.isEmpty || turn == Self.cutsMax ? rest.count : min(cuts[turn % cuts.count], rest.count)
                turn += 1
                try self.write(rest.prefix(length), to: channel, &output)
                rest = rest.dropFirst(length)
            }
        } else {
            try self.write(request + stream, to: channel, &output)
        }
        // Whoever has said goodbye does not wait for ever.
        channel.embeddedEventLoop.advanceTime(by: limits.closeGrace + .seconds(1))
        self.read(channel, &output)
        if peer.ends == 0 {
            _ = try channel.finish(acceptAlreadyClosed: true)
            try demand(peer.conversation.end == .some(nil), "the end is not told")
            peer.conversation.end = nil
        }
        try demand(peer.ends == 1, "told \(peer.ends) times")
        try peer.split(output)
        return peer.conversation
    }

    private static let request =
        "GET /v1/connect HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    private static func write(_ bytes: some Sequence<UInt8>, to channel: EmbeddedChannel, _ output: inout [UInt8])
        throws
    {
        if channel.isActive { try channel.writeInbound(ByteBuffer(bytes: bytes)) }
        channel.embeddedEventLoop.run()
        self.read(channel, &output)
    }

    private static func read(_ channel: EmbeddedChannel, _ output: inout [UInt8]) {
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) {
            output.append(contentsOf: buffer.readableBytesView)
        }
    }

    /// The answer to the request, and then frames, whole ones.
    private func split(_ output: [UInt8]) throws {
        guard var at = FrameReference.headLength(of: output), output.starts(with: "HTTP/1.1 101 ".utf8) else {
            throw Finding(description: "no upgrade")
        }
        while at < output.count {
            guard let frame = FrameReference.Frame(output, at: at), let payload = frame.payload else {
                throw Finding(description: "sends half a frame")
            }
            let isRight = frame.isFinal && !frame.isReserved && frame.isShortest && !frame.isMasked
            try demand(isRight, "sends a frame that is not right")
            at = frame.end
            let isClose = frame.opcode == 8
            let sent = Conversation.Sent(opcode: frame.opcode, payload: isClose ? Array(payload.prefix(2)) : payload)
            self.conversation.sent.append(sent)
            try demand(!isClose || at == output.count, "speaks after its goodbye")
        }
    }

    // MARK: Delegate

    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        self.conversation.heard.append(Array(text))
        switch Request(text) {
        case .echo: connection.sendText(text)
        case .close: connection.close(code: Request.code, reason: "asked for")
        case .closeNow: connection.closeNow()
        case .nothing: break
        }
    }

    func connection(_ connection: WebSocketConnection, receivedBinary bytes: UnsafeRawBufferPointer) {
        self.conversation.heard.append([0] + bytes)
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {
        self.ends += 1
        self.conversation.end = .some(code)
    }
}
