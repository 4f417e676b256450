import ParleyProtocol
import ParleyRooms
import Testing

/// The host is lost, and comes back. Class G of the bugs that others have: nobody is left who may do anything, a
/// reload makes a moderator a guest, everybody is a moderator.
@Suite struct SuccessionTests {
    private static func meeting(
        _ succession: RoomRules.Succession = .oldest,
        _ names: [String] = ["Ada", "Bob", "Cleo"]
    )
        -> Meeting
    {
        var rules = RoomRules()
        rules.succession = succession
        var meeting = Meeting(rules: rules)
        for name in names { _ = meeting.join(name) }
        return meeting
    }

    private static func roles(_ meeting: Meeting) -> [String] {
        meeting.room.participants.map { "\(Meeting.name($0.id)) \($0.role.rawValue)" }
    }

    private static func checkViews(_ meeting: Meeting, _ location: SourceLocation = #_sourceLocation) {
        for view in View.allCases {
            let state = meeting.room.state(for: view)
            #expect(meeting.folded[view] == state, "\(view)", sourceLocation: location)
            #expect(StateHash(of: state) == meeting.room.hash(for: view), "\(view)", sourceLocation: location)
        }
    }

    // MARK: Who succeeds

    @Test func `G: the oldest one succeeds in the entry in which the host leaves, and gives it back`() {
        var meeting = Self.meeting()
        #expect(meeting.leave("Ada") == "left Ada #2, role-changed Bob host (succession)")
        #expect(Self.roles(meeting) == ["Bob host", "Cleo participant"])
        #expect(meeting.join("Ada") == "joined Ada #1, role-changed Bob participant (owner-returned)")
        #expect(Self.roles(meeting) == ["Bob participant", "Cleo participant", "Ada host"])
        Self.checkViews(meeting)
    }

    @Test func `G: a co-host succeeds before whoever was here earlier, and is co-host again`() {
        var meeting = Self.meeting()
        _ = meeting.ask("Ada", .role(.set(meeting.id("Cleo"), .coHost)))
        #expect(meeting.leave("Ada") == "left Ada #3, role-changed Cleo host (succession)")
        #expect(meeting.join("Ada") == "joined Ada #1, role-changed Cleo co-host (owner-returned)")
    }

    @Test func `co-hosts succeed by seniority, whatever the rule says of others`() {
        var meeting = Self.meeting(.nobody, ["Ada", "Bob", "Cleo", "Dan"])
        for name in ["Dan", "Cleo"] { _ = meeting.ask("Ada", .role(.set(meeting.id(name), .coHost))) }
        #expect(meeting.leave("Ada") == "left Ada #4, role-changed Cleo host (succession)")
        #expect(meeting.leave("Cleo") == "left Cleo #2, role-changed Dan host (succession)")
        #expect(meeting.leave("Dan") == "left Dan #2")
        #expect(meeting.join("Dan") == "joined Dan #1, role-changed Dan host (succession)")
    }

    @Test func `whoever is lost succeeds last`() {
        var meeting = Self.meeting()
        _ = meeting.interrupt("Bob")
        #expect(meeting.leave("Ada") == "left Ada #2, role-changed Cleo host (succession)")
        #expect(meeting.leave("Cleo") == "left Cleo #2, role-changed Bob host (succession)")
    }

    @Test func `a lost host stays host until the grace is over`() {
        var meeting = Self.meeting()
        #expect(meeting.interrupt("Ada") == "interrupted Ada")
        #expect(Self.roles(meeting).first == "Ada host")
        #expect(meeting.expire("Ada") == "left Ada (disconnected), role-changed Bob host (succession)")
    }

    @Test func `a room is not given to its audience, but to the next who may speak`() {
        var meeting = Self.meeting(.oldest, ["Ada", "Bob"])
        _ = meeting.ask("Ada", .role(.set(meeting.id("Bob"), .audience)))
        #expect(meeting.leave("Ada") == "left Ada #3")
        #expect(Self.roles(meeting) == ["Bob audience"])
        #expect(meeting.join("Cleo") == "joined Cleo #1, role-changed Cleo host (succession)")
        #expect(meeting.join("Ada") == "joined Ada #1, role-changed Cleo participant (owner-returned)")
    }

    // MARK: The rule of the room

    @Test func `nobody succeeds where the rule is so, and the host finds the room as it was`() {
        var meeting = Self.meeting(.nobody)
        #expect(meeting.leave("Ada") == "left Ada #2")
        #expect(meeting.join("Dan") == "joined Dan #1")
        #expect(Self.roles(meeting) == ["Bob participant", "Cleo participant", "Dan participant"])
        #expect(meeting.join("Ada") == "joined Ada #1")
        #expect(Self.roles(meeting).last == "Ada host")
    }

    @Test func `G: a room that locks itself lets its host in, and nobody else`() {
        var meeting = Self.meeting(.lock)
        #expect(meeting.leave("Ada") == "left Ada #2, locked")
        #expect(meeting.join("Dan") == "rejected room-locked")
        #expect(meeting.join("Ada") == "joined Ada #1")
        #expect(meeting.ask("Ada", .lifecycle(.unlock)) == "unlocked #2")
        #expect(meeting.join("Dan") == "joined Dan #2")
        Self.checkViews(meeting)
    }

    @Test func `the meeting is over where the rule is so`() {
        var meeting = Self.meeting(.end)
        #expect(meeting.leave("Ada") == "left Ada #2, ended (host-left)")
        #expect(meeting.room.lifecycle == .ended(.hostLeft))
        #expect(meeting.join("Ada") == "rejected room-ended")
    }

    // MARK: A page that is loaded again

