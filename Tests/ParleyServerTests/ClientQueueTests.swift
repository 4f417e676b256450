import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("A client that waits and serves, over real sockets", .timeLimit(.minutes(5 * patience)))
struct ClientQueueTests {
    @Test("who waits sees their place, is taken by an agent who can serve them, and both are in the call")
    func served() async throws {
        try await withServer { server in
            let (ada, bob, cleo) = try await (server.connect(), server.connect(), server.connect())
            await #expect(throws: ClientError.self) { try await bob.queue("support") }
            let desk = try await ada.joinQueue("support", name: "Ada")
            var wish = QueueWish()
            wish.skills = ["pension"]
            let waiting = try await bob.joinQueue("support", name: "Bob", wish: wish)
            let second = try await cleo.joinQueue("support", name: "Cleo", wish: QueueWish())
            #expect(await waiting.replica?.place == 0)
            #expect(await second.replica?.place == 1)
            _ = await ada.nextReplica { $0.customers.count == 2 }
            #expect(await desk.replica?.customers.map(\.name) == ["Bob", "Cleo"])
            #expect(await desk.replica?.customers.first?.skills == ["pension"])
            await #expect(throws: ClientError.self) { try await desk.take(.skill("law")) }
            try await desk.serve(skills: ["pension"])
            async let called = waiting.call()
            let room = try await desk.take()
            await #expect(throws: ClientError.self) { try await desk.take() }
            let there = try await ada.enter(room, name: "Ada")
            #expect(try await called.id == room)
            // Who of the two came first is not said.
            if await there.replica?.people.count != 2 {
                _ = await ada.nextReplica { $0.id == room && $0.people.count == 2 }
            }
            #expect(await there.replica?.kind == .call)
            // Both have come: the queue lets Bob go, and Cleo is the first.
            let left = await bob.nextRoomEvent("left")
            #expect(left?.notice.json["reason"] == "met")
            _ = await cleo.nextReplica { $0.place == 0 }
            try await second.leave()
            await #expect(throws: ClientError.notInRoom) { try await second.call() }
            try await desk.serve(false)
            #expect(await desk.replica?.agents.first?.isAvailable == false)
        }
    }

    @Test("two with the same key are put together, and two by a code that one tells the other")
    func together() async throws {
        try await withServer { server in
            let (ada, bob) = try await (server.connect(), server.connect())
            var (match, pair) = (QueueRules(), QueueRules())
            match.rule = .match
            pair.rule = .pair
            var key = QueueWish()
            key.key = "blitz"
            let (wish, settings) = (key, RoomSettings(queue: match))
            async let first = ada.queue("chess", wish: wish, settings: settings)
            async let other = bob.queue("chess", wish: wish, settings: settings)
            #expect(try await first.id == other.id)
            let screen = try await ada.joinQueue("tv", wish: QueueWish(), settings: RoomSettings(queue: pair))
            var told = QueueWish()
            told.code = try #require(await screen.replica?.code)
            async let shown = screen.call()
            let typed = told
            #expect(try await bob.queue("tv", wish: typed).id == shown.id)
        }
    }
}
