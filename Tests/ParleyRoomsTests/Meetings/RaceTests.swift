import ParleyProtocol
import ParleyRooms
import Testing

/// Two commands at once: the log puts one before the other, and either order has one outcome that everybody sees.
@Suite struct RaceTests {
    static func meeting(_ names: [String] = ["Ada", "Bob", "Cleo"]) -> Meeting {
        var meeting = Meeting()
        for name in names { _ = meeting.join(name) }
        return meeting
    }

    typealias Step = (inout Meeting) -> String

    /// Both orders, from the same beginning.
    static func race(_ meeting: Meeting, _ one: Step, _ other: Step) -> (first: [String], second: [String]) {
        var (first, second) = (meeting, meeting)
        let forwards = [one(&first), other(&first)]
        let backwards = [other(&second), one(&second)]
        for meeting in [first, second] {
            let hosts = Set(meeting.room.participants.filter { $0.role == .host }.map(\.identity))
            #expect(hosts.count == (meeting.room.count == 0 ? 0 : 1), "one host, as long as anybody is there")
            meeting.checkAgreement()
        }
        return (forwards, backwards)
    }

    @Test func `G: a transfer, and the one who was to become host leaves`() {
        let meeting = Self.meeting()
        let bob = meeting.id("Bob")
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", .role(.transfer(bob))) },
            { $0.leave("Bob") }
        )
        #expect(
            first == [
                "role-changed Bob host (transferred) #2, role-changed Ada co-host (transferred)",
                "left Bob #2, role-changed Ada host (succession)",
            ]
        )
        #expect(second == ["left Bob #2", "rejected unknown-participant"])
    }

    @Test func `G: a transfer, and the one who transfers is gone`() {
        let meeting = Self.meeting()
        let bob = meeting.id("Bob")
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", .role(.transfer(bob))) },
            { $0.disconnect("Ada") }
        )
        #expect(
            first == [
                "role-changed Bob host (transferred) #2, role-changed Ada co-host (transferred)",
                "left Ada (disconnected)",
            ]
        )
        #expect(second == ["left Ada (disconnected), role-changed Bob host (succession)", "rejected not-joined"])
    }

    @Test func `G: a host who has given the role away has no more of it, whatever was on its way`() {
        let meeting = Self.meeting()
        let (bob, cleo) = (meeting.id("Bob"), meeting.id("Cleo"))
        let (first, _) = Self.race(
            meeting,
            { $0.ask("Ada", .role(.transfer(bob))) },
            { $0.ask("Ada", .role(.transfer(cleo))) }
        )
        #expect(first[1] == "rejected not-permitted")
    }

    @Test func `G: two hosts in turn, and the owner, who has given the role away, is not one of them`() {
        var meeting = Self.meeting()
        _ = meeting.ask("Ada", .role(.transfer(meeting.id("Bob"))))
        _ = meeting.leave("Ada")
        #expect(meeting.join("Ada") == "joined Ada #1", "co-host, as Ada was")
        #expect(meeting.room.participants.map(\.role) == [.host, .participant, .coHost])
        #expect(meeting.leave("Bob") == "left Bob #2, role-changed Ada host (succession)")
        #expect(meeting.join("Bob") == "joined Bob #1, role-changed Ada co-host (owner-returned)")
        // If both are away, whoever of the two comes first has it.
        _ = meeting.leave("Bob")
        _ = meeting.leave("Ada")
        #expect(meeting.join("Ada") == "joined Ada #1, role-changed Cleo participant (owner-returned)")
        #expect(meeting.join("Bob") == "joined Bob #1")
        #expect(meeting.room.participants.map(\.role) == [.participant, .host, .coHost])
    }

    @Test func `a demotion, and a command that was on its way`() {
        var meeting = Self.meeting()
        let (bob, cleo) = (meeting.id("Bob"), meeting.id("Cleo"))
        _ = meeting.ask("Ada", .role(.set(bob, .coHost)))
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", .role(.set(bob, .participant))) },
            { $0.ask("Bob", .role(.set(cleo, .audience))) }
        )
        #expect(first == ["role-changed Bob #3", "rejected not-permitted"])
        #expect(second == ["role-changed Cleo #2", "role-changed Bob #3"])
    }

    @Test func `two co-hosts who demote each other: nobody does`() {
        var meeting = Self.meeting()
        let (bob, cleo) = (meeting.id("Bob"), meeting.id("Cleo"))
        for id in [bob, cleo] { _ = meeting.ask("Ada", .role(.set(id, .coHost))) }
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Bob", .role(.set(cleo, .participant))) },
            { $0.ask("Cleo", .role(.set(bob, .participant))) }
        )
        #expect(first + second == Array(repeating: "rejected invalid-role", count: 4))
    }

    @Test func `a mute, and the person switches on: whatever was last holds`() {
        var meeting = Self.meeting()
        _ = meeting.media("Bob", audio: true)
        let bob = meeting.id("Bob")
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", .moderation(.mute(bob, MediaKinds(audio: true)))) },
            { $0.media("Bob", audio: true) }
        )
        #expect(first == ["muted Bob #2", "media-changed Bob #3"])
        #expect(second == ["rejected no-change", "muted Bob #2"])
    }

    @Test func `a mute for all by rule, and somebody switches on: it is off`() {
        let meeting = Self.meeting()
        let all = ModerationAction.MuteAll(MediaKinds(audio: true), mayUnmute: false)
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", .moderation(.muteAll(all))) },
            { $0.media("Bob", audio: true) }
        )
        #expect(first == ["all-muted #2", "rejected muted-by-rule"])
        #expect(second == ["media-changed Bob #2", "all-muted #2"])
    }

    @Test func `H: a mute for all by rule, and somebody comes: it holds for them`() {
        let meeting = Self.meeting()
        let all = ModerationAction.MuteAll(MediaKinds(audio: true), mayUnmute: false)
        for order in [0, 1] {
            var meeting = meeting
            let steps: [Step] = [{ $0.ask("Ada", .moderation(.muteAll(all))) }, { $0.join("Dan") }]
            for step in order == 0 ? steps : steps.reversed() { _ = step(&meeting) }
            #expect(meeting.media("Dan", audio: true) == "rejected muted-by-rule")
        }
    }

    @Test func `H: a hand goes up while all are lowered`() {
        var meeting = Self.meeting()
        _ = meeting.ask("Bob", .moderation(.raiseHand(toSpeak: false)))
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", .moderation(.lowerHands)) },
            { $0.ask("Cleo", .moderation(.raiseHand(toSpeak: false))) }
        )
        #expect(first == ["hands-lowered #2", "hand-raised Cleo #2"])
        #expect(second == ["hand-raised Cleo #2", "hands-lowered #2"])
    }

    @Test func `somebody is muted who has left`() {
        var meeting = Self.meeting()
        _ = meeting.media("Bob", audio: true)
        let bob = meeting.id("Bob")
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", .moderation(.mute(bob, MediaKinds(audio: true)))) },
            { $0.leave("Bob") }
        )
        #expect(first == ["muted Bob #2", "left Bob #3"])
        #expect(second == ["left Bob #3", "rejected unknown-participant"])
    }
}
