import ParleyClient
import ParleyProtocol
import Testing

@Suite("The chat of a room, until it has its outcome and each message was told once")
struct ChatTests {
    private var chat = Chat()
    private static let ada = ScriptedClient.ada
    private static let joinedAt = Instant(milliseconds: 1_000)

    @Test("one is under way at a time; its own message is its outcome, and is told as everybody's is")
    mutating func order() throws {
        #expect(try self.say("one", 11) == [.say(cid: "c1", Self.draft("one"))])
        #expect(try self.say("two", 12) == [])
        let one = try Self.message(1, "one", cid: "c1")
        let two = try Self.draft("two")
        #expect(self.hear(one) == [.said(11, one), .say(cid: "c2", two), .tell(one)])
        // Told again, it is no news, and no outcome of anything.
        #expect(self.hear(one) == [])
        let others = try Self.message(2, "b")
        #expect(self.hear(others, isOwn: false) == [.tell(others)])
    }

    @Test("what was under way is said again under its name, and what was told before is not told again")
    mutating func resumed() throws {
        _ = try self.say("one", 11)
        let again: [Chat.Effect] = [.ask(before: nil, limit: 8), .say(cid: "c1", try Self.draft("one"))]
        #expect(self.take { $0.resumed(&$1) } == again)
        let one = try Self.message(7, "one", cid: "c1")
        // Held, until it is known what came before.
        #expect(self.hear(one) == [.said(11, one)])
        let before = try (5...6).map { try Self.message($0, "b") }
        #expect(self.page(before + [one]) == [.ask(before: 5, limit: 100)])
        #expect(self.page([]) == (before + [one]).map { .tell($0) })
        #expect(self.hear(one) == [])
    }

    @Test("a page that reaches back to the last one told is enough; what is known is not told again")
    mutating func caughtUp() throws {
        let all = try (1...6).map { try Self.message($0, "\($0)") }
        for message in all.prefix(3) { _ = self.hear(message, isOwn: false) }
        _ = self.take { $0.resumed(&$1) }
        #expect(self.hear(all[5], isOwn: false) == [])
        #expect(self.page(Array(all[1...4])) == all[3...5].map { .tell($0) })
        // 4 was between two others: nobody asks for it for ever.
        _ = self.take { $0.resumed(&$1) }
        let ninth = try Self.message(9, "9")
        #expect(self.page([ninth]) == [.ask(before: 9, limit: 100)])
        #expect(self.page(all) == [.tell(ninth)])
    }

    @Test("who has heard nothing yet is told what was written since the join, not what was written before")
    mutating func newcomer() throws {
        _ = self.take { $0.resumed(&$1) }
        let before = try Self.message(1, "before", at: 999)
        let after = try Self.message(2, "after", at: 1_000)
        #expect(self.page([before, after]) == [.tell(after)])
    }

    @Test("what is refused for now goes again after the time that was asked for, in its order; what is refused is told")
    mutating func refused() throws {
        _ = try self.say("one", 11)
        _ = try self.say("two", 12)
        #expect(self.reject("chat", .rateLimited, cid: "c1", retryAfter: 300) == [.wake(at: .milliseconds(300))])
        #expect(self.tick(299) == [.wake(at: .milliseconds(300))])
        #expect(self.tick(300) == [.say(cid: "c1", try Self.draft("one"))])
        let outcome = self.reject("chat", .notPermitted, cid: "c1")
        #expect(outcome.count == 2)
        #expect(outcome.last == .say(cid: "c2", try Self.draft("two")))
        // Of one that is history here.
        #expect(self.reject("chat", .notPermitted, cid: "c1") == [])
    }

    @Test("questions are asked one after the other, and an answer that fits no question is nobody's")
    mutating func history() throws {
        let all = try (1...6).map { try Self.message($0, "\($0)") }
        #expect(self.ask(before: nil, limit: 1_000, 21) == [.ask(before: nil, limit: 100)])
        #expect(self.ask(before: 3, limit: 2, 22) == [])
        #expect(self.page(all) == [.read(21, all), .ask(before: 3, limit: 2)])
        #expect(self.page(all) == [])
        #expect(self.page(Array(all[3...4])) == [])
        #expect(self.reject("chat-history", .busy, cid: nil, retryAfter: 50) == [.wake(at: .milliseconds(50))])
        #expect(self.tick(50) == [.ask(before: 3, limit: 2)])
        #expect(self.page(Array(all[0...1])) == [.read(22, Array(all[0...1]))])
        // History is no news, and does not make news history.
        #expect(self.hear(all[5], isOwn: false) == [.tell(all[5])])
    }

    @Test("with the place is lost whether it was said; what waits is said from the next one")
    mutating func renewed() throws {
        _ = try self.say("one", 11)
        _ = try self.say("two", 12)
        #expect(self.take { $0.pause(&$1) } == [.failed(11, .renewed)])
        #expect(try self.say("three", 13) == [])
        let again = self.take { $0.restart(isSameRoom: true, &$1) }
        #expect(again == [.ask(before: nil, limit: 8), .say(cid: "c2", try Self.draft("two"))])
        _ = self.ask(before: nil, limit: 1, 21)
        _ = self.take { $0.pause(&$1) }
        // Another room under the same alias, in which 1 is another message.
        _ = self.hear(try Self.message(9, "nine"), isOwn: false)
        let other = self.take { $0.restart(isSameRoom: false, &$1) }
        #expect(other == [.failed(21, .renewed), .say(cid: "c3", try Self.draft("three"))])
        let first = try Self.message(1, "b")
        #expect(self.hear(first, isOwn: false) == [.tell(first)])
        #expect(self.take { $0.close(.notInRoom, &$1) } == [.failed(13, .notInRoom)])
    }

