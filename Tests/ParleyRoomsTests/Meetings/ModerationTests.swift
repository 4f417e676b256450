import ParleyProtocol
import ParleyRooms
import Testing

/// Who is heard. Nothing that others do switches anybody on.
@Suite struct ModerationTests {
    private static let audio = MediaKinds(audio: true)

    private static func meeting(_ names: [String] = ["Ada", "Bob", "Cleo"], mayUnmute: Bool = true) -> Meeting {
        var rules = RoomRules()
        rules.mayUnmute = mayUnmute
        var meeting = Meeting(rules: rules)
        for name in names { _ = meeting.join(name) }
        return meeting
    }

    /// What everybody sees of one person, beside what everybody has.
    private static func shown(_ meeting: Meeting, _ name: String) -> JSONValue {
        let state = meeting.folded[.audience]?["people"]?[meeting.id(name).description]
        var shown = JSONObject()
        for member in ["hand", "handToSpeak", "muted", "mayUnmute"] {
            if let value = state?[member] { shown.append(member, value) }
        }
        if state?["media"]?["audio"] == true { shown.append("audio", true) }
        if state?["media"]?["video"] == true { shown.append("video", true) }
        return .object(shown)
    }

    // MARK: Mute

    @Test func `whoever is muted sees who did it, until they switch it on again`() throws {
        var meeting = Self.meeting()
        _ = meeting.media("Bob", audio: true, video: true)
        let (ada, bob) = (meeting.id("Ada"), meeting.id("Bob"))
        #expect(meeting.ask("Cleo", .moderation(.mute(bob, Self.audio))) == "rejected not-permitted")
        #expect(meeting.ask("Ada", .moderation(.mute(bob, Self.audio))) == "muted Bob #2")
        #expect(Self.shown(meeting, "Bob") == ["muted": ["audio": .string(ada.description)], "video": true])
        #expect(meeting.ask("Ada", .moderation(.mute(bob, Self.audio))) == "rejected no-change")
        #expect(meeting.ask("Ada", .moderation(.mute(bob, .init(audio: true, video: true)))) == "muted Bob #4")
        let both: JSONValue = ["audio": .string(ada.description), "video": .string(ada.description)]
        #expect(Self.shown(meeting, "Bob") == ["muted": both])
        #expect(meeting.media("Bob", audio: true) == "media-changed Bob #3")
        #expect(Self.shown(meeting, "Bob") == ["muted": ["video": .string(ada.description)], "audio": true])
        #expect(meeting.operate(.moderation(.mute(bob, Self.audio))) == "muted Bob")
        #expect(Self.shown(meeting, "Bob") == ["muted": ["audio": "server", "video": .string(ada.description)]])
        try meeting.checkViews()
    }

