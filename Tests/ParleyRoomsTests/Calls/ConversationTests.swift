import ParleyProtocol
import ParleyRooms
import Testing

/// What happens once somebody has answered.
@Suite struct ConversationTests {
    /// Ada and Bob talk.
    private func talk() -> Meeting {
        var call = Meeting()
        _ = call.call("Ada", rings("Bob"))
        _ = call.accept("Bob")
        return call
    }

    @Test func `hold is one's own, and another device begins without it`() throws {
        var call = self.talk()
        #expect(call.ask("Bob", .ring(.hold(true))) == "held Bob #2")
        #expect(call.ask("Bob", .ring(.hold(true))) == "rejected no-change")
        let bob = call.id("Bob").description
        #expect(call.folded[.participant]?["people"]?[bob]?["held"] == true)
        try call.checkViews()
        #expect(call.ask("Bob", .ring(.hold(false))) == "unheld Bob #4")
        _ = call.ask("Bob", .ring(.hold(true)))
        #expect(call.join("Bob's phone") == "left Bob (replaced), joined Bob's phone #1")
        #expect(call.room.participant(call.id("Bob's phone"))?.conduct.isHeld == false)
        try call.checkViews()
    }

    @Test func `nobody comes into a call but devices of those who are in it`() throws {
        var call = self.talk()
        #expect(call.join("Cleo") == "rejected unknown-room")
        #expect(call.ask("Ada", .lifecycle(.lock)) == "rejected unsupported-kind")
        #expect(call.ask("Ada", .line(.seen(through: 1))) == "rejected unsupported-kind")
        #expect(call.media("Bob", audio: true) == "media-changed Bob #2")
        let over = "left Bob (disconnected), ended (hung-up) [network]"
        _ = call.interrupt("Bob")
        #expect(call.expire("Bob") == over)
    }

    @Test func `a third makes it a meeting, in the same room`() throws {
        var call = self.talk()
        #expect(call.ask("Bob", .ring(.ring(rings("Cleo", "Ada")))) == "ring-started #2")
        #expect(call.ask("Ada", .ring(.ring(rings("Cleo")))) == "rejected no-change")
        #expect(call.ask("Ada", .ring(.ring(rings("Ada")))) == "rejected ring-self")
        let comes = "joined Cleo #1, ring-answered Cleo, ring-ended (answered), became-meeting"
        #expect(call.accept("Cleo", 2) == comes)
        #expect(call.room.kind == .meeting && call.room.isConversation)
        #expect(call.folded[.participant]?["room"]?["kind"] == nil)
        try call.checkViews()
        // From now on as in any meeting: whoever may let people in may ring them.
        #expect(call.ask("Cleo", .ring(.ring(rings("Dan")))) == "rejected not-permitted")
        #expect(call.ask("Ada", .ring(.ring(rings("Dan")))) == "ring-started #4")
        #expect(call.join("Eve") == "rejected denied")
        #expect(call.leave("Cleo") == "left Cleo #3")
        #expect(call.leave("Bob") == "left Bob #3")
        #expect(call.room.lifecycle == .open)
        #expect(call.leave("Ada") == "left Ada #5, ring-ended (cancelled), ended")
        try call.checkViews()
    }

