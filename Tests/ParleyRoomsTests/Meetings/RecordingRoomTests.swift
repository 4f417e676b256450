import ParleyProtocol
import ParleyRooms
import Testing

extension Meeting {
    mutating func record(_ name: String) -> String {
        self.ask(name, .recording(.start(deadlineMilliseconds: 60_000)))
    }

    mutating func vote(_ name: String, _ rule: ConsentRule, kind: String = "lunch") -> String {
        let request = ConsentRequest(kind: kind, asked: .everybody, deadlineMilliseconds: 60_000, rule: rule)
        return self.ask(name, .consent(.ask(request)))
    }

    /// What everybody sees of the recording.
    var recordingShown: JSONValue? { self.state("recording") }

    func consents(_ names: [String: Bool]) -> JSONValue {
        var object = JSONObject()
        for (name, answer) in names.sorted(by: { $0.key < $1.key }) {
            object.append(Self.identity(name).description, .bool(answer))
        }
        return .object(object)
    }
}

@Suite struct RecordingRoomTests {
    static let deadline = Meeting.clock.advanced(milliseconds: 60_000)

    @Test func `a recording with everybody's consent, and proof of it (class O)`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        #expect(meeting.record("Bob") == "rejected not-permitted")
        #expect(meeting.record("Ada") == "floor-taken Ada #2, consent-asked Ada, recording-asked Ada")
        #expect(meeting.recordingShown?["status"] == "asking")
        #expect(meeting.record("Ada") == "rejected no-change")
        #expect(meeting.answer("Bob", 1, true) == "consent-answered Bob #3, recording-answered Bob")
        // In whichever words.
        #expect(
            meeting.ask("Cleo", .recording(.answer(true)))
                == "consent-answered Cleo #2, recording-answered Cleo, consent-closed (granted), recording-started Ada"
        )
        meeting.checkAgreement()
        #expect(meeting.recordingShown?["status"] == "on")
        #expect(meeting.recordingShown?["consents"] == meeting.consents(["Ada": true, "Bob": true, "Cleo": true]))
        #expect(meeting.ask("Bob", .recording(.stop)) == "rejected not-permitted")
        #expect(meeting.ask("Ada", .recording(.stop)) == "recording-stopped (stopped) #4, floor-left Ada")
        #expect(meeting.ask("Ada", .recording(.stop)) == "rejected no-change")
        #expect(meeting.recordingShown == nil)
        meeting.checkAgreement()
    }

    @Test func `one says no: it does not begin (class O)`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        _ = meeting.record("Ada")
        #expect(
            meeting.answer("Cleo", 1, false)
                == "consent-answered Cleo #2, recording-answered Cleo, consent-closed (refused), "
                + "recording-refused (refused), floor-left Ada"
        )
        #expect(meeting.answer("Bob", 1, true) == "rejected unknown-consent")
        #expect(meeting.state("consents") == nil)
        #expect(meeting.state("floors") == nil)
        meeting.checkAgreement()
    }

    @Test func `nobody answers: silence is not consent`() {
        var meeting = Meeting.of("Ada", "Bob")
        _ = meeting.record("Ada")
        #expect(meeting.room.nextDeadline == Self.deadline)
        #expect(
            meeting.due(Self.deadline) == "consent-closed (expired), recording-refused (expired), floor-left Ada"
        )
        #expect(meeting.due(Self.deadline) == "rejected no-change")
        #expect(meeting.answer("Bob", 1, true) == "rejected unknown-consent")
        meeting.checkAgreement()
    }

    @Test func `the last one who had not answered leaves: it begins`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        _ = meeting.record("Ada")
        _ = meeting.answer("Bob", 1, true)
        #expect(
            meeting.leave("Cleo")
                == "left Cleo #2, consent-excused Cleo, consent-closed (granted), recording-started Ada"
        )
        meeting.checkAgreement()
    }

    @Test func `all who were asked leave: it does not begin by itself`() {
        var meeting = Meeting.of("Ada", "Bob")
        _ = meeting.record("Ada")
        #expect(
            meeting.leave("Bob")
                == "left Bob #2, consent-excused Bob, consent-closed (cancelled), recording-refused (cancelled), "
                + "floor-left Ada"
        )
        // Alone, there is nobody to ask.
        #expect(meeting.record("Ada") == "floor-taken Ada #3, recording-started Ada")
        meeting.checkAgreement()
    }

    @Test func `whoever records leaves, before and after it has begun`() {
        var meeting = Meeting.of("Ada", "Bob")
        _ = meeting.ask("Ada", .role(.set(meeting.id("Bob"), .coHost)))
        _ = meeting.record("Bob")
        #expect(meeting.interrupt("Bob") == "interrupted Bob")
        #expect(
            meeting.expire("Bob")
                == "left Bob (disconnected), recording-refused (gone), consent-closed (cancelled), "
                + "floor-left Bob (gone)"
        )
        _ = meeting.join("Cleo")
        _ = meeting.ask("Ada", .role(.set(meeting.id("Cleo"), .coHost)))
        _ = meeting.record("Cleo")
        _ = meeting.ask("Ada", .recording(.answer(true)))
        #expect(meeting.recordingShown?["status"] == "on")
        #expect(meeting.leave("Cleo") == "left Cleo #3, recording-stopped (gone), floor-left Cleo (gone)")
        meeting.checkAgreement()
    }

    @Test func `a late joiner sees that it is recorded, and is asked (class H)`() {
        var meeting = Meeting.of("Ada")
        _ = meeting.record("Ada")
        _ = meeting.join("Bob")
        let recording: JSONValue = [
            "status": "on", "by": .string(meeting.id("Ada").description),
            "since": .integer(Meeting.clock.milliseconds), "rule": "all", "consents": meeting.consents(["Ada": true]),
        ]
        #expect(meeting.recordingShown == recording)
        #expect(meeting.ask("Bob", .recording(.answer(true))) == "recording-answered Bob #2")
        #expect(meeting.ask("Bob", .recording(.answer(true))) == "rejected no-change")
        // With another device, too.
        _ = meeting.join("Bob's phone")
        #expect(meeting.ask("Bob's phone", .recording(.answer(true))) == "rejected no-change")
        // Consent can be taken back.
        #expect(
            meeting.ask("Bob's phone", .recording(.answer(false)))
                == "recording-answered Bob's phone #3, recording-stopped (refused), floor-left Ada"
        )
        #expect(meeting.ask("Bob", .recording(.answer(true))) == "rejected unknown-consent")
        meeting.checkAgreement()
    }

    @Test func `who comes while the question is open is asked by what the state shows`() {
        var meeting = Meeting.of("Ada", "Bob")
        _ = meeting.record("Ada")
        _ = meeting.join("Cleo")
        #expect(meeting.answer("Cleo", 1, true) == "rejected not-asked")
        #expect(
            meeting.ask("Cleo", .recording(.answer(false)))
                == "recording-answered Cleo #3, recording-refused (refused), floor-left Ada, consent-closed (refused)"
        )
        meeting.checkAgreement()
    }

    @Test func `one answer counts for all devices of a person`() {
        var meeting = Meeting.of("Ada", "Bob", "Bob's phone")
        _ = meeting.record("Ada")
        #expect(
            meeting.answer("Bob's phone", 1, true)
                == "consent-answered Bob's phone #2, recording-answered Bob's phone, consent-answered Bob, "
                + "consent-closed (granted), recording-started Ada"
        )
        meeting.checkAgreement()
    }

    @Test func `where people are only told, it begins at once, and a refusal is written down`() throws {
        var meeting = Meeting.of("Ada", "Bob")
        let settings: JSONValue = [
            "type": "configure", "id": 1, "room": .string(meeting.room.id.description),
            "rules": ["recordingConsent": "inform"],
        ]
        let message = try ClientMessage.decode(settings)
        let action = if case .meeting(let command) = message { command.action } else { MeetingAction?.none }
        #expect(meeting.ask("Ada", try #require(action)) == "configured #2")
        #expect(meeting.record("Ada") == "floor-taken Ada #3, recording-started Ada")
        #expect(meeting.ask("Bob", .recording(.answer(false))) == "recording-answered Bob #2")
        #expect(meeting.recordingShown?["rule"] == "inform")
        #expect(meeting.recordingShown?["consents"] == meeting.consents(["Ada": true, "Bob": false]))
        meeting.checkAgreement()
    }

    @Test func `who is neither heard nor seen has no say`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        _ = meeting.ask("Ada", .role(.set(meeting.id("Cleo"), .audience)))
        _ = meeting.record("Ada")
        #expect(meeting.answer("Cleo", 1, false) == "rejected not-asked")
        #expect(meeting.ask("Cleo", .recording(.answer(false))) == "rejected not-asked")
        #expect(
            meeting.answer("Bob", 1, true)
                == "consent-answered Bob #2, recording-answered Bob, consent-closed (granted), recording-started Ada"
        )
        meeting.checkAgreement()
    }

    @Test func `when the room ends nobody holds, asks or records anything`() {
        var meeting = Meeting.of("Ada")
        _ = meeting.media("Ada", screen: true)
        _ = meeting.record("Ada")
        #expect(meeting.leave("Ada") == "left Ada #4, ended")
        for name in ["floors", "consents", "recording"] { #expect(meeting.state(name) == nil) }
        #expect(meeting.room.nextDeadline == nil)
        meeting.checkAgreement()
    }

    @Test func `two want to record at once: one does`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        _ = meeting.ask("Ada", .role(.set(meeting.id("Bob"), .coHost)))
        _ = meeting.record("Bob")
        #expect(meeting.record("Ada") == "rejected floor-busy")
        // The other may stop it, even before it has begun.
        #expect(
            meeting.ask("Ada", .recording(.stop))
                == "recording-refused (stopped) #4, floor-left Bob, consent-closed (cancelled)"
        )
        meeting.checkAgreement()
    }
}

