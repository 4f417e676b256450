import ParleyProtocol
import ParleyRooms
import ParleyServer
import Testing

/// What one node sees of a ring, changed member by member.
private func sight(_ change: (inout RingLeg.Sight) -> Void) -> RingLeg.Sight {
    var sight = RingLeg.Sight()
    change(&sight)
    return sight
}

@Suite("What is due between a room that rings and a line")
struct RingLegTests {
    private static let person = IdentityID(high: 1, low: 1)
    private static let shown = CallStep.report(ring: 1, person, RingVerdict(.ringing))
    private static let busy = CallStep.report(ring: 1, person, RingVerdict(.busy, code: .busy))
    private static let unreachable = CallStep.report(ring: 1, person, RingVerdict(.unreachable, code: .unreachable))
    private static let conclude = CallStep.conclude(RoomID(high: 2, low: 2), ring: 1, .cancelled)

    private func leg() -> RingLeg { RingLeg(unreachableMilliseconds: 400, now: 1_000) }

    /// The caller is at home here.
    private func ringing(_ change: (inout RingLeg.Sight) -> Void = { _ in }) -> RingLeg.Sight {
        sight {
            $0.call = .here
            $0.ring = 1
            $0.speaksForRoom = true
            change(&$0)
        }
    }

    @Test("the caller's node finds the line at once, and whoever has none is unreachable after a fixed time")
    func nobody() {
        var leg = self.leg()
        #expect(leg.look(self.ringing(), now: 1_000) == .findLine)
        #expect(leg.look(self.ringing(), now: 1_001) == .none, "one thing at a time")
        leg.ended(isDone: true, now: 1_002)
        let seen = self.ringing { $0.line = .absent }
        #expect(leg.look(seen, now: 1_002) == .wait(until: 1_400))
        #expect(leg.look(seen, now: 1_400) == .reportUnreachable(ring: 1))
    }

    @Test("whoever may not be known of, and whoever has blocked the caller, is unreachable at the same time")
    func sameTime() {
        var hidden = self.leg()
        let unknown = self.ringing {
            $0.isHidden = true
            $0.line = .here
        }
        #expect(hidden.look(unknown, now: 1_000) == .wait(until: 1_400))
        #expect(hidden.look(unknown, now: 1_400) == .reportUnreachable(ring: 1))
        var blocked = self.leg()
        let told = self.ringing {
            $0.line = .here
            $0.intoCall = [Self.unreachable]
        }
        #expect(blocked.look(told, now: 1_000) == .wait(until: 1_400))
        #expect(blocked.look(told, now: 1_400) == .tellCall([Self.unreachable]))
        var busy = self.leg()
        let atOnce = self.ringing {
            $0.line = .here
            $0.intoCall = [Self.busy]
        }
        #expect(busy.look(atOnce, now: 1_000) == .tellCall([Self.busy]), "that is said by somebody who is there")
    }

    @Test("who can be woken is looked for again and again, and not in a loop")
    func woken() {
        var leg = self.leg()
        let sight = self.ringing {
            $0.line = .absent
            $0.waking = .told
        }
        var times: [UInt64] = []
        for now in stride(from: UInt64(1_000), to: 5_000, by: 10) where leg.look(sight, now: now) == .findLine {
            times.append(now)
            leg.ended(isDone: true, now: now)
        }
        #expect(times == [1_500, 2_500, 3_500, 4_500])
    }

    @Test("whom nobody promises to wake in time is unreachable at that time, however the service takes it")
    func notWoken() {
        // Slow, or away: no answer by then. Between, whoever comes by themselves is found.
        var leg = self.leg()
        let asked = self.ringing {
            $0.line = .absent
            $0.waking = .asked
        }
        #expect(leg.look(asked, now: 1_000) == .wait(until: 1_400), "not later, though a line is looked for then")
        #expect(leg.look(asked, now: 1_399) == .wait(until: 1_400))
        #expect(leg.look(asked, now: 1_400) == .reportUnreachable(ring: 1))
        // Fast: it knows of nobody like that.
        var fast = self.leg()
        var unknown = asked
        unknown.waking = .none
        #expect(fast.look(asked, now: 1_000) == .wait(until: 1_400))
        #expect(fast.look(unknown, now: 1_010) == .wait(until: 1_400))
        #expect(fast.look(unknown, now: 1_400) == .reportUnreachable(ring: 1))
        // It wakes them: it rings on.
        var told = self.leg()
        var woken = asked
        woken.waking = .told
        #expect(told.look(asked, now: 1_000) == .wait(until: 1_400))
        #expect(told.look(woken, now: 1_400) == .wait(until: 1_500))
        #expect(told.look(woken, now: 1_500) == .findLine)
    }

    @Test("a node with a device says first that it rings; the caller's does when nobody has")
    func nearest() {
        let seen = sight {
            $0.call = .here
            $0.line = .here
            $0.ring = 1
            $0.hasCopy = true
            $0.hasAnyDevice = true
            $0.intoCall = [Self.shown]
        }
        var near = self.leg()
        var there = seen
        there.hasDevice = true
        #expect(near.look(there, now: 1_000) == .tellCall([Self.shown]))
        var far = self.leg()
        there = seen
        there.speaksForRoom = true
        #expect(far.look(there, now: 1_000) == .wait(until: 1_500))
        #expect(far.look(there, now: 1_500) == .tellCall([Self.shown]))
        var stranger = self.leg()
        #expect(stranger.look(seen, now: 9_000) == .none)
    }

    @Test("everybody may end what rings, the nearest first; what comes to nothing is tried again")
    func endings() {
        let over = sight {
            $0.call = .here
            $0.line = .here
            $0.hasCopy = true
            $0.hasAnyDevice = true
            $0.intoLine = [Self.conclude]
        }
        var far = self.leg()
        #expect(far.look(over, now: 1_000) == .wait(until: 1_500))
        var near = self.leg()
        var here = over
        here.hasDevice = true
        #expect(near.look(here, now: 1_000) == .tellLine([Self.conclude]))
        near.ended(isDone: false, now: 1_001)
        #expect(near.look(here, now: 1_002) == .wait(until: 2_001))
        (here.hasCopy, here.intoLine) = (false, [])
        #expect(near.look(here, now: 2_001) == .forget)
    }

    @Test("a line that rings holds the room that rings; one that is gone takes its ring with it")
    func orphan() {
        var leg = self.leg()
        var seen = sight {
            $0.line = .here
            $0.hasCopy = true
            $0.hasDevice = true
            $0.hasAnyDevice = true
        }
        #expect(leg.look(seen, now: 1_000) == .findCall)
        leg.ended(isDone: true, now: 1_001)
        (seen.call, seen.intoLine) = (.absent, [Self.conclude])
        #expect(leg.look(seen, now: 1_001) == .tellLine([Self.conclude]))
        leg.ended(isDone: true, now: 1_002)
        (seen.hasCopy, seen.intoLine) = (false, [])
        #expect(leg.look(seen, now: 1_002) == .forget)
    }

    @Test("what is due once more right after it was done is not done in a loop")
    func noLoop() {
        var leg = self.leg()
        let seen = self.ringing {
            $0.line = .here
            $0.intoCall = [Self.busy]
        }
        #expect(leg.look(seen, now: 1_000) == .tellCall([Self.busy]))
        leg.ended(isDone: true, now: 1_001)
        #expect(leg.look(seen, now: 1_001) == .wait(until: 2_001))
    }
}
