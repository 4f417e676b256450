import ParleyClient
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import Testing

@Suite("How much one may say", .timeLimit(.minutes(patience)))
struct SessionRateTests {
    private func rejections(_ messages: [ServerMessage], _ code: RejectionCode) -> [RejectedMessage] {
        messages.compactMap { message in
            guard case .rejected(let rejected) = message, rejected.knownCode == code else { return nil }
            return rejected
        }
    }

    @Test("too many bytes are refused with the time to wait, however few messages they are")
    func bytes() async throws {
        var limits = Limits()
        limits.bytesPerMessage = 1
        try await withServer(limits: limits) { server in
            let ada = try await server.connect()
            let bob = try await server.connect()
            let a = try await ada.join(alias("large"))
            _ = try await bob.join(alias("large"))
            // Four of the longest are always allowed.
            let text = JSONValue.string(String(repeating: "x", count: 60_000))
            for _ in 1...5 { await bob.send(.signal(data: text), to: a.participant) }
            let rejection = try #require(await bob.nextPostponement())
            #expect(rejection.knownCode == .rateLimited)
            #expect(try #require(rejection.retryAfterMilliseconds) > 0)
        }
    }

    @Test("a new connection brings no new rates")
    func resuming() async throws {
        var limits = Limits()
        limits.messageBurst = 5
        limits.messagesPerSecond = 1
        try await withServer(limits: limits) { server in
            let (first, welcome) = try await greeted(server)
            for _ in 1...5 { first.send(.beat(ClientBeat())) }
            var hello = Hello()
            hello.resume = Hello.Resume(session: welcome.session, secret: welcome.resumeSecret, rooms: [])
            first.close(code: 4000)
            _ = try await first.rest()
            let (second, again) = try await greeted(server, hello)
            #expect(again.resumed)
            for _ in 1...5 { second.send(.beat(ClientBeat())) }
            let refused = await second.first { if case .rejected(let rejected) = $0 { rejected } else { nil } }
            #expect(refused?.knownCode == .rateLimited)
        }
    }

    @Test("whoever goes on being too fast is closed, and does not come back")
    func flooding() async throws {
        var limits = Limits()
        limits.messageBurst = 2
        limits.messagesPerSecond = 1
        limits.overrunBurst = 5
        limits.overrunsPerSecond = 1
        try await withServer(limits: limits) { server in
            let (client, _) = try await greeted(server)
            for _ in 1...50 { client.send(.beat(ClientBeat())) }
            let (messages, code) = try await client.rest()
            #expect(code == CloseCode.flooding.rawValue)
            #expect((5...10).contains(self.rejections(messages, .rateLimited).count))
        }
    }

    @Test("signals to one peer leave room for those to another")
    func pairs() async throws {
        var limits = Limits()
        limits.messageBurst = 40
        limits.messagesPerSecond = 2
        limits.signalsPerPairPercent = 50
        try await withServer(limits: limits) { server in
            let ada = try await server.connect()
            let bob = try await server.connect()
            let cleo = try await server.connect()
            let a = try await ada.join(alias("pairs"))
            let b = try await bob.join(alias("pairs"))
            _ = try await cleo.join(alias("pairs"))
            for _ in 1...25 { await cleo.send(.signal(data: 1), to: a.participant) }
            let rejection = try #require(await cleo.nextPostponement())
            #expect(rejection.knownCode == .rateLimited)
            await cleo.send(.signal(data: "for Bob"), to: b.participant)
            #expect(await bob.nextSignal() != nil)
        }
    }

    @Test("a signal that is said again is not counted again")
    func repeated() async throws {
        var limits = Limits()
        limits.messageBurst = 1_000
        limits.messagesPerSecond = 2
        limits.signalsPerPairPercent = 1
        try await withServer(limits: limits) { server in
            let ada = try await server.connect()
            let a = try await ada.join(alias("again"))
            let (bob, _) = try await greeted(server)
            bob.send(.join(JoinCommand(id: 1, room: try alias("again"))))
            _ = await bob.first { if case .snapshot(let snapshot) = $0 { snapshot.room } else { nil } }
            for n in Array(repeating: UInt64(1), count: 50) + [2] {
                let payload = SignalPayload.signal(data: .integer(Int64(n)))
                bob.send(.signal(OutboundSignal(to: a.participant, n: n, floor: 1, payload: payload)))
            }
            #expect(await ada.nextSignal()?.n == 1)
            #expect(await ada.nextSignal()?.n == 2)
        }
    }

    @Test("a room judges so many commands, and other rooms theirs; whoever leaves does not wait")
    func commandsPerRoom() async throws {
        var limits = Limits()
        limits.commandsPerRoomBurst = 3
        limits.commandsPerRoomPerSecond = 1
        try await withServer(limits: limits) { server in
            let (client, _) = try await greeted(server)
            client.send(.join(JoinCommand(id: 1, room: try alias("busy"))))
            client.send(.join(JoinCommand(id: 1, room: try alias("quiet"))))
            var rooms: [RoomID] = []
            while rooms.count < 2 {
                let room = await client.first { if case .snapshot(let snapshot) = $0 { snapshot.room } else { nil } }
                rooms.append(try #require(room))
            }
            for id in 2...5 as ClosedRange<UInt64> {
                client.send(.media(MediaCommand(id: id, room: rooms[0], audio: id.isMultiple(of: 2))))
            }
            client.send(.media(MediaCommand(id: 2, room: rooms[1], audio: true)))
            client.send(.leave(LeaveCommand(id: 5, room: rooms[0])))
            let busy = await client.first { if case .rejected(let rejected) = $0 { rejected } else { nil } }
            #expect(busy?.knownCode == .busy)
            #expect(busy?.id == 5)
            #expect(try #require(busy?.retryAfterMilliseconds) > 0)
            client.close()
            let (messages, _) = try await client.rest()
            // Neither the other room's command nor the departure was refused.
            #expect(!messages.contains { if case .rejected = $0 { true } else { false } })
        }
    }

    @Test("an identity has so many rooms that it has made, and makes another one when one is over")
    func roomsPerIdentity() async throws {
        var limits = Limits()
        limits.roomsMadePerIdentityMax = 2
        try await withServer(limits: limits) { server in
            let ada = try await server.connect()
            let bob = try await server.connect()
            let first = try await ada.join(.new)
            _ = try await ada.join(alias("second"))
            for room in [RoomReference.new, try alias("third")] {
                await #expect { try await ada.join(room) } throws: { ($0 as? ClientError)?.code == .tooManyRooms }
            }
            // Other people's rooms are not hers, and a word that she could not have is free.
            _ = try await bob.join(alias("third"))
            _ = try await ada.join(alias("third"))
            try await ada.leave(first.id)
            _ = try await ada.join(.new)
        }
    }
}