@Suite struct ConsentRoomTests {
    @Test func `a vote of everybody, and who leaves does not count`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo", "Dan")
        #expect(meeting.vote("Bob", .majority) == "consent-asked Bob #2")
        #expect(meeting.answer("Ada", 1, true) == "consent-answered Ada #2")
        #expect(meeting.answer("Bob", 1, true) == "rejected not-asked")
        #expect(meeting.leave("Dan") == "left Dan #2, consent-excused Dan")
        #expect(meeting.answer("Cleo", 1, true) == "consent-answered Cleo #2, consent-closed (granted)")
        #expect(meeting.vote("Cleo", .any) == "consent-asked Cleo #3")
        #expect(meeting.leave("Cleo") == "left Cleo #4, consent-closed (cancelled)")
        meeting.checkAgreement()
    }

    @Test func `who may ask what`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        _ = meeting.ask("Ada", .role(.set(meeting.id("Cleo"), .audience)))
        #expect(meeting.vote("Cleo", .any) == "rejected not-permitted")
        #expect(meeting.vote("Bob", .any, kind: ConsentRequest.unmuteAudio) == "rejected not-permitted")
        #expect(meeting.vote("Ada", .each, kind: ConsentRequest.unmuteAudio) == "consent-asked Ada #3")
        #expect(meeting.vote("Ada", .all, kind: ConsentRequest.recording) == "rejected not-permitted")
        #expect(meeting.vote("Ada", .all, kind: ConsentRequest.remoteControl) == "rejected unknown-participant")
        #expect(meeting.control("Ada", "Dan") == "rejected unknown-participant")
        meeting.checkAgreement()
    }

    @Test func `a question is taken back by whoever asked, or by a moderator`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        _ = meeting.vote("Bob", .any)
        _ = meeting.vote("Bob", .any)
        _ = meeting.vote("Bob", .any)
        #expect(meeting.ask("Cleo", .consent(.cancel(1))) == "rejected not-asked")
        #expect(meeting.ask("Bob", .consent(.cancel(1))) == "consent-closed (cancelled) #5")
        #expect(meeting.ask("Ada", .consent(.cancel(2))) == "consent-closed (cancelled) #2")
        #expect(meeting.ask("Ada", .consent(.cancel(2))) == "rejected unknown-consent")
        meeting.checkAgreement()
        #expect(meeting.due(Meeting.clock.advanced(milliseconds: 60_000)) == "consent-closed (expired)")
        meeting.checkAgreement()
    }
}