    @Test(arguments: [RoomEvent.LeaveReason.replaced, .left], RoomRules.Succession.allCases)
    func `G: a host whose page is loaded again is host`(reason: RoomEvent.LeaveReason, rule: RoomRules.Succession) {
        var meeting = Self.meeting(rule)
        #expect(meeting.disconnect("Ada", reason).hasSuffix("host-away"))
        #expect(meeting.room.lifecycle == .open, "nothing happens for a moment")
        #expect(meeting.join("Ada") == "joined Ada #1")
        #expect(Self.roles(meeting) == ["Bob participant", "Cleo participant", "Ada host"])
        #expect(meeting.room.nextDeadline == nil)
        Self.checkViews(meeting)
    }

    @Test func `who does not come back has left`() {
        var meeting = Self.meeting()
        _ = meeting.disconnect("Ada", .left)
        #expect(meeting.room.nextDeadline == Meeting.clock.advanced(milliseconds: 30_000))
        #expect(meeting.deadline(after: 29_999) == "rejected no-change")
        #expect(meeting.deadline(after: 30_000) == "role-changed Bob host (succession)")
        #expect(meeting.deadline(after: 30_000) == "rejected no-change", "once")
        #expect(meeting.room.nextDeadline == nil)
        #expect(meeting.join("Ada") == "joined Ada #1, role-changed Bob participant (owner-returned)")
    }

    @Test(arguments: [
        (RoomRules.Succession.nobody, "host-away"), (.lock, "host-away, locked"),
        (.end, "host-away, ended (host-left)"),
    ])
    func `who does not come back has left, and then the rule holds`(rule: RoomRules.Succession, transcript: String) {
        var meeting = Self.meeting(rule)
        _ = meeting.disconnect("Ada", .left)
        #expect(meeting.deadline(after: 30_000) == transcript)
        #expect(meeting.room.nextDeadline == nil)
    }

    @Test func `an interim host whose page is loaded again is interim host`() {
        var meeting = Self.meeting()
        _ = meeting.leave("Ada")
        #expect(meeting.disconnect("Bob", .left) == "left Bob, host-away")
        #expect(meeting.join("Bob") == "joined Bob #1")
        #expect(Self.roles(meeting) == ["Cleo participant", "Bob host"])
        #expect(meeting.join("Ada") == "joined Ada #1, role-changed Bob participant (owner-returned)")
    }

    @Test func `the owner may come back before whoever had the room in their place`() {
        var meeting = Self.meeting()
        _ = meeting.leave("Ada")
        _ = meeting.disconnect("Bob", .left)
        #expect(meeting.join("Ada") == "joined Ada #1")
        #expect(meeting.join("Bob") == "joined Bob #1")
        #expect(Self.roles(meeting) == ["Cleo participant", "Ada host", "Bob participant"])
    }

    // MARK: Whose role it is

    @Test func `who was given a role has it again, for as long as the room lives`() {
        var meeting = Self.meeting()
        for (name, role) in [("Bob", Role.speaker), ("Cleo", .audience)] {
            _ = meeting.ask("Ada", .role(.set(meeting.id(name), role)))
            _ = meeting.leave(name)
        }
        _ = meeting.join("Bob")
        _ = meeting.join("Cleo")
        #expect(Self.roles(meeting) == ["Ada host", "Bob speaker", "Cleo audience"])
    }

    @Test func `a role is a person's: all devices have it, and the host has left with the last one`() {
        var meeting = Self.meeting(.oldest, ["Ada", "Bob", "Ada's phone", "Bob's phone"])
        #expect(Self.roles(meeting) == ["Ada host", "Bob participant", "Ada's phone host", "Bob's phone participant"])
        #expect(
            meeting.ask("Ada", .role(.set(meeting.id("Bob"), .audience)))
                == "role-changed Bob #2, role-changed Bob's phone"
        )
        #expect(
            meeting.ask("Ada", .role(.set(meeting.id("Bob's phone"), .speaker)))
                == "role-changed Bob #3, role-changed Bob's phone"
        )
        #expect(meeting.leave("Ada") == "left Ada #4")
        #expect(
            meeting.leave("Ada's phone")
                == "left Ada's phone #2, role-changed Bob host (succession), role-changed Bob's phone host (succession)"
        )
        #expect(
            meeting.join("Ada")
                == "joined Ada #1, role-changed Bob speaker (owner-returned), "
                + "role-changed Bob's phone speaker (owner-returned)"
        )
    }

    @Test func `a room has an owner before anybody is there`() {
        var meeting = Meeting()
        #expect(meeting.create(RoomCommand.Create(owner: Meeting.identity("Ada"))) == "created")
        for name in ["Bob", "Ada"] { _ = meeting.join(name) }
        #expect(Self.roles(meeting) == ["Bob participant", "Ada host"])
        #expect(meeting.room.participants.map(\.isOwner) == [false, true])
    }

    // MARK: The room as the log and a snapshot have it

    @Test func `whatever happens to the host, log and snapshot make the same room`() throws {
        var meeting = Self.meeting(.oldest, ["Ada", "Bob", "Cleo", "Ada's phone"])
        _ = meeting.ask("Ada", .role(.set(meeting.id("Cleo"), .coHost)))
        _ = meeting.ask("Ada", .role(.transfer(meeting.id("Bob"))))
        _ = meeting.leave("Bob")
        _ = meeting.disconnect("Ada", .left)
        _ = meeting.disconnect("Ada's phone", .left)
        _ = meeting.disconnect("Cleo", .replaced)
        var room = Room(id: meeting.room.id)
        for event in meeting.log { room.evolve(try RoomEvent(json: event.json)) }
        #expect(room == meeting.room)
        #expect(try Room(snapshot: room.snapshot) == room)
    }
}
