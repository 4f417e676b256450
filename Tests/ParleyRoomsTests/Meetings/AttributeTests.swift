import ParleyProtocol
import ParleyRooms
import Testing

@Suite struct AttributeTests {
    private func set(
        _ key: String,
        _ json: JSONValue?,
        version: UInt64? = nil,
        beside participant: ParticipantID? = nil
    ) throws -> MeetingAction {
        let key = try #require(AttributeKey(key))
        let value = try json.map { try #require(AttributeValue($0)) }
        return .attribute(.set(AttributeChange(participant: participant, key: key, value: value, version: version)))
    }

    private func three() -> Meeting {
        var meeting = Meeting()
        for name in ["Ada", "Bob", "Cleo"] { _ = meeting.join(name) }
        return meeting
    }

    private func expectAgreement(_ meeting: Meeting) throws {
        for view in View.allCases {
            #expect(meeting.folded[view] == meeting.room.state(for: view), "\(view)")
            #expect(StateHash(of: meeting.room.state(for: view)) == meeting.room.hash(for: view), "\(view)")
        }
        #expect(try Room(snapshot: meeting.room.snapshot) == meeting.room)
        var other = Room(id: meeting.room.id)
        for event in meeting.log { other.evolve(try RoomEvent(json: event.json)) }
        #expect(other == meeting.room)
    }

    @Test func `a value has a version, and comes and goes in every view`() throws {
        var meeting = self.three()
        let before = meeting.room.hash(for: .participant)
        #expect(meeting.ask("Ada", try self.set("layout", ["kind": "grid", "columns": 3])) == "attribute-set #2")
        try self.expectAgreement(meeting)
        #expect(meeting.ask("Ada", try self.set("layout", ["kind": "list"])) == "attribute-set #3")
        try self.expectAgreement(meeting)
        let shown: JSONValue = ["value": ["kind": "list"], "version": 2]
        #expect(meeting.folded[.audience]?["attributes"]?["layout"] == shown)
        #expect(meeting.folded[.waiting]?["attributes"] == nil)
        #expect(meeting.ask("Ada", try self.set("layout", "plain")) == "attribute-set #4")
        #expect(meeting.ask("Ada", try self.set("title", true)) == "attribute-set #5")
        try self.expectAgreement(meeting)
        #expect(meeting.ask("Ada", try self.set("layout", nil)) == "attribute-set #6")
        #expect(meeting.ask("Ada", try self.set("title", nil)) == "attribute-set #7")
        #expect(meeting.ask("Ada", try self.set("title", nil)) == "rejected no-change")
        try self.expectAgreement(meeting)
        #expect(meeting.room.hash(for: .participant) == before)
    }

    @Test func `of two who set the same version one wins`() throws {
        var meeting = self.three()
        _ = meeting.ask("Ada", .role(.set(meeting.id("Bob"), .speaker)))
        #expect(meeting.ask("Ada", try self.set("turn", "ada", version: 0)) == "attribute-set #3")
        #expect(meeting.ask("Bob", try self.set("turn", "bob", version: 0)) == "rejected version-conflict")
        // Both have read version 1.
        #expect(meeting.ask("Bob", try self.set("turn", "bob", version: 1)) == "attribute-set #3")
        #expect(meeting.ask("Ada", try self.set("turn", "ada", version: 1)) == "rejected version-conflict")
        #expect(meeting.ask("Ada", try self.set("turn", nil, version: 1)) == "rejected version-conflict")
        #expect(meeting.folded[.participant]?["attributes"]?["turn"] == ["value": "bob", "version": 2])
        try self.expectAgreement(meeting)
    }

    @Test func `the room's are for those who may, one's own for oneself`() throws {
        var meeting = self.three()
        let (ada, bob) = (meeting.id("Ada"), meeting.id("Bob"))
        #expect(meeting.ask("Bob", try self.set("layout", "grid")) == "rejected not-permitted")
        #expect(meeting.ask("Bob", try self.set("color", "red", beside: ada)) == "rejected not-permitted")
        #expect(meeting.ask("Ada", try self.set("color", "red", beside: bob)) == "rejected not-permitted")
        #expect(meeting.ask("Bob", try self.set("color", "red", beside: bob)) == "attribute-set Bob #4")
        #expect(meeting.ask("Bob", try self.set("away", true, beside: bob)) == "attribute-set Bob #5")
        try self.expectAgreement(meeting)
        let shown = meeting.folded[.audience]?["people"]?[bob.description]?["attributes"]
        #expect(shown?["color"] == ["value": "red", "version": 1])
        // With the person goes what is beside it.
        _ = meeting.leave("Bob")
        #expect(meeting.ask("Ada", try self.set("color", "red", beside: bob)) == "rejected unknown-participant")
        try self.expectAgreement(meeting)
    }

    @Test func `an observer's are seen by moderators alone`() throws {
        var meeting = self.three()
        let bob = meeting.id("Bob")
        _ = meeting.ask("Ada", .role(.set(bob, .observer)))
        #expect(meeting.ask("Bob", try self.set("color", "red", beside: bob)) == "attribute-set Bob #2")
        try self.expectAgreement(meeting)
        #expect(meeting.folded[.participant]?["people"]?[bob.description] == nil)
        #expect(meeting.ask("Ada", .role(.set(bob, .participant))) == "role-changed Bob #3")
        try self.expectAgreement(meeting)
    }

    @Test func `attributes by the million are too many`() throws {
        var meeting = self.three()
        let limits = Limits()
        for index in 0..<limits.attributesPerRoomMax {
            #expect(meeting.ask("Ada", try self.set("key-\(index)", 1)).hasPrefix("attribute-set"))
        }
        let before = meeting.room
        #expect(meeting.ask("Ada", try self.set("one-more", 1)) == "rejected too-many")
        #expect(meeting.room == before)
        // One that is there may change, and one that has gone makes place.
        #expect(meeting.ask("Ada", try self.set("key-0", 2)).hasPrefix("attribute-set"))
        #expect(meeting.ask("Ada", try self.set("key-1", nil)).hasPrefix("attribute-set"))
        #expect(meeting.ask("Ada", try self.set("one-more", 1)).hasPrefix("attribute-set"))
        // Not by their bytes either.
        let (bob, long) = (meeting.id("Bob"), JSONValue.string(String(repeating: "x", count: 1_000)))
        #expect(meeting.ask("Bob", try self.set("a", long, beside: bob)).hasPrefix("attribute-set"))
        #expect(meeting.ask("Bob", try self.set("b", long, beside: bob)).hasPrefix("attribute-set"))
        #expect(meeting.ask("Bob", try self.set("c", long, beside: bob)) == "rejected too-many")
        try self.expectAgreement(meeting)
    }

    @Test func `a state holds texts, integers, truths, and objects of these`() {
        for json: JSONValue in ["x", 3, true, [:], ["a": 1, "b": "x", "c": false], .integer(9_007_199_254_740_991)] {
            #expect(AttributeValue(json)?.json == json)
        }
        for json: JSONValue in [
            .null, [1], .number("1.5"), ["a": .null], ["a": [1]], ["a": ["b": 1]], .integer(9_007_199_254_740_992),
        ] {
            #expect(AttributeValue(json) == nil, "\(json)")
        }
    }
}
