import ParleyProtocol
import ParleyRooms
import Testing

/// Two commands at once, about what people in a room do, in both orders.
extension RaceTests {
    @Test func `G: a promotion, and the one who was to be promoted leaves`() {
        let meeting = Self.meeting()
        let bob = meeting.id("Bob")
        for leaving: Step in [{ $0.leave("Bob") }, { $0.disconnect("Bob") }] {
            let (first, second) = Self.race(meeting, { $0.ask("Ada", .role(.set(bob, .coHost))) }, leaving)
            #expect(first[0] == "role-changed Bob #2")
            #expect(second[1] == "rejected unknown-participant")
        }
        // What was given to a person is given, also if the person is just away.
        var meeting2 = meeting
        _ = meeting2.ask("Ada", .role(.set(bob, .coHost)))
        _ = meeting2.disconnect("Bob")
        _ = meeting2.join("Bob")
        #expect(meeting2.room.participant(meeting2.id("Bob"))?.role == .coHost)
    }

    @Test func `G: two co-hosts promote the same one to different roles: the later one holds`() {
        var meeting = Self.meeting(["Ada", "Bob", "Cleo", "Dan"])
        for name in ["Bob", "Cleo"] { _ = meeting.ask("Ada", .role(.set(meeting.id(name), .coHost))) }
        let dan = meeting.id("Dan")
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Bob", .role(.set(dan, .speaker))) },
            { $0.ask("Cleo", .role(.set(dan, .audience))) }
        )
        #expect(first == ["role-changed Dan #2", "role-changed Dan #2"])
        #expect(second == first)
    }

    @Test func `G: the owner returns while the host gives the role to somebody else`() {
        var meeting = Self.meeting()
        _ = meeting.disconnect("Ada")
        #expect(meeting.room.participant(meeting.id("Bob"))?.role == .host)
        let cleo = meeting.id("Cleo")
        let (first, second) = Self.race(
            meeting,
            { $0.join("Ada") },
            { $0.ask("Bob", .role(.transfer(cleo))) }
        )
        #expect(first == ["joined Ada #1, role-changed Bob participant (owner-returned)", "rejected not-permitted"])
        #expect(second.count == 2)
        #expect(second[0] == "role-changed Cleo host (transferred) #2, role-changed Bob co-host (transferred)")
    }

    @Test func `O: two share their screens: one does`() {
        let (first, second) = Self.race(
            Self.meeting(),
            { $0.media("Ada", screen: true) },
            { $0.media("Bob", screen: true) }
        )
        #expect(first == ["floor-taken Ada, media-changed Ada #2", "rejected floor-busy"])
        #expect(second == ["floor-taken Bob, media-changed Bob #2", "rejected floor-busy"])
    }

    @Test func `O: one ends sharing while another begins, or waits for it`() {
        var meeting = Self.meeting()
        _ = meeting.media("Ada", screen: true)
        let ends: Step = { $0.media("Ada", screen: false) }
        let (first, second) = Self.race(meeting, ends, { $0.media("Bob", screen: true) })
        #expect(
            first == ["media-changed Ada #3, floor-left Ada", "floor-taken Bob, media-changed Bob #2"]
        )
        #expect(second == ["rejected floor-busy", "media-changed Ada #3, floor-left Ada"])
        let (third, fourth) = Self.race(meeting, ends, { $0.take("Bob") })
        #expect(third[1] == "floor-taken Bob #2")
        #expect(fourth == ["floor-queued Bob #2", "media-changed Ada #3, floor-left Ada, floor-taken Bob"])
    }

    @Test func `O: the floor is given to somebody who leaves`() {
        var meeting = Self.meeting()
        _ = meeting.media("Ada", screen: true)
        let (first, second) = Self.race(
            meeting,
            { $0.give("Ada", .screen, to: "Bob") },
            { $0.leave("Bob") }
        )
        #expect(first[1].hasPrefix("left Bob #2"))
        #expect(second == ["left Bob #2", "rejected unknown-participant"])
    }

    @Test func `O: two begin a recording: one does, and nobody is asked twice`() {
        var meeting = Self.meeting()
        _ = meeting.ask("Ada", .role(.set(meeting.id("Bob"), .coHost)))
        let (first, second) = Self.race(meeting, { $0.record("Ada") }, { $0.record("Bob") })
        for lines in [first, second] {
            #expect(lines[0].contains("recording-asked"))
            #expect(lines[1].hasPrefix("rejected "))
        }
    }

    @Test func `O: the last answer is a no while the one who records gives up`() {
        var meeting = Self.meeting(["Ada", "Bob"])
        _ = meeting.record("Ada")
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", .recording(.stop)) },
            { $0.answer("Bob", 1, false) }
        )
        #expect(first[1] == "rejected unknown-consent")
        #expect(second[1] == "rejected no-change")
    }

    @Test func `O: a recording begins by the last yes while somebody comes: their no ends it, in either order`() {
        var meeting = Self.meeting(["Ada", "Bob"])
        _ = meeting.record("Ada")
        for order in [0, 1] {
            var meeting = meeting
            let steps: [Step] = [{ $0.answer("Bob", 1, true) }, { $0.join("Cleo") }]
            for step in order == 0 ? steps : steps.reversed() { _ = step(&meeting) }
            #expect(meeting.recordingShown?["status"] == "on")
            #expect(meeting.recordingShown?["consents"] == meeting.consents(["Ada": true, "Bob": true]))
            #expect(
                meeting.ask("Cleo", .recording(.answer(false)))
                    == "recording-answered Cleo #2, recording-stopped (refused), floor-left Ada"
            )
        }
    }

    @Test func `two set the same value by the version that both have read`() throws {
        var meeting = Self.meeting()
        _ = meeting.ask("Ada", .role(.set(meeting.id("Bob"), .speaker)))
        let key = try #require(AttributeKey("turn"))
        func set(_ name: String) throws -> MeetingAction {
            let value = try #require(AttributeValue(.string(name)))
            return .attribute(.set(AttributeChange(key: key, value: value, version: 0)))
        }
        let (ada, bob) = (try set("ada"), try set("bob"))
        let (first, second) = Self.race(meeting, { $0.ask("Ada", ada) }, { $0.ask("Bob", bob) })
        #expect([first[1], second[1]] == ["rejected version-conflict", "rejected version-conflict"])
    }
}
