import ParleyClient
import ParleyProtocol
import Testing

@Suite("Somebody who does not read", .timeLimit(.minutes(1)))
struct SlowConsumerTests {
    private var limits: Limits {
        var limits = Limits()
        limits.replayEntriesMax = 16
        limits.debounceMilliseconds = 100
        // Who reads nothing answers nothing, and is not to be closed for that here.
        limits.darkMilliseconds = 60_000
        return limits
    }

    @Test("who fell behind gets the room as it is and goes on; the others wait for nobody")
    func resync() async throws {
        try await withServer(limits: self.limits) { server in
            let (ada, bob, room) = try await meeting(server)
            try await bob.reads(false)
            try await self.makeHistory(ada, room)
            try await bob.reads(true)
            let snapshot = try #require(await bob.nextSnapshot())
            let replica = try #require(await ada.replica(of: room))
            #expect(snapshot.at == replica.position)
            #expect(snapshot.hash == replica.hash)
            #expect(snapshot.events == [])
            try await ada.setMedia(in: room, audio: true)
            let events = await bob.first { if case .message(.events(let events)) = $0 { events } else { nil } }
            #expect(events?.after == snapshot.at)
        }
    }

    @Test("who is a little behind gets every frame, in order, and no snapshot")
    func behind() async throws {
        try await withServer(limits: self.limits) { server in
            let (ada, bob, room) = try await meeting(server)
            try await bob.reads(false)
            let from = try #require(await ada.replica(of: room)).position
            try await self.makeHistory(ada, room, entries: 12)
            try await bob.reads(true)
            var position = from
            for _ in 1...12 {
                let events = await bob.first { heard in
                    if case .message(.snapshot) = heard { Issue.record("a snapshot") }
                    return if case .message(.events(let events)) = heard { events } else { nil }
                }
                #expect(events?.after == position)
                position = events?.at ?? position
            }
            #expect(position == (await ada.replica(of: room))?.position)
        }
    }

    @Test("a second time within the patience is closed by name, and the session may come back")
    func tooSlow() async throws {
        try await withServer(limits: self.limits) { server in
            let (ada, bob, room) = try await meeting(server)
            try await bob.reads(false)
            try await self.makeHistory(ada, room)
            try await bob.reads(true)
            #expect(await bob.nextSnapshot() != nil)
            try await bob.reads(false)
            try await self.makeHistory(ada, room)
            try await bob.reads(true)
            #expect(await bob.closeCode() == CloseCode.slow.rawValue)
            // Not `left`: that is the end of a session.
            #expect(await ada.nextRoomEvent("interrupted") != nil)
        }
    }

    @Test("output that stands still is closed by name, and the session may come back")
    func stalled() async throws {
        var limits = self.limits
        limits.writeStallMilliseconds = 500
        try await withServer(limits: limits) { server in
            let (ada, bob, room) = try await meeting(server)
            try await bob.reads(false)
            try await self.makeHistory(ada, room, entries: 1)
            #expect(await ada.nextRoomEvent("interrupted") != nil)
            try await bob.reads(true)
            #expect(await bob.closeCode() == CloseCode.slow.rawValue)
        }
    }

    // MARK: Making it

    private func meeting(_ server: RunningServer) async throws -> (ParleyClient, SluggishClient, RoomID) {
        let ada = try await server.connect()
        let room = try await ada.join(alias("slow"), name: "Ada")
        let bob = try await SluggishClient.connect(to: server.port)
        var hello = Hello()
        hello.join = JoinCommand(id: 1, room: .id(room.id))
        bob.send(.hello(hello))
        _ = try #require(await bob.nextSnapshot())
        _ = await ada.nextRoomEvent("joined")
        return (ada, bob, room.id)
    }

    /// First more than the network takes for one who does not read, in pulses, which do not wait; then events.
    private func makeHistory(_ ada: ParleyClient, _ room: RoomID, entries: Int = 40) async throws {
        let long = JSONValue.string(String(repeating: "x", count: 60_000))
        for _ in 1...8 { await ada.pulse(OutboundPulse(room: room, kind: "long", data: long)) }
        for step in 0..<entries { try await ada.setMedia(in: room, audio: step % 2 == 0, video: step % 4 < 2) }
    }
}
