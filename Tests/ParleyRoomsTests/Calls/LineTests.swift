import ParleyProtocol
import ParleyRooms
import Testing

@Suite struct LineTests {
    /// A call of Ada's that rings Bob.
    private func ringing(_ number: UInt64 = 1) -> Meeting {
        var call = Meeting(room: RoomID(high: 5, low: number))
        _ = call.call("Ada", rings("Bob"))
        return call
    }

    private func line(_ status: LineStatus? = nil) -> Meeting {
        var line = Meeting()
        _ = line.online("Bob", status: status)
        return line
    }

    @Test func `a line is one person's, with all devices`() throws {
        var line = Meeting()
        #expect(line.online("Bob") == "created, joined Bob #1, introduced")
        #expect(line.room.kind == .line && line.room.line?.owner == Meeting.identity("Bob"))
        #expect(line.online("Bob's phone", status: LineStatus(.away)) == "joined Bob's phone #1, availability-changed")
        #expect(line.online("Ada") == "rejected unknown-room")
        #expect(line.join("Ada") == "rejected unknown-room")
        #expect(line.ask("Bob", .lifecycle(.lock)) == "rejected unsupported-kind")
        try line.checkViews()
        #expect(line.room.presence?.availability == .away && line.room.presence?.devices == 2)
        #expect(line.leave("Bob") == "left Bob #3")
        #expect(line.leave("Bob's phone") == "left Bob's phone #2, emptied")
        try line.checkViews()
        #expect(line.room.presence?.availability == .offline && line.room.presence?.lastSeenAt == nil)
        let end = Limits().lineMilliseconds
        #expect(line.deadline(after: end - 1) == "rejected no-change")
        #expect(line.deadline(after: end) == "ended")
        try line.checkViews()
    }

    @Test func `the line of nobody in particular ends with its last device`() throws {
        var line = Meeting()
        let came = line.join("Bob") { join in
            join.kind = .line
            join.call = CallJoin()
        }
        #expect(came == "created, joined Bob #1")
        #expect(line.leave("Bob") == "left Bob #2, ended")
        try line.checkViews()
    }

    @Test func `whose tokens call somebody like that is kept and shown to nobody`() throws {
        var line = Meeting()
        let came = line.join("Bob") { join in
            join.kind = .line
            join.call = CallJoin()
            join.call?.user = "bob"
            join.call?.issuer = "https://login.example.org"
        }
        #expect(came == "created, joined Bob #1, introduced")
        #expect(line.room.line?.issuer == "https://login.example.org")
        try line.checkViews()
        var request = rings("Bob")
        request.issuer = "https://login.example.org"
        var call = Meeting(room: RoomID(high: 5, low: 1))
        _ = call.call("Ada", request)
        #expect(call.room.ringing.first?.ring.issuer == "https://login.example.org")
        #expect(!"\(call.folded)".contains("login") && !"\(line.folded)".contains("login"))
        try call.checkViews()
    }

