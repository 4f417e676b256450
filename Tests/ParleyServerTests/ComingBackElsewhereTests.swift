import ParleyClient
import ParleyEngine
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("Coming back to another server", .timeLimit(.minutes(patience)))
struct ComingBackElsewhereTests {
    private static func welcome(_ client: RawClient) async throws -> Welcome {
        try #require(await client.first { if case .welcome(let welcome) = $0 { welcome } else { nil } })
    }

    private static func resume(_ welcome: Welcome, _ rooms: [Hello.Resume.HeldRoom], attempt: UInt64) -> Hello {
        var hello = Hello()
        hello.resume = Hello.Resume(session: welcome.session, secret: welcome.resumeSecret, rooms: rooms)
        hello.resume?.attempt = attempt
        return hello
    }

    @Test("a secret older than the one with which its client has come back is good nowhere")
    func oldSecret() async throws {
        try await withServer { first in
            try await withServer(engine: first.engine) { second in
                let ada = try await RawClient.connect(to: first)
                var hello = Hello()
                hello.join = JoinCommand(id: 1, room: try alias("blue-fox"), name: nil)
                ada.send(.hello(hello))
                var welcomes = [try await Self.welcome(ada)]
                let snapshot = try #require(
                    await ada.first { if case .snapshot(let snapshot) = $0 { snapshot } else { nil } }
                )
                let rooms = [Hello.Resume.HeldRoom(room: snapshot.room, at: snapshot.at)]
                // To and fro, each time with the newest one.
                for (index, server) in [second, first, second].enumerated() {
                    let moved = try await RawClient.connect(to: server)
                    moved.send(.hello(Self.resume(welcomes[index], rooms, attempt: UInt64(index + 1))))
                    welcomes.append(try await Self.welcome(moved))
                    #expect(welcomes[index + 1].resumed)
                }
                // Whoever has found an old one counts as they like. The last but one is good: its welcome may be lost.
                for (secret, server, isGood) in [(0, first, false), (1, first, false), (2, first, true)] {
                    let thief = try await RawClient.connect(to: server)
                    thief.send(.hello(Self.resume(welcomes[secret], rooms, attempt: 90)))
                    let welcome = try await Self.welcome(thief)
                    #expect(welcome.resumed == isGood, "\(secret)")
                    #expect(welcome.resumeRefused == (isGood ? nil : .outdated), "\(secret)")
                    #expect((welcome.identity == welcomes[0].identity) == isGood, "\(secret)")
                }
            }
        }
    }

    @Test("a room that its client has forgotten when it moved hears later that it is away: others may only be slow")
    func movesRoomByRoom() async throws {
        var changed = Limits()
        changed.debounceMilliseconds = 0
        changed.moveMilliseconds = 1_500
        let limits = changed
        try await withServer(limits: limits) { first in
            try await withServer(limits: limits, engine: first.engine) { second in
                let bob = try await first.connect()
                let garden = try await bob.join(alias("green-garden"), name: "Bob")
                let ada = try await RawClient.connect(to: first)
                ada.send(.hello(Hello()))
                let welcome = try await Self.welcome(ada)
                var rooms: [Hello.Resume.HeldRoom] = []
                for name in ["blue-fox", "green-garden"] {
                    ada.send(.join(JoinCommand(id: 1, room: try alias(name), name: nil)))
                    let snapshot = try #require(
                        await ada.first { if case .snapshot(let snapshot) = $0 { snapshot } else { nil } }
                    )
                    rooms.append(Hello.Resume.HeldRoom(room: snapshot.room, at: snapshot.at))
                }
                _ = await bob.nextRoomEvent("joined")
                let moved = try await RawClient.connect(to: second)
                let began = ContinuousClock.now
                moved.send(.hello(Self.resume(welcome, rooms.filter { $0.room != garden.id }, attempt: 1)))
                #expect(try await Self.welcome(moved).resumed)
                #expect(await bob.nextRoomEvent("interrupted") != nil)
                #expect(ContinuousClock.now - began >= .milliseconds(1_500))
            }
        }
    }

    @Test("behind a store that has forgotten their room nobody is sent away who comes before it was given back")
    func forgottenRoom() async throws {
        try await withServer { first in
            try await withServer(engine: first.engine) { second in
                let ada = try await RawClient.connect(to: first)
                var hello = Hello()
                hello.join = JoinCommand(id: 1, room: try alias("blue-fox"), name: nil)
                ada.send(.hello(hello))
                let welcome = try await Self.welcome(ada)
                let snapshot = try #require(
                    await ada.first { if case .snapshot(let snapshot) = $0 { snapshot } else { nil } }
                )
                first.engine.failOver(losing: 1_000, of: LogID(room: snapshot.room))
                let rooms = [Hello.Resume.HeldRoom(room: snapshot.room, at: snapshot.at)]
                let again = try await RawClient.connect(to: second)
                again.send(.hello(Self.resume(welcome, rooms, attempt: 1)))
                // It is there, or the connection is closed: then it shall come again.
                let back = await again.first { if case .welcome(let welcome) = $0 { welcome } else { nil } }
                #expect(back?.resumed != false)
            }
        }
    }

    @Test("whoever has not heard that they are in is the same session, and is not there twice")
    func unansweredJoin() async throws {
        try await withServer { first in
            try await withServer(engine: first.engine) { second in
                let bob = try await second.connect()
                let b = try await bob.join(alias("blue-fox"), name: "Bob")
                let ada = try await RawClient.connect(to: first)
                var hello = Hello()
                hello.join = JoinCommand(id: 1, room: try alias("blue-fox"), name: nil)
                ada.send(.hello(hello))
                // All that it reads: what comes behind is lost with the connection.
                let welcome = try await Self.welcome(ada)
                _ = await bob.nextRoomEvent("joined")
                ada.close(code: 4000)
                let again = try await RawClient.connect(to: second)
                again.send(.hello(Self.resume(welcome, [], attempt: 1)))
                let back = try await Self.welcome(again)
                #expect(back.resumed && back.session == welcome.session && back.resumeRefused == nil)
                again.send(.join(JoinCommand(id: 1, room: try alias("blue-fox"), name: nil)))
                let snapshot = try #require(
                    await again.first { if case .snapshot(let snapshot) = $0 { snapshot } else { nil } }
                )
                #expect(snapshot.room == b.id)
                let people: Set = [b.participant, snapshot.participant]
                #expect(await bob.nextReplica { Set($0.people) == people } != nil)
            }
        }
    }
}
