import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("Agreement that can be proven", .timeLimit(.minutes(patience)))
struct AgreementTests {
    private var limits: Limits {
        var limits = Limits()
        limits.roomBeatMilliseconds = 100
        limits.silenceMilliseconds = 200
        return limits
    }

    @Test("a beat tells the hash of the room where it is, and how far away everybody is")
    func beats() async throws {
        try await withServer(limits: self.limits) { server in
            let (ada, bob, room) = try await meeting(server)
            let replica = try #require(await ada.replica(of: room))
            var trips: Set<ParticipantID> = []
            var hash: StateHash?
            while trips.count < 2 || hash == nil {
                let said = try #require(await bob.nextBeat(of: room))
                if let at = said.at {
                    #expect(at == replica.position)
                    hash = said.hash
                }
                for trip in said.roundTrips {
                    #expect((1..<10_000).contains(trip.milliseconds))
                    trips.insert(trip.participant)
                }
            }
            #expect(hash == replica.hash)
            #expect(trips == Set(replica.people))
        }
    }

    @Test("who comes later is told what the others know already")
    func newcomer() async throws {
        try await withServer(limits: self.limits) { server in
            let (_, bob, room) = try await meeting(server)
            while try #require(await bob.nextBeat(of: room)).roundTrips.isEmpty {}
            let cleo = try await SluggishClient.connect(to: server.port)
            cleo.send(.hello(hello(joining: room)))
            let snapshot = try #require(await cleo.nextSnapshot())
            let people = try #require(snapshot.state["people"]?.object).members.map(\.name).count
            var trips: Set<ParticipantID> = []
            while trips.count < people {
                trips.formUnion(try #require(await cleo.nextBeat(of: room)).roundTrips.map(\.participant))
            }
        }
    }

    @Test("who does not trust what it holds gets the room as it is")
    func resync() async throws {
        try await withServer { server in
            let (ada, bob, room) = try await meeting(server)
            let replica = try #require(await ada.replica(of: room))
            bob.send(.resync(ResyncRequest(room: room)))
            let snapshot = try #require(await bob.nextSnapshot())
            #expect(snapshot.at == replica.position)
            #expect(snapshot.hash == replica.hash)
            #expect(snapshot.events == [])
            try await ada.setMedia(in: room, audio: true)
            let events = await bob.first { if case .message(.events(let events)) = $0 { events } else { nil } }
            #expect(events?.after == snapshot.at)
        }
    }

    @Test("only those who are in a room are answered, and not without end")
    func refusals() async throws {
        var limits = Limits()
        limits.resyncBurst = 2
        try await withServer(limits: limits) { server in
            let (_, bob, room) = try await meeting(server)
            var random = SystemRandomNumberGenerator()
            bob.send(.resync(ResyncRequest(room: RoomID(using: &random))))
            #expect(await bob.nextRejection()?.knownCode == .notJoined)
            for _ in 1...3 { bob.send(.resync(ResyncRequest(room: room))) }
            let rejection = try #require(await bob.nextRejection())
            #expect(rejection.knownCode == .rateLimited)
            #expect(rejection.of == "resync")
            #expect(rejection.room == room.description)
            #expect(rejection.retryAfterMilliseconds != nil)
        }
    }

    private func meeting(_ server: RunningServer) async throws -> (ParleyClient, SluggishClient, RoomID) {
        let ada = try await server.connect()
        let room = try await ada.join(alias("agreed"), name: "Ada")
        let bob = try await SluggishClient.connect(to: server.port)
        bob.send(.hello(self.hello(joining: room.id)))
        _ = try #require(await bob.nextSnapshot())
        _ = await ada.nextRoomEvent("joined")
        return (ada, bob, room.id)
    }

    private func hello(joining room: RoomID) -> Hello {
        var hello = Hello()
        hello.join = JoinCommand(id: 1, room: .id(room))
        return hello
    }
}

extension SluggishClient {
    fileprivate func nextBeat(of room: RoomID) async -> ServerBeat.Room? {
        await self.first { heard in
            guard case .message(.beat(let beat)) = heard else { return nil }
            return beat.rooms.first { $0.room == room }
        }
    }

    fileprivate func nextRejection() async -> RejectedMessage? {
        await self.first { if case .message(.rejected(let rejected)) = $0 { rejected } else { nil } }
    }
}
