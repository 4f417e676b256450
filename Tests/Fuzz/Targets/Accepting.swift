import NIOCore
import NIOEmbedded
import ParleyTransport

extension FuzzTarget {
    /// A connection from its first byte on: what stands in front and who decides; how the bytes are cut; the bytes.
    ///
    /// It becomes a WebSocket, is refused with a whole answer, is handed over with all of its bytes, or waits within
    /// its bounds and ends in time: the same whatever the cuts, and what the reader of requests says.
    static let accepting = FuzzTarget(name: "accepting") { input in
        var feed = Feed(input)
        let door = Door(flags: feed.byte())
        let cuts = (0..<Int(feed.byte() & 7)).map { _ in Int(feed.byte()) + 1 }
        let stream = Array(feed.rest.prefix(1_500))
        let expected = door.expectation(of: stream)
        for cuts in [[], [1], cuts] {
            let found = try Guest(door).outcome(of: stream, cuts)
            try demand(found == expected, "cut after \(cuts): \(found) and not \(expected)")
        }
    }
}

/// What stands in front of a server, and what it does.
private struct Door {
    /// A proxy may say whom it speaks for.
    let hasProxy: Bool
    let refuses: Bool
    let isClosing: Bool
    /// Those that get the rest are slow in coming, or do not come.
    let isSlow: Bool
    let fails: Bool

    init(flags: UInt8) {
        self.hasProxy = flags & 1 != 0
        self.refuses = flags & 2 != 0
        self.isClosing = flags & 4 != 0
        self.isSlow = flags & 8 != 0
        self.fails = flags & 16 != 0
    }

    static let path = "/v1/connect"
    /// Small enough that an input that is too long need not be long.
    static let limits = {
        var limits = TransportLimits()
        limits.upgradeBytesMax = 700
        return limits
    }()
    static let proxyBytesMax = 100

    enum Outcome: Equatable {
        /// The answer's beginning, and all that was heard on it.
        case upgraded(accept: String, heard: [[UInt8]], source: String)
        case refused(status: UInt16)
        case handedOver([UInt8])
        /// Nobody has decided, and the time is over.
        case ended
    }

    /// By the readers alone.
    func expectation(of stream: [UInt8]) -> Outcome {
        var (rest, source) = (stream, "127.0.0.1")
        if self.hasProxy {
            switch stream.withUnsafeBytes({ ProxyHeader.read($0, bytesMax: Self.proxyBytesMax) }) {
            case .incomplete, .invalid: return .ended
            case .absent: break
            case .header(let header):
                rest = Array(stream.dropFirst(header.length))
                source = header.source?.description ?? source
            }
        }
        guard !rest.isEmpty else { return .ended }
        let reading = rest.withUnsafeBytes {
            UpgradeRequest.read($0, path: Self.path, bytesMax: Self.limits.upgradeBytesMax)
        }
        switch reading {
        case .incomplete: return .ended
        case .other: return self.fails ? .ended : .handedOver(rest)
        case .refused(let refusal): return .refused(status: refusal.status)
        case .upgrade where self.isClosing: return .refused(status: 503)
        case .upgrade where self.refuses: return .refused(status: 403)
        case .upgrade(_, let key, let length):
            let heard = FrameReference.read(Array(rest[length...]), Self.limits).heard
            return .upgraded(accept: WebSocketKey.accept(for: key), heard: heard, source: source)
        }
    }
}

/// Those that get what is no WebSocket.
private final class Sink: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private(set) var bytes: [UInt8] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.bytes += Array(self.unwrapInboundIn(data).readableBytesView)
    }
}

/// Somebody at the door.
private final class Guest: WebSocketDelegate {
    private let door: Door
    private let channel = EmbeddedChannel()
    private let sink = Sink()
    private var decisions = 0
    private var handOvers: [EventLoopPromise<Void>] = []
    private var heard: [[UInt8]] = []
    private var source = ""
    private var output: [UInt8] = []

    /// Then the rest comes in one: more of them take for ever, and say nothing more.
    private static let cutsMax = 300

    init(_ door: Door) { self.door = door }

