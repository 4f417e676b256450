import ParleyProtocol
import ParleyRooms
import Testing

extension Meeting {
    /// A host, and others who are participants.
    static func of(_ names: String...) -> Meeting {
        var meeting = Meeting()
        for name in names { _ = meeting.join(name) }
        return meeting
    }

    mutating func take(_ name: String, _ floor: FloorName = .screen, wait: Bool = true) -> String {
        self.ask(name, .floor(.take(floor, wait: wait)))
    }

    mutating func leaveFloor(_ name: String, _ floor: FloorName = .screen) -> String {
        self.ask(name, .floor(.leave(floor)))
    }

    mutating func give(_ name: String, _ floor: FloorName, to other: String) -> String {
        self.ask(name, .floor(.give(floor, self.id(other), instead: nil)))
    }

    func holders(_ floor: FloorName = .screen) -> [String] {
        self.room.floors[floor]?.holdersInOrder.map { Self.name($0) } ?? []
    }

    func isSharing(_ name: String) -> Bool { self.room.participant(self.id(name))?.media.screen ?? false }

    /// The member of what everybody sees.
    func state(_ path: String...) -> JSONValue? {
        path.reduce(self.room.state(for: .participant)) { $0?[$1] }
    }

    /// What clients hold is what the room holds, and both can prove it; the log and a snapshot make the same room.
    func checkAgreement() {
        for view in View.allCases {
            let state = self.room.state(for: view)
            #expect(self.folded[view] == state, "\(view)")
            #expect(self.room.hash(for: view) == StateHash(of: state), "\(view)")
        }
        #expect((try? Room(snapshot: self.room.snapshot)) == self.room)
        for event in self.log { #expect((try? RoomEvent(json: event.json)) == event) }
    }
}

@Suite struct FloorRoomTests {
    @Test func `two screen shares at once (class O): everybody sees the same one`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        #expect(meeting.media("Ada", screen: true) == "floor-taken Ada, media-changed Ada #2")
        #expect(meeting.media("Bob", screen: true) == "rejected floor-busy")
        #expect(meeting.media("Bob", audio: true, screen: true) == "rejected floor-busy")
        #expect(meeting.room.participants.filter(\.media.screen).map(\.id) == [meeting.id("Ada")])
        #expect(meeting.holders() == ["Ada"])
        meeting.checkAgreement()
        #expect(meeting.media("Ada", screen: false) == "media-changed Ada #3, floor-left Ada")
        #expect(meeting.state("floors") == nil)
        #expect(meeting.media("Bob", screen: true) == "floor-taken Bob, media-changed Bob #4")
        meeting.checkAgreement()
    }

