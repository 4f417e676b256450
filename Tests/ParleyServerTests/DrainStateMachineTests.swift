import ParleyProtocol
import ParleyServer
import ParleyTransport
import Testing

@Suite("A drain")
struct DrainStateMachineTests {
    private var drain = DrainStateMachine(deadlineMilliseconds: 45_000)

    private func goaway(_ within: Int, _ deadline: Int = 45_000) -> Goaway {
        Goaway(withinMilliseconds: within, deadlineMilliseconds: deadline)
    }

    @Test("the process is told to end: clients go one after the other, and it ends with the last one")
    mutating func termination() {
        #expect(
            self.drain.begin(.termination, now: ms(100), clients: 4, connections: 5)
                == [.closeDoors, .goaway([0, 5_000, 10_000, 15_000].map { self.goaway($0) })]
        )
        #expect(self.drain.isDraining)
        #expect(self.drain.tick(now: ms(300), connections: 5) == [])
        #expect(self.drain.tick(now: ms(15_000), connections: 1) == [])
        #expect(self.drain.tick(now: ms(15_250), connections: 0) == [.stop])
        #expect(self.drain.tick(now: ms(15_500), connections: 0) == [])
    }

    @Test("idle tabs do not hold the process: it ends at the deadline")
    mutating func deadline() {
        _ = self.drain.begin(.termination, now: ms(100), clients: 3, connections: 3)
        #expect(self.drain.millisecondsLeft(now: ms(100)) == 45_000)
        #expect(self.drain.tick(now: ms(45_099), connections: 3) == [])
        #expect(self.drain.millisecondsLeft(now: ms(45_099)) == 1)
        #expect(self.drain.tick(now: ms(45_100), connections: 3) == [.stop])
        #expect(self.drain.tick(now: ms(45_350), connections: 3) == [])
        #expect(self.drain.millisecondsLeft(now: ms(45_350)) == 0)
    }

    @Test("nobody is connected: the process ends at once")
    mutating func nobody() {
        #expect(self.drain.begin(.termination, now: 0, clients: 0, connections: 0) == [.closeDoors, .stop])
    }

    @Test("a deadline of nothing is a quick end")
    mutating func noTime() {
        self.drain = DrainStateMachine(deadlineMilliseconds: 0)
        #expect(
            self.drain.begin(.termination, now: 0, clients: 2, connections: 2)
                == [.closeDoors, .goaway([self.goaway(0, 0), self.goaway(0, 0)]), .stop]
        )
    }

    @Test("the spread is half of a short deadline, and 20 s of a long one")
    mutating func spread() {
        for (deadline, last) in [(8_000, 3_000), (40_000, 15_000), (40_004, 15_000), (600_000, 15_000)] {
            self.drain = DrainStateMachine(deadlineMilliseconds: deadline)
            let effects = self.drain.begin(.request, now: 0, clients: 4, connections: 4)
            guard case .goaway(let goaways)? = effects.last else {
                Issue.record("nobody was told to go: \(effects)")
                continue
            }
            #expect(goaways.last == self.goaway(last, deadline), "deadline \(deadline)")
        }
    }

    @Test("by request nobody is waited for, and at the deadline the process stays, empty and draining")
    mutating func request() {
        #expect(self.drain.begin(.request, now: 0, clients: 1, connections: 1) == [.closeDoors, .goaway([goaway(0)])])
        #expect(self.drain.tick(now: ms(10_000), connections: 0) == [])
        #expect(self.drain.tick(now: ms(45_000), connections: 2) == [.closeAll])
        #expect(self.drain.tick(now: ms(45_250), connections: 1) == [])
        #expect(self.drain.isDraining)
        #expect(self.drain.takeBack() == [.openDoors])
        #expect(self.drain.isDraining == false)
    }

    @Test("nobody is closed at the deadline if nobody is there")
    mutating func requestWithoutAnybody() {
        #expect(self.drain.begin(.request, now: 0, clients: 0, connections: 0) == [.closeDoors])
        #expect(self.drain.tick(now: ms(45_000), connections: 0) == [])
        #expect(self.drain.millisecondsLeft(now: ms(45_000)) == 0)
    }

    @Test("taken back before the deadline, everybody may stay, and a next drain begins anew")
    mutating func takenBack() {
        _ = self.drain.begin(.request, now: 0, clients: 2, connections: 2)
        #expect(self.drain.takeBack() == [.openDoors, .stay])
        #expect(self.drain.millisecondsLeft(now: ms(5)) == nil)
        #expect(self.drain.tick(now: ms(45_000), connections: 2) == [])
        #expect(self.drain.takeBack() == [])
        _ = self.drain.begin(.request, now: ms(50_000), clients: 2, connections: 2)
        #expect(self.drain.millisecondsLeft(now: ms(50_000)) == 45_000)
    }

    @Test("a process that was told to end cannot be kept")
    mutating func tooLate() {
        _ = self.drain.begin(.termination, now: 0, clients: 1, connections: 1)
        #expect(self.drain.takeBack() == nil)
        #expect(self.drain.tick(now: ms(45_000), connections: 1) == [.stop])
        #expect(self.drain.takeBack() == nil)
    }

    @Test("asked twice, the first deadline holds and nobody is told twice")
    mutating func twice() {
        _ = self.drain.begin(.request, now: 0, clients: 2, connections: 2)
        #expect(self.drain.begin(.request, now: ms(9_000), clients: 2, connections: 2) == [])
        #expect(self.drain.millisecondsLeft(now: ms(9_000)) == 36_000)
        _ = self.drain.tick(now: ms(45_000), connections: 0)
        #expect(self.drain.begin(.request, now: ms(46_000), clients: 0, connections: 0) == [])
        #expect(self.drain.millisecondsLeft(now: ms(46_000)) == 0)
    }

    @Test("a termination during a drain by request keeps its deadline, and ends when nobody is left")
    mutating func terminationDuringRequest() {
        _ = self.drain.begin(.request, now: 0, clients: 2, connections: 2)
        #expect(self.drain.begin(.termination, now: ms(9_000), clients: 2, connections: 2) == [])
        #expect(self.drain.takeBack() == nil)
        var same = self.drain
        #expect(self.drain.tick(now: ms(9_250), connections: 0) == [.stop])
        #expect(same.tick(now: ms(45_000), connections: 1) == [.stop])
    }

    @Test("a termination after a drain by request is the end, and so is one when everybody has left")
    mutating func terminationAfterRequest() {
        _ = self.drain.begin(.request, now: 0, clients: 2, connections: 2)
        var same = self.drain
        #expect(same.begin(.termination, now: ms(1_000), clients: 0, connections: 0) == [.stop])
        _ = self.drain.tick(now: ms(45_000), connections: 2)
        #expect(self.drain.begin(.termination, now: ms(60_000), clients: 0, connections: 1) == [.stop])
    }

    @Test("who says hello during a drain has what is left of the time")
    mutating func late() {
        #expect(self.drain.goaway(now: 0) == nil)
        _ = self.drain.begin(.request, now: 0, clients: 1, connections: 2)
        #expect(self.drain.goaway(now: ms(4_000)) == self.goaway(16_000, 41_000))
        #expect(self.drain.goaway(now: ms(30_000)) == self.goaway(0, 15_000))
        _ = self.drain.tick(now: ms(45_000), connections: 1)
        #expect(self.drain.goaway(now: ms(45_001)) == nil)
    }
}

