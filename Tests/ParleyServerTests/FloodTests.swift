import NIOCore
import NIOPosix
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import ParleyTransport
import Testing

@Suite("Whoever brings too much", .timeLimit(.minutes(patience)))
struct FloodTests {
    /// As the server tells its transport.
    private static func pace(_ limits: Limits) -> ReadPace {
        var transport = TransportLimits()
        transport.readUnitsPerSecond = limits.readUnitsPerSecond
        transport.readUnitsBurst = limits.readUnitsBurst
        transport.bytesPerReadUnit = limits.bytesPerMessage
        transport.eventsPerTurnMax = limits.messagesPerTurnMax
        transport.eventsPerTurnMin = limits.messagesPerTurnMin
        return ReadPace(transport, now: 0)
    }

    @Test("there are units for all that one may say: whoever keeps within the other limits never meets this one")
    func honest() {
        let limits = Limits()
        var pace = Self.pace(limits)
        pace.spend(
            events: limits.messageBurst + limits.pulseBurst + limits.controlFramesPerSecondMax,
            bytes: limits.byteBurst
        )
        #expect(!pace.isSpent)
        let perSecond = limits.messagesPerSecond + limits.pulsesPerSecond + limits.controlFramesPerSecondMax
        for tenth in 1...6_000 {
            pace.spend(events: perSecond / 10, bytes: limits.bytesPerSecond / 10)
            if pace.isLow { pace.refill(now: UInt64(tenth) * 100_000_000) }
            #expect(!pace.isSpent)
        }
    }

    @Test("the less is left, the shorter are its turns; what has to be understood uses up more of it")
    func turns() {
        let limits = Limits()
        var pace = Self.pace(limits)
        #expect(pace.eventsPerTurn == limits.messagesPerTurnMax)
        while !pace.isSpent { pace.spend(events: 1, bytes: 0) }
        #expect(pace.eventsPerTurn == limits.messagesPerTurnMin)
        // The longest frames that have to be understood: fewer than five at once.
        pace = Self.pace(limits)
        let dear = limits.frameBytesMax + (limits.frameBytesMax - limits.decodedBytesUsual) * limits.decodedByteWeight
        for _ in 1...5 { pace.spend(events: 1, bytes: dear) }
        #expect(pace.isSpent)
    }

    @Test("a flood is read at its rate, all of it, and whoever sends it is never dark")
    func flood() async throws {
        var limits = Limits()
        (limits.messagesPerSecond, limits.messageBurst) = (10, 10)
        (limits.pulsesPerSecond, limits.pulseBurst, limits.controlFramesPerSecondMax) = (10, 10, 10)
        limits.frameBytesMax = 1_024
        (limits.silenceMilliseconds, limits.darkMilliseconds) = (500, 2_000)
        // 40 units at once and 40 a second, of which 10 are allowed each time.
        try await withServer(limits: limits) { server in
            let client = try await RawClient.connect(to: server)
            client.send(.hello(Hello()))
            _ = await client.first { if case .welcome = $0 { true } else { nil } }
            let begin = ContinuousClock.now
            for _ in 1...200 { client.send(.beat(ClientBeat())) }
            for _ in 1...120 {
                let code = await client.first {
                    if case .rejected(let rejected) = $0 { rejected.knownCode } else { nil }
                }
                #expect(code == .rateLimited)
            }
            #expect(ContinuousClock.now - begin > .seconds(2))
        }
    }

    @Test("what cannot be read is followed by a pause")
    func faults() async throws {
        var limits = Limits()
        limits.faultPauseMilliseconds = 300
        try await withServer(limits: limits) { server in
            let client = try await RawClient.connect(to: server)
            client.send(.hello(Hello()))
            let begin = ContinuousClock.now
            for _ in 1...4 { client.send(text: "nonsense") }
            for _ in 1...4 {
                let code = await client.first {
                    if case .rejected(let rejected) = $0 { rejected.knownCode } else { nil }
                }
                #expect(code == .malformed)
            }
            #expect(ContinuousClock.now - begin >= .milliseconds(900))
        }
    }

    @Test("the longer it is, the longer is the pause")
    func longFaults() async throws {
        var limits = Limits()
        limits.faultPauseMilliseconds = 100
        try await withServer(limits: limits) { server in
            let client = try await RawClient.connect(to: server)
            client.send(.hello(Hello()))
            let begin = ContinuousClock.now
            client.send(text: String(repeating: "x", count: 60_000))
            client.send(text: "nonsense")
            for _ in 1...2 {
                let code = await client.first {
                    if case .rejected(let rejected) = $0 { rejected.knownCode } else { nil }
                }
                #expect(code == .malformed)
            }
            #expect(ContinuousClock.now - begin >= .milliseconds(800))
        }
    }

    // MARK: - Plain HTTP

    private static let request = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    /// - Returns: how many were answered before the server hung up, or all of them.
    private func ask(_ server: RunningServer, _ count: Int) async throws -> Int {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: server.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try? await outbound.write(ByteBuffer(string: String(repeating: Self.request, count: count)))
            var text = ""
            do {
                for try await part in inbound {
                    text += String(buffer: part)
                    if text.count("ok\n") == count { break }
                }
            } catch {
                // It was reset: so it hung up.
            }
            return text.count("ok\n")
        }
    }

    @Test("requests begin at their rate, and all of them are answered")
    func requests() async throws {
        var limits = Limits()
        (limits.plainRequestsPerSecond, limits.plainRequestBurst) = (10, 2)
        limits.plainReadBytesMax = 64
        try await withServer(limits: limits) { server in
            let begin = ContinuousClock.now
            let answered = try await self.ask(server, 8)
            #expect(answered == 8)
            #expect(ContinuousClock.now - begin >= .milliseconds(500))
        }
    }

    @Test("whoever sends more requests than may be held is closed")
    func tooManyRequests() async throws {
        var limits = Limits()
        limits.plainRequestsPerSecond = 10
        limits.plainRequestsHeldMax = 4
        try await withServer(limits: limits) { server in
            let few = try await self.ask(server, 4)
            #expect(few == 4)
            let many = try await self.ask(server, 40)
            #expect(many < 40)
        }
    }
}

extension String {
    fileprivate func count(_ part: String) -> Int {
        self.split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
