import NIOCore
import ParleyClient
import ParleyEngine
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import ParleyTransport
import Testing

@Suite("A server whose engine is away", .timeLimit(.minutes(patience)))
struct DegradedTests {
    private static var limits: Limits {
        var limits = Limits()
        // Heartbeats are a second apart.
        limits.engineSilenceMilliseconds = 2_500
        return limits
    }

    private static func engine() -> InMemoryEngine {
        InMemoryEngine(limits: Self.limits, incarnation: EngineIncarnation(rawValue: 1)) {
            Instant(milliseconds: 1_795_226_400_000)
        }
    }

    private static func get(_ path: String, _ server: RunningServer) async throws -> String {
        let socket = try await RawSocket.open(server)
        await socket.send("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nConnection: close\r\n\r\n")
        return String(decoding: await socket.rest(), as: UTF8.self)
    }

    @Test("keeps its connections, relays what needs no engine, refuses by name, and goes on", arguments: [false, true])
    func away(isSilent: Bool) async throws {
        let engine = Self.engine()
        let way = AbsentEngine(engine)
        try await withServer(limits: Self.limits, engine: engine, by: way) { server in
            let (ada, bob, a, b) = try await pair(server)
            let witness = try await RawClient.connect(to: server)
            witness.send(.hello(Hello()))
            _ = await witness.first { if case .welcome = $0 { true } else { nil } }
            defer { way.becomes(.open) }
            way.becomes(isSilent ? .silent : .refusing)
            #expect(await ada.first { if case .degraded(let it) = $0 { it } else { nil } } == true)
            #expect(try await Self.get("/healthz", server).contains("200 OK"))
            let readiness = try await Self.get("/readyz", server)
            #expect(readiness.contains("503") && readiness.contains("not ready: The engine is away"))

            // What goes on.
            await ada.send(.signal(data: "still"), to: b.participant)
            #expect(await bob.nextSignal()?.payload == .signal(data: "still"))
            await ada.pulse(OutboundPulse(room: a.id, kind: "typing"))
            #expect(await bob.first { if case .pulse(let pulse) = $0 { pulse.from } else { nil } } == a.participant)

            // What is refused.
            witness.send(.join(JoinCommand(id: 1, room: .id(a.id))))
            let refused = try #require(await witness.first { if case .rejected(let it) = $0 { it } else { nil } })
            #expect(refused.code == "engine-unavailable" && refused.of == "join")
            #expect((1_000..<2_000).contains(try #require(refused.retryAfterMilliseconds)))
            do {
                _ = try await RawClient.connect(to: server)
                Issue.record("somebody new was let in")
            } catch WebSocketConnectFailure.refused(let status, _) {
                #expect(status == 503)
            }
            let upgrade = try await RawSocket.upgraded(server)
            _ = upgrade

            // What was asked meanwhile happens when it is back.
            async let media: Void = ada.setMedia(in: a.id, audio: true)
            way.becomes(.open)
            #expect(await bob.first { if case .degraded(false) = $0 { true } else { nil } } == true)
            try await media
            #expect(try await Self.get("/readyz", server).contains("ready\n"))
            await bob.send(.signal(data: "again"), to: a.participant)
            #expect(await ada.nextSignal()?.payload == .signal(data: "again"))
        }
    }

    @Test("an engine that says that it has failed keeps new people out at once, with its reason")
    func failed() async throws {
        let engine = Self.engine()
        let way = AbsentEngine(engine)
        try await withServer(limits: Self.limits, engine: engine, by: way) { server in
            let ada = try await server.connect()
            way.says(.failed(reason: "The disk is full."))
            #expect(try await Self.get("/readyz", server).contains("The engine has failed: The disk is full."))
            #expect(await ada.first { if case .degraded(let it) = $0 { it } else { nil } } == true)
            way.says(.degraded(reason: "One replica is missing."))
            #expect(await ada.first { if case .degraded(false) = $0 { true } else { nil } } == true)
            let readiness = try await Self.get("/readyz", server)
            #expect(readiness.contains("200 OK") && readiness.contains("warning: One replica is missing."))
        }
    }

