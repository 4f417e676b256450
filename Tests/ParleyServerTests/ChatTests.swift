import NIOCore
import NIOPosix
import ParleyEngine
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("Chat, over real sockets", .timeLimit(.minutes(patience)))
struct ChatTests {
    @Test("what is said is read by everybody, once, over lost connections, and later by who comes late")
    func survives() async throws {
        try await withServer { server in
            var ada = try await Writer.join(server, "Ada")
            var bob = try await Writer.join(server, "Bob")
            try ada.say("one")
            try ada.say("two")
            let own = try #require(await ada.nextChat())
            #expect(own.cid == "one")
            #expect(own.name?.text == "Ada")
            let read = try #require(await bob.nextChat())
            #expect(read.cid == nil, "what its sender calls it is no business of others")
            #expect(read.from == ada.id)
            #expect(await bob.chats(1) == ["2 two"])

            // Said, and not known to have arrived: said again on the next connection.
            try ada.say("three")
            ada = try await ada.comeBack(server)
            try ada.say("three")
            try ada.say("four")
            #expect(await bob.chats(2) == ["3 three", "4 four"])

            // Said while Bob was away. What he may have missed comes again, in order, and has its number.
            let away = bob
            away.client.close(code: 3_000)
            _ = try await away.client.rest()
            try ada.say("five")
            try ada.say("six")
            while let message = await ada.nextChat(), message.n < 6 {}
            bob = try await bob.comeBack(server)
            let heard = await bob.chats(6)
            #expect(heard == ["1 one", "2 two", "3 three", "4 four", "5 five", "6 six"])

            let cleo = try await Writer.join(server, "Cleo", room: .id(ada.room))
            #expect(await cleo.history(limit: 3) == ["4 four", "5 five", "6 six"])
            #expect(await cleo.history(before: 4, limit: 100) == ["1 one", "2 two", "3 three"])
            #expect(await cleo.history(before: 1, limit: 100) == [])
            try ada.say("seven")
            #expect(await cleo.chats(1) == ["7 seven"])

            // With the room goes what was written there.
            let log = LogID(.chat, ada.room.description)
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            #expect(try await server.engine.heads([log], via: loop) != [.start])
            for person in [ada, bob, cleo] {
                person.client.send(.leave(LeaveCommand(id: 2, room: person.room)))
                _ = await person.client.first { message -> Bool? in
                    guard case .events(let events) = message else { return nil }
                    return events.events.contains { $0["type"] == "left" && $0["by"]?.string == person.id.description }
                        ? true : nil
                }
            }
            while try await server.engine.heads([log], via: loop) != [.start] {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    @Test("a message to one person is read by the two, now and later")
    func direct() async throws {
        try await withServer { server in
            let ada = try await Writer.join(server, "Ada")
            let bob = try await Writer.join(server, "Bob")
            let cleo = try await Writer.join(server, "Cleo")
            try ada.say("psst", to: bob.id)
            try ada.say("hello")
            #expect(await bob.chats(2) == ["1 psst", "2 hello"])
            #expect(await ada.chats(2) == ["1 psst", "2 hello"])
            #expect(await cleo.chats(1) == ["2 hello"])
            #expect(await cleo.history(limit: 100) == ["2 hello"])
            #expect(await bob.history(limit: 100) == ["1 psst", "2 hello"])
            try ada.say("me", to: ada.id)
            #expect(await ada.rejection()?.code == "recipient-is-self")
            try ada.say("nobody", to: ParticipantID(high: 5, low: 5))
            let rejection = try #require(await ada.rejection())
            #expect(rejection.code == "unknown-participant")
            #expect(rejection.of == "chat")
            #expect(rejection.cid == "nobody")
            #expect(rejection.room == ada.room.description)
        }
    }

    @Test("what is too much, too long, or not allowed is refused by name, and nothing else changes")
    func refused() async throws {
        var limits = Limits()
        limits.chatMessageBurst = 3
        limits.chatHistoryBurst = 2
        try await withServer(limits: limits) { server in
            let ada = try await Writer.join(server, "Ada")
            let bob = try await Writer.join(server, "Bob")
            let long = ChatCommand(
                room: ada.room,
                cid: "long",
                text: try ChatText(String(repeating: "x", count: 60_000), bytesMax: .max)
            )
            ada.client.send(.chat(long))
            let tooLong = try #require(await ada.rejection())
            #expect([tooLong.code, tooLong.cid, tooLong.member] == ["too-long", "long", "text"])
            for cid in ["1", "2", "3", "4"] { try ada.say(cid) }
            // What is refused may be told before or after what is said.
            let (told, tooFast) = await ada.chatsAndRejection(3)
            #expect([tooFast?.code, tooFast?.cid] == ["rate-limited", "4"])
            #expect(tooFast?.retryAfterMilliseconds ?? 0 > 0)
            #expect(told == ["1 1", "2 2", "3 3"])
            // Said before: costs nothing, and has its outcome.
            try ada.say("2")
            #expect(await ada.chats(1) == ["2 2"])
            try bob.say("b")
            #expect(await bob.chats(4) == ["1 1", "2 2", "3 3", "4 b"])
            let elsewhere = ChatCommand(room: RoomID(high: 5, low: 5), cid: "x", text: try ChatText("x"))
            bob.client.send(.chat(elsewhere))
            #expect(await bob.rejection()?.code == "not-joined")
            for _ in 0..<3 {
                bob.client.send(.chatHistory(ChatHistoryRequest(room: bob.room, limit: 1)))
            }
            let refused = try #require(await bob.rejection())
            #expect([refused.code, refused.of] == ["rate-limited", "chat-history"])

            // Who may not write reads.
            let observer = MeetingCommand(id: 2, room: ada.room, action: .role(.set(bob.id, .observer)))
            ada.client.send(.meeting(observer))
            // Another view of the room, which begins with a snapshot.
            _ = await bob.client.first { if case .snapshot = $0 { true } else { nil } }
            try bob.say("c")
            #expect(await bob.rejection()?.code == "not-permitted")
            bob.client.send(.pulse(OutboundPulse(room: bob.room, kind: "reaction", data: "heart")))
            let pulse = try #require(await bob.rejection())
            #expect([pulse.code, pulse.of] == ["not-permitted", "pulse"])
            ada.client.send(.pulse(OutboundPulse(room: ada.room, kind: "reaction", data: "heart")))
            let heart = await bob.client.first { if case .pulse(let pulse) = $0 { pulse.data } else { nil } }
            #expect(heart == "heart")
        }
    }

    @Test("people of one room on two nodes read the same, and what is said again after a move is said once")
    func twoNodes() async throws {
        try await withServer { first in
            try await withServer(engine: first.engine) { second in
                let ada = try await Writer.join(first, "Ada")
                let bob = try await Writer.join(second, "Bob")
                try ada.say("one")
                #expect(await bob.chats(1) == ["1 one"])
                try bob.say("two")
                #expect(await ada.chats(2) == ["1 one", "2 two"])
                let moved = try await ada.comeBack(second)
                try moved.say("one")
                try moved.say("three")
                #expect(await bob.chats(2) == ["2 two", "3 three"])
                #expect(await moved.history(limit: 100) == ["1 one", "2 two", "3 three"])
            }
        }
    }
}