    @Test func `a co-host mutes equals, and not the host`() {
        var meeting = Self.meeting()
        for name in ["Bob", "Cleo"] { _ = meeting.ask("Ada", .role(.set(meeting.id(name), .coHost))) }
        for name in ["Ada", "Bob", "Cleo"] { _ = meeting.media(name, audio: true) }
        #expect(meeting.ask("Bob", .moderation(.mute(meeting.id("Ada"), Self.audio))) == "rejected not-permitted")
        #expect(meeting.ask("Bob", .moderation(.muteAll(.init(Self.audio)))) == "all-muted #4")
        #expect(
            ["Ada", "Bob", "Cleo"].map { meeting.room.participant(meeting.id($0))?.media.audio } == [true, true, false]
        )
    }

    @Test func `mute all is one event, and its patch names those who were on`() throws {
        var meeting = Self.meeting(["Ada", "Bob", "Cleo", "Dan"])
        for name in ["Ada", "Bob", "Dan"] { _ = meeting.media(name, audio: true) }
        let except = [meeting.id("Dan")]
        #expect(meeting.ask("Ada", .moderation(.muteAll(.init(Self.audio, except: except)))) == "all-muted #3")
        let event = try #require(meeting.log.last)
        var room = Room(id: meeting.room.id)
        for event in meeting.log.dropLast() { room.evolve(event) }
        let by = JSONValue.string(meeting.id("Ada").description)
        let bob: JSONValue = ["media": ["audio": false], "muted": ["audio": by]]
        #expect(room.evolve(event).patch(for: .audience) == ["people": .object([meeting.id("Bob").description: bob])])
        #expect(meeting.ask("Ada", .moderation(.muteAll(.init(Self.audio, except: except)))) == "rejected no-change")
        try meeting.checkViews()
    }

    // MARK: May not unmute

    @Test func `where nobody may unmute, those who may speak do, and those who were allowed to`() throws {
        var meeting = Self.meeting(["Ada", "Bob", "Cleo", "Dan"])
        _ = meeting.ask("Ada", .role(.set(meeting.id("Dan"), .speaker)))
        for name in ["Bob", "Cleo"] { _ = meeting.media(name, audio: true) }
        let all = ModerationAction.MuteAll(Self.audio, except: [meeting.id("Cleo")], mayUnmute: false)
        #expect(meeting.ask("Ada", .moderation(.muteAll(all))) == "all-muted #3")
        #expect(meeting.folded[.audience]?["rules"] == ["mayUnmute": false])
        #expect(meeting.media("Bob", audio: true) == "rejected muted-by-rule")
        #expect(meeting.media("Bob", audio: true, video: true) == "rejected muted-by-rule")
        #expect(meeting.media("Bob", video: true) == "media-changed Bob #5", "a camera is no microphone")
        #expect(meeting.media("Cleo", audio: false) == "media-changed Cleo #3")
        #expect(meeting.media("Cleo", audio: true) == "media-changed Cleo #4", "who is left out is to be heard")
        #expect(meeting.media("Dan", audio: true) == "media-changed Dan #2")
        #expect(meeting.ask("Ada", .moderation(.allowSpeak(meeting.id("Bob"), true))) == "speak-allowed Bob #4")
        #expect(meeting.media("Bob", audio: true) == "media-changed Bob #6")
        #expect(meeting.ask("Ada", .moderation(.allowSpeak(meeting.id("Bob"), false))) == "speak-allowed Bob #5")
        let muted: JSONValue = ["audio": .string(meeting.id("Ada").description)]
        #expect(Self.shown(meeting, "Bob") == ["muted": muted, "video": true])
        try meeting.checkViews()
    }

    @Test func `H: a rule holds for whoever comes later`() {
        var meeting = Self.meeting(["Ada", "Bob"])
        let all = ModerationAction.MuteAll(Self.audio, mayUnmute: false)
        #expect(meeting.ask("Ada", .moderation(.muteAll(all))) == "all-muted #2", "though nobody was on")
        #expect(meeting.join("Cleo") == "joined Cleo #1")
        #expect(meeting.media("Cleo", audio: true) == "rejected muted-by-rule")
        let again = ModerationAction.MuteAll(Self.audio, mayUnmute: true)
        #expect(meeting.ask("Ada", .moderation(.muteAll(again))) == "all-muted #3")
        #expect(meeting.media("Cleo", audio: true) == "media-changed Cleo #3")
    }

    @Test func `whoever becomes audience is switched off in the same entry, and may not switch on`() throws {
        var meeting = Self.meeting()
        _ = meeting.media("Bob", audio: true, video: true, screen: true)
        let bob = meeting.id("Bob")
        let silenced = "role-changed Bob #2, muted Bob, floor-revoked Bob, media-changed Bob"
        #expect(meeting.ask("Ada", .role(.set(bob, .audience))) == silenced)
        #expect(meeting.media("Bob", audio: true) == "rejected muted-by-rule")
        #expect(meeting.media("Bob", video: true) == "rejected muted-by-rule")
        #expect(meeting.media("Bob", screen: true) == "rejected not-permitted")
        #expect(meeting.ask("Ada", .moderation(.allowSpeak(bob, true))) == "speak-allowed Bob #3")
        #expect(
            meeting.media("Bob", audio: true) == "media-changed Bob #6",
            "audience is heard when it is asked to speak"
        )
        #expect(meeting.media("Bob", video: true) == "rejected muted-by-rule")
        #expect(meeting.ask("Ada", .role(.set(bob, .participant))) == "role-changed Bob #4")
        #expect(Self.shown(meeting, "Bob")["mayUnmute"] == nil, "the right was given to who they were")
        #expect(meeting.ask("Ada", .role(.set(bob, .observer))) == "role-changed Bob #5, muted Bob")
        try meeting.checkViews()
    }

    // MARK: Hands

    @Test func `H: hands are in order, and whoever comes later or back sees them`() throws {
        var meeting = Self.meeting()
        #expect(meeting.ask("Cleo", .moderation(.raiseHand(toSpeak: false))) == "hand-raised Cleo #2")
        #expect(meeting.ask("Bob", .moderation(.raiseHand(toSpeak: true))) == "hand-raised Bob #2")
        #expect(meeting.ask("Bob", .moderation(.raiseHand(toSpeak: true))) == "rejected no-change")
        #expect(meeting.ask("Cleo", .moderation(.raiseHand(toSpeak: true))) == "hand-raised Cleo #3")
        #expect(Self.shown(meeting, "Cleo") == ["hand": 1, "handToSpeak": true], "a hand keeps its place")
        _ = meeting.interrupt("Bob")
        _ = meeting.attach("Bob")
        _ = meeting.join("Dan")
        #expect(Self.shown(meeting, "Bob") == ["hand": 2, "handToSpeak": true])
        #expect(meeting.ask("Bob", .moderation(.lowerHand(nil))) == "hand-lowered Bob #4")
        #expect(meeting.ask("Bob", .moderation(.raiseHand(toSpeak: false))) == "hand-raised Bob #5")
        #expect(Self.shown(meeting, "Bob") == ["hand": 3], "and begins again at the end")
        try meeting.checkViews()
    }

    @Test func `hands are lowered by their owners, by moderators, and by leaving`() throws {
        var meeting = Self.meeting(["Ada", "Bob", "Cleo", "Dan"])
        for name in ["Bob", "Cleo", "Dan"] { _ = meeting.ask(name, .moderation(.raiseHand(toSpeak: false))) }
        #expect(meeting.ask("Bob", .moderation(.lowerHand(meeting.id("Cleo")))) == "rejected not-permitted")
        #expect(meeting.ask("Ada", .moderation(.lowerHand(meeting.id("Cleo")))) == "hand-lowered Cleo #2")
        #expect(meeting.ask("Ada", .moderation(.lowerHand(meeting.id("Cleo")))) == "rejected no-change")
        #expect(meeting.leave("Dan") == "left Dan #3")
        #expect(meeting.ask("Ada", .moderation(.lowerHands)) == "hands-lowered #4")
        #expect(meeting.ask("Ada", .moderation(.lowerHands)) == "rejected no-change")
        #expect(meeting.ask("Bob", .moderation(.lowerHands)) == "rejected not-permitted")
        try meeting.checkViews()
    }

    @Test func `to be allowed to speak answers the hand`() {
        var meeting = Self.meeting(mayUnmute: false)
        _ = meeting.ask("Bob", .moderation(.raiseHand(toSpeak: true)))
        #expect(meeting.ask("Ada", .moderation(.allowSpeak(meeting.id("Bob"), true))) == "speak-allowed Bob #2")
        #expect(Self.shown(meeting, "Bob") == ["mayUnmute": true], "and nothing is on that was off")
        #expect(meeting.ask("Ada", .moderation(.allowSpeak(meeting.id("Bob"), true))) == "rejected no-change")
    }

    @Test func `whoever is asked to speak and agrees may, and nothing is switched on`() throws {
        var meeting = Self.meeting(["Ada", "Bob", "Cleo"], mayUnmute: false)
        let (bob, cleo) = (meeting.id("Bob"), meeting.id("Cleo"))
        #expect(meeting.ask("Bob", .moderation(.askUnmute([cleo], Self.audio))) == "rejected not-permitted")
        #expect(meeting.operate(.moderation(.askUnmute([cleo], Self.audio))) == "rejected not-permitted")
        #expect(
            meeting.ask("Ada", .moderation(.askUnmute([bob, cleo], .init(audio: true, video: true))))
                == "consent-asked Ada #2, consent-asked Ada"
        )
        #expect(meeting.ask("Bob", .consent(.answer(1, true))) == "consent-answered Bob #3, speak-allowed Bob")
        #expect(Self.shown(meeting, "Bob") == ["mayUnmute": true])
        #expect(meeting.ask("Bob", .consent(.answer(2, true))) == "consent-answered Bob #4", "of a camera")
        let closed = "consent-answered Cleo #2, consent-closed (granted)"
        #expect(meeting.ask("Cleo", .consent(.answer(1, false))) == closed, "one of the two has agreed")
        #expect(Self.shown(meeting, "Cleo") == [:])
        try meeting.checkViews()
    }

    @Test func `what a room's roles do not allow any more goes off when they change`() throws {
        var meeting = Self.meeting()
        _ = meeting.media("Bob", audio: true, screen: true)
        let roles: JSONValue = ["roles": ["participant": ["publish": false]]]
        #expect(
            meeting.ask("Ada", .lifecycle(.configure(RoomSettings(json: roles))))
                == "configured #2, muted Bob, floor-revoked Bob, media-changed Bob"
        )
        #expect(meeting.media("Cleo", audio: true) == "rejected muted-by-rule")
        try meeting.checkViews()
    }

    // MARK: Who speaks

    @Test func `whoever is switched off does not speak any more`() throws {
        var meeting = Self.meeting()
        func speaker() -> JSONValue? { meeting.folded[.audience]?["activeSpeaker"] }
        let bob = meeting.id("Bob")
        #expect(meeting.operate(.moderation(.speaker(bob))) == "rejected no-change", "with the microphone off")
        _ = meeting.media("Bob", audio: true)
        #expect(meeting.ask("Bob", .moderation(.speaker(bob))) == "rejected not-permitted")
        #expect(meeting.operate(.moderation(.speaker(bob))) == "speaker-changed Bob")
        #expect(meeting.operate(.moderation(.speaker(bob))) == "rejected no-change")
        #expect(speaker() == .string(bob.description))
        _ = meeting.ask("Ada", .moderation(.mute(bob, Self.audio)))
        #expect(speaker() == nil)
        _ = meeting.media("Bob", audio: true)
        _ = meeting.operate(.moderation(.speaker(bob)))
        try meeting.checkViews()
        _ = meeting.leave("Bob")
        #expect(speaker() == nil)
        try meeting.checkViews()
    }
}