@Suite("Who may tell the server what to do")
struct OperatorAccessTests {
    private func isAllowed(
        _ peer: String?,
        _ names: [String] = ["host", "user-agent"],
        isProxied: Bool = false,
        isOperator: Bool = false
    ) -> Bool {
        let origin = ClientOrigin(address: peer.flatMap { ClientAddress($0) }, isProxied: isProxied)
        return OperatorAccess().isAllowed(origin: origin, isOperator: isOperator, names: names)
    }

    @Test("a program on the same machine")
    func local() {
        for peer in ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"] { #expect(self.isAllowed(peer)) }
    }

    @Test("nobody else")
    func others() {
        for peer in ["10.0.0.1", "::", "::2", "::ffff:10.0.0.1", nil] {
            #expect(self.isAllowed(peer) == false, "\(peer ?? "nobody")")
        }
        #expect(self.isAllowed("127.0.0.1", isProxied: true) == false)
    }

    @Test("whoever has an operator's certificate, but no page")
    func certificate() {
        #expect(self.isAllowed("10.0.0.1", isOperator: true))
        #expect(self.isAllowed("10.0.0.1", ["host", "origin"], isOperator: true) == false)
    }

    @Test("no page, and nobody behind a proxy")
    func passedOn() {
        for name in ["origin", "forwarded", "via", "x-forwarded-for", "x-real-ip"] {
            #expect(self.isAllowed("127.0.0.1", ["host", name]) == false, "\(name)")
        }
    }
}

private func ms(_ milliseconds: UInt64) -> UInt64 { milliseconds * 1_000_000 }
