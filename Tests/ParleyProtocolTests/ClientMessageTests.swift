import ParleyProtocol
import Testing

@Suite struct ClientMessageTests {
    @Test func helloSaysEverything() throws {
        let session = SessionID(high: 1, low: 2)
        let name = String(repeating: "é", count: Limits().clientNameBytesMax)
        let text = """
            {"type":"hello","protocol":1,"client":{"name":"\(name)"},"token":"t",\
            "abilities":{"rollback":true},"resume":{"session":"\(session)","secret":"x"},\
            "join":{"id":1,"room":"blue-fox","name":"  Ada "}}
            """
        guard case .message(.hello(let hello)) = try read(Array(text.utf8)) else {
            Issue.record("no hello")
            return
        }
        #expect(hello.clientName == String(repeating: "é", count: Limits().clientNameBytesMax / 2))
        #expect(hello.clientVersion == nil)
        #expect(hello.token == "t")
        #expect(hello.abilities == Abilities(rollback: true))
        #expect(hello.resume == Hello.Resume(session: session, secret: "x"))
        #expect(hello.join?.name?.text == "Ada")
        #expect(hello.join?.room == RoomAlias("blue-fox").map { .alias($0) })
    }

    @Test func aResumeSaysWhatIsHeldAndWhatHasArrived() throws {
        let held = try #require(RoomID("r_Zx9cVb7nMq5wErT3yUiOpA"))
        let unknown = try #require(RoomID("r_Jt5bXw2QmLz8RfK0uVhYcA"))
        let sender = ParticipantID(high: 5, low: 6)
        let text = """
            {"type":"hello","protocol":1,"resume":{"session":"\(SessionID(high: 1, low: 2))","secret":"x",\
            "rooms":{"\(held)":[2,40,"fedcba9876543210"],"\(unknown)":null},"received":{"\(sender)":0}}}
            """
        guard case .message(.hello(let hello)) = try read(Array(text.utf8)) else {
            Issue.record("no hello")
            return
        }
        // In the client's order, not sorted.
        let position = Position(generation: 2, sequence: 40, uid: 0xFEDC_BA98_7654_3210)
        #expect(hello.resume?.rooms == [.init(room: held, at: position), .init(room: unknown, at: nil)])
        #expect(hello.resume?.received == [Watermark(participant: sender, n: 0)])
    }

