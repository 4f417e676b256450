import ParleyProtocol
import ParleyTestSupport
import Testing

/// A device that is online.
private struct Phone {
    let writer: Writer
    let user: String

    var client: RawClient { self.writer.client }
    var line: RoomID { self.writer.room }

    static func online(_ server: RunningServer, _ user: String) async throws -> Phone {
        var hello = Hello()
        hello.user = user
        var join = JoinCommand(id: 1, room: .new, name: try DisplayName(user, bytesMax: 128))
        join.kind = .line
        hello.join = join
        return Phone(writer: try await Writer.begin(server, hello), user: user)
    }

    func ring(_ people: String...) throws {
        var join = JoinCommand(id: 1, room: .new)
        join.kind = .call
        let callees = try people.map { try #require(Callee($0)) }
        join.call = CallJoin(request: RingRequest(callees))
        self.client.send(.join(join))
    }

    func accept(_ call: RoomID) {
        var join = JoinCommand(id: 1, room: .id(call))
        join.call = CallJoin(ring: 1)
        self.client.send(.join(join))
    }

    func snapshot() async -> Snapshot? {
        await self.client.first { if case .snapshot(let snapshot) = $0 { snapshot } else { nil } }
    }

    /// Again and again, as long as the server is full.
    func enter(_ join: JoinCommand) async throws -> Snapshot {
        while true {
            try Task.checkCancellation()
            let answer = try #require(await self.ask(join))
            if let snapshot = answer.snapshot { return snapshot }
            #expect(answer.code == .serverFull)
            // Whoever asks for a room that is not there waits for the answer.
            let none = JoinCommand(id: 1, room: .id(RoomID(high: 404, low: 404)))
            #expect(await self.ask(none)?.code == .unknownRoom)
        }
    }

    private func ask(_ join: JoinCommand) async -> Answer? {
        self.client.send(.join(join))
        return await self.client.first { message in
            if case .snapshot(let snapshot) = message { return Answer(snapshot: snapshot) }
            if case .rejected(let rejected) = message { return Answer(code: rejected.knownCode) }
            return nil
        }
    }

    private struct Answer: Sendable {
        var snapshot: Snapshot?
        var code: RejectionCode?
    }

    func refusal() async -> RejectedMessage? {
        await self.client.first { if case .rejected(let rejected) = $0 { rejected } else { nil } }
    }

    /// The next event of that type; others of its entry are dropped.
    func event(_ type: String) async -> JSONValue? { await self.writer.event(type) }

    func call(of event: JSONValue?) throws -> RoomID {
        try #require(event?["call"]?.string.flatMap { RoomID($0) })
    }

    func watch(_ people: String...) throws {
        self.client.send(.watch(WatchRequest(try people.map { try #require(Callee($0)) })))
    }

    func presence(_ isWanted: @Sendable (PresenceMessage) -> Bool = { _ in true }) async -> [String: Presence?]? {
        let message = await self.client.first { message -> PresenceMessage? in
            if case .presence(let presence) = message, isWanted(presence) { presence } else { nil }
        }
        return message.map { $0.people.reduce(into: [:]) { $0[$1.person] = .some($1.presence) } }
    }
}

@Suite("Calls, over real sockets", .timeLimit(.minutes(patience)))
struct CallTests {
    @Test("a ring reaches every device, the first that accepts has it, and the other falls silent")
    func answered() async throws {
        try await withServer { server in
            let ada = try await Phone.online(server, "ada")
            let phone = try await Phone.online(server, "bob")
            let laptop = try await Phone.online(server, "bob")
            #expect(phone.line == laptop.line)
            try ada.ring("bob")
            let call = try #require(await ada.snapshot())
            #expect(try phone.call(of: await phone.event("incoming")) == call.room)
            #expect(try laptop.call(of: await laptop.event("incoming")) == call.room)
            laptop.accept(call.room)
            #expect(await laptop.snapshot()?.room == call.room)
            #expect(await phone.event("incoming-ended")?["reason"] == "answered")
            phone.accept(call.room)
            #expect(await phone.refusal()?.knownCode == .answeredElsewhere)
            #expect(await ada.event("ring-answered")?["ring"] == 1)
            ada.client.send(.leave(LeaveCommand(id: 2, room: call.room, code: .normal)))
            #expect(await laptop.event("ended")?["reason"] == "hung-up")
        }
    }

    @Test("two servers: it rings on the other one, is declined there, and the caller hears why")
    func elsewhere() async throws {
        try await withServer { first in
            try await withServer(engine: first.engine) { second in
                let ada = try await Phone.online(first, "ada")
                let bob = try await Phone.online(second, "bob")
                try ada.ring("bob")
                let call = try #require(await ada.snapshot())
                #expect(try bob.call(of: await bob.event("incoming")) == call.room)
                let decline = CallDecline(call.room, message: "I call back")
                bob.client.send(.meeting(MeetingCommand(id: 2, room: bob.line, action: .line(.decline(decline)))))
                let changed = await ada.client.first { message -> JSONValue? in
                    guard case .events(let events) = message else { return nil }
                    return events.events.first { $0["state"] == "declined" }
                }
                #expect(changed?["message"] == "I call back")
            }
        }
    }

    @Test("whoever rings too often waits, and nobody else does; of very many the longest quiet is forgotten")
    func rate() async throws {
        var limits = Limits()
        (limits.ringBurst, limits.ringPauseMilliseconds) = (1, 600_000)
        // Half of them are remembered for sure.
        limits.ringersMax = 2
        try await withServer(limits: limits) { server in
            let ada = try await Phone.online(server, "ada")
            try ada.ring("nobody")
            _ = try #require(await ada.snapshot())
            try ada.ring("nobody")
            let refusal = try #require(await ada.refusal())
            #expect(refusal.knownCode == .rateLimited)
            #expect(try #require(refusal.retryAfterMilliseconds) > 500_000)
            for user in ["bob", "cleo"] {
                let other = try await Phone.online(server, user)
                try other.ring("nobody")
                #expect(await other.snapshot() != nil)
            }
            try ada.ring("nobody")
            #expect(await ada.snapshot() != nil)
        }
    }

    @Test("whoever was never there is unreachable after a while")
    func unreachable() async throws {
        var limits = Limits()
        limits.unreachableMilliseconds = 1
        try await withServer(limits: limits) { server in
            let ada = try await Phone.online(server, "ada")
            try ada.ring("nobody")
            #expect(await ada.event("ended")?["reason"] == "unreachable")
        }
    }

    @Test("a line on which nobody is leaves the memory, and is as it was when somebody comes back")
    func asleep() async throws {
        var limits = Limits()
        (limits.roomsMax, limits.lineIdleMilliseconds) = (2, 1)
        try await withServer(limits: limits) { server in
            let bob = try await Phone.online(server, "bob")
            let status = LineStatus(.away, note: "lunch")
            bob.client.send(.meeting(MeetingCommand(id: 2, room: bob.line, action: .line(.availability(status)))))
            bob.client.send(.leave(LeaveCommand(id: 3, room: bob.line)))
            // Only without his line there is a place for both.
            for name in ["first", "second"] { _ = try await bob.enter(JoinCommand(id: 1, room: try alias(name))) }
            // The engine has it.
            try await withServer(engine: server.engine) { other in
                let back = try await Phone.online(other, "bob")
                #expect(back.line == bob.line)
                #expect(back.writer.snapshot.state["status"]?["note"] == "lunch")
            }
        }
    }

    private static var rarelyAsked: Limits {
        var limits = Limits()
        limits.watchBurst = 1
        return limits
    }

    @Test("whoever is watched is told of, on another server too, and whoever asks too often waits")
    func presence() async throws {
        try await withServer(limits: Self.rarelyAsked) { first in
            try await withServer(engine: first.engine) { second in
                let ada = try await Phone.online(first, "ada")
                try ada.watch("bob", "nobody")
                let nobody = try #require(await ada.presence())
                #expect(Set(nobody.keys) == ["bob", "nobody"])
                #expect(nobody.values.allSatisfy { $0 == nil })
                let bob = try await Phone.online(second, "bob")
                let there = await ada.presence { $0.people.contains { $0.presence?.devices == 1 } }
                #expect(there?["bob"]??.availability == .available)
                #expect(there?["bob"]??.identity == bob.writer.welcome.identity)
                bob.client.send(.leave(LeaveCommand(id: 2, room: bob.line)))
                let gone = await ada.presence { $0.people.contains { $0.presence?.devices == 0 } }
                #expect(gone?["bob"]??.availability == .offline)
                try ada.watch("bob")
                try ada.watch("bob")
                #expect(await ada.refusal()?.knownCode == .rateLimited)
            }
        }
    }
}
