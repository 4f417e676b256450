import ParleyProtocol
import ParleyRooms
import Testing

@Suite struct SettingsTests {
    private static func settings(_ members: String) throws(Rejection) -> RoomSettings {
        let text = #"{"type":"configure","id":2,"room":"r_AAAAAAAAAAEAAAAAAAAAAQ"\#(members)}"#
        guard let value = try? JSONParser.parse(Array(text.utf8)) else { throw Rejection(.malformed) }
        let message = try ClientMessage.decode(value)
        guard case .meeting(let command) = message, case .lifecycle(.configure(let settings)) = command.action else {
            throw Rejection(.malformed)
        }
        return settings
    }

    @Test func `what a host configures is seen by everybody, and only what differs is told`() throws {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        _ = meeting.join("Bob")
        let settings = try Self.settings(
            #","topic":" Budget ","capacity":9,"waitForHost":true,"rules":{"mutedOnJoin":true,"heightMax":720}"#
        )
        #expect(meeting.ask("Bob", .lifecycle(.configure(settings))) == "rejected not-permitted")
        #expect(meeting.ask("Ada", .lifecycle(.configure(settings))) == "configured #2")
        #expect(meeting.ask("Ada", .lifecycle(.configure(settings))) == "rejected no-change")
        let state = meeting.room.state(for: .participant)
        #expect(state["room"]?["topic"] == "Budget")
        #expect(state["room"]?["capacity"] == 9)
        #expect(state["room"]?["waitForHost"] == true)
        #expect(state["rules"] == ["mutedOnJoin": true, "heightMax": 720])
        let more = try Self.settings(#","topic":null,"waitForHost":true,"rules":{"heightMax":null}"#)
        #expect(meeting.ask("Ada", .lifecycle(.configure(more))) == "configured #4")
        let last = try #require(meeting.log.last)
        #expect(last.json["settings"] == ["topic": .null, "rules": ["heightMax": .null]])
        #expect(try RoomEvent(json: last.json) == last)
        for view in View.allCases {
            #expect(meeting.folded[view] == meeting.room.state(for: view), "\(view)")
            #expect(StateHash(of: meeting.room.state(for: view)) == meeting.room.hash(for: view), "\(view)")
        }
        #expect(try Room(snapshot: meeting.room.snapshot) == meeting.room)
    }

    @Test func `roles are changed by those above them, and never the host's`() throws {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        _ = meeting.join("Bob")
        _ = meeting.ask("Ada", .role(.set(meeting.id("Bob"), .coHost)))
        let own = try Self.settings(#","roles":{"co-host":{"end":true}}"#)
        #expect(meeting.ask("Bob", .lifecycle(.configure(own))) == "rejected not-permitted")
        let below = try Self.settings(#","roles":{"participant":{"share":false}}"#)
        #expect(meeting.ask("Bob", .lifecycle(.configure(below))) == "configured #3")
        #expect(meeting.room.state(for: .audience)["roles"] == ["participant": ["share": false]])
        let back = try Self.settings(#","roles":{"participant":{"share":true}}"#)
        #expect(meeting.ask("Ada", .lifecycle(.configure(back))) == "configured #3")
        #expect(meeting.room.state(for: .audience)["roles"] == nil)
    }

    @Test(arguments: [
        (#""estimatedMilliseconds":0"#, "estimatedMilliseconds"),
        (#""maximumMilliseconds":0"#, "maximumMilliseconds"),
        (#""maximumMilliseconds":31557600000000"#, "maximumMilliseconds"),
        (#""maximumMilliseconds":1e4"#, "maximumMilliseconds"),
        (#""estimatedMilliseconds":-1"#, "estimatedMilliseconds"),
        (#""emptyMilliseconds":31557600000000"#, "emptyMilliseconds"),
        (#""startsAt":33352000000000"#, "startsAt"),
        (#""startsAt":"tomorrow""#, "startsAt"),
        (#""topic":"a\u202eb""#, "topic"),
        (#""topic":7"#, "topic"),
        (#""capacity":0"#, "capacity"),
        (#""capacity":101"#, "capacity"),
        (#""admission":"maybe""#, "admission"),
        (#""pin":"123""#, "pin"),
        (#""pin":"123456789012345678901234567890123""#, "pin"),
        (#""pin":1234"#, "pin"),
        (#""rules":[]"#, "rules"),
        (#""rules":{"heightMax":0}"#, "heightMax"),
        (#""rules":{"videoCodecs":{}}"#, "videoCodecs"),
        (#""rules":{"videoCodecs":{"VP8":0}}"#, "videoCodecs"),
        (#""rules":{"succession":"me"}"#, "succession"),
        (#""roles":{"king":{}}"#, "roles"),
        (#""roles":{"host":{"settings":false}}"#, "roles"),
        (#""roles":{"speaker":{"fly":true}}"#, "roles"),
        (#""roles":{"speaker":{"end":1}}"#, "roles"),
    ])
    func `what no room can be is refused by name`(member: String, name: String) {
        let error = #expect(throws: Rejection.self) { try Self.settings(",\(member)") }
        #expect(error?.code == .invalidSettings)
        #expect(error?.member == name)
        #expect(error?.id == 2)
    }

    @Test func `a topic is bounded in bytes`() throws {
        let settings = try Self.settings(#","topic":"\#(String(repeating: "é", count: 100))""#)
        #expect(settings.changes["topic"]?.string?.utf8.count == 200)
        #expect(throws: Rejection.self) { try Self.settings(#","topic":"\#(String(repeating: "é", count: 101))""#) }
    }

    @Test func `a PIN is kept as its hash, and nobody is told that either`() throws {
        let digest = try #require(Digest([UInt8](repeating: 0xAB, count: 32)))
        var meeting = Meeting()
        _ = meeting.join("Ada")
        let text = try Self.settings(#","pin":"4711""#)
        #expect(meeting.ask("Ada", .lifecycle(.configure(text))) == "rejected invalid-settings")
        #expect(meeting.ask("Ada", .lifecycle(.configure(text.sealed { _ in digest }))) == "configured #3")
        #expect(meeting.room.state(for: .moderator)["room"]?["pin"] == true)
        let said = meeting.log.map { String(decoding: $0.wire(patch: nil).encoded, as: UTF8.self) }.joined()
        #expect(!said.contains("abab") && !said.contains("4711"))
        #expect(try Room(snapshot: meeting.room.snapshot) == meeting.room)
        #expect(meeting.ask("Ada", .lifecycle(.configure(try Self.settings(#","pin":"""#)))) == "configured #4")
        #expect(meeting.room.state(for: .moderator)["room"]?["pin"] == nil)
        #expect(Digest(digest.description) == digest)
        #expect(Digest("ab") == nil && Digest(String(repeating: "g", count: 64)) == nil)
    }
}
