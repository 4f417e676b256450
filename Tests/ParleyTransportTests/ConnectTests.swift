import NIOCore
import NIOPosix
import ParleyTransport
import ParleyTestSupport
import Testing

/// A server that answers the first thing it reads with what it is given.
private final class FixedAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let answer: @Sendable (_ request: String, _ accept: String) -> String?
    private var hasAnswered = false

    init(_ answer: @escaping @Sendable (String, String) -> String?) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.hasAnswered == false else {
            return
        }
        self.hasAnswered = true
        let request = String(buffer: self.unwrapInboundIn(data))
        let lines = request.split(separator: "\r\n")
        let key = lines.first { $0.hasPrefix("Sec-WebSocket-Key: ") }?.dropFirst(19) ?? ""
        guard let answer = self.answer(request, WebSocketKey.accept(for: String(key))) else {
            context.close(promise: nil)
            return
        }
        context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
    }
}

@Suite(.timeLimit(.minutes(patience)))
struct ConnectTests {
    /// How a connect to a server with this answer ends; nil if well.
    private func connect(
        subprotocols: [String] = [],
        _ limits: TransportLimits = TransportLimits(),
        log: Told = Told(),
        answer: @escaping @Sendable (String, String) -> String?
    ) async throws -> WebSocketConnectFailure? {
        let server = try await ServerBootstrap(group: loops)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FixedAnswer(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        var target = WebSocketClientConnection.Target(host: "127.0.0.1", port: server.localAddress?.port ?? 0)
        target.subprotocols = subprotocols
        target.headers = [("Origin", "https://parley.example")]
        let loop = try await clientLoop(limits)
        let log = log.continuation
        let opened = WebSocketClientConnection.connect(to: target, on: loop) { _ in Teller(log) }
        let failure: WebSocketConnectFailure?
        do {
            try await opened.get()
            failure = nil
        } catch let error as WebSocketConnectFailure {
            failure = error
        }
        try await server.close()
        return failure
    }

    private static func switching(_ accept: String, _ more: String = "") -> String {
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nconnection: upgrade\r\n"
            + "sec-websocket-accept: \(accept)\r\n\(more)\r\n"
    }

    @Test func `The request has all that RFC 6455 wants, and frames may come with the answer`() async throws {
        let told = Told()
        let failure = try await self.connect(subprotocols: ["a", "b"], log: told) { request, accept in
            for line in [
                "GET /v1/connect HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Protocol: a, b", "Origin: https://parley.example",
            ] {
                #expect(request.contains(line + "\r\n"))
            }
            #expect(request.contains("\r\nHost: 127.0.0.1:"))
            return Self.switching(accept, "Sec-WebSocket-Protocol: b\r\n") + "\u{0}\u{0}"
        }
        #expect(failure == nil)
        #expect(
            await told.untilClosed().first
                == "closed 1002 violation(ParleyTransport.WebSocketViolation.continuationOfNothing)"
        )
    }

    @Test func `Answers that are not allowed`() async throws {
        let answers: [@Sendable (String, String) -> String] = [
            { _, _ in Self.switching("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") },
            { _, accept in Self.switching(accept).replacing("WebSocket", with: "h2c") },
            { _, accept in Self.switching(accept).replacing("connection: upgrade", with: "connection: close") },
            { _, accept in Self.switching(accept, "Sec-WebSocket-Protocol: c\r\n") },
            { _, accept in Self.switching(accept, "Sec-WebSocket-Extensions: permessage-deflate\r\n") },
            { _, accept in Self.switching(accept).replacing("HTTP/1.1 101", with: "HTTP/1.0 101") },
            { _, _ in "SSH-2.0-OpenSSH\r\n\r\n" },
            { _, _ in String(repeating: "x", count: 20_000) },
        ]
        for (index, answer) in answers.enumerated() {
            let failure = try await self.connect(subprotocols: ["a", "b"], answer: answer)
            guard case .invalidResponse = failure else {
                Issue.record("answer \(index): \(String(describing: failure))")
                continue
            }
        }
    }

    @Test func `An answer that is not 101 is handed on`() async throws {
        let failure = try await self.connect { _, _ in "HTTP/1.1 503 Full\r\nRetry-After: 7\r\n\r\n" }
        #expect(failure == .refused(status: 503, head: "HTTP/1.1 503 Full\nRetry-After: 7"))
    }

    @Test func `A server that hangs up`() async throws {
        #expect(try await self.connect { _, _ in nil } == .ended)
    }

    @Test func `A server that says nothing`() async throws {
        var limits = TransportLimits()
        limits.upgradeTime = .milliseconds(50)
        limits.sweepInterval = .milliseconds(10)
        #expect(try await self.connect(limits) { _, _ in "HTTP/1.1 101" } == .timeout)
    }

    @Test func `Nobody listens`() async throws {
        let target = WebSocketClientConnection.Target(host: "127.0.0.1", port: try Ports.take())
        let loop = try await clientLoop()
        let opened = WebSocketClientConnection.connect(to: target, on: loop) { _ in
            Teller(Told().continuation)
        }
        await #expect(throws: (any Error).self) { try await opened.get() }
    }
}
