import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("A client over connections that are lost, over real sockets", .timeLimit(.minutes(patience)))
struct ReconnectionTests {
    @Test("a request that is under way over a loss completes when the session is back, and has one effect")
    func requests() async throws {
        try await withRelay { server, relay in
            let (ada, bob, a, _) = try await pair(server, relay)
            for number in 1...20 {
                async let change: Void = ada.setMedia(in: a.id, audio: number.isMultiple(of: 2) == false)
                if number.isMultiple(of: 5) { try await relay.cut() }
                try await change
            }
            try await ada.setMedia(in: a.id, screen: true)
            // Each state of the microphone once, in order, and the screen behind them.
            var audio: [Bool] = []
            while let (_, replica) = await bob.nextRoomEvent("media-changed") {
                let media = replica.state["people"]?[a.participant.description]?["media"]
                if media?["screen"] == true { break }
                audio.append(media?["audio"] == true)
            }
            #expect(audio == (1...20).map { $0.isMultiple(of: 2) == false })
        }
    }

    @Test("signals arrive once and in order, whoever's connection is cut")
    func signals() async throws {
        try await withRelay { server, relay in
            let (ada, bob, a, b) = try await pair(server, relay)
            for number in 1...200 {
                await ada.send(.signal(data: .integer(Int64(number))), to: b.participant)
                await bob.send(.signal(data: .integer(Int64(-number))), to: a.participant)
                if number.isMultiple(of: 40) { try await relay.cut() }
            }
            for number in 1...200 {
                #expect(await bob.nextSignal()?.payload == .signal(data: .integer(Int64(number))))
                #expect(await ada.nextSignal()?.payload == .signal(data: .integer(Int64(-number))))
            }
        }
    }

    @Test("a connection that is cut at whatever byte changes nothing but the time")
    func anyByte() async throws {
        try await withRelay { server, relay in
            let bob = try await server.connect()
            let b = try await bob.join(alias("bytes"))
            for bytes in stride(from: 130, to: 1_600, by: 133) {
                let ada = try await server.connect(to: [relay.address])
                try await relay.cutNext(afterBytesToClient: bytes)
                try await relay.cut()
                let a = try await ada.join(alias("bytes"))
                await ada.send(.signal(data: .integer(Int64(bytes))), to: b.participant)
                let signal = await bob.nextSignal()
                #expect(signal?.from == a.participant)
                #expect(signal?.payload == .signal(data: .integer(Int64(bytes))))
                await ada.close()
                #expect(await bob.nextRoomEvent("left")?.notice.participant == a.participant)
            }
        }
    }

    @Test("a connection through which nothing comes is given up, and the next one is used")
    func dark() async throws {
        var limits = Limits()
        limits.silenceMilliseconds = 500
        limits.darkMilliseconds = 2_500
        try await withRelay(limits: limits) { server, relay in
            let (ada, bob, a, _) = try await pair(server, relay)
            try await relay.freeze()
            try await ada.setMedia(in: a.id, audio: true)
            #expect(await bob.nextRoomEvent("media-changed") != nil)
            let reason = await ada.first { event in
                if case .reconnecting(_, _, let reason) = event { reason } else { nil }
            }
            #expect(reason == .dark)
        }
    }

    @Test("an app that was started again is the same identity, and its earlier self has left")
    func saved() async throws {
        try await withRelay { server, relay in
            let (ada, bob, a, _) = try await pair(server, relay)
            var options = ClientOptions()
            let saved = await ada.savedSession
            #expect(saved?.address == relay.address)
            options.saved = saved
            let again = try await server.connect(to: [relay.address], options)
            let left = try #require(await bob.nextRoomEvent("left"))
            #expect(left.notice.participant == a.participant)
            #expect(left.notice.json["reason"] == "replaced")
            #expect(await again.welcome?.identity == ada.welcome?.identity)
            #expect(await again.welcome?.session != ada.welcome?.session)
            // Its own server has told it: it does not fight.
            let reason = await ada.first { if case .ended(let reason) = $0 { reason } else { nil } }
            #expect(reason == .superseded)
        }
    }

    @Test("a session that is over is begun anew, in the same rooms, with the devices on")
    func renewed() async throws {
        var limits = Limits()
        limits.graceMilliseconds = 1
        limits.debounceMilliseconds = 0
        try await withRelay(limits: limits) { server, relay in
            let ada = try await server.connect(to: [relay.address])
            let bob = try await server.connect()
            let a = try await ada.join(alias("blue-fox"), name: "Ada")
            _ = try await bob.join(alias("blue-fox"))
            try await ada.setMedia(in: a.id, video: true)
            try await relay.refuse(true)
            try await relay.cut()
            #expect(await bob.nextRoomEvent("left")?.notice.participant == a.participant)
            try await relay.refuse(false)
            await ada.networkChanged()
            let again = await ada.first { if case .rejoined(let replica, _) = $0 { replica } else { nil } }
            let (notice, replica) = try #require(await bob.nextRoomEvent("media-changed"))
            #expect(again?.participant == notice.participant)
            #expect(replica.name(of: try #require(again).participant) == "Ada")
            #expect(replica.state["people"]?[try #require(again).participant.description]?["media"]?["video"] == true)
        }
    }

    private func pair(
        _ server: RunningServer,
        _ relay: CuttableRelay
    ) async throws -> (ParleyClient, ParleyClient, RoomReplica, RoomReplica) {
        let ada = try await server.connect(to: [relay.address])
        let bob = try await server.connect(to: [relay.address])
        let a = try await ada.join(alias("blue-fox"), name: "Ada")
        let b = try await bob.join(alias("blue-fox"), name: "Bob")
        _ = await ada.nextRoomEvent("joined")
        return (ada, bob, a, b)
    }
}

/// A server with a relay in front of it, for as long as `body` runs.
func withRelay(
    limits: Limits = Limits(),
    _ body: @Sendable (RunningServer, CuttableRelay) async throws -> Void
) async throws {
    try await withServer(limits: limits) { server in
        let relay = try await CuttableRelay.open(to: server.port)
        do {
            try await body(server, relay)
        } catch {
            try await relay.close()
            throw error
        }
        try await relay.close()
    }
}
