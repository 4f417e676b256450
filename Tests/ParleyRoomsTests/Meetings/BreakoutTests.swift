import ParleyProtocol
import ParleyRooms
import Testing

@Suite struct BreakoutTests {
    private let red = RoomID(high: 2, low: 1)
    private let blue = RoomID(high: 2, low: 2)

    private func four() -> Meeting {
        var meeting = Meeting()
        for name in ["Ada", "Bob", "Cleo", "Dan"] { _ = meeting.join(name) }
        return meeting
    }

    private func plan(
        _ meeting: Meeting,
        red inRed: [String] = [],
        blue inBlue: [String] = [],
        milliseconds: Int? = nil
    ) throws -> MeetingAction {
        let names = try ["Red", "Blue"].map { try #require(try DisplayName($0, bytesMax: 128)) }
        let rooms = [
            BreakoutPlan.Room(name: names[0], people: inRed.map { meeting.id($0) }, id: self.red),
            BreakoutPlan.Room(name: names[1], people: inBlue.map { meeting.id($0) }, id: self.blue),
        ]
        return .breakout(.open(BreakoutPlan(rooms: rooms, durationMilliseconds: milliseconds)))
    }

    /// What the server has seen.
    private func moves(_ meeting: inout Meeting, _ name: String, _ action: BreakoutAction) -> String {
        let id = meeting.id(name)
        return meeting.decide(
            RoomCommand(participant: id, number: nil, at: Meeting.clock, action: .meeting(.breakout(action)))
        )
    }

    private func people(_ meeting: Meeting, _ number: Int) -> [String: String] {
        let people = meeting.folded[.participant]?["breakouts"]?["\(number)"]?["people"]?.object
        var result: [String: String] = [:]
        for (id, place) in people?.members ?? JSONObject().members {
            result[ParticipantID(id).map { Meeting.name($0) } ?? "?"] = place.string
        }
        return result
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

    @Test func `people are assigned, go, are moved, and come back`() throws {
        var meeting = self.four()
        #expect(meeting.ask("Bob", try self.plan(meeting)) == "rejected not-permitted")
        #expect(meeting.ask("Ada", try self.plan(meeting, red: ["Bob"], blue: ["Cleo"])) == "breakouts-opened #2")
        #expect(self.people(meeting, 1) == ["Bob": "assigned"])
        #expect(self.people(meeting, 2) == ["Cleo": "assigned"])
        #expect(meeting.ask("Ada", try self.plan(meeting)) == "rejected too-many")
        try self.expectAgreement(meeting)

        #expect(meeting.room.mayEnter(self.red, meeting.id("Bob")))
        #expect(!meeting.room.mayEnter(self.red, meeting.id("Cleo")))
        #expect(meeting.room.mayEnter(self.red, meeting.id("Ada")), "a host may go everywhere")
        #expect(self.moves(&meeting, "Bob", .arrive(self.red)) == "breakout-joined Bob")
        #expect(self.moves(&meeting, "Bob", .arrive(self.red)) == "rejected no-change")
        #expect(self.moves(&meeting, "Ada", .arrive(self.blue)) == "breakout-joined Ada")
        #expect(self.people(meeting, 1) == ["Bob": "moved"])
        #expect(self.people(meeting, 2) == ["Cleo": "assigned", "Ada": "visiting"])
        try self.expectAgreement(meeting)

        // Moved while there: shown in both, until the first is left.
        let bob = meeting.id("Bob")
        #expect(meeting.ask("Ada", .breakout(.assign(bob, breakout: 2))) == "assigned Bob #4")
        #expect(meeting.ask("Ada", .breakout(.assign(bob, breakout: 2))) == "rejected no-change")
        #expect(self.people(meeting, 1) == ["Bob": "visiting"])
        #expect(!meeting.room.mayEnter(self.red, bob))
        #expect(self.moves(&meeting, "Bob", .depart(self.red)) == "breakout-left Bob")
        #expect(self.people(meeting, 1) == [:])
        #expect(self.people(meeting, 2)["Bob"] == "assigned")
        try self.expectAgreement(meeting)

        #expect(meeting.ask("Ada", .breakout(.recall)) == "recalled #6")
        #expect(self.people(meeting, 2) == ["Ada": "visiting"])
        #expect(!meeting.room.mayEnter(self.blue, bob))
        #expect(meeting.ask("Ada", .breakout(.recall)) == "rejected no-change")
        #expect(meeting.ask("Ada", .breakout(.close)) == "breakouts-closed (closed) #8")
        #expect(meeting.ask("Ada", .breakout(.close)) == "rejected no-change")
        #expect(meeting.folded[.participant]?["breakouts"] == nil)
        try self.expectAgreement(meeting)

        // Numbers are not used again.
        #expect(meeting.ask("Ada", try self.plan(meeting, red: ["Bob"])) == "breakouts-opened #10")
        #expect(self.people(meeting, 3) == ["Bob": "assigned"])
        #expect(meeting.ask("Ada", .breakout(.assign(bob, breakout: 1))) == "rejected unknown-breakout")
        try self.expectAgreement(meeting)
    }

    @Test func `of assign and leave either comes first`() throws {
        var meeting = self.four()
        _ = meeting.ask("Ada", try self.plan(meeting, red: ["Bob"]))
        let bob = meeting.id("Bob")
        #expect(meeting.leave("Bob") == "left Bob #2, assigned Bob")
        #expect(meeting.ask("Ada", .breakout(.assign(bob, breakout: 2))) == "rejected unknown-participant")
        #expect(self.moves(&meeting, "Cleo", .arrive(self.red)) == "breakout-joined Cleo")
        _ = meeting.ask("Ada", .breakout(.assign(meeting.id("Cleo"), breakout: 2)))
        #expect(meeting.leave("Cleo") == "left Cleo #2, assigned Cleo, breakout-left Cleo")
        #expect(self.people(meeting, 1) == [:])
        #expect(self.people(meeting, 2) == [:])
        try self.expectAgreement(meeting)
    }

    @Test func `of recall and arrival either comes first`() throws {
        var meeting = self.four()
        _ = meeting.ask("Ada", try self.plan(meeting, red: ["Bob", "Cleo"]))
        #expect(self.moves(&meeting, "Bob", .arrive(self.red)) == "breakout-joined Bob")
        #expect(meeting.ask("Ada", .breakout(.recall)) == "recalled #3")
        // The log tells where they are, and nobody may stay.
        #expect(self.moves(&meeting, "Cleo", .arrive(self.red)) == "breakout-joined Cleo")
        #expect(self.people(meeting, 1) == ["Bob": "visiting", "Cleo": "visiting"])
        #expect(meeting.ask("Ada", .breakout(.close)) == "breakouts-closed (closed) #4")
        #expect(self.moves(&meeting, "Bob", .depart(self.red)) == "rejected no-change")
        try self.expectAgreement(meeting)
    }

    @Test func `their time is told before it is over`() throws {
        var meeting = self.four()
        #expect(meeting.room.nextDeadline == nil)
        _ = meeting.ask("Ada", try self.plan(meeting, red: ["Bob"], milliseconds: 300_000))
        let end = Meeting.clock.advanced(milliseconds: 300_000)
        #expect(meeting.folded[.participant]?["breakouts"]?["1"]?["endsAt"] == .integer(end.milliseconds))
        let early = Meeting.clock.advanced(milliseconds: 239_999)
        #expect(meeting.room.nextDeadline == Meeting.clock.advanced(milliseconds: 240_000))
        #expect(meeting.decide(RoomCommand(deadlineAt: early)) == "rejected no-change")
        #expect(meeting.decide(RoomCommand(deadlineAt: early.advanced(milliseconds: 1))) == "breakouts-ending")
        #expect(meeting.decide(RoomCommand(deadlineAt: early.advanced(milliseconds: 2))) == "rejected no-change")
        try self.expectAgreement(meeting)
        #expect(meeting.room.nextDeadline == end)
        #expect(meeting.decide(RoomCommand(deadlineAt: end)) == "breakouts-closed (duration)")
        #expect(meeting.room.nextDeadline == nil)
        #expect(meeting.decide(RoomCommand(deadlineAt: end)) == "rejected no-change")
        try self.expectAgreement(meeting)
    }

    @Test func `bad plans are refused by name`() throws {
        var meeting = self.four()
        let stranger = ParticipantID(high: 99, low: 99)
        let name = try #require(try DisplayName("Red", bytesMax: 128))
        let strange = BreakoutPlan(rooms: [.init(name: name, people: [stranger], id: self.red)])
        #expect(meeting.ask("Ada", .breakout(.open(strange))) == "rejected unknown-participant")
        #expect(meeting.ask("Ada", .breakout(.assign(stranger, breakout: nil))) == "rejected unknown-participant")
        #expect(meeting.ask("Ada", .breakout(.assign(meeting.id("Bob"), breakout: 1))) == "rejected unknown-breakout")
        #expect(meeting.ask("Ada", .breakout(.close)) == "rejected no-change")
        #expect(
            meeting.ask("Ada", .breakout(.transfer(Transfer(participant: stranger, room: self.red))))
                == "rejected unknown-participant"
        )
        let here = Transfer(participant: meeting.id("Bob"), room: meeting.room.id)
        #expect(meeting.ask("Ada", .breakout(.transfer(here))) == "rejected no-change")
        let there = Transfer(participant: meeting.id("Bob"), room: self.red, ticket: "abc")
        #expect(meeting.ask("Bob", .breakout(.transfer(there))) == "rejected not-permitted")
        #expect(meeting.ask("Ada", .breakout(.transfer(there))) == "transferred Bob #8")
        #expect(meeting.log.last?.wire(patch: nil)["ticket"] == "abc")
        try self.expectAgreement(meeting)
    }
}

/// The small room itself.
@Suite struct BreakoutRoomTests {
    private let main = RoomID(high: 1, low: 1)

