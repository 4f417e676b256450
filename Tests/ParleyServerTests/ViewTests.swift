import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("What people may see, over real sockets", .timeLimit(.minutes(patience)))
struct ViewTests {
    @Test("a host locks the room, and nobody new comes in")
    func lock() async throws {
        try await withServer { server in
            let (ada, bob, a, _) = try await pair(server)
            try await ada.ask(.lifecycle(.lock), in: a.id)
            #expect(await bob.nextRoomEvent("locked") != nil)
            let cleo = try await server.connect()
            let refusal = await #expect(throws: ClientError.self) { try await cleo.join(.id(a.id), name: "Cleo") }
            #expect(refusal?.code == .roomLocked)
            let notPermitted = await #expect(throws: ClientError.self) {
                try await bob.ask(.lifecycle(.unlock), in: a.id)
            }
            #expect(notPermitted?.code == .notPermitted)
            try await ada.ask(.lifecycle(.unlock), in: a.id)
            #expect(try await cleo.join(.id(a.id), name: "Cleo").people.count == 3)
        }
    }

    @Test("whoever sees more from now on gets a snapshot that says so, and goes on with the frames of that view")
    func promotion() async throws {
        try await withServer { server in
            let (ada, bob, a, b) = try await pair(server)
            #expect(a.view == "moderator")
            #expect(b.view == "participant")
            try await ada.ask(.role(.set(b.participant, .coHost)), in: a.id)
            #expect(await bob.nextReplica { $0.view == "moderator" } != nil)
            try await ada.setMedia(in: a.id, audio: true)
            try await bob.setMedia(in: a.id, video: true)
            try await agree(ada, bob, in: a.id)
            try await ada.ask(.role(.set(b.participant, .participant)), in: a.id)
            #expect(await bob.nextReplica { $0.view == "participant" } != nil)
            try await bob.setMedia(in: a.id, video: false)
            try await agree(ada, bob, in: a.id)
        }
    }

    @Test("only moderators see an observer, who sees everybody")
    func observer() async throws {
        try await withServer { server in
            let (ada, bob, a, b) = try await pair(server)
            let cleo = try await server.connect()
            let c = try await cleo.join(.id(a.id), name: "Cleo")
            let everybody = [a.participant, b.participant, c.participant]
            try await ada.ask(.role(.set(b.participant, .observer)), in: a.id)
            #expect(await cleo.nextReplica { $0.people == [a.participant, c.participant] } != nil)
            #expect(await bob.nextReplica { $0.view == "moderator" && $0.people == everybody } != nil)
            #expect(await ada.replica(of: a.id)?.people == everybody)
            // What shows her nothing is left out, and later frames follow all the same.
            try await ada.ask(.role(.set(b.participant, .participant)), in: a.id)
            #expect(await cleo.nextReplica { $0.people == everybody } != nil)
            try await cleo.setMedia(in: a.id, audio: true)
            try await agree(ada, cleo, in: a.id)
            try await agree(ada, bob, in: a.id)
        }
    }

    /// Nobody waits and nobody is banned, so that all views show the same: whoever is behind hears the rest.
    private func agree(_ one: ParleyClient, _ other: ParleyClient, in room: RoomID) async throws {
        let held = try #require(await one.replica(of: room))
        let same = try #require(await other.replica(of: room))
        if same.position.sequence < held.position.sequence {
            #expect(await other.nextReplica { $0.position == held.position }?.state == held.state)
        } else if held.position.sequence < same.position.sequence {
            #expect(await one.nextReplica { $0.position == same.position }?.state == same.state)
        } else {
            #expect(same.state == held.state)
        }
    }
}