    @Test func aClientWithoutMemoryIsNotOneThatHoldsNothing() throws {
        let session = SessionID(high: 1, low: 2)
        for (rooms, text) in [(nil, ""), ([], #","rooms":{}"#)] as [([Hello.Resume.HeldRoom]?, String)] {
            var hello = Hello()
            hello.resume = Hello.Resume(session: session, secret: "x", rooms: rooms)
            var bytes: [UInt8] = []
            ClientMessage.hello(hello).encode(into: &bytes)
            let written = String(decoding: bytes, as: UTF8.self)
            #expect(written.contains(#""resume":{"session":"\#(session)","secret":"x"\#(text)}"#))
            guard case .hello(let read) = try ClientMessage.decode(parse(written)) else { continue }
            #expect(read.resume?.rooms == rooms)
        }
    }

    @Test func aResumeIsBounded() throws {
        let session = SessionID(high: 1, low: 2)
        var limits = Limits()
        limits.roomsPerSessionMax = 2
        limits.peersPerSessionMax = 3
        func member(rooms: UInt64, peers: UInt64) throws -> String? {
            var hello = Hello()
            hello.resume = Hello.Resume(
                session: session,
                secret: "x",
                rooms: (0..<rooms).map { .init(room: RoomID(high: 1, low: $0), at: nil) },
                received: (0..<peers).map { Watermark(participant: ParticipantID(high: 1, low: $0), n: 1) }
            )
            var bytes: [UInt8] = []
            ClientMessage.hello(hello).encode(into: &bytes)
            let value = try JSONParser.parse(bytes)
            do throws(Rejection) { _ = try ClientMessage.decode(value, limits: limits) } catch { return error.member }
            return nil
        }
        #expect(try member(rooms: 2, peers: 3) == nil)
        #expect(try member(rooms: 3, peers: 3) == "rooms")
        #expect(try member(rooms: 2, peers: 4) == "received")
    }

    @Test func aRefusedCommandSaysWhichOneItWas() throws {
        let refused = try #require(
            rejection(#"{"type":"media","id":7,"room":"r_Jt5bXw2QmLz8RfK0uVhYcA","audio":1}"#)
        )
        #expect(refused.code == .invalidMember)
        #expect(refused.of == "media")
        #expect(refused.member == "audio")
        #expect(refused.id == 7)
        #expect(refused.room == "r_Jt5bXw2QmLz8RfK0uVhYcA")
    }

    @Test func aRefusedSignalSaysWhichOneItWas() throws {
        let to = "p_AdaF3kQ9sTn2WbXeR7yUvA"
        let refused = try #require(rejection(#"{"type":"hangup","to":"\#(to)","n":3,"floor":1,"reason":1}"#))
        #expect(refused.of == "hangup")
        #expect(refused.member == "reason")
        #expect(refused.to == to)
        #expect(refused.n == 3)
    }

    @Test func whatIsTooLongIsNotSaidBack() throws {
        let type = String(repeating: "x", count: 1_000)
        let refused = try #require(rejection(#"{"type":"\#(type)"}"#))
        #expect(refused.code == .unknownType)
        #expect(refused.of == nil)
    }

    @Test func aRoomIsAnIdOrAnAlias() throws {
        let id = RoomID(high: 3, low: 4)
        #expect(try RoomReference(id.description) == .id(id))
        #expect(throws: RejectionCode.unknownRoom) { try RoomReference("r_short") }
        #expect(throws: RejectionCode.invalidAlias) { try RoomReference("Blue Fox") }
        #expect(throws: RejectionCode.invalidAlias) { try RoomReference("") }
    }

    @Test func aNameOfNothingIsNoName() throws {
        #expect(try DisplayName("  \u{3000} ", bytesMax: 128) == nil)
        #expect(try DisplayName("", bytesMax: 128) == nil)
        #expect(throws: RejectionCode.invalidName) { try DisplayName(" \n", bytesMax: 128) }
        #expect(throws: RejectionCode.invalidName) { try DisplayName("a\u{FFFE}", bytesMax: 128) }
        #expect(throws: RejectionCode.invalidName) { try DisplayName("a\u{1FFFF}", bytesMax: 128) }
    }

    @Test func eventsMayBeEncodedBefore() throws {
        let (room, at) = (RoomID(high: 1, low: 2), Position(generation: 1, sequence: 3, uid: 0xAB))
        let events: [JSONValue] = [["type": "created"], ["type": "ended", "reason": "empty"]]
        var whole: [UInt8] = []
        EventsMessage(room: room, at: at, after: .start, events: events).encode(into: &whole)
        var parts: [UInt8] = []
        let encoded = Array(events.map(\.text).joined(separator: ",").utf8)
        EventsMessage.encode(room: room, at: at, after: .start, encodedEvents: encoded, into: &parts)
        #expect(whole == parts)
        #expect(
            try ServerMessage.decode(JSONParser.parse(whole))
                == .events(EventsMessage(room: room, at: at, after: .start, events: events))
        )
    }

    @Test func aNewerServerIsUnderstoodAsFarAsPossible() throws {
        #expect(try ServerMessage.decode(["type": "weather", "rain": true]) == .unknown(type: "weather"))
        let message = try ServerMessage.decode([
            "type": "rejected", "code": "too-wet", "message": "It rains.",
        ])
        guard case .rejected(let rejected) = message else {
            Issue.record("no rejection")
            return
        }
        #expect(rejected.code == "too-wet")
        #expect(rejected.knownCode == nil)
    }
}
