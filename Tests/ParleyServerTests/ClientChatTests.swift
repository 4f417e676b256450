import ParleyClient
import ParleyEngine
import ParleyProtocol
import Synchronization
import ParleyTestSupport
import Testing

@Suite("A client that writes, over real sockets", .timeLimit(.minutes(patience)))
struct ClientChatTests {
    @Test("what is said comes back with its number, and is told to everybody once; what is for two is told to two")
    func says() async throws {
        try await withServer { server in
            let (ada, bob, a, b) = try await pair(server)
            let one = try await ada.say("one", in: a.id)
            #expect(one.n == 1)
            #expect(one.name?.text == "Ada")
            let cleo = try await server.connect()
            let c = try await cleo.join(alias("blue-fox"))
            try await bob.say("psst", to: a.participant, in: b.id)
            try await bob.say("two", in: b.id)
            #expect(await ada.chats(3) == ["1 one", "2 psst", "3 two"])
            #expect(await bob.chats(3) == ["1 one", "2 psst", "3 two"])
            #expect(await cleo.chats(1) == ["3 two"])
            #expect(try await ada.history(a.id) == ["1 one", "2 psst", "3 two"])
            #expect(try await ada.history(a.id, before: 3, limit: 1) == ["2 psst"])
            #expect(try await ada.history(a.id, before: 1) == [])
            // The clock of these servers stands still, so that everything was written since she came.
            #expect(try await cleo.history(c.id) == ["1 one", "3 two"])
        }
    }

    @Test("refusals are thrown by name, and what is too fast is said a little later, in its order")
    func refused() async throws {
        var limits = Limits()
        limits.chatMessageBurst = 2
        limits.chatMessagesPerSecond = 20
        try await withServer(limits: limits) { server in
            let (ada, bob, a, b) = try await pair(server)
            await #expect(throws: ClientError.self) { try await ada.say("", in: a.id) }
            await #expect(throws: ClientError.self) {
                try await ada.say(String(repeating: "x", count: 4_097), in: a.id)
            }
            #expect(await Self.code { try await ada.say("me", to: a.participant, in: a.id) } == "recipient-is-self")
            for number in 1...6 { try await ada.say("\(number)", in: a.id) }
            #expect(await bob.chats(6) == (1...6).map { "\($0) \($0)" })
            try await ada.ask(.role(.set(b.participant, .observer)), in: a.id)
            #expect(await Self.code { try await bob.say("no", in: b.id) } == "not-permitted")
            try await bob.leave(b.id)
            await #expect(throws: ClientError.notInRoom) { try await bob.say("gone", in: b.id) }
            await #expect(throws: ClientError.notInRoom) { try await bob.chatHistory(of: b.id) }
        }
    }

    @Test("nothing is lost and nothing comes twice, whoever's connection is cut")
    func cut() async throws {
        var limits = Limits()
        limits.chatMessageBurst = 1_000
        try await withRelay(limits: limits) { server, relay in
            let ada = try await server.connect(to: [relay.address])
            let bob = try await server.connect(to: [relay.address])
            let a = try await ada.join(alias("blue-fox"), name: "Ada")
            let b = try await bob.join(alias("blue-fox"), name: "Bob")
            for number in 1...40 {
                async let one = ada.say("a\(number)", in: a.id)
                async let other = bob.say("b\(number)", in: b.id)
                if number.isMultiple(of: 4) { try await relay.cut() }
                _ = try await (one, other)
            }
            let heard = await ada.chats(80)
            #expect(await bob.chats(80) == heard)
            #expect(heard.map { $0.prefix { $0 != " " } } == (1...80).map { "\($0)" })
            for name in ["a", "b"] {
                let texts = heard.compactMap { $0.split(separator: " ").last }.filter { $0.hasPrefix(name) }
                #expect(texts == (1...40).map { "\(name)\($0)" })
            }
        }
    }

    @Test("a client that moves to another server hears what was written meanwhile, and only that")
    func moves() async throws {
        // Twenty at once are as many as somebody may say.
        try await withServer { first in
            try await withServer(engine: first.engine) { second in
                let bob = try await second.connect()
                let b = try await bob.join(alias("blue-fox"), name: "Bob")
                let relay = try await CuttableRelay.open(to: first.port)
                let ada = try await first.connect(to: [relay.address, second.address])
                let a = try await ada.join(.id(b.id))
                _ = await bob.nextRoomEvent("joined")
                try await bob.say("first", in: b.id)
                #expect(await ada.chats(1) == ["1 first"])
                try await relay.refuse(true)
                try await relay.cut()
                for number in 2...21 { try await bob.say("\(number)", in: b.id) }
                #expect(await ada.chats(20) == (2...21).map { "\($0) \($0)" })
                try await ada.say("back", in: a.id)
                #expect(await bob.chats(22).last == "22 back")
                #expect(await ada.chats(1) == ["22 back"])
                #expect(await ada.savedSession?.address == second.address)
                try await relay.close()
            }
        }
    }

    @Test("what is written after somebody has come is told and kept for them, whatever the servers' clocks say")
    func clocks() async throws {
        // A second is put back whenever it is read: what is later always seems to be earlier.
        let readings = Atomic<Int64>(0)
        let engine = InMemoryEngine(limits: Limits(), incarnation: EngineIncarnation(rawValue: 1)) {
            let reading = readings.add(1, ordering: .relaxed).newValue
            return Instant(milliseconds: 1_795_226_400_000 - reading * 1_000)
        }
        try await withServer(engine: engine) { first in
            try await withServer(engine: engine) { second in
                let bob = try await second.connect()
                let b = try await bob.join(alias("blue-fox"), name: "Bob")
                var heard: [String] = []
                // The first one comes before anything is written, the others come to a chat that there is.
                for (number, name) in ["Ada", "Cleo", "Dan"].enumerated() {
                    let client = try await first.connect()
                    let room = try await client.join(.id(b.id), name: name)
                    _ = await bob.nextRoomEvent("joined")
                    try await bob.say("hello \(name)", in: b.id)
                    #expect(await client.chats(1) == ["\(number + 1) hello \(name)"])
                    heard.append("\(number + 1) hello \(name)")
                    #expect(try await client.history(room.id).last == heard.last)
                }
                #expect(try await bob.history(b.id) == heard)
            }
        }
    }

    private static func code(_ body: () async throws -> ChatMessage) async -> String? {
        do {
            _ = try await body()
            return nil
        } catch ClientError.rejected(let rejected) {
            return rejected.code
        } catch {
            return "\(error)"
        }
    }
}

extension ParleyClient {
    fileprivate func chats(_ count: Int) async -> [String] {
        var texts: [String] = []
        for await event in self.events {
            guard case .chat(let chat) = event else { continue }
            texts.append("\(chat.message.n) \(chat.message.text.text)")
            if texts.count == count { break }
        }
        return texts
    }

    fileprivate func history(_ room: RoomID, before: UInt64? = nil, limit: Int = 100) async throws -> [String] {
        try await self.chatHistory(of: room, before: before, limit: limit).map { "\($0.n) \($0.text.text)" }
    }
}
