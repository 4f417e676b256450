import NIOCore
import NIOEmbedded
import ParleyTransport

extension FuzzTarget {
    /// What a server answers to a client: how it is cut, and the bytes. A `$` in a header stands for the key that the
    /// client has asked for.
    ///
    /// The client is in, and hears what a slow reader of frames says, or ends and knows why, whatever the cuts.
    static let connecting = FuzzTarget(name: "connecting") { input in
        var feed = Feed(input)
        let flags = feed.byte()
        let cuts = (0..<Int(feed.byte() & 7)).map { _ in Int(feed.byte()) + 1 }
        var limits = TransportLimits()
        limits.upgradeBytesMax = 700
        limits.acceptsBinary = flags & 1 != 0
        limits.messageBytesMax = flags & 2 != 0 ? 125 : 70_000
        let stream = Array(feed.rest.prefix(1_500))
        let expected = try Caller(limits).outcome(of: stream, [])
        for cuts in [[1], cuts] {
            let found = try Caller(limits).outcome(of: stream, cuts)
            try demand(found == expected, "cut after \(cuts): \(found) and not \(expected)")
        }
    }
}

/// Somebody who connects, over a channel without a network.
private final class Caller: WebSocketDelegate {
    enum Outcome: Equatable {
        case failed(WebSocketConnectFailure)
        case talked(Conversation, subprotocol: String?)
    }

    private let channel = EmbeddedChannel()
    private let limits: TransportLimits
    private var results: [Result<Void, any Error>] = []
    private var heard: [[UInt8]] = []
    private var end: UInt16??
    private var ends = 0
    private var subprotocol: String?
    private var output: [UInt8] = []

    init(_ limits: TransportLimits) { self.limits = limits }

    /// Then the rest comes in one: more of them take for ever, and say nothing more.
    private static let cutsMax = 300

    func outcome(of stream: [UInt8], _ cuts: [Int]) throws -> Outcome {
        let loop = TransportLoop(eventLoop: self.channel.eventLoop, limits: self.limits, random: .seeded(1))
        let target = WebSocketClientConnection.Target(host: "a", port: 1, subprotocols: ["parley.v1"])
        let done = try WebSocketClientConnection.shakeHands(on: self.channel, with: target, loop: loop) { connection in
            self.subprotocol = connection.subprotocol
            return self
        }
        done.assumeIsolated().whenComplete { self.results.append($0) }
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        self.read()
        var (rest, turn) = (try self.answered(stream)[...], 0)
        let head = rest
        while !rest.isEmpty {
            let isWhole = cuts.isEmpty || turn == Self.cutsMax
            let length = isWhole ? rest.count : min(cuts[turn % cuts.count], rest.count)
            turn += 1
            if self.channel.isActive { try self.channel.writeInbound(ByteBuffer(bytes: rest.prefix(length))) }
            self.channel.embeddedEventLoop.run()
            rest = rest.dropFirst(length)
        }
        self.channel.embeddedEventLoop.advanceTime(by: self.limits.upgradeTime + .seconds(1))
        self.read()
        let outcome = try self.judge(Array(head))
        _ = try self.channel.finish(acceptAlreadyClosed: true)
        try demand(loop.connectionCount == 0, "a connection is left")
        return outcome
    }

    private func judge(_ stream: [UInt8]) throws -> Outcome {
        try demand(self.results.count == 1, "told \(self.results.count) times how the handshake went")
        switch self.results[0] {
        case .failure(let failure as WebSocketConnectFailure):
            try demand(!self.channel.isActive && self.heard.isEmpty, "failed, and goes on")
            return .failed(failure)
        case .failure(let error): throw Finding(description: "fails with \(error)")
        case .success:
            guard let length = FrameReference.headLength(of: stream) else {
                throw Finding(description: "in by half a head")
            }
            let frames = Array(stream[length...])
            let expected = FrameReference.read(frames, self.limits, by: .client)
            try demand(self.heard == expected.heard, "heard \(self.heard) and not \(expected.heard)")
            try demand(self.ends == (self.channel.isActive ? 0 : 1), "told \(self.ends) times")
            var found = Conversation()
            (found.heard, found.end) = (self.heard, self.end)
            try demand(found.end == expected.end, "ends by \(found.end as Any) and not \(expected.end as Any)")
            return .talked(found, subprotocol: self.subprotocol)
        }
    }

    /// With the key that was asked for.
    private func answered(_ stream: [UInt8]) throws -> [UInt8] {
        let name = "Sec-WebSocket-Key: "
        guard let line = text(self.output).split(separator: "\r\n").first(where: { $0.hasPrefix(name) }) else {
            throw Finding(description: "asks without a key")
        }
        let accept = Array(WebSocketKey.accept(for: String(line.dropFirst(name.count))).utf8)
        let end = FrameReference.headLength(of: stream) ?? stream.count
        return stream[..<end].flatMap { $0 == UInt8(ascii: "$") ? accept : [$0] } + stream[end...]
    }

    private func read() {
        while let buffer = try? self.channel.readOutbound(as: ByteBuffer.self) {
            self.output.append(contentsOf: buffer.readableBytesView)
        }
    }

    // MARK: Delegate

    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        self.heard.append(Array(text))
        switch Request(text) {
        case .echo: connection.sendText(text)
        case .close: connection.close(code: Request.code)
        case .closeNow: connection.closeNow()
        case .nothing: break
        }
    }

    func connection(_ connection: WebSocketConnection, receivedBinary bytes: UnsafeRawBufferPointer) {
        self.heard.append([0] + bytes)
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {
        self.ends += 1
        self.end = .some(code)
    }
}
