import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("A large audience, over real sockets", .timeLimit(.minutes(patience)))
struct AudienceTests {
    private static var limits: Limits {
        var limits = Limits()
        limits.stageUsual = 2
        return limits
    }

    @Test("who is beyond the stage is counted, raises a hand, is brought to the stage, and steps down again")
    func raise() async throws {
        try await withServer(limits: Self.limits) { server in
            let (ada, bob, a, b) = try await pair(server)
            let cleo = try await server.connect()
            let c = try await cleo.join(.id(a.id), name: "Cleo")
            #expect(c.view == "audience" && c.people == [a.participant, b.participant])
            #expect(c.me?["role"] == "audience" && c.me?["name"] == "Cleo" && c.me?["counted"] == true)
            #expect(await ada.nextReplica { $0.audienceCount == 1 }?.people == [a.participant, b.participant])

            try await cleo.ask(.moderation(.raiseHand(toSpeak: true)), in: a.id)
            #expect(await cleo.replica(of: a.id)?.me?["hand"] != nil)
            #expect(await ada.nextReplica { $0.contains(c.participant) } != nil)
            #expect(await bob.nextReplica { $0.contains(c.participant) } != nil)

            let full = await #expect(throws: ClientError.self) {
                try await ada.ask(.role(.set(c.participant, .speaker)), in: a.id)
            }
            #expect(full?.code == .stageFull)
            try await ada.ask(.role(.set(b.participant, .audience)), in: a.id)
            #expect(await bob.nextReplica { $0.view == "audience" && $0.me?["role"] == "audience" } != nil)
            try await ada.ask(.role(.set(c.participant, .participant)), in: a.id)
            let raised = try #require(await cleo.nextReplica { $0.view == "participant" })
            #expect(raised.me == nil && raised.people == [a.participant, c.participant])
            try await cleo.setMedia(in: a.id, audio: true)
            let cleosRow = c.participant.description
            #expect(await bob.nextReplica { $0.state["people"]?[cleosRow]?["media"]?["audio"] == true } != nil)

            try await ada.ask(.role(.set(c.participant, .audience)), in: a.id)
            #expect(await cleo.nextReplica { $0.view == "audience" } != nil)
            #expect(await ada.replica(of: a.id)?.people == [a.participant])
        }
    }

    @Test("those who may see the list read it in pages, and nobody else does")
    func pages() async throws {
        try await withServer(limits: Self.limits) { server in
            let (ada, _, a, _) = try await pair(server)
            var ids: [ParticipantID] = []
            var audience: [ParleyClient] = []
            for name in ["Cleo", "Dan", "Eve"] {
                let client = try await server.connect()
                ids.append(try await client.join(.id(a.id), name: name).participant)
                audience.append(client)
            }
            await ada.askRoster(of: a.id, max: 2)
            let first = try #require(await ada.nextPage())
            #expect(first.people.object?.members.map(\.name) == ids.prefix(2).map(\.description))
            await ada.askRoster(of: a.id, after: try #require(first.next), max: 2)
            let second = try #require(await ada.nextPage())
            #expect(second.people.object?.members.map(\.name) == [ids[2].description] && second.next == nil)
            await audience[0].askRoster(of: a.id)
            #expect(await audience[0].nextRejection()?.knownCode == .notPermitted)
        }
    }

    @Test("the audience answers those on the stage who begin, and begins nothing; its pulses reach the stage")
    func signals() async throws {
        try await withServer(limits: Self.limits) { server in
            let (ada, _, a, _) = try await pair(server)
            let cleo = try await server.connect()
            let c = try await cleo.join(.id(a.id), name: "Cleo")
            let dan = try await server.connect()
            _ = try await dan.join(.id(a.id), name: "Dan")
            await dan.send(.signal(data: 1), to: a.participant)
            #expect(await dan.nextRejection()?.knownCode == .notPermitted)
            await ada.send(.signal(data: 2), to: c.participant)
            #expect(await cleo.nextSignal()?.payload == .signal(data: 2))
            await cleo.send(.signal(data: 3), to: a.participant)
            #expect(await ada.nextSignal()?.payload == .signal(data: 3))
        }
    }
}

extension ParleyClient {
    fileprivate func nextPage() async -> RosterPage? {
        await self.first { if case .roster(let page) = $0 { page } else { nil } }
    }
}
