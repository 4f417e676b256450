import ParleyProtocol
import ParleyRooms
import Testing

/// Beyond the stage people are counted. Whatever happens, each view's state is the fold of its patches.
@Suite struct AudienceTests {
    /// Ada and Bob are on the stage, Cleo and Dan are beyond it.
    private static func meeting(stageMax: Int64 = 2, _ names: [String] = ["Ada", "Bob", "Cleo", "Dan"]) -> Meeting {
        var meeting = Meeting()
        for name in names {
            _ = meeting.join(name) { join in
                if name == "Ada" { join.settings = RoomSettings(json: ["stageMax": .integer(stageMax)]) }
            }
        }
        return meeting
    }

    private static func people(_ meeting: Meeting, _ view: View) -> [String] {
        let people = meeting.folded[view]?["people"]?.object ?? JSONObject()
        return people.members.compactMap { ParticipantID($0.name).map { Meeting.name($0) } }.sorted()
    }

    private static func count(_ meeting: Meeting) -> Int64? {
        meeting.folded[.participant]?["audience"]?["count"]?.integer
    }

    @Test func `who comes when the stage is full is counted, and nobody is told of them`() throws {
        var meeting = Self.meeting(stageMax: 2, ["Ada", "Bob"])
        #expect(meeting.join("Cleo") == "joined Cleo #1")
        let cleo = meeting.id("Cleo")
        #expect(meeting.room.participant(cleo)?.role == .audience)
        #expect(meeting.room.view(of: cleo) == .audience)
        let joined = try #require(meeting.log.last)
        var room = Room(id: meeting.room.id)
        for event in meeting.log.dropLast() { room.evolve(event) }
        let patches = room.evolve(joined)
        for view in View.allCases {
            #expect(Self.people(meeting, view).contains("Cleo") == false)
            #expect(!joined.isShown(in: view, patches, after: room), "\(view)")
        }
        try meeting.checkViews()
    }

    /// Strangers without names.
    private static func crowd(_ count: Int, join meeting: inout Meeting) {
        for number in 0..<UInt64(count) {
            let join = RoomCommand.Join(
                session: SessionID(high: 79, low: number),
                identity: IdentityID(high: 79, low: number),
                abilities: Abilities(rollback: true)
            )
            let id = ParticipantID(high: 79, low: number)
            _ = meeting.decide(RoomCommand(participant: id, number: 1, at: Meeting.clock, action: .join(join)))
        }
    }

    @Test func `2,500 of the audience are told at most once in 2,500 milliseconds`() {
        var meeting = Meeting(capacity: 10_000)
        _ = meeting.join("Ada") { $0.settings = RoomSettings(json: ["stageMax": 1]) }
        _ = meeting.join("Bob")
        _ = meeting.pass(Meeting.clock)
        Self.crowd(2_499, join: &meeting)
        #expect(meeting.room.nextDeadline == Meeting.clock.advanced(milliseconds: 2_500))
        #expect(meeting.pass(Meeting.clock.advanced(milliseconds: 2_499)) == "rejected no-change")
        #expect(meeting.pass(Meeting.clock.advanced(milliseconds: 2_500)) == "audience-counted")
        #expect(Self.count(meeting) == 2_500)
    }

    @Test func `people are told how many there are at most once a second`() throws {
        var meeting = Self.meeting()
        let clock = Meeting.clock
        #expect(Self.count(meeting) == nil)
        // Nobody has been told anything yet.
        #expect(meeting.room.nextDeadline.map { $0 <= clock } == true)
        #expect(meeting.pass(clock) == "audience-counted")
        #expect(Self.count(meeting) == 2)
        #expect(meeting.room.nextDeadline == nil)
        _ = meeting.join("Eve")
        #expect(meeting.room.nextDeadline == clock.advanced(milliseconds: 1_000))
        #expect(meeting.pass(clock.advanced(milliseconds: 999)) == "rejected no-change")
        #expect(meeting.pass(clock.advanced(milliseconds: 1_000)) == "audience-counted")
        #expect(Self.count(meeting) == 3)
        for name in ["Cleo", "Dan", "Eve"] { _ = meeting.leave(name) }
        #expect(Self.count(meeting) == 3)
        #expect(meeting.pass(clock.advanced(milliseconds: 2_000)) == "audience-counted")
        #expect(Self.count(meeting) == nil)
        #expect(meeting.folded[.audience]?.object?["audience"] == nil)
        try meeting.checkViews()
    }

