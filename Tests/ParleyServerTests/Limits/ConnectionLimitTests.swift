import ParleyClient
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import Testing

/// The bounds of one connection, and of all of them, over real sockets.
@Suite("Limits of connections", .timeLimit(.minutes(patience)))
struct ConnectionLimitTests {
    private func limits(_ change: (inout Limits) -> Void) -> Limits {
        var limits = Limits()
        change(&limits)
        return limits
    }

    // MARK: Before there is a WebSocket

    @Test("so many connections are plain HTTP; one more ends without an answer, and one that ends makes room")
    func plain() async throws {
        try await withServer(limits: self.limits { $0.plainConnectionsMax = 2 }) { server in
            var sockets: [RawSocket] = []
            for _ in 1...2 {
                let socket = try await RawSocket.open(server)
                await socket.send(RawSocket.request)
                #expect(await socket.heard(until: "200 OK").contains("200 OK"))
                sockets.append(socket)
            }
            let third = try await RawSocket.open(server)
            await third.send(RawSocket.request)
            #expect(await third.rest().isEmpty)
            // The two are served as before.
            await sockets[0].send(RawSocket.request)
            #expect(await sockets[0].heard(until: "200 OK").contains("200 OK"))
            sockets[1].close()
            var answer: [UInt8] = []
            while answer.isEmpty {
                try Task.checkCancellation()
                let next = try await RawSocket.open(server)
                await next.send(RawSocket.request.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n"))
                answer = await next.rest()
            }
        }
    }

    @Test("an upgrade is so long; a longer one is answered with 431")
    func upgradeBytes() async throws {
        let max = 1_000
        try await withServer(limits: self.limits { $0.upgradeRequestBytesMax = max }) { server in
            for (bytes, status) in [(max, "101 "), (max + 1, "431 ")] {
                let socket = try await RawSocket.open(server)
                await socket.send(RawSocket.upgrade(server, bytes: bytes))
                #expect(await socket.heard(until: "\r\n\r\n").contains("HTTP/1.1 " + status), "\(bytes)")
                socket.close()
            }
        }
    }

    @Test("who is silent, or trickles, is closed without an answer; so is a body that does not come")
    func upgradeTime() async throws {
        try await withServer(limits: self.limits { $0.upgradeMilliseconds = 300 }) { server in
            for said in [
                "", "GET /v1/conn", "POST /v1/tickets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n",
            ] {
                let socket = try await RawSocket.open(server)
                if !said.isEmpty { await socket.send(said) }
                // What is not an answer to a whole request does not count as one.
                let rest = String(decoding: await socket.rest(), as: UTF8.self)
                #expect(!rest.contains("200 OK"), "\(said)")
            }
        }
    }

    @Test("so many have not said what they want; one more ends without an answer")
    func waiting() async throws {
        try await withServer(limits: self.limits { $0.waitingUpgradesMax = 2 }) { server in
            let silent = [try await RawSocket.open(server), try await RawSocket.open(server)]
            let third = try await RawSocket.open(server)
            #expect(await third.rest().isEmpty)
            // The two may still say it.
            for socket in silent {
                await socket.send(RawSocket.upgrade(server))
                #expect(await socket.heard(until: "\r\n\r\n").contains("HTTP/1.1 101 "))
            }
        }
    }

    @Test("so many WebSockets are open; one more is answered with 503")
    func connections() async throws {
        try await withServer(limits: self.limits { $0.connectionsMax = 2 }) { server in
            for _ in 1...2 { _ = try await RawSocket.upgraded(server) }
            let third = try await RawSocket.open(server)
            await third.send(RawSocket.upgrade(server))
            let head = await third.heard(until: "\r\n\r\n")
            #expect(head.contains("HTTP/1.1 503 "))
            let wait = head.firstMatch(of: /(?i)retry-after: ([0-9]+)/).flatMap { Int($0.1) }
            #expect((5...10).contains(wait ?? 0))
        }
    }

    // MARK: Behind the upgrade

    @Test("who does not say hello is closed")
    func hello() async throws {
        try await withServer(limits: self.limits { $0.helloMilliseconds = 200 }) { server in
            let client = try await RawClient.connect(to: server)
            #expect(try await client.rest().closeCode == CloseCode.helloTimeout.rawValue)
        }
    }

    @Test("so many frames that cannot be read, and the last of them closes")
    func faults() async throws {
        try await withServer(limits: self.limits { $0.faultsPerConnectionMax = 3 }) { server in
            let (client, _) = try await greeted(server)
            for _ in 1...2 { client.send(text: "{") }
            client.send(.beat(ClientBeat()))
            client.send(.networkChanged)
            client.send(text: #"{"type":"nonsense"}"#)
            let (messages, code) = try await client.rest()
            #expect(code == CloseCode.tooManyFaults.rawValue)
            #expect(messages.count { if case .rejected = $0 { true } else { false } } == 3)
        }
    }

    @Test("a message is so long; a longer one closes (1009)")
    func frameBytes() async throws {
        try await withServer(limits: self.limits { $0.frameBytesMax = 2_000 }) { server in
            for (bytes, code) in [(2_000, nil), (2_001, 1_009)] as [(Int, UInt16?)] {
                let (client, _) = try await greeted(server)
                let (head, tail) = (#"{"type":"beat","x":""#, #""}"#)
                let filling = String(repeating: "x", count: bytes - head.utf8.count - tail.utf8.count)
                client.send(text: head + filling + tail)
                client.send(text: "{")
                guard code == nil else {
                    #expect(try await client.rest().closeCode == code)
                    continue
                }
                let rejected = await client.first { if case .rejected(let rejected) = $0 { rejected } else { nil } }
                #expect(rejected?.knownCode == .malformed)
            }
        }
    }

    @Test("empty fragments, and pings: one more closes (1008)")
    func fragments() async throws {
        let limits = self.limits { ($0.emptyFragmentsMax, $0.controlFramesPerSecondMax) = (2, 2) }
        try await withServer(limits: limits) { server in
            let slicer = try await RawSocket.upgraded(server)
            await slicer.frame(1, isLast: false)
            await slicer.frame(0, isLast: false, count: 2)
            #expect(await slicer.closeCode() == 1_008)
            let pinger = try await RawSocket.upgraded(server)
            await pinger.frame(9, count: 3)
            #expect(await pinger.closeCode() == 1_008)
        }
    }

    // MARK: Silence

    @Test("silence is closed, and after a change of network much sooner")
    func silence() async throws {
        var limits = self.limits { ($0.silenceMilliseconds, $0.darkMilliseconds) = (200, 600) }
        try await withServer(limits: limits) { server in
            let socket = try await RawSocket.upgraded(server)
            await socket.frame(1, #"{"type":"hello","protocol":1}"#)
            #expect(await socket.closeCode() == CloseCode.dark.rawValue)
        }
        (limits.silenceMilliseconds, limits.darkMilliseconds, limits.networkChangedMilliseconds) = (
            30_000, 600_000, 200
        )
        try await withServer(limits: limits) { server in
            let socket = try await RawSocket.upgraded(server)
            await socket.frame(1, #"{"type":"hello","protocol":1}"#)
            await socket.frame(1, #"{"type":"network-changed"}"#)
            #expect(await socket.closeCode() == CloseCode.dark.rawValue)
        }
    }

    @Test("who is never silent is pinged all the same, now and then")
    func busyPing() async throws {
        let limits = self.limits {
            $0.busyPingMilliseconds = 50
            ($0.pulsesPerSecond, $0.pulseBurst) = (1_000_000, 1_000_000)
            ($0.messagesPerSecond, $0.messageBurst) = (1_000_000, 1_000_000)
        }
        try await withServer(limits: limits) { server in
            let ada = try await Writer.join(server, "Ada")
            let bob = try await Writer.join(server, "Bob")
            let ball = ClientMessage.pulse(OutboundPulse(room: ada.room, kind: "ball"))
            let echo = Task {
                for await message in bob.client.messages { if case .pulse = message { bob.client.send(ball) } }
            }
            ada.client.send(ball)
            // Beside each ping there is a beat. Every ten seconds would be too late for this test.
            var beats = 0
            for await message in ada.client.messages {
                if case .pulse = message { ada.client.send(ball) }
                if case .beat(let beat) = message, beat.rooms.isEmpty { beats += 1 }
                if beats == 10 { break }
            }
            #expect(beats == 10)
            echo.cancel()
        }
    }

    @Test("a stopping server waits so long for goodbyes, and no longer")
    func stopping() async throws {
        let limits = self.limits { ($0.stopMilliseconds, $0.drainMilliseconds) = (100, 100) }
        try await withServer(limits: limits) { server in
            let mute = try await RawSocket.upgraded(server)
            await server.stop()
            await server.ended()
            #expect(await mute.closeCode() == CloseCode.goingAway.rawValue)
        }
    }
}

/// A bare connection that has said hello.
func greeted(_ server: RunningServer, _ hello: Hello = Hello()) async throws -> (client: RawClient, welcome: Welcome) {
    let client = try await RawClient.connect(to: server)
    client.send(.hello(hello))
    let welcome = await client.first { if case .welcome(let welcome) = $0 { welcome } else { nil } }
    return (client, try #require(welcome))
}
