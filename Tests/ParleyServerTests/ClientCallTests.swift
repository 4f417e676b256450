import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("A client that calls, over real sockets", .timeLimit(.minutes(patience)))
struct ClientCallTests {
    @Test("a ring reaches both devices, one answers, the other is told so, and whoever hangs up ends it for all")
    func answered() async throws {
        try await withServer { server in
            let (ada, phone, laptop) = try await (
                server.phone("ada"), server.phone("bob"), server.phone("bob")
            )
            let offer = AttributeValue(["type": "offer", "sdp": "v=0"])
            var order = CallOrder(.video)
            order.offer = offer
            let call = try await ada.call("bob", order: order)
            let rings = try #require(await phone.nextIncoming())
            #expect(rings.call == call.id && rings.intent == .video && rings.offer == offer)
            #expect(rings.from.name == "ada" && rings.from.user == "ada")
            _ = try #require(await laptop.nextIncoming())
            #expect(await call.rings.first?.people.first?.user == "bob")
            let answer = try #require(AttributeValue(["type": "answer", "sdp": "v=0"]))
            let there = try await laptop.accept(rings, answer: answer)
            #expect(await phone.nextEnd() == .answeredElsewhere)
            #expect(await laptop.nextEnd() == .accepted)
            let heard = try #require(await ada.nextRoomEvent("ring-answered"))
            #expect(heard.notice.json["answer"] == answer.json)
            await #expect(throws: ClientError.self) { try await phone.accept(rings) }
            try await there.hold()
            let held = try #require(await ada.nextRoomEvent("held"))
            #expect(held.notice.participant.map { held.replica.isHeld($0) } == true)
            try await call.hangUp(.normal)
            #expect(await laptop.nextRoomEvent("ended")?.notice.json["reason"] == "hung-up")
            #expect(await there.replica == nil)
            await #expect(throws: ClientError.notInRoom) { try await there.unhold() }
        }
    }

    @Test("who declines says why, whoever gives up leaves a missed call, and to call oneself is refused")
    func declined() async throws {
        try await withServer { server in
            let (ada, bob) = try await (server.phone("ada"), server.phone("bob"))
            let line = try await bob.online()
            _ = try await ada.call("bob")
            let rings = try #require(await bob.nextIncoming())
            try await line.decline(rings, message: "I call back")
            #expect(await bob.nextEnd() == .declined)
            let changed = try #require(await ada.nextRoomEvent("ring-changed") { $0["state"] == "declined" })
            #expect(changed["message"] == "I call back")
            #expect(await ada.nextRoomEvent("ended")?.notice.json["reason"] == "declined")
            let second = try await ada.call("bob")
            _ = try #require(await bob.nextIncoming())
            try await second.cancel(1)
            #expect(await bob.nextEnd() == .cancelled)
            let missed = await line.missed
            #expect(missed.map(\.reason) == ["cancelled"])
            try await line.missedSeen(through: missed.first?.number ?? 0)
            #expect(await line.missed.isEmpty)
            await #expect(throws: ClientError.self) { try await ada.call("ada") }
            await #expect(throws: ClientError.self) { try await ada.call("") }
        }
    }

    @Test("how somebody is arrives as it changes, also over lost connections, and ends with the session")
    func presence() async throws {
        try await withRelay { server, relay in
            var options = ClientOptions()
            options.user = "ada"
            let ada = try await server.connect(to: [relay.address], options)
            let watch = try await ada.watch(["bob", "nobody"])
            let bob = try await server.phone("bob")
            var reader = watch.makeAsyncIterator()
            await Self.read(&reader) { $0.person == "bob" && $0.presence?.availability == .available }
            let line = try await bob.online()
            try await line.setAvailability(.away, note: "tea")
            await Self.read(&reader) { $0.presence?.availability == .away && $0.presence?.note == "tea" }
            try await relay.cut()
            try await line.setAvailability(.doNotDisturb)
            await Self.read(&reader) { $0.presence?.availability == .doNotDisturb }
            await bob.close()
            await Self.read(&reader) { $0.presence?.availability == .offline }
            await ada.close()
            while await reader.next() != nil {}
        }
    }

    private static func read(
        _ reader: inout PresenceWatch.AsyncIterator,
        _ isWanted: (PresenceMessage.Entry) -> Bool
    ) async {
        while let entry = await reader.next() { if isWanted(entry) { return } }
        #expect(Bool(false), "it has ended")
    }

    @Test("two calls are made one: the client goes with its people")
    func merged() async throws {
        try await withServer { server in
            let (ada, bob, cleo) = try await (
                server.phone("ada"), server.phone("bob"), server.phone("cleo")
            )
            let first = try await ada.call("bob")
            try await bob.accept(try #require(await bob.nextIncoming()))
            _ = await ada.nextRoomEvent("ring-answered")
            let second = try await ada.call("cleo")
            try await cleo.accept(try #require(await cleo.nextIncoming()))
            _ = await ada.nextRoomEvent("ring-answered")
            try await first.mergeInto(second)
            let moved = await bob.first { event -> RoomReplica? in
                if case .moved(let replica, from: first.id) = event { replica } else { nil }
            }
            #expect(moved?.id == second.id)
            let all = await cleo.nextReplica { $0.people.count == 3 }
            #expect(all?.id == second.id)
        }
    }
}

extension RunningServer {
    /// Somebody who is online.
    fileprivate func phone(_ user: String) async throws -> ParleyClient {
        var options = ClientOptions()
        options.user = user
        let client = try await self.connect(to: [self.address], options)
        try await client.online(name: user)
        return client
    }
}

extension ParleyClient {
    fileprivate func nextIncoming() async -> Incoming? {
        await self.first { if case .incoming(let incoming) = $0 { incoming } else { nil } }
    }

    fileprivate func nextEnd() async -> Incoming.End? {
        await self.first { if case .incomingEnded(_, let end) = $0 { end } else { nil } }
    }

    fileprivate func nextRoomEvent(
        _ type: String,
        where isWanted: @Sendable (JSONValue) -> Bool
    ) async -> JSONValue? {
        await self.first { event in
            guard case .room(let notice, _) = event, notice.type == type, isWanted(notice.json) else { return nil }
            return notice.json
        }
    }
}
