import NIOCore
import NIOEmbedded
import ParleyTransport
import Testing

struct UpgradeTests {
    // MARK: Accepted

    @Test func `The answer of RFC 6455, section 1.3, and the first message in the same write`() throws {
        let accepted = try Accepted(decide: { request, recorder in
            #expect(request.path == "/v1/connect")
            #expect(request.query == "x=1")
            #expect(request.subprotocols == ["parley.v9", "parley.v1"])
            #expect(request[header: "HOST"] == "parley.example")
            #expect(request[header: "Origin"] == nil)
            return .accept(subprotocol: "parley.v1", headers: [("X-A", "b")]) { connection in
                #expect(connection.subprotocol == "parley.v1")
                connection.sendText("welcome")
                return recorder
            }
        })
        try accepted.receive(upgradeRequest())
        let head = """
            HTTP/1.1 101 Switching Protocols\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
            Sec-WebSocket-Protocol: parley.v1\r
            X-A: b\r
            \r

            """
        #expect(try accepted.writes() == [Array(head.utf8) + [0x81, 7] + Array("welcome".utf8)])
    }

    @Test func `A request that comes byte by byte`() throws {
        let accepted = try Accepted()
        for byte in upgradeRequest() {
            #expect(accepted.transport.connectionCount == 0)
            try accepted.receive([byte])
        }
        #expect(accepted.transport.connectionCount == 1)
        #expect(accepted.sentText().hasPrefix("HTTP/1.1 101 "))
    }

    @Test func `Frames in the same read as the request, and a frame cut in two by it`() throws {
        let accepted = try Accepted()
        let frames = text("one") + text("two")
        try accepted.receive(upgradeRequest() + frames.prefix(12))
        #expect(accepted.recorder.log == ["text one"])
        try accepted.receive(Array(frames.dropFirst(12)))
        #expect(accepted.recorder.log == ["text one", "text two"])
    }

    @Test(arguments: [
        [("Upgrade", "WebSocket")], [("Connection", "upgrade")], [("Connection", "UPGRADE , close")],
        [("Upgrade", "h2c, websocket")], [("Content-Length", "0")], [("Sec-WebSocket-Protocol", "")],
        [("Upgrade", ""), ("upgrade", "websocket")],
    ])
    func `Requests that are unusual and allowed`(changes: [(String, String)]) throws {
        let accepted = try Accepted()
        try accepted.receive(upgradeRequest("GET /v1/connect HTTP/1.1", changes))
        #expect(accepted.sentText().hasPrefix("HTTP/1.1 101 "))
    }

    // MARK: Refused

    struct Refusal: CustomTestStringConvertible {
        var line = "GET /v1/connect HTTP/1.1"
        var changes: [(String, String)] = []
        var status = 400
        var testDescription: String { "\(self.line) \(self.changes)" }
    }