    @Test func `who rang more people takes the ring along`() {
        var call = self.talk()
        _ = call.ask("Bob", .ring(.ring(rings("Cleo"))))
        #expect(call.leave("Bob") == "left Bob #3, ring-ended (cancelled), ended (hung-up) [normal]")
        var other = self.talk()
        _ = other.ask("Bob", .ring(.ring(rings("Cleo"))))
        // Bob waits for Cleo alone.
        #expect(other.leave("Ada") == "left Ada #2, role-changed Bob host (succession)")
        #expect(
            other.report("Cleo", .declined, 2, message: "later")
                == "ring-changed, ring-ended (declined), ended (declined) [declined]"
        )
    }

    @Test func `a call is handed over to whoever answers`() throws {
        var call = self.talk()
        let gone = "ring-started #2, left Bob (transferred) [transferred]"
        #expect(call.ask("Bob", .ring(.transfer(rings("Cleo")))) == gone)
        try call.checkViews()
        let incoming = try #require(call.room.incoming(2, for: Meeting.identity("Cleo")))
        #expect(incoming.from.identity == Meeting.identity("Ada"))
        #expect(incoming.transferredBy?.identity == Meeting.identity("Bob"))
        #expect(call.accept("Cleo", 2) == "joined Cleo #1, ring-answered Cleo, ring-ended (answered)")
        #expect(call.room.kind == .call)
        #expect(call.leave("Ada") == "left Ada #2, ended (hung-up) [normal]")
        try call.checkViews()
    }

    @Test func `nobody takes it, and it comes back once`() throws {
        var call = self.talk()
        _ = call.ask("Bob", .ring(.transfer(rings("Cleo"))))
        #expect(
            call.report("Cleo", .busy, 2)
                == "ring-changed, ring-ended (busy), transfer-failed (busy), ring-started"
        )
        let recall = try #require(call.room.incoming(3, for: Meeting.identity("Bob")))
        #expect(recall.recall == .busy && recall.from.identity == Meeting.identity("Ada"))
        try call.checkViews()
        var again = call
        #expect(again.accept("Bob", 3) == "joined Bob #1, ring-answered Bob, ring-ended (answered)")
        #expect(again.room.isConversation)
        let milliseconds = Limits().ringMillisecondsUsual
        #expect(call.deadline(after: milliseconds) == "ring-ended (no-answer), ended (no-answer) [no-answer]")
        try call.checkViews()
    }

    @Test func `whoever waits for a transfer may go`() {
        var call = self.talk()
        _ = call.ask("Bob", .ring(.transfer(rings("Cleo"))))
        #expect(call.leave("Ada") == "left Ada #2, ring-ended (cancelled), ended (hung-up) [normal]")
        #expect(call.accept("Cleo", 2) == "rejected ring-over")
    }

    @Test func `transfers that cannot be`() {
        var alone = Meeting()
        _ = alone.call("Ada", rings("Bob"))
        #expect(alone.ask("Ada", .ring(.transfer(rings("Cleo")))) == "rejected not-permitted")
        var call = self.talk()
        #expect(call.ask("Bob", .ring(.transfer(rings("Ada")))) == "rejected no-change")
        #expect(call.ask("Bob", .ring(.transfer(rings("Bob")))) == "rejected ring-self")
        #expect(call.ask("Bob", .ring(.merge(CallMerge(into: call.room.id)))) == "rejected no-change")
        // The tickets are not written.
        let other = RoomID(high: 8, low: 8)
        #expect(call.ask("Bob", .ring(.merge(CallMerge(into: other)))) == "rejected busy")
    }

    @Test func `two calls become one`() throws {
        var first = self.talk()
        var merge = CallMerge(into: RoomID(high: 8, low: 8), leave: true)
        merge.tickets = [first.id("Bob"): "a ticket"]
        #expect(first.ask("Ada", .ring(.merge(merge))) == "transferred Bob #2, ended (transferred) [transferred]")
        try first.checkViews()
        // In the other one, where Ada talks to Cleo.
        var second = Meeting()
        _ = second.call("Ada", rings("Cleo"))
        _ = second.accept("Cleo")
        let until = after(Limits().awaitedMilliseconds)
        let bob = Meeting.identity("Bob")
        let handed = second.step(.await([bob], until: until, leaving: second.id("Ada")))
        #expect(handed == "awaited, left Ada (transferred) [transferred], role-changed Cleo host (succession)")
        #expect(second.room.lifecycle == .open)
        try second.checkViews()
        var late = second
        #expect(second.join("Bob") == "joined Bob #1, awaited")
        #expect(second.room.kind == .call && second.room.count == 2)
        try second.checkViews()
        // Whoever does not come is not waited for.
        #expect(late.room.nextDeadline == until)
        #expect(late.deadline(after: Limits().awaitedMilliseconds) == "awaited, ended (hung-up) [normal]")
        #expect(late.step(.await([bob], until: until, leaving: nil)) == "rejected room-ended")
    }

    @Test func `a call that is over is none to strangers, and over to those who were in it`() throws {
        var call = self.talk()
        #expect(call.leave("Ada") == "left Ada #2, ended (hung-up) [normal]")
        #expect(call.join("Eve") == "rejected unknown-room")
        #expect(call.join("Bob's phone") == "rejected room-ended")
        #expect(call.accept("Eve") == "rejected ring-over")
        try call.checkViews()
        var line = Meeting()
        _ = line.online("Bob")
        _ = line.leave("Bob")
        _ = line.deadline(after: Limits().lineMilliseconds)
        #expect(line.online("Eve") == "rejected unknown-room")
        #expect(line.online("Bob's phone") == "rejected room-ended")
    }

    @Test func `everybody of several may come, or the first`() throws {
        var first = Meeting()
        _ = first.call("Ada", rings("Bob", "Cleo"))
        #expect(first.report("Cleo", .declined) == "ring-changed")
        #expect(first.accept("Cleo") == "rejected ring-over")
        #expect(first.accept("Bob") == "joined Bob #1, ring-answered Bob, ring-ended (answered)")
        var each = Meeting()
        _ = each.call("Ada", rings("Bob", "Cleo", "Dan", mode: .each))
        #expect(each.accept("Bob") == "joined Bob #1, ring-answered Bob")
        #expect(each.accept("Bob's phone") == "rejected answered-elsewhere")
        #expect(each.accept("Cleo") == "joined Cleo #1, ring-answered Cleo, became-meeting")
        #expect(each.report("Dan", .unreachable) == "ring-changed, ring-ended (answered)")
        try each.checkViews()
    }

    @Test func `a meeting rings whom it misses, past its door`() throws {
        var meeting = Meeting()
        _ = meeting.join("Ada") { $0.settings = RoomSettings(json: ["admission": "approval"]) }
        #expect(meeting.ask("Ada", .ring(.ring(rings("Bob")))) == "ring-started #2")
        #expect(meeting.join("Cleo") == "waiting Cleo (approval) #1")
        #expect(meeting.accept("Bob") == "joined Bob #1, ring-answered Bob, ring-ended (answered)")
        #expect(meeting.room.kind == .meeting)
        try meeting.checkViews()
        // Who comes by another way is not rung any more.
        _ = meeting.ask("Ada", .ring(.ring(rings("Dan"))))
        _ = meeting.ask("Ada", .lifecycle(.configure(RoomSettings(json: ["admission": "open"]))))
        #expect(meeting.join("Dan").contains("joined Dan #1, ring-answered Dan, ring-ended (answered)"))
        _ = meeting.ask("Ada", .ring(.ring(rings("Eve"))))
        #expect(meeting.leave("Ada").contains("ring-ended (cancelled)"))
        try meeting.checkViews()
    }

    @Test func `rooms of the version before have no calls`() {
        var room = Room(id: RoomID(high: 1, low: 1), semantics: .oldest)
        let join = RoomCommand.Join(
            session: Meeting.session("Ada"),
            identity: Meeting.identity("Ada"),
            abilities: Abilities()
        )
        let ada = ParticipantID(high: 1, low: 1)
        for kind in [RoomKind.call, .line] {
            var asked = join
            asked.kind = kind
            asked.call = CallJoin(request: rings("Bob"))
            let command = RoomCommand(participant: ada, number: 1, at: Meeting.clock, action: .join(asked))
            #expect(room.decide(command) == .rejected(.unsupportedKind))
        }
        let command = RoomCommand(participant: ada, number: 1, at: Meeting.clock, action: .join(join))
        guard case .events(let events) = room.decide(command) else { return #expect(Bool(false)) }
        for event in events { room.evolve(event) }
        let ring = RoomCommand(
            participant: ada,
            number: 2,
            at: Meeting.clock,
            action: .meeting(.ring(.ring(rings("Bob"))))
        )
        #expect(room.decide(ring) == .rejected(.unsupportedKind))
    }
}