    @Test func `a hand of the audience is seen by those who see the list, and answered by bringing them to the stage`()
        throws
    {
        var meeting = Self.meeting(stageMax: 3, ["Ada", "Bob"])
        _ = meeting.join("Cleo")
        _ = meeting.join("Dan")
        #expect(meeting.ask("Dan", .moderation(.raiseHand(toSpeak: true))) == "hand-raised Dan #2")
        #expect(Self.people(meeting, .moderator) == ["Ada", "Bob", "Cleo", "Dan"])
        #expect(Self.people(meeting, .participant) == ["Ada", "Bob", "Cleo", "Dan"])
        #expect(Self.people(meeting, .audience) == ["Ada", "Bob", "Cleo"])
        let row = meeting.folded[.moderator]?["people"]?[meeting.id("Dan").description]
        #expect(row?["counted"] == true && row?["hand"] != nil)
        try meeting.checkViews()
        #expect(meeting.ask("Ada", .role(.set(meeting.id("Dan"), .participant))) == "rejected stage-full")
        #expect(meeting.ask("Ada", .role(.set(meeting.id("Cleo"), .audience))) == "role-changed Cleo #3")
        #expect(meeting.ask("Ada", .role(.set(meeting.id("Dan"), .participant))) == "role-changed Dan #4")
        #expect(Self.people(meeting, .audience) == ["Ada", "Bob", "Dan"])
        let raised = meeting.folded[.participant]?["people"]?[meeting.id("Dan").description]
        #expect(raised?["counted"] == nil && raised?["hand"] == nil && raised?["role"] == "participant")
        try meeting.checkViews()
        _ = meeting.pass(Meeting.clock)
        #expect(Self.count(meeting) == 1)
    }

    @Test func `whoever comes again begins where there is a place, and a host has one`() throws {
        var meeting = Self.meeting(stageMax: 2, ["Ada", "Bob", "Cleo"])
        _ = meeting.leave("Bob")
        #expect(meeting.ask("Ada", .role(.set(meeting.id("Cleo"), .participant))) == "role-changed Cleo #2")
        _ = meeting.leave("Cleo")
        _ = meeting.join("Dan")
        #expect(Self.people(meeting, .audience) == ["Ada", "Dan"])
        _ = meeting.join("Cleo")
        #expect(Self.people(meeting, .audience) == ["Ada", "Dan"])
        // So has their other device.
        _ = meeting.join("Ada's phone")
        #expect(meeting.room.participant(meeting.id("Ada's phone"))?.role == .host)
        try meeting.checkViews()
    }

    @Test func `who is counted is not heard, and can be sent away`() throws {
        var meeting = Self.meeting()
        let cleo = meeting.id("Cleo")
        #expect(meeting.media("Cleo", audio: true) == "rejected muted-by-rule")
        #expect(meeting.ask("Ada", .moderation(.allowSpeak(cleo, true))) == "rejected invalid-role")
        #expect(meeting.ask("Ada", .admission(.remove(cleo, nil))) == "left Cleo (removed) #3")
        try meeting.checkViews()
    }

    @Test func `so many hands are shown and no more`() throws {
        var meeting = Self.meeting(stageMax: 1, ["Ada"])
        let names = (0...Limits().audienceHandsMax).map { _ in "" }
        var refused = 0
        for number in names.indices {
            let id = ParticipantID(high: 77, low: UInt64(number))
            let join = RoomCommand.Join(
                session: SessionID(high: 77, low: UInt64(number)),
                identity: IdentityID(high: 77, low: UInt64(number)),
                abilities: Abilities(rollback: true)
            )
            _ = meeting.decide(RoomCommand(participant: id, number: 1, at: Meeting.clock, action: .join(join)))
            let raise = RoomCommand.Action.meeting(.moderation(.raiseHand(toSpeak: false)))
            let line = meeting.decide(RoomCommand(participant: id, number: 2, at: Meeting.clock, action: raise))
            if line == "rejected too-many" { refused += 1 }
        }
        #expect(refused == 1)
        #expect(Self.people(meeting, .participant).count == Limits().audienceHandsMax + 1)
        try meeting.checkViews()
    }

    @Test func `whoever is expected finds a place beyond the stage, as long as there is a reserve`() throws {
        var meeting = Meeting(capacity: 1_000)
        _ = meeting.join("Ada") { $0.settings = RoomSettings(json: ["stageMax": 1]) }
        var lines: [String] = []
        for number in 0...Limits().stageReserve {
            let join = RoomCommand.Join(
                session: SessionID(high: 78, low: UInt64(number)),
                identity: Meeting.identity("Ada"),
                abilities: Abilities(rollback: true)
            )
            let id = ParticipantID(high: 78, low: UInt64(number))
            let command = RoomCommand(participant: id, number: 1, at: Meeting.clock, action: .join(join))
            lines.append(meeting.decide(command))
        }
        #expect(lines.count { $0.hasPrefix("joined") } == Limits().stageReserve)
        #expect(lines.last == "rejected room-full")
        // Others still come to listen.
        #expect(meeting.join("Bob") == "joined Bob #1")
        try meeting.checkViews()
    }

    @Test func `the list of those who are counted comes in pages`() {
        let meeting = Self.meeting(stageMax: 1, ["Ada", "Bob", "Cleo", "Dan"])
        let first = meeting.room.audience(after: 0, max: 2)
        #expect(first.people.map { Meeting.name($0.id) } == ["Bob", "Cleo"] && !first.isAll)
        let second = meeting.room.audience(after: first.people.last?.joined ?? 0, max: 2)
        #expect(second.people.map { Meeting.name($0.id) } == ["Dan"] && second.isAll)
    }

    @Test func `nobody of the audience inherits a meeting`() throws {
        var meeting = Self.meeting(stageMax: 1, ["Ada", "Bob"])
        #expect(meeting.leave("Ada") == "left Ada #2")
        #expect(meeting.room.participant(meeting.id("Bob"))?.role == .audience)
        _ = meeting.join("Ada")
        #expect(meeting.room.participant(meeting.id("Ada"))?.role == .host)
        try meeting.checkViews()
    }
}