    private func join(_ letter: UInt64, _ pass: RoomCommand.Pass?) -> RoomCommand {
        RoomCommand(
            participant: ParticipantID(high: 3, low: letter),
            number: 1,
            at: Meeting.clock,
            action: .join(
                .init(
                    session: SessionID(high: 7, low: letter),
                    identity: IdentityID(high: 9, low: letter),
                    abilities: Abilities(),
                    pass: pass
                )
            )
        )
    }

    private func pass(_ role: Role, parent: RoomID? = nil) throws -> RoomCommand.Pass {
        let name = try #require(try DisplayName("Red", bytesMax: 128))
        let endsAt = Meeting.clock.advanced(milliseconds: 60_000)
        return .breakout(.init(parent: parent ?? self.main, name: name, role: role, endsAt: endsAt))
    }

    private func apply(_ command: RoomCommand, to room: inout Room) -> String {
        switch room.decide(command) {
        case .events(let events):
            for event in events { room.evolve(event) }
            return events.map(\.type).joined(separator: ", ")
        case .rejected(let code), .duplicate(let code?): return code.rawValue
        case .duplicate(nil): return "duplicate"
        }
    }

    @Test func `it is made by whoever of its people comes first, who is what they are in the main room`() throws {
        var room = Room(id: RoomID(high: 2, low: 1))
        #expect(self.apply(self.join(1, try self.pass(.participant)), to: &room) == "created, joined")
        #expect(room.parent == self.main)
        #expect(room.participants.map(\.role) == [.participant])
        #expect(room.state(for: .waiting)["room"]?["parent"] == .string(self.main.description))
        #expect(room.state(for: .waiting)["room"]?["topic"] == "Red")
        #expect(self.apply(self.join(2, try self.pass(.host)), to: &room) == "joined")
        #expect(room.participants.map(\.role) == [.participant, .host])
        #expect(try Room(snapshot: room.snapshot) == room)
        // To everybody else there is no such room.
        #expect(self.apply(self.join(3, nil), to: &room) == "unknown-room")
        #expect(self.apply(self.join(3, .ticket(isExpected: true)), to: &room) == "unknown-room")
        #expect(
            self.apply(self.join(3, try self.pass(.host, parent: RoomID(high: 5, low: 5))), to: &room) == "unknown-room"
        )
        // It has no small rooms of its own.
        let host = ParticipantID(high: 3, low: 2)
        let name = try #require(try DisplayName("Redder", bytesMax: 128))
        let plan = BreakoutPlan(rooms: [.init(name: name, id: RoomID(high: 2, low: 9))])
        let open = RoomCommand(
            participant: host,
            number: 2,
            at: Meeting.clock,
            action: .meeting(.breakout(.open(plan)))
        )
        #expect(self.apply(open, to: &room) == "nested-breakout")
    }

    @Test func `a room that is none takes no pass of one`() throws {
        var room = Room(id: RoomID(high: 2, low: 1))
        #expect(self.apply(self.join(1, nil), to: &room) == "created, joined")
        #expect(self.apply(self.join(2, try self.pass(.host)), to: &room) == "unknown-room")
        #expect(self.apply(self.join(2, .ticket(isExpected: true)), to: &room) == "joined")
    }
}
