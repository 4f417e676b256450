import ParleyProtocol
import Testing

/// Somebody with a bare socket: what is heard is read message by message, and nothing is done by itself.
struct Writer {
    let client: RawClient
    let welcome: Welcome
    let snapshot: Snapshot

    var id: ParticipantID { self.snapshot.participant }
    var room: RoomID { self.snapshot.room }

    static func join(_ server: RunningServer, _ name: String, room: RoomReference? = nil) async throws -> Writer {
        var hello = Hello()
        let alias = RoomReference.alias(try #require(RoomAlias("blue-fox")))
        hello.join = JoinCommand(id: 1, room: room ?? alias, name: try DisplayName(name, bytesMax: 128))
        return try await Self.begin(server, hello)
    }

    static func begin(_ server: RunningServer, _ hello: Hello) async throws -> Writer {
        let client = try await RawClient.connect(to: server)
        client.send(.hello(hello))
        let welcome = try #require(await client.first { if case .welcome(let welcome) = $0 { welcome } else { nil } })
        let snapshot = try #require(await client.first { if case .snapshot(let shot) = $0 { shot } else { nil } })
        return Writer(client: client, welcome: welcome, snapshot: snapshot)
    }

    /// The socket is lost, and another one takes its place.
    func comeBack(_ server: RunningServer) async throws -> Writer {
        self.client.close(code: 3_000)
        _ = try await self.client.rest()
        var hello = Hello()
        hello.resume = Hello.Resume(
            session: self.welcome.session,
            secret: self.welcome.resumeSecret,
            rooms: [.init(room: self.room, at: nil)]
        )
        let back = try await Self.begin(server, hello)
        #expect(back.welcome.resumed)
        #expect(back.id == self.id)
        return back
    }

    func say(_ cid: String, _ text: String? = nil, to: ParticipantID? = nil) throws {
        self.client.send(.chat(ChatCommand(room: self.room, cid: cid, text: try ChatText(text ?? cid), to: to)))
    }

    func nextChat() async -> ChatMessage? {
        await self.client.first { if case .chat(let chat) = $0 { chat.message } else { nil } }
    }

    func chats(_ count: Int) async -> [String] {
        var texts: [String] = []
        while texts.count < count, let message = await self.nextChat() {
            texts.append("\(message.n) \(message.text.text)")
        }
        return texts
    }

    /// So many messages and one refusal, in whatever order.
    func chatsAndRejection(_ count: Int) async -> (chats: [String], rejection: RejectedMessage?) {
        var chats: [String] = []
        var rejection: RejectedMessage?
        for await message in self.client.messages {
            if case .chat(let chat) = message { chats.append("\(chat.message.n) \(chat.message.text.text)") }
            if case .rejected(let rejected) = message { rejection = rejected }
            if chats.count >= count, rejection != nil { break }
        }
        return (chats, rejection)
    }

    func history(before: UInt64? = nil, limit: Int) async -> [String] {
        self.client.send(.chatHistory(ChatHistoryRequest(room: self.room, before: before, limit: limit)))
        let messages = await self.client.first { if case .chatHistory(let page) = $0 { page.messages } else { nil } }
        return (messages ?? []).map { "\($0.n) \($0.text.text)" }
    }

    func rejection() async -> RejectedMessage? {
        await self.client.first { if case .rejected(let rejected) = $0 { rejected } else { nil } }
    }
}