    @Test(arguments: [
        Refusal(line: "GET /v1/connect HTTP/1.0"),
        Refusal(line: "GET /v1/connect HTTP/2"),
        Refusal(line: "GET /v1/connect  HTTP/1.1"),
        Refusal(line: "GET /v1/connect?a b HTTP/1.1"),
        Refusal(line: "GET /v1/connect "),
        Refusal(changes: [("Host", "")]),
        Refusal(changes: [("host", "second")]),
        Refusal(changes: [("Connection", "")]),
        Refusal(changes: [("Connection", "keep-alive")]),
        Refusal(changes: [("Connection", "not-upgrade")]),
        Refusal(changes: [("Sec-WebSocket-Version", "")], status: 426),
        Refusal(changes: [("Sec-WebSocket-Version", "8")], status: 426),
        Refusal(changes: [("sec-websocket-version", "13")], status: 426),
        Refusal(changes: [("Sec-WebSocket-Key", "")]),
        Refusal(changes: [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ")]),
        Refusal(changes: [("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")]),
        Refusal(changes: [("Content-Length", "3")]),
        Refusal(changes: [("Transfer-Encoding", "chunked")]),
        Refusal(changes: [("Bad Name", "x")]),
        Refusal(changes: [(" Folded", "x")]),
        Refusal(changes: [("X", "a\u{0}b")]),
        Refusal(changes: [("X", "a\nb: c")]),
    ])
    func `Requests that are not allowed`(refusal: Refusal) throws {
        let accepted = try Accepted()
        try accepted.receive(upgradeRequest(refusal.line, refusal.changes))
        let answer = accepted.sentText()
        #expect(answer.hasPrefix("HTTP/1.1 \(refusal.status) "), "\(answer)")
        #expect(answer.contains("\r\nConnection: close\r\n"))
        #expect(answer.contains("\r\nSec-WebSocket-Version: 13\r\n") == (refusal.status == 426))
        #expect(accepted.transport.connectionCount == 0)
        #expect(accepted.channel.isActive == false)
    }

    @Test func `The caller refuses`() throws {
        let refusal = UpgradeRefusal(
            status: 403,
            reason: "Forbidden",
            headers: [("X-Code", "origin")],
            body: "{}",
            contentType: "application/json"
        )
        let accepted = try Accepted(decide: { _, _ in .refuse(refusal) })
        try accepted.receive(upgradeRequest())
        let answer = """
            HTTP/1.1 403 Forbidden\r
            X-Code: origin\r
            Content-Type: application/json\r
            Content-Length: 2\r
            Connection: close\r
            \r
            {}
            """
        #expect(accepted.sentText() == answer)
        #expect(accepted.channel.isActive == false)
    }

    @Test func `A head of 16 KiB is read, a longer one is refused before it ends`() throws {
        func request(_ length: Int) -> [UInt8] {
            let bare = upgradeRequest("GET /v1/connect HTTP/1.1", [("X", "y")]).count - 1
            return upgradeRequest("GET /v1/connect HTTP/1.1", [("X", String(repeating: "y", count: length - bare))])
        }
        let fits = try Accepted()
        try fits.receive(request(16_384))
        #expect(fits.sentText().hasPrefix("HTTP/1.1 101 "))
        for cut in [16_385, 40_000] {
            let tooLong = try Accepted()
            try tooLong.receive(Array(request(40_000).prefix(cut)))
            #expect(tooLong.sentText().hasPrefix("HTTP/1.1 431 "))
        }
    }

    // MARK: Too slow

    @Test func `Silence is ended after the time for the upgrade, and not before`() throws {
        let accepted = try Accepted()
        accepted.pass(.milliseconds(9_990))
        #expect(accepted.channel.isActive)
        accepted.pass(.milliseconds(260))
        #expect(accepted.channel.isActive == false)
    }

    @Test func `A byte now and then does not help`() throws {
        let accepted = try Accepted()
        for byte in upgradeRequest().prefix(41) {
            guard accepted.channel.isActive else { break }
            try accepted.receive([byte])
            accepted.pass(.milliseconds(250))
        }
        #expect(accepted.channel.isActive == false)
        #expect(accepted.sent().isEmpty)
    }

    @Test func `An upgraded connection has no deadline left`() throws {
        let accepted = try Accepted.upgraded()
        accepted.pass(.minutes(10))
        #expect(accepted.connection.isOpen)
    }

    @Test func `So many may wait, one more may not`() throws {
        var limits = TransportLimits()
        limits.waitingUpgradesMax = 2
        let first = try Accepted(limits)
        let acceptor = WebSocketAcceptor(
            loop: first.transport,
            decide: { _ in .refuse(UpgradeRefusal(status: 500, reason: "No")) },
            handOver: { $0.eventLoop.makeSucceededVoidFuture() }
        )
        let (second, third) = (EmbeddedChannel(loop: first.eventLoop), EmbeddedChannel(loop: first.eventLoop))
        var ended: [Int] = []
        for (number, channel) in [(2, second), (3, third)] {
            channel.closeFuture.assumeIsolated().whenComplete { _ in ended.append(number) }
            try acceptor.accept(channel)
        }
        first.eventLoop.run()
        #expect(ended == [3])
    }
}
