import ParleyClient
import ParleyEngine
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import Testing

@Suite("Several servers", .timeLimit(.minutes(patience)))
struct PlacementTests {
    private static func address(_ port: Int) -> String { "ws://127.0.0.1:\(port)/v1/connect" }

    private static func withNode(
        _ name: String,
        _ engine: InMemoryEngine,
        _ body: @Sendable (RunningServer, AbsentEngine) async throws -> Void
    ) async throws {
        let port = try Ports.take()
        let way = AbsentEngine(engine)
        // A single client is asked to go at a random moment of the first half.
        var limits = Limits()
        limits.drainMilliseconds = 16_000
        try await withServer(limits: limits, engine: engine, by: way) { configuration in
            configuration.port = port
            configuration.nodeName = name
            configuration.advertisedAddress = Self.address(port)
        } _: { server in
            try await body(server, way)
        }
    }

    private static func engine() -> InMemoryEngine {
        InMemoryEngine(incarnation: EngineIncarnation(rawValue: 1)) { Instant(milliseconds: 1_795_226_400_000) }
    }

    @Test("a welcome names the others, and a goaway where those are with whom one shares a room")
    func advice() async throws {
        let engine = Self.engine()
        try await Self.withNode("a", engine) { a, wayToA in
            try await Self.withNode("b", engine) { b, wayToB in
                try await Self.withNode("c", engine) { c, _ in
                    let view = try #require(await wayToA.views.first { $0.nodes.count == 3 })
                    #expect(Set(view.nodes.map(\.lease.name)) == ["a", "b", "c"])
                    let cara = try await c.connect()
                    let room = try await cara.join(alias("blue-fox"))
                    let ada = try await RawClient.connect(to: a)
                    var hello = Hello()
                    hello.join = JoinCommand(id: 1, room: .id(room.id))
                    ada.send(.hello(hello))
                    let welcome = try #require(await ada.first { if case .welcome(let it) = $0 { it } else { nil } })
                    #expect(Set(welcome.endpoints) == [Self.address(b.port), Self.address(c.port)])
                    #expect(await ada.first { if case .snapshot = $0 { true } else { nil } } == true)
                    await a.stop()
                    let goaway = try #require(await ada.first { if case .goaway(let it) = $0 { it } else { nil } })
                    #expect(goaway.endpoint == Self.address(c.port))
                    // Nobody is sent to a server that goes away itself.
                    _ = try #require(
                        await wayToB.views.first { $0.nodes.contains { $0.lease.name == "a" && $0.lease.isDraining } }
                    )
                    let dora = try await RawClient.connect(to: b)
                    dora.send(.hello(Hello()))
                    let other = try #require(await dora.first { if case .welcome(let it) = $0 { it } else { nil } })
                    #expect(!other.endpoints.contains(Self.address(a.port)))
                }
            }
        }
    }

    @Test("a rolling restart: whoever knows one address is on the new servers, and nobody was away")
    func rollingRestart() async throws {
        let engine = Self.engine()
        try await Self.withNode("a", engine) { a, wayToA in
            try await Self.withNode("b", engine) { b, wayToB in
                try await Self.withNode("c", engine) { c, wayToC in
                    for way in [wayToA, wayToB, wayToC] { _ = await way.views.first { $0.nodes.count == 3 } }
                    let clients = [try await a.connect(), try await b.connect(), try await c.connect()]
                    let room = try await clients[0].join(alias("blue-fox"))
                    for client in clients.dropFirst() { _ = try await client.join(.id(room.id)) }
                    try await Self.talk(clients, room.id, true)
                    await a.stop()
                    await a.ended()
                    try await Self.withNode("a2", engine) { _, wayToNew in
                        _ = await wayToNew.views.first { $0.nodes.count == 4 }
                        _ = await wayToB.views.first { $0.nodes.count == 4 }
                        try await Self.talk(clients, room.id, false)
                        await b.stop()
                        await b.ended()
                        try await Self.talk(clients, room.id, true)
                        _ = await wayToC.views.first { $0.nodes.count == 4 }
                        await c.stop()
                        await c.ended()
                        try await Self.talk(clients, room.id, false)
                        for client in clients {
                            await client.close()
                            for await event in client.events {
                                if case .room(let notice, _) = event {
                                    #expect(!["interrupted", "resumed"].contains(notice.type))
                                }
                                if case .reconnecting = event { Issue.record("somebody was away") }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Everybody switches something, which is in the log when they have.
    private static func talk(_ clients: [ParleyClient], _ room: RoomID, _ isOn: Bool) async throws {
        for client in clients { try await client.setMedia(in: room, audio: isOn) }
    }
}

extension PlacementTests {
    @Test("a room that has ended meanwhile keeps nobody out of the others")
    func endedRoom() async throws {
        let engine = Self.engine()
        try await withServer(engine: engine) { first in
            try await withServer(engine: engine) { second in
                let bob = try await second.connect()
                let rooms = [try await bob.join(alias("blue-fox")), try await bob.join(alias("red-owl"))]
                let ada = try await RawClient.connect(to: first)
                var hello = Hello()
                hello.join = JoinCommand(id: 1, room: .id(rooms[0].id))
                ada.send(.hello(hello))
                let welcome = try #require(await ada.first { if case .welcome(let it) = $0 { it } else { nil } })
                #expect(await ada.first { if case .snapshot = $0 { true } else { nil } } == true)
                ada.send(.join(JoinCommand(id: 1, room: .id(rooms[1].id))))
                #expect(await ada.first { if case .snapshot = $0 { true } else { nil } } == true)
                try await bob.ask(.lifecycle(.end), in: rooms[0].id)

                let again = try await RawClient.connect(to: second)
                hello = Hello()
                hello.resume = Hello.Resume(
                    session: welcome.session,
                    secret: welcome.resumeSecret,
                    rooms: rooms.map { .init(room: $0.id, at: nil) }
                )
                again.send(.hello(hello))
                let back = try #require(await again.first { if case .welcome(let it) = $0 { it } else { nil } })
                #expect(back.resumed)
                let refused = try #require(await again.first { if case .rejected(let it) = $0 { it } else { nil } })
                #expect(refused.code == "not-joined" && refused.room == rooms[0].id.description)
            }
        }
    }
}