    @Test func `a call rings on every device until it is answered`() throws {
        var (call, line) = (self.ringing(), self.line())
        #expect(try line.deliver(call, for: "Bob") == "incoming")
        #expect(try line.deliver(call, for: "Bob") == "rejected no-change")
        let id = call.room.id
        #expect(
            line.folded[.moderator]?["incoming"]?[id.description]?["from"]?["identity"]?.string
                == Meeting.identity("Ada").description
        )
        try line.checkViews()
        #expect(
            CallDriver.stepsIntoCall(call.room, from: line.room)
                == [.report(ring: 1, Meeting.identity("Bob"), RingVerdict(.ringing))]
        )
        #expect(CallDriver.stepsIntoLine(line.room, of: id, call.room) == [])
        _ = call.accept("Bob's phone")
        #expect(CallDriver.stepsIntoLine(line.room, of: id, call.room) == [.conclude(id, ring: 1, .answered)])
        #expect(line.step(.conclude(id, ring: 1, .answered)) == "incoming-ended (answered)")
        #expect(line.step(.conclude(id, ring: 1, .answered)) == "rejected no-change")
        let late = try #require(self.ringing().room.incoming(1, for: Meeting.identity("Bob")))
        #expect(line.step(.deliver(late, caller: nil)) == "rejected no-change")
        #expect(line.room.line?.missed.isEmpty == true)
        try line.checkViews()
    }

    @Test func `one device declines, or all, or the person`() throws {
        let call = self.ringing()
        let id = call.room.id
        var line = self.line()
        _ = line.online("Bob's phone")
        _ = try line.deliver(call, for: "Bob")
        let here = LineAction.decline(CallDecline(id, scope: .device))
        #expect(line.ask("Bob", .line(here)) == "incoming-declined Bob #2")
        #expect(line.ask("Bob", .line(here)) == "rejected no-change")
        try line.checkViews()
        var gone = line
        #expect(gone.leave("Bob's phone") == "left Bob's phone #2, incoming-ended (declined)")
        #expect(
            line.ask("Bob's phone", .line(here))
                == "incoming-declined Bob's phone #2, incoming-ended (declined)"
        )
        var person = self.line()
        _ = person.online("Bob's phone")
        _ = try person.deliver(call, for: "Bob")
        let everywhere = LineAction.decline(CallDecline(id, code: .busy, message: "I call back"))
        #expect(person.ask("Bob", .line(everywhere)) == "incoming-ended (declined) #2")
        #expect(person.ask("Bob", .line(everywhere)) == "rejected unknown-ring")
        let verdict = RingVerdict(.declined, code: .busy, message: "I call back")
        #expect(
            CallDriver.stepsIntoCall(call.room, from: person.room)
                == [.report(ring: 1, Meeting.identity("Bob"), verdict)]
        )
        try person.checkViews()
        var told = call
        #expect(
            told.step(.report(ring: 1, Meeting.identity("Bob"), verdict))
                == "ring-changed, ring-ended (declined), ended (declined) [declined]"
        )
    }

    @Test func `what does not ring at all`() throws {
        let call = self.ringing()
        func verdict(_ line: Meeting) -> [CallStep] { CallDriver.stepsIntoCall(call.room, from: line.room) }
        func says(_ state: Ring.PersonState, _ code: HangupCode) -> [CallStep] {
            [.report(ring: 1, Meeting.identity("Bob"), RingVerdict(state, code: code))]
        }
        var quiet = self.line(LineStatus(.doNotDisturb))
        #expect(try quiet.deliver(call, for: "Bob") == "incoming-screened, missed")
        #expect(verdict(quiet) == says(.busy, .busy))
        #expect(quiet.room.line?.missed[1]?.reason == .busy)
        var busy = self.line()
        _ = busy.step(.occupy(busy.id("Bob"), RoomID(high: 6, low: 6), true))
        _ = try busy.deliver(call, for: "Bob")
        #expect(verdict(busy) == says(.busy, .busy))
        #expect(busy.room.presence?.availability == .busy)
        var patient = self.line(LineStatus(whenBusy: .ring))
        _ = patient.step(.occupy(patient.id("Bob"), RoomID(high: 6, low: 6), true))
        #expect(try patient.deliver(call, for: "Bob") == "incoming")
        var blocked = self.line()
        #expect(blocked.ask("Bob", .line(.block(callee("Ada"), true))) == "blocked #2")
        #expect(try blocked.deliver(call, for: "Bob") == "incoming-screened")
        #expect(verdict(blocked) == says(.unreachable, .unreachable))
        #expect(blocked.room.line?.missed.isEmpty == true)
        try blocked.checkViews()
        #expect(blocked.ask("Bob", .line(.block(callee("Ada"), false))) == "unblocked #3")
        let deaf = MediaAbilities(audio: .init(send: .init(formats: [MediaFormat(codec: "G722")])))
        var other = Meeting()
        _ = other.online("Bob", media: deaf)
        #expect(try other.deliver(call, for: "Bob", caller: deaf).hasPrefix("incoming-screened"))
        #expect(verdict(other) == says(.incompatible, .incompatible))
        #expect(try other.deliver(self.ringing(2), for: "Bob", caller: .mandatory).hasPrefix("incoming-screened"))
        #expect(try other.deliver(self.ringing(3), for: "Bob", caller: nil) == "incoming")
    }

    @Test func `what nobody took is kept, and seen`() throws {
        var (call, line) = (self.ringing(), self.line())
        _ = try line.deliver(call, for: "Bob")
        _ = call.leave("Ada")
        let id = call.room.id
        #expect(CallDriver.stepsIntoLine(line.room, of: id, call.room) == [.conclude(id, ring: 1, .cancelled)])
        #expect(line.step(.conclude(id, ring: 1, .cancelled)).hasPrefix("incoming-ended (cancelled), missed"))
        #expect(line.room.line?.missed[1]?.reason == .cancelled)
        try line.checkViews()
        #expect(line.ask("Bob", .line(.seen(through: 1))) == "missed-seen #2")
        #expect(line.ask("Bob", .line(.seen(through: 1))) == "rejected no-change")
        try line.checkViews()
    }

    @Test func `it rings no longer than it was to, whatever becomes of the call`() throws {
        var line = self.line()
        _ = try line.deliver(self.ringing(), for: "Bob")
        let deadline = Limits().ringMillisecondsUsual + Limits().incomingSlackMilliseconds
        #expect(line.room.nextDeadline == after(deadline))
        #expect(line.deadline(after: deadline - 1) == "rejected no-change")
        #expect(line.deadline(after: deadline).hasPrefix("incoming-ended (no-answer), missed"))
        try line.checkViews()
        #expect(try line.deliver(self.ringing(2), for: "Bob", at: after(deadline)) == "rejected ring-over")
    }

    @Test func `which devices are in which call`() throws {
        var line = self.line()
        let call = RoomID(high: 6, low: 6)
        #expect(line.step(.occupy(line.id("Bob"), call, true)) == "device-busy Bob")
        #expect(line.step(.occupy(line.id("Bob"), call, true)) == "rejected no-change")
        let since = line.folded[.moderator]?["calls"]?[call.description]?[line.id("Bob").description]
        #expect(since == .integer(Meeting.clock.milliseconds))
        try line.checkViews()
        _ = line.online("Bob's phone")
        #expect(line.leave("Bob") == "left Bob #2, device-free Bob")
        #expect(line.folded[.moderator]?["calls"] == nil)
        try line.checkViews()
    }

    @Test func `how somebody is`() throws {
        var line = self.line(LineStatus(note: "at my desk", showLastSeen: true))
        let bob = Meeting.identity("Bob")
        let here = Presence(bob, .available, since: Meeting.clock, note: "at my desk", devices: 1)
        #expect(line.room.presence == here)
        #expect(line.ask("Bob", .line(.availability(LineStatus(.busy)))) == "availability-changed #2")
        #expect(line.ask("Bob", .line(.availability(LineStatus(.busy)))) == "rejected no-change")
        #expect(line.room.presence == Presence(bob, .busy, since: Meeting.clock, devices: 1))
        _ = line.ask("Bob", .line(.availability(LineStatus(showLastSeen: true))))
        _ = line.interrupt("Bob")
        #expect(line.room.presence?.availability == .offline)
        _ = line.expire("Bob")
        #expect(line.room.presence == Presence(bob, .offline, since: Meeting.clock, lastSeenAt: Meeting.clock))
        try line.checkViews()
    }

    @Test func `what a replica does not know yet rings on`() throws {
        let call = self.ringing()
        var line = self.line()
        _ = try line.deliver(call, for: "Bob")
        let id = call.room.id
        #expect(CallDriver.stepsIntoLine(line.room, of: id, Room(id: id)) == [])
        var before = Meeting(room: id)
        _ = before.join("Ada")
        #expect(CallDriver.stepsIntoLine(line.room, of: id, before.room) == [])
        #expect(CallDriver.stepsIntoLine(line.room, of: id, nil) == [.conclude(id, ring: 1, .failed)])
    }
}