    func outcome(of stream: [UInt8], _ cuts: [Int]) throws -> Door.Outcome {
        let loop = TransportLoop(eventLoop: self.channel.eventLoop, limits: Door.limits)
        if self.door.isClosing { loop.beginClosing(code: 1_001, reason: "over") }
        let acceptor = WebSocketAcceptor(
            loop: loop,
            path: Door.path,
            decide: { self.decide($0) },
            handOver: { self.handOver($0) }
        )
        if self.door.hasProxy {
            try self.channel.pipeline.syncOperations.addHandler(ProxyHeaderHandler(bytesMax: Door.proxyBytesMax))
        }
        try acceptor.accept(self.channel)
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        var (rest, turn) = (stream[...], 0)
        while !rest.isEmpty {
            let length = cuts.isEmpty || turn == Self.cutsMax ? rest.count : min(cuts[turn % cuts.count], rest.count)
            turn += 1
            if self.channel.isActive { try self.channel.writeInbound(ByteBuffer(bytes: rest.prefix(length))) }
            self.channel.embeddedEventLoop.run()
            rest = rest.dropFirst(length)
        }
        try self.settle()
        let outcome = try self.judge(stream)
        _ = try self.channel.finish(acceptAlreadyClosed: true)
        try demand(loop.connectionCount == 0, "a connection is left")
        return outcome
    }

    /// Whoever is slow comes; and the time for an upgrade passes.
    private func settle() throws {
        for promise in self.handOvers {
            self.door.fails ? promise.fail(ChannelError.ioOnClosedChannel) : promise.succeed()
        }
        self.channel.embeddedEventLoop.run()
        self.channel.embeddedEventLoop.advanceTime(by: Door.limits.upgradeTime + .seconds(1))
        while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) {
            self.output += Array(buffer.readableBytesView)
        }
        try demand(self.decisions <= 1, "decided \(self.decisions) times")
    }

    private func judge(_ stream: [UInt8]) throws -> Door.Outcome {
        let text = text(self.output)
        if text.hasPrefix("HTTP/1.1 101 ") {
            let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Finding(description: "half an answer") }
            let lines = parts[0].split(separator: "\r\n")
            let name = "Sec-WebSocket-Accept: "
            guard let accept = lines.first(where: { $0.hasPrefix(name) }) else {
                throw Finding(description: "no accept: \(text)")
            }
            return .upgraded(accept: String(accept.dropFirst(name.count)), heard: self.heard, source: self.source)
        }
        if !self.output.isEmpty {
            try demand(!self.channel.isActive, "refused, and not ended")
            return .refused(status: try self.status(text))
        }
        if self.channel.isActive { return .handedOver(self.sink.bytes) }
        try demand(self.sink.bytes.isEmpty, "ends after it was handed over")
        return .ended
    }

    /// Of an answer that is whole.
    private func status(_ text: String) throws -> UInt16 {
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = parts[0].split(separator: "\r\n")
        let words = lines[0].split(separator: " ")
        guard parts.count == 2, words.count > 1, words[0] == "HTTP/1.1", let status = UInt16(words[1]) else {
            throw Finding(description: "half an answer: \(text)")
        }
        try demand((400...599).contains(status), "refused with \(status)")
        try demand(lines.contains("Content-Length: \(parts[1].utf8.count)"), "an answer of another length: \(text)")
        return status
    }

    // MARK: The server

    private func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        self.decisions += 1
        self.source = (request.source.proxied ?? request.source.peer)?.description ?? "nobody"
        if self.door.refuses { return .refuse(UpgradeRefusal(status: 403, reason: "Forbidden", body: "no")) }
        return .accept(subprotocol: nil, delegate: { _ in self })
    }

    private func handOver(_ channel: any Channel) -> EventLoopFuture<Void> {
        self.decisions += 1
        let promise = channel.eventLoop.makePromise(of: Void.self)
        do {
            try channel.pipeline.syncOperations.addHandler(self.sink)
        } catch {
            promise.fail(error)
            return promise.futureResult
        }
        if self.door.isSlow {
            self.handOvers.append(promise)
        } else {
            self.door.fails ? promise.fail(ChannelError.ioOnClosedChannel) : promise.succeed()
        }
        return promise.futureResult
    }

    // MARK: The delegate

    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        self.heard.append(Array(text))
        switch Request(text) {
        case .echo: connection.sendText(text)
        case .close: connection.close(code: Request.code)
        case .closeNow: connection.closeNow()
        case .nothing: break
        }
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {}
}
