import ParleyProtocol
import ParleyRooms
import Testing

/// What calls and lines hold, and what happens at the bound.
@Suite struct CallLimitTests {
    private let limits = Limits()

    private func callee(_ number: Int) -> Callee { Callee(IdentityID(high: 60, low: UInt64(number))) }

    private func ringing(_ number: Int, at instant: Instant = Meeting.clock) -> Meeting {
        var call = Meeting(room: RoomID(high: 5, low: UInt64(number)))
        _ = call.call("Ada", rings("Bob"), at: instant)
        return call
    }

    @Test func `so much rings in one room at once`() {
        var call = Meeting()
        _ = call.call("Ada", rings("Bob"))
        for number in 2...self.limits.ringsPerRoomMax {
            #expect(call.ask("Ada", .ring(.ring(RingRequest([self.callee(number)])))).hasPrefix("ring-started"))
        }
        #expect(call.ask("Ada", .ring(.ring(RingRequest([self.callee(0)])))) == "rejected too-many")
        #expect(call.room.ringing.first?.ring.until == after(self.limits.ringMillisecondsUsual))
    }

    @Test func `a call is handed over so often`() {
        var call = Meeting()
        _ = call.call("Ada", rings("Bob"))
        _ = call.accept("Bob")
        for number in 0..<self.limits.callTransfersMax {
            let (from, to) = number.isMultiple(of: 2) ? ("Bob", "Cleo") : ("Cleo", "Bob")
            #expect(call.ask(from, .ring(.transfer(rings(to)))).hasPrefix("ring-started"))
            #expect(call.accept(to, UInt64(number + 2)).hasPrefix("joined"))
        }
        #expect(call.ask("Bob", .ring(.transfer(rings("Cleo")))) == "rejected too-many")
    }

    @Test func `a line has so many devices`() {
        var line = Meeting()
        for number in 1...self.limits.lineDevicesMax { _ = line.online("Bob's \(number)") }
        #expect(line.room.count == self.limits.lineDevicesMax)
        #expect(line.online("Bob's laptop") == "rejected room-full")
    }

    @Test func `so many calls come in at once, and one more finds it busy`() throws {
        var line = Meeting()
        _ = line.online("Bob", status: LineStatus(whenBusy: .ring))
        for number in 1...self.limits.incomingMax {
            #expect(try line.deliver(self.ringing(number), for: "Bob") == "incoming")
        }
        let more = self.ringing(99)
        #expect(try line.deliver(more, for: "Bob").hasPrefix("incoming-screened"))
        let verdict = RingVerdict(.busy, code: .busy)
        #expect(
            CallDriver.stepsIntoCall(more.room, from: line.room)
                == [.report(ring: 1, Meeting.identity("Bob"), verdict)]
        )
    }

    @Test func `what has rung is remembered as long as it could ring again`() throws {
        var line = Meeting()
        _ = line.online("Bob", status: LineStatus(.doNotDisturb))
        for number in 1...self.limits.settledMax {
            #expect(try line.deliver(self.ringing(number), for: "Bob").hasPrefix("incoming-screened"))
        }
        #expect(try line.deliver(self.ringing(99), for: "Bob") == "rejected busy")
        #expect(line.room.line?.missed.count == self.limits.missedMax)
        #expect(line.room.line?.missed[1] == nil && line.room.line?.missed[UInt64(self.limits.settledMax)] != nil)
        let later = after(self.limits.ringMillisecondsUsual + 61_000)
        #expect(try line.deliver(self.ringing(99, at: later), for: "Bob", at: later).hasPrefix("incoming-screened"))
        try line.checkViews()
    }

    @Test func `so many people are blocked`() {
        var line = Meeting()
        _ = line.online("Bob")
        for number in 1...self.limits.blockedMax {
            #expect(line.ask("Bob", .line(.block(self.callee(number), true))).hasPrefix("blocked"))
        }
        #expect(line.ask("Bob", .line(.block(self.callee(0), true))) == "rejected too-many")
    }
}
