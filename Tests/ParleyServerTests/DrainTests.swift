import ParleyClient
import ParleyProtocol
import ParleyTransport
import ParleyTestSupport
import Testing

@Suite("A server that drains", .timeLimit(.minutes(patience)))
struct DrainTests {
    private func greeted(_ server: RunningServer) async throws -> RawClient {
        let client = try await RawClient.connect(to: server)
        client.send(.hello(Hello()))
        #expect(await client.first { if case .welcome = $0 { true } else { nil } } == true)
        return client
    }

    private func goaway(_ message: ServerMessage) -> Goaway? {
        if case .goaway(let goaway) = message { goaway } else { nil }
    }

    @Test("everybody hears goaway, each another time, and nobody new is let in")
    func goaway() async throws {
        try await withServer { server in
            var clients: [RawClient] = []
            for _ in 0..<4 { clients.append(try await self.greeted(server)) }
            await server.stop()
            var goaways: [Goaway] = []
            for client in clients { goaways.append(try #require(await client.first(self.goaway))) }
            #expect(goaways.map(\.withinMilliseconds).sorted() == [0, 5_000, 10_000, 15_000])
            #expect(goaways.allSatisfy { $0.deadlineMilliseconds == 45_000 })
            do {
                _ = try await RawClient.connect(to: server)
                Issue.record("somebody new was let in")
            } catch WebSocketConnectFailure.refused(let status, _) {
                #expect(status == 503)
            }
        }
    }

    @Test("a call that is being set up goes on, and the server ends with the last one")
    func callDuringDrain() async throws {
        try await withServer { server in
            let ada = try await server.connect()
            let bob = try await server.connect()
            let a = try await ada.join(alias("blue-fox"))
            let b = try await bob.join(alias("blue-fox"))
            let witness = try await self.greeted(server)
            await server.stop()
            _ = try #require(await witness.first(self.goaway))
            await bob.send(.offer(sdp: "o"), to: a.participant, negotiation: 1)
            #expect(await ada.nextSignal()?.payload == .offer(sdp: "o"))
            await ada.send(.answer(sdp: "a"), to: b.participant, negotiation: 1)
            #expect(await bob.nextSignal()?.payload == .answer(sdp: "a"))
            try await ada.leave(a.id)
            #expect(await bob.nextRoomEvent("left")?.notice.participant == a.participant)
            await ada.close()
            await bob.close()
            witness.close()
            await server.ended()
        }
    }

    @Test("who says hello during a drain is told at once, after the welcome")
    func helloDuringDrain() async throws {
        try await withServer { server in
            let late = try await RawClient.connect(to: server)
            let early = try await self.greeted(server)
            await server.stop()
            _ = try #require(await early.first(self.goaway))
            late.send(.hello(Hello()))
            var messages = late.messages.makeAsyncIterator()
            guard case .welcome? = await messages.next() else {
                Issue.record("the welcome is first")
                return
            }
            let goaway = try #require(await messages.next().flatMap(self.goaway))
            #expect((0...20_000).contains(goaway.withinMilliseconds))
            #expect((1...45_000).contains(goaway.deadlineMilliseconds))
        }
    }

    @Test("who moves to another server was never away, and the one that drains ends")
    func move() async throws {
        try await withServer { first in
            try await withServer(engine: first.engine) { second in
                let bob = try await second.connect()
                let room = try await bob.join(alias("blue-fox"))
                let ada = try await RawClient.connect(to: first)
                var hello = Hello()
                hello.join = JoinCommand(id: 1, room: .id(room.id))
                ada.send(.hello(hello))
                let welcome = try #require(await ada.first { if case .welcome(let it) = $0 { it } else { nil } })
                let snapshot = try #require(await ada.first { if case .snapshot(let it) = $0 { it } else { nil } })
                await first.stop()
                _ = try #require(await ada.first(self.goaway))

                let moved = try await RawClient.connect(to: second)
                hello = Hello()
                hello.resume = Hello.Resume(
                    session: welcome.session,
                    secret: welcome.resumeSecret,
                    rooms: [.init(room: room.id, at: snapshot.at)]
                )
                moved.send(.hello(hello))
                let again = try #require(await moved.first { if case .welcome(let it) = $0 { it } else { nil } })
                #expect(again.resumed && again.session == welcome.session)
                #expect(try await ada.rest().closeCode == CloseCode.superseded.rawValue)
                await first.ended()

                moved.send(.leave(LeaveCommand(id: 2, room: room.id)))
                var heard: [String] = []
                while let notice = await bob.first({ if case .room(let it, _) = $0 { it } else { nil } }) {
                    heard.append(notice.type)
                    if notice.type == "left" { break }
                }
                #expect(heard == ["joined", "attached", "left"])
            }
        }
    }

    @Test("whoever stays is told to come back, at the deadline")
    func hardEnd() async throws {
        var limits = Limits()
        limits.drainMilliseconds = 600
        try await withServer(limits: limits) { server in
            let client = try await self.greeted(server)
            await server.stop()
            let (messages, code) = try await client.rest()
            #expect(messages.contains { self.goaway($0)?.deadlineMilliseconds == 600 })
            #expect(code == CloseCode.goingAway.rawValue)
            await server.ended()
        }
    }
}