    @Test func `a share that nobody remembers (class O): who leaves takes it along, and the next has it`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        _ = meeting.media("Bob", screen: true)
        #expect(meeting.take("Cleo") == "floor-queued Cleo #2")
        #expect(meeting.interrupt("Bob") == "interrupted Bob")
        #expect(meeting.holders() == ["Bob"])
        #expect(meeting.expire("Bob") == "left Bob (disconnected), floor-left Bob (gone), floor-taken Cleo")
        #expect(meeting.isSharing("Cleo") == false)
        #expect(meeting.media("Cleo", screen: true) == "media-changed Cleo #3")
        meeting.checkAgreement()
    }

    @Test func `who is back from a lost connection still shares`() {
        var meeting = Meeting.of("Ada", "Bob")
        _ = meeting.media("Bob", screen: true)
        _ = meeting.take("Ada")
        _ = meeting.interrupt("Bob")
        #expect(meeting.attach("Bob") == "resumed Bob")
        #expect(meeting.holders() == ["Bob"])
        #expect(meeting.isSharing("Bob"))
    }

    @Test func `whoever is back first gets what nobody could take`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        _ = meeting.take("Ada")
        _ = meeting.take("Bob")
        _ = meeting.take("Cleo")
        _ = meeting.interrupt("Bob")
        _ = meeting.interrupt("Cleo")
        #expect(meeting.leaveFloor("Ada") == "floor-left Ada #3")
        #expect(meeting.attach("Cleo") == "resumed Cleo, floor-taken Cleo")
        #expect(meeting.attach("Bob") == "resumed Bob")
        meeting.checkAgreement()
    }

    @Test func `the late joiner sees who shares, who waits and since when (class H)`() {
        var meeting = Meeting.of("Ada", "Bob")
        _ = meeting.take("Ada")
        _ = meeting.take("Bob")
        _ = meeting.join("Cleo")
        let (ada, bob) = (meeting.id("Ada").description, meeting.id("Bob").description)
        let screen: JSONValue = [
            "capacity": 1, "policy": "free",
            "holders": .object([ada: ["since": .integer(Meeting.clock.milliseconds), "order": 1]]),
            "queue": .object([bob: 1]),
        ]
        for view in [View.moderator, .participant, .audience] {
            #expect(meeting.room.state(for: view)["floors"] == ["screen": screen])
        }
        #expect(meeting.room.state(for: .waiting)["floors"] == nil)
        meeting.checkAgreement()
    }

    @Test func `a moderator takes the screen back, and the sharing ends in the same moment`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        _ = meeting.media("Bob", screen: true)
        _ = meeting.take("Cleo")
        let bob = meeting.id("Bob")
        #expect(meeting.ask("Cleo", .floor(.revoke(.screen, bob))) == "rejected not-permitted")
        #expect(
            meeting.ask("Ada", .floor(.revoke(.screen, bob)))
                == "floor-revoked Bob #2, media-changed Bob, floor-taken Cleo"
        )
        #expect(meeting.isSharing("Bob") == false)
        #expect(meeting.leaveFloor("Cleo") == "floor-left Cleo #4")
        meeting.checkAgreement()
    }

    @Test func `whoever leaves the floor does not share any more`() {
        var meeting = Meeting.of("Ada", "Bob")
        _ = meeting.media("Bob", screen: true)
        #expect(meeting.leaveFloor("Bob") == "floor-left Bob #3, media-changed Bob")
        #expect(meeting.isSharing("Bob") == false)
        meeting.checkAgreement()
    }

    @Test func `who may not share does not, unless it is given`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        _ = meeting.ask("Ada", .role(.set(meeting.id("Bob"), .audience)))
        #expect(meeting.media("Bob", screen: true) == "rejected not-permitted")
        #expect(meeting.give("Ada", .screen, to: "Bob") == "floor-taken Bob #3")
        #expect(meeting.take("Cleo", .spotlight) == "rejected not-permitted")
        #expect(meeting.give("Ada", .spotlight, to: "Cleo") == "floor-taken Cleo #4")
        #expect(meeting.give("Ada", .spotlight, to: "Dan") == "rejected unknown-participant")
        meeting.checkAgreement()
    }

    @Test func `an observer holds no floor, and who becomes one has none any more`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        _ = meeting.media("Bob", screen: true)
        _ = meeting.take("Cleo")
        #expect(
            meeting.ask("Ada", .role(.set(meeting.id("Bob"), .observer)))
                == "role-changed Bob #2, floor-revoked Bob, media-changed Bob, floor-taken Cleo"
        )
        #expect(meeting.take("Bob") == "rejected not-permitted")
        #expect(meeting.give("Ada", .screen, to: "Bob") == "rejected unknown-participant")
        meeting.checkAgreement()
    }

    @Test func `a room may have two screens, and a lease`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        let rule = FloorRule(capacity: 2, policy: .free, leaseMilliseconds: 10_000)
        #expect(meeting.ask("Bob", .floor(.define(.screen, rule))) == "rejected not-permitted")
        #expect(meeting.ask("Ada", .floor(.define(.screen, rule))) == "floor-defined #2")
        #expect(meeting.media("Bob", screen: true) == "floor-taken Bob, media-changed Bob #3")
        #expect(meeting.media("Ada", screen: true) == "floor-taken Ada, media-changed Ada #3")
        #expect(meeting.media("Cleo", screen: true) == "rejected floor-busy")
        #expect(meeting.take("Cleo") == "floor-queued Cleo #3")
        let end = Meeting.clock.advanced(milliseconds: 10_000)
        #expect(meeting.room.nextDeadline == end)
        #expect(meeting.due(Meeting.clock) == "rejected no-change")
        #expect(
            meeting.due(end)
                == "floor-left Bob (expired), media-changed Bob, floor-left Ada (expired), media-changed Ada, "
                + "floor-taken Cleo"
        )
        #expect(meeting.due(end) == "rejected no-change")
        meeting.checkAgreement()
    }

    @Test func `a device that takes another's place leaves its floors behind`() {
        var meeting = Meeting(devices: .replace)
        _ = meeting.join("Bob")
        _ = meeting.join("Ada")
        _ = meeting.media("Ada", screen: true)
        _ = meeting.take("Bob")
        #expect(
            meeting.join("Ada's phone")
                == "left Ada (replaced), floor-left Ada (gone), floor-taken Bob, joined Ada's phone #1"
        )
        meeting.checkAgreement()
    }

    @Test func `remote control begins with the consent of the one who is controlled, and ends when that one wants`() {
        var meeting = Meeting.of("Ada", "Bob", "Cleo")
        #expect(meeting.control("Bob", "Cleo") == "rejected not-permitted")
        #expect(meeting.control("Ada", "Bob") == "consent-asked Ada #2")
        #expect(meeting.control("Ada", "Cleo") == "rejected floor-busy")
        #expect(
            meeting.answer("Bob", 1, true) == "consent-answered Bob #3, consent-closed (granted), floor-taken Ada"
        )
        #expect(
            meeting.state("floors", "remote-control", "holders", meeting.id("Ada").description, "of")
                == .string(meeting.id("Bob").description)
        )
        meeting.checkAgreement()
        #expect(meeting.leaveFloor("Cleo", .remoteControl) == "rejected not-holding")
        #expect(meeting.leaveFloor("Bob", .remoteControl) == "floor-left Ada (withdrawn) #4")
        _ = meeting.control("Ada", "Bob")
        #expect(meeting.answer("Bob", 2, false) == "consent-answered Bob #5, consent-closed (refused)")
        _ = meeting.control("Ada", "Bob")
        _ = meeting.answer("Bob", 3, true)
        #expect(meeting.disconnect("Bob") == "left Bob (disconnected), floor-left Ada (withdrawn)")
        meeting.checkAgreement()
    }
}

extension Meeting {
    mutating func control(_ name: String, _ other: String) -> String {
        let request = ConsentRequest(
            kind: ConsentRequest.remoteControl,
            asked: .these([self.id(other)]),
            deadlineMilliseconds: 10_000,
            rule: .any
        )
        return self.ask(name, .consent(.ask(request)))
    }

    mutating func answer(_ name: String, _ number: UInt64, _ answer: Bool) -> String {
        self.ask(name, .consent(.answer(number, answer)))
    }

    /// The room's deadline passes, on whatever node.
    mutating func due(_ instant: Instant) -> String { self.decide(RoomCommand(deadlineAt: instant)) }
}