    @Test("so many wait, and no more; so many are held, and then told as they are")
    mutating func bounds() throws {
        for request in 1...64 { _ = try self.say("x", UInt64(request)) }
        #expect(try self.say("x", 65) == [.failed(65, .tooManyWaiting)])
        for request in 101...164 { _ = self.ask(before: nil, limit: 1, UInt64(request)) }
        #expect(self.ask(before: nil, limit: 1, 165) == [.failed(165, .tooManyWaiting)])
        _ = self.take { $0.resumed(&$1) }
        for n in 1...ChatReader.heldMax { #expect(self.hear(try Self.message(UInt64(n), "x"), isOwn: false) == []) }
        let last = try Self.message(UInt64(ChatReader.heldMax + 1), "x")
        #expect(self.hear(last, isOwn: false).count == ChatReader.heldMax + 1)
        #expect(self.page([last]) == [.ask(before: nil, limit: 1)])
    }

    @Test("a client asks after a return where there is a chat, and fails what is open when it leaves the room")
    mutating func client() throws {
        var client = ScriptedClient()
        _ = client.start(features: ["chat"])
        _ = client.join()
        let room = ScriptedClient.room(1)
        let draft = try Self.draft("one")
        let said = client.take { $0.write(draft, in: room, request: 5, &$2) }
        let frame = ClientMessage.chat(ChatCommand(room: room, cid: "c1", text: draft.text))
        #expect(said.sent == [frame])
        _ = client.reopen()
        let history = ClientMessage.chatHistory(ChatHistoryRequest(room: room, limit: 8))
        #expect(client.welcome(session: 1, resumed: true, features: ["chat"]).sent == [history, frame])
        let one = ChatFrame(room: room, message: try Self.message(1, "one", cid: "c1"))
        #expect(client.hear(.chat(one)) == [.said(5, one.message)])
        let page = ChatHistory(room: room, messages: [one.message])
        #expect(client.hear(.chatHistory(page)).told == [.chat(one)])
        _ = client.take { $0.write(draft, in: room, request: 6, &$2) }
        let left: JSONValue = ["type": "left", "participant": .string(Self.ada.description)]
        #expect(client.hear(ScriptedClient.event(2, left)).contains(.failed(6, .notInRoom)))
        #expect(client.take { $0.write(draft, in: room, request: 7, &$2) } == [.failed(7, .notInRoom)])
        #expect(client.hear(.chat(one)) == [])
    }

    // MARK: Driving

    private static func draft(_ text: String) throws -> ChatOutbox.Draft { .init(text: try ChatText(text)) }

    private static func message(
        _ n: UInt64,
        _ text: String,
        cid: String? = nil,
        at milliseconds: Int64 = 2_000
    ) throws -> ChatMessage {
        let from = cid == nil ? ScriptedClient.bob : Self.ada
        let text = try ChatText(text)
        return ChatMessage(n: n, from: from, text: text, time: Instant(milliseconds: milliseconds), cid: cid)
    }

    private mutating func take(_ step: (inout Chat, inout [Chat.Effect]) -> Void) -> [Chat.Effect] {
        var effects: [Chat.Effect] = []
        step(&self.chat, &effects)
        return effects
    }

    private mutating func say(_ text: String, _ request: UInt64) throws -> [Chat.Effect] {
        let draft = try Self.draft(text)
        return self.take { $0.outbox.push(draft, request: request, &$1) }
    }

    private mutating func ask(before: UInt64?, limit: Int, _ request: UInt64) -> [Chat.Effect] {
        self.take { $0.reader.ask(before: before, limit: limit, request: request, &$1) }
    }

    private mutating func hear(_ message: ChatMessage, isOwn: Bool = true) -> [Chat.Effect] {
        self.take { $0.received(message, isOwn: isOwn, &$1) }
    }

    private mutating func page(_ messages: [ChatMessage]) -> [Chat.Effect] {
        self.take { $0.reader.received(messages, joinedAt: Self.joinedAt, &$1) }
    }

    private mutating func tick(_ milliseconds: Int64) -> [Chat.Effect] {
        self.take { $0.tick(Moment(time: .milliseconds(milliseconds)), &$1) }
    }

    private mutating func reject(
        _ of: String,
        _ code: RejectionCode,
        cid: String?,
        retryAfter: UInt64? = nil
    ) -> [Chat.Effect] {
        var rejected = RejectedMessage(code: code.rawValue, message: code.message)
        rejected.of = of
        rejected.cid = cid
        rejected.retryAfterMilliseconds = retryAfter
        return self.take { chat, effects in
            if of == "chat" {
                chat.outbox.rejected(rejected, Moment(time: .zero), &effects)
            } else {
                chat.reader.rejected(rejected, Moment(time: .zero), &effects)
            }
        }
    }
}
