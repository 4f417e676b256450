import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("Somebody who does not read", .timeLimit(.minutes(patience)))
struct SlowConsumerTests {
    private var limits: Limits {
        var limits = Limits()
        limits.replayEntriesMax = 16
        limits.debounceMilliseconds = 100
        // Who reads nothing answers nothing, and is not to be closed for that here, however busy the machine is.
        limits.darkMilliseconds = 240_000
        limits.writeStallMilliseconds = 240_000
        limits.patienceMilliseconds = 240_000
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

    @Test("as long as less waits than the watermark, nobody is behind, however many entries there are")
    func watermark() async throws {
        var limits = self.limits
        limits.outputWatermarkBytes = 8_388_608
        try await withServer(limits: limits) { server in
            let (ada, bob, room) = try await meeting(server)
            try await bob.reads(false)
            try await self.makeHistory(ada, room)
            try await bob.reads(true)
            for _ in 1...40 {
                let isEvent = await bob.first { heard -> Bool? in
                    switch heard {
                    case .message(.events): true
                    case .message(.snapshot), .closed: false
                    case .message: nil
                    }
                }
                #expect(isEvent == true)
            }
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

    @Test("a signal is never read before the event or the snapshot that shows its sender", arguments: [1, 40])
    func order(entries: Int) async throws {
        try await withServer(limits: self.limits) { server in
            let (ada, bob, room) = try await meeting(server)
            let cleo = try await server.connect()
            try await bob.reads(false)
            try await self.makeHistory(ada, room, entries: entries)
            let member = try await cleo.join(.id(room), name: "Cleo").participant
            let people = try #require(await ada.replica(of: room)).people
            let recipient = try #require(people.first { $0 != member && $0 != people[0] })
            for number in 1...3 { await cleo.send(.signal(data: .integer(Int64(number))), to: recipient) }
            try await bob.reads(true)
            var shown = false
            var signals: [UInt64] = []
            while signals.count < 3 {
                let message = await bob.first { if case .message(let message) = $0 { message } else { nil } }
                switch try #require(message) {
                case .snapshot(let snapshot): shown = snapshot.state["people"]?[member.description] != nil
                case .events(let message):
                    if message.events.contains(where: { $0["participant"]?.string == member.description }) {
                        shown = true
                    }
                case .signal(let signal):
                    #expect(shown, "a stranger's signal")
                    signals.append(signal.n)
                default: break
                }
            }
            #expect(signals == [1, 2, 3])
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