    @Test("a client that knows another server goes there without having been away")
    func moves() async throws {
        let engine = Self.engine()
        let way = AbsentEngine(engine)
        try await withServer(limits: Self.limits, engine: engine, by: way) { first in
            try await withServer(limits: Self.limits, engine: engine) { second in
                let bob = try await second.connect()
                let b = try await bob.join(alias("blue-fox"))
                let ada = try await first.connect(to: [first.address, second.address])
                let a = try await ada.join(.id(b.id))
                defer { way.becomes(.open) }
                way.becomes(.silent)
                try await ada.setMedia(in: a.id, audio: true)
                #expect(await ada.savedSession?.address == second.address)
                var heard: [String] = []
                while let notice = await bob.first({ if case .room(let it, _) = $0 { it } else { nil } }) {
                    heard.append(notice.type)
                    if notice.type == "media-changed" { break }
                }
                #expect(heard == ["joined", "attached", "media-changed"])
            }
        }
    }
}

@Suite("A node that stood still", .timeLimit(.minutes(patience)))
struct FenceTests {
    private static var limits: Limits {
        var limits = Limits()
        // More than a busy machine takes from a loop, less than a client takes for dark.
        limits.pauseMilliseconds = 1_200
        return limits
    }

    private static func engine() -> InMemoryEngine {
        InMemoryEngine(limits: Self.limits, incarnation: EngineIncarnation(rawValue: 1)) {
            Instant(milliseconds: 1_795_226_400_000)
        }
    }

    @Test("closes its connections and begins anew, and everybody is back with nothing lost")
    func fence() async throws {
        let engine = Self.engine()
        let way = AbsentEngine(engine)
        try await withServer(limits: Self.limits, engine: engine, by: way) { first in
            let other = AbsentEngine(engine)
            try await withServer(limits: Self.limits, engine: engine, by: other) { second in
                let (ada, bob, a, b) = try await pair(first)
                let cara = try await second.connect()
                _ = try await cara.join(.id(a.id))
                // It knows of the other one.
                let before = try #require(await way.views.first { $0.nodes.count == 2 })
                await way.withStoppedLoops {
                    await ada.send(.signal(data: 1), to: b.participant)
                    await other.beats(for: .milliseconds(1_600))
                }
                let lost = try #require(
                    await ada.first { if case .reconnecting(_, _, let it) = $0 { it } else { nil } }
                )
                #expect(lost == .closed(code: CloseCode.fenced.rawValue))
                #expect(await ada.first { if case .resumed = $0 { true } else { nil } } == true)
                #expect(await bob.nextSignal()?.payload == .signal(data: 1))
                try await ada.setMedia(in: a.id, audio: true)
                _ = try #require(await cara.nextRoomEvent("media-changed"))
                let former = Set(before.nodes.map(\.lease.node))
                let after = try #require(await way.views.first { Set($0.nodes.map(\.lease.node)) != former })
                #expect(after.nodes.count == 2)
                #expect(former.intersection(after.nodes.map(\.lease.node)).count == 1)
                #expect(await cara.replica(of: a.id)?.people.count == 3)
            }
        }
    }

    @Test("goes on as if nothing had been, where it is alone")
    func alone() async throws {
        let engine = Self.engine()
        let way = AbsentEngine(engine)
        try await withServer(limits: Self.limits, engine: engine, by: way, change: { $0.loops = 2 }) { server in
            let (ada, bob, _, b) = try await pair(server)
            _ = try #require(await way.views.first { $0.nodes.count == 2 })
            // Another process, which knows nothing of this one, is the clock.
            let other = AbsentEngine(Self.engine())
            try await withServer(engine: Self.engine(), by: other) { _ in
                await way.withStoppedLoops {
                    await ada.send(.signal(data: 1), to: b.participant)
                    await other.beats(for: .milliseconds(1_600))
                }
            }
            let heard = await bob.first { event in
                switch event {
                case .signal: "signal"
                case .reconnecting: "reconnecting"
                default: nil
                }
            }
            #expect(heard == "signal")
        }
    }
}
