import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("A waiting room on two servers", .timeLimit(.minutes(patience)))
struct WaitingTests {
    @Test("who waits on one server is seen, let in and sent away by a moderator on another")
    func decided() async throws {
        try await withServer { first in
            try await withServer(engine: first.engine) { second in
                let (ada, a) = try await Self.host(second)
                let (bob, b) = try await Self.guest("Bob", first, in: a.id)
                let (cleo, c) = try await Self.guest("Cleo", first, in: a.id)
                #expect(await ada.waiting(2) == ["Bob", "Cleo"])
                try await ada.ask(.admission(.admit(.some([b.participant]))), in: a.id)
                let inside = try #require(await bob.letIn())
                #expect(inside.participant == b.participant)
                #expect(inside.people == [a.participant, b.participant])
                try await ada.ask(.admission(.deny(.some([c.participant]))), in: a.id)
                #expect(await cleo.nextRoomEvent("denied")?.notice.participant == c.participant)
                #expect(await ada.replica(of: a.id)?.state["waiting"] == nil)
                // They hear each other from one server to the other.
                await bob.send(.signal(data: "hello"), to: a.participant)
                #expect(await ada.nextSignal()?.from == b.participant)
            }
        }
    }

    @Test("who waits goes on waiting when the server goes away, by its own will or not", arguments: [true, false])
    func lost(drains: Bool) async throws {
        try await withServer { first in
            try await withServer(engine: first.engine) { second in
                let (ada, a) = try await Self.host(second)
                let relay = try await CuttableRelay.open(to: first.port)
                let bob = try await first.connect(to: [relay.address, second.address])
                let b = try await bob.join(.id(a.id), name: "Bob")
                #expect(await ada.waiting(1) == ["Bob"])
                if drains {
                    await first.stop()
                } else {
                    try await relay.refuse(true)
                    try await relay.cut()
                }
                #expect(await bob.first { if case .resumed = $0 { true } else { nil } } == true)
                #expect(await bob.savedSession?.address == second.address)
                #expect(await ada.replica(of: a.id)?.state["waiting"]?[b.participant.description]?["name"] == "Bob")
                try await ada.ask(.admission(.admit(.all)), in: a.id)
                let inside = try #require(await bob.letIn())
                #expect(inside.participant == b.participant)
                #expect(inside.people == [a.participant, b.participant])
                try await bob.setMedia(in: b.id, audio: true)
                #expect(await ada.nextRoomEvent("media-changed")?.notice.participant == b.participant)
                try await relay.close()
            }
        }
    }

    private static func host(_ server: RunningServer) async throws -> (ParleyClient, RoomReplica) {
        let ada = try await server.connect()
        let a = try await ada.join(alias("blue-fox"), name: "Ada")
        try await ada.ask(.lifecycle(.configure(RoomSettings(json: ["admission": "approval"]))), in: a.id)
        return (ada, a)
    }

    private static func guest(
        _ name: String,
        _ server: RunningServer,
        in room: RoomID
    ) async throws -> (ParleyClient, RoomReplica) {
        let guest = try await server.connect()
        let replica = try await guest.join(.id(room), name: name)
        #expect(replica.state.object?.members.map(\.name) == ["room"], "the door alone")
        return (guest, replica)
    }
}

extension ParleyClient {
    /// The names of those who wait, in their order, when there are so many.
    fileprivate func waiting(_ number: Int) async -> [String]? {
        await self.first { event in
            guard case .room(_, let replica) = event, let people = replica.state["waiting"]?.object else { return nil }
            let inOrder = people.members.map(\.value).sorted { one, other in
                one["waiting"]?.integer ?? 0 < other["waiting"]?.integer ?? 0
            }
            return inOrder.count == number ? inOrder.compactMap { $0["name"]?.string } : nil
        }
    }

    fileprivate func letIn() async -> RoomReplica? {
        await self.first { event in
            guard case .resynced(let replica) = event, replica.state["people"] != nil else { return nil }
            return replica
        }
    }
}
