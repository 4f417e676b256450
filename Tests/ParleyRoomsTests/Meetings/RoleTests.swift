import ParleyProtocol
import ParleyRooms
import Testing

@Suite struct RoleTests {
    @Test func `a host locks the room, and nobody new comes in`() {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        _ = meeting.join("Bob")
        #expect(meeting.ask("Bob", .lifecycle(.lock)) == "rejected not-permitted")
        #expect(meeting.ask("Ada", .lifecycle(.lock)) == "locked #2")
        #expect(meeting.ask("Ada", .lifecycle(.lock)) == "rejected no-change")
        #expect(meeting.join("Cleo") == "rejected room-locked")
        #expect(meeting.ask("Ada", .lifecycle(.unlock)) == "unlocked #4")
        #expect(meeting.join("Dan") == "joined Dan #1")
    }

    @Test func `nobody gives a role that is not below the own one`() {
        var meeting = Meeting()
        for name in ["Ada", "Bob", "Cleo"] { _ = meeting.join(name) }
        let (ada, bob, cleo) = (meeting.id("Ada"), meeting.id("Bob"), meeting.id("Cleo"))
        #expect(meeting.ask("Bob", .role(.set(cleo, .speaker))) == "rejected not-permitted")
        #expect(meeting.ask("Ada", .role(.set(bob, .coHost))) == "role-changed Bob #2")
        #expect(meeting.ask("Bob", .role(.set(cleo, .speaker))) == "role-changed Cleo #3")
        #expect(meeting.ask("Bob", .role(.set(cleo, .coHost))) == "rejected invalid-role")
        #expect(meeting.ask("Bob", .role(.set(ada, .participant))) == "rejected invalid-role")
        #expect(meeting.ask("Ada", .role(.set(bob, .participant))) == "role-changed Bob #3")
        #expect(meeting.ask("Bob", .role(.set(cleo, .participant))) == "rejected not-permitted")
    }

    @Test func `only moderators see an observer`() {
        var meeting = Meeting()
        for name in ["Ada", "Bob"] { _ = meeting.join(name) }
        let bob = meeting.id("Bob")
        #expect(meeting.ask("Ada", .role(.set(bob, .observer))) == "role-changed Bob #2")
        for view in View.allCases {
            let people = meeting.folded[view]?.object?["people"]?.object
            #expect((people?[bob.description] != nil) == (view == .moderator), "\(view)")
            #expect(meeting.folded[view] == meeting.room.state(for: view), "\(view)")
            #expect(StateHash(of: meeting.room.state(for: view)) == meeting.room.hash(for: view), "\(view)")
        }
    }

    @Test func `a table of roles shows what differs from the usual one`() throws {
        var table = RoleTable()
        #expect(table.json == [:])
        table[.participant].set(.share, false)
        table[.audience].set(.publish, true)
        #expect(table.json == ["participant": ["share": false], "audience": ["publish": true]])
        #expect(RoleTable(json: table.json) == table)
    }
}
