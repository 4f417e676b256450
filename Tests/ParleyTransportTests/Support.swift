import NIOCore
import NIOEmbedded
import ParleyTransport

/// A frame, right or wrong. `form`: in how many bits the length is written; the shortest form without it.
func frame(
    _ opcode: UInt8,
    _ payload: [UInt8] = [],
    fin: Bool = true,
    reserved: UInt8 = 0,
    mask: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D],
    form: Int? = nil
) -> [UInt8] {
    let form = form ?? (payload.count < 126 ? 7 : payload.count < 65_536 ? 16 : 64)
    var bytes: [UInt8] = [(fin ? 0x80 : 0) | reserved << 4 | opcode]
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    switch form {
    case 7: bytes.append(maskBit | UInt8(payload.count))
    case 16: bytes += [maskBit | 126] + bigEndian(UInt16(payload.count))
    default: bytes += [maskBit | 127] + bigEndian(UInt64(payload.count))
    }
    if let mask {
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }
    return bytes + payload
}

func text(_ string: String, fin: Bool = true) -> [UInt8] { frame(1, Array(string.utf8), fin: fin) }

func close(_ code: UInt16, _ reason: String = "") -> [UInt8] { frame(8, bigEndian(code) + Array(reason.utf8)) }

func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian, Array.init)
}

/// An event of the decoder that outlives the call.
enum Heard: Equatable {
    case text(String), binary([UInt8]), ping([UInt8]), pong([UInt8]), close(UInt16?), violation(WebSocketViolation)
}

/// What a decoder makes of `chunks`.
func hear(
    _ chunks: [[UInt8]],
    role: WebSocketRole = .server,
    messageBytesMax: Int = 1 << 20,
    acceptsBinary: Bool = true
) -> [Heard] {
    var decoder = WebSocketFrameDecoder(
        role: role,
        messageBytesMax: messageBytesMax,
        acceptsBinary: acceptsBinary
    )
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: max(messageBytesMax, 125), alignment: 32)
    defer { scratch.deallocate() }
    var heard: [Heard] = []
    for chunk in chunks {
        chunk.withUnsafeBytes { bytes in
            var input = bytes
            while let event = decoder.next(in: &input, scratch: scratch) {
                heard.append(Heard(event))
            }
            precondition(input.isEmpty, "nil means that everything was taken")
        }
    }
    return heard
}

extension Heard {
    init(_ event: WebSocketFrameDecoder.Event) {
        switch event {
        case .text(let bytes): self = .text(String(decoding: bytes, as: UTF8.self))
        case .binary(let bytes): self = .binary(Array(bytes))
        case .ping(let bytes): self = .ping(Array(bytes))
        case .pong(let bytes): self = .pong(Array(bytes))
        case .close(let code): self = .close(code)
        case .violation(let violation): self = .violation(violation)
        }
    }
}

/// Writes down what it is told, and can answer.
final class Recorder: WebSocketDelegate {
    var log: [String] = []
    var onText: (WebSocketConnection, String) -> Void = { _, _ in }
    var onReadComplete: (WebSocketConnection) -> Void = { _ in }
    var onWritable: (WebSocketConnection) -> Void = { _ in }
    var onClosed: () -> Void = {}

    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        let text = String(decoding: text, as: UTF8.self)
        self.log.append("text \(text)")
        self.onText(connection, text)
    }

    func connection(_ connection: WebSocketConnection, receivedBinary bytes: UnsafeRawBufferPointer) {
        self.log.append("binary \(bytes.count)")
    }

    func connectionReadComplete(_ connection: WebSocketConnection) {
        self.onReadComplete(connection)
    }

    func connectionBecameWritable(_ connection: WebSocketConnection) {
        self.log.append("writable")
        self.onWritable(connection)
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {
        self.log.append("closed \(code.map(String.init) ?? "-") \(end)")
        self.onClosed()
    }
}

/// A request as a browser would write it. `changes`: header lines by name; an empty value leaves one out.
func upgradeRequest(
    _ line: String = "GET /v1/connect?x=1 HTTP/1.1",
    _ changes: [(String, String)] = []
) -> [UInt8] {
    var headers = [
        ("Host", "parley.example"), ("Upgrade", "websocket"), ("Connection", "keep-alive, Upgrade"),
        ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", "parley.v9, parley.v1"),
    ]
    for (name, value) in changes {
        headers.removeAll { $0.0 == name }
        headers += value.isEmpty ? [] : [(name, value)]
    }
    return Array((line + "\r\n" + headers.map { "\($0): \($1)\r\n" }.joined() + "\r\n").utf8)
}

/// An accepted channel without a network.
struct Accepted {
    let channel = EmbeddedChannel()
    let transport: TransportLoop
    let recorder = Recorder()

    var eventLoop: EmbeddedEventLoop { self.channel.embeddedEventLoop }
    var connection: WebSocketConnection { self.transport.theOnlyConnection }

    init(
        _ limits: TransportLimits = TransportLimits(),
        decide: ((UpgradeRequest, Recorder) -> UpgradeDecision)? = nil,
        handOver: @escaping (any Channel) -> EventLoopFuture<Void> = { $0.eventLoop.makeSucceededVoidFuture() }
    ) throws {
        self.transport = TransportLoop(eventLoop: self.channel.eventLoop, limits: limits)
        let recorder = self.recorder
        let acceptor = WebSocketAcceptor(
            loop: self.transport,
            decide: { request in
                decide?(request, recorder) ?? .accept(subprotocol: "parley.v1", delegate: { _ in recorder })
            },
            handOver: handOver
        )
        try acceptor.accept(self.channel)
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// Already upgraded.
    static func upgraded(_ limits: TransportLimits = TransportLimits()) throws -> Accepted {
        let accepted = try Accepted(limits)
        try accepted.receive(upgradeRequest())
        precondition(accepted.sentText().hasPrefix("HTTP/1.1 101 "))
        return accepted
    }

    func receive(_ bytes: [UInt8]) throws {
        try self.channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// What left since the last look, and in how many writes.
    func writes() throws -> [[UInt8]] {
        var writes: [[UInt8]] = []
        while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) {
            writes.append(Array(buffer.readableBytesView))
        }
        return writes
    }

    func sent() -> [UInt8] { (try? self.writes().flatMap { $0 }) ?? [] }

    func sentText() -> String { String(decoding: self.sent(), as: UTF8.self) }

    /// What a channel says when the other side reads, or does not.
    func becomeWritable(_ isWritable: Bool) {
        self.channel.isWritable = isWritable
        self.channel.pipeline.fireChannelWritabilityChanged()
    }

    func pass(_ time: TimeAmount) { self.eventLoop.advanceTime(by: time) }
}

extension TransportLoop {
    var theOnlyConnection: WebSocketConnection {
        var found: [WebSocketConnection] = []
        self.forEachConnection { found.append($0) }
        precondition(found.count == 1)
        return found[0]
    }
}
