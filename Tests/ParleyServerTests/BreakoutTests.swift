import ParleyProtocol
import ParleyTestSupport
import Testing

extension Writer {
    func ask(_ number: UInt64, _ action: BreakoutAction) {
        self.client.send(.meeting(MeetingCommand(id: number, room: self.room, action: .breakout(action))))
    }

    /// The next event of that type, in whatever room.
    func event(_ type: String) async -> JSONValue? {
        await self.client.first { message -> JSONValue? in
            guard case .events(let events) = message else { return nil }
            return events.events.first { $0["type"]?.string == type }
        }
    }

    /// Into another room, with the same session.
    func enter(_ room: RoomID, ticket: String? = nil) async -> Result<Snapshot, RejectedMessage> {
        var join = JoinCommand(id: 1, room: .id(room))
        join.ticket = ticket
        self.client.send(.join(join))
        let answer = await self.client.first { message -> Result<Snapshot, RejectedMessage>? in
            switch message {
            case .snapshot(let snapshot) where snapshot.room == room: .success(snapshot)
            case .rejected(let rejected) where rejected.of == "join": .failure(rejected)
            default: nil
            }
        }
        return answer ?? .failure(RejectedMessage(code: "closed", message: ""))
    }
}

extension RejectedMessage: Error {}

extension Result where Failure == RejectedMessage {
    var code: String? {
        if case .failure(let rejected) = self { rejected.code } else { nil }
    }
}

@Suite("Breakout rooms, over real sockets", .timeLimit(.minutes(patience)))
struct BreakoutTests {
    private func opened(_ host: Writer, _ people: [String: [ParticipantID]]) async throws -> [String: RoomID] {
        let rooms = try people.sorted { $0.key < $1.key }.map { name, people in
            BreakoutPlan.Room(name: try #require(try DisplayName(name, bytesMax: 128)), people: people)
        }
        host.ask(2, .open(BreakoutPlan(rooms: rooms)))
        let event = try #require(await host.event("breakouts-opened"))
        var ids: [String: RoomID] = [:]
        for (_, room) in event["patch"]?["breakouts"]?.object?.members ?? JSONObject().members {
            let name = try #require(room["name"]?.string)
            ids[name] = try #require(room["room"]?.string.flatMap { RoomID($0) })
        }
        return ids
    }

    @Test(
        "only those who are assigned come in, the main room shows who is there, and who stays is taken out"
    )
    func assigned() async throws {
        var limits = Limits()
        limits.strayMilliseconds = 0
        try await withServer(limits: limits) { server in
            let ada = try await Writer.join(server, "Ada")
            let bob = try await Writer.join(server, "Bob")
            let cleo = try await Writer.join(server, "Cleo")
            let stranger = try await Writer.join(server, "Dan", room: .alias(try #require(RoomAlias("elsewhere"))))
            let rooms = try await self.opened(ada, ["Red": [bob.id], "Blue": [cleo.id]])
            let red = try #require(rooms["Red"])

            #expect(await cleo.enter(red).code == "not-permitted")
            #expect(await stranger.enter(red).code == "unknown-room")
            let inside = try await bob.enter(red).get()
            #expect(inside.state["room"]?["parent"] == .string(ada.room.description))
            #expect(inside.state["room"]?["topic"] == "Red")
            #expect(inside.state["people"]?[inside.participant.description]?["role"] == "participant")
            #expect(await stranger.enter(red).code == "unknown-room")

            let joined = try #require(await ada.event("breakout-joined"))
            #expect(joined["participant"] == .string(bob.id.description))
            #expect(joined["breakout"] == 2)
            let place = joined["patch"]?["breakouts"]?["2"]?["people"]?[bob.id.description]
            #expect(place == "moved")
            let host = try await ada.enter(red).get()
            #expect(host.state["people"]?[host.participant.description]?["role"] == "host")

            // Bob is to go elsewhere, and does not go.
            ada.ask(3, .assign(bob.id, breakout: 1))
            let left = try #require(await bob.event("left"))
            #expect(left["participant"] == .string(inside.participant.description))
            #expect(try #require(await ada.event("breakout-left"))["participant"] == .string(bob.id.description))
            #expect(await bob.enter(red).code == "not-permitted")
            let blue = try #require(rooms["Blue"])
            _ = try await bob.enter(blue).get()

            ada.ask(4, .close)
            #expect(try #require(await cleo.event("breakouts-closed"))["reason"] == "closed")
            #expect(await bob.event("left") != nil, "a small room that is none any more is left")
        }
    }

    @Test("a ticket lets one person into one room, once")
    func ticket() async throws {
        try await withServer { server in
            let ada = try await Writer.join(server, "Ada")
            let bob = try await Writer.join(server, "Bob")
            let cleo = try await Writer.join(server, "Cleo", room: .alias(try #require(RoomAlias("elsewhere"))))
            ada.ask(2, .transfer(Transfer(participant: bob.id, room: cleo.room)))
            let event = try #require(await bob.event("transferred"))
            #expect(event["room"] == .string(cleo.room.description))
            let ticket = try #require(event["ticket"]?.string)
            #expect(await ada.enter(cleo.room, ticket: ticket).code == "invalid-ticket", "it is Bob's")
            #expect(await bob.enter(cleo.room, ticket: ticket + "A").code == "invalid-ticket")
            let there = try await bob.enter(cleo.room, ticket: ticket).get()
            bob.client.send(.leave(LeaveCommand(id: 2, room: there.room)))
            _ = await bob.event("left")
            // The same session may try again; another one of the same person may not.
            let back = try await bob.enter(cleo.room, ticket: ticket).get()
            #expect(back.participant != there.participant)
            var hello = Hello()
            hello.identity = IdentityProof(session: bob.welcome.session, secret: bob.welcome.resumeSecret)
            hello.join = JoinCommand(id: 1, room: .id(ada.room))
            let phone = try await Writer.begin(server, hello)
            #expect(phone.welcome.identity == bob.welcome.identity)
            #expect(await phone.enter(cleo.room, ticket: ticket).code == "invalid-ticket")
            // It is no secret to come back with, and the other way round.
            var forged = Hello()
            forged.resume = Hello.Resume(session: bob.welcome.session, secret: ticket, rooms: [])
            let client = try await RawClient.connect(to: server)
            client.send(.hello(forged))
            let welcome = await client.first { if case .welcome(let welcome) = $0 { welcome } else { nil } }
            #expect(welcome?.resumeRefused == .unknown)
            #expect(await phone.enter(cleo.room, ticket: bob.welcome.resumeSecret).code == "invalid-ticket")
        }
    }
}
