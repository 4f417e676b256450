import ParleyClient
import Testing

@Suite("Which socket carries the session")
struct ConnectionsTests {
    private var connections = Connections(endpoints: 2, reconnects: true)
    private static let lost = ClientError.closed(code: nil)

    @Test("the first welcome decides; every address gets one try, and then somebody is told")
    mutating func start() {
        #expect(self.take(at: 0) { $0.start($1, &$2) } == [.open(1, endpoint: 0), .wake(at: .seconds(10))])
        #expect(
            self.take(at: 1) { $0.ended(1, .unreachable(""), isFinal: false, $1, &$2) }
                == [.lost(attempt: 1, delay: .zero, after: .unreachable("")), .wake(at: .seconds(1))]
        )
        #expect(self.take(at: 1) { $0.tick($1, &$2) } == [.open(2, endpoint: 1), .wake(at: .seconds(11))])
        #expect(
            self.take(at: 2) { $0.ended(2, .refused(status: 403), isFinal: false, $1, &$2) }.last
                == .ended(.refused(status: 403))
        )
    }

    @Test("a loss is followed by a try at the next address, after a moment of chance")
    mutating func loss() {
        self.connect()
        #expect(
            self.take(at: 9, chance: 0.4) { $0.ended(1, .dark, isFinal: false, $1, &$2) }
                == [.lost(attempt: 1, delay: .milliseconds(100), after: .dark), .wake(at: .milliseconds(9_100))]
        )
        #expect(self.connections.current == nil)
        // Too early: it asks to be woken again.
        #expect(self.take(at: 9) { $0.tick($1, &$2) } == [.wake(at: .milliseconds(9_100))])
        #expect(self.take(at: 10) { $0.tick($1, &$2) } == [.open(2, endpoint: 1), .wake(at: .seconds(20))])
        #expect(self.take(at: 10) { $0.opened(2, &$2) } == [.hello(2)])
        #expect(self.take(at: 10) { $0.welcomed(2, resumed: true, $1, &$2) } == [.established(2)])
        #expect(self.connections.current == 2)
        #expect(self.connections.endpoint == 1)
    }

    @Test("a server that says when to come again is not asked before; another one is")
    mutating func rest() {
        for (endpoints, delay) in [(1, Duration.seconds(10)), (2, .milliseconds(125))] {
            self.connections = Connections(endpoints: endpoints, reconnects: true)
            self.connect()
            // Spread over half as long behind it.
            _ = self.take(at: 9, chance: 0.5) { connections, moment, _ in connections.rest(for: .seconds(8), moment) }
            #expect(
                self.take(at: 9, chance: 0.5) { $0.ended(1, Self.lost, isFinal: false, $1, &$2) }.first
                    == .lost(attempt: 1, delay: delay, after: Self.lost)
            )
        }
        self.connections = Connections(endpoints: 1, reconnects: true)
        self.connect()
        _ = self.take(at: 9, chance: 0) { connections, moment, _ in connections.rest(for: .seconds(9_999), moment) }
        #expect(
            self.take(at: 9, chance: 0) { $0.ended(1, Self.lost, isFinal: false, $1, &$2) }.first
                == .lost(attempt: 1, delay: Connections.restMax, after: Self.lost)
        )
    }

    @Test("a hint makes a waiting client try at once")
    mutating func hint() {
        self.connect()
        #expect(self.take(at: 1) { $0.hint($1, &$2) } == [])
        _ = self.take(at: 9, chance: 1) { $0.ended(1, Self.lost, isFinal: false, $1, &$2) }
        #expect(self.take(at: 9) { $0.hint($1, &$2) } == [.open(2, endpoint: 1), .wake(at: .seconds(19))])
    }

    @Test("no welcome in ten seconds is a loss, and what comes later is ignored")
    mutating func noWelcome() {
        self.connect()
        _ = self.take(at: 9) { $0.ended(1, Self.lost, isFinal: false, $1, &$2) }
        _ = self.take(at: 9) { $0.tick($1, &$2) }
        let effects = self.take(at: 19) { $0.tick($1, &$2) }
        #expect(effects.first == .drop(2))
        #expect(self.take(at: 19) { $0.welcomed(2, resumed: true, $1, &$2) } == [])
        #expect(self.take(at: 19) { $0.opened(2, &$2) } == [.drop(2)])
        #expect(self.take(at: 19) { $0.ended(2, Self.lost, isFinal: false, $1, &$2) } == [])
        #expect(self.connections.current == nil)
    }

    @Test("a final end is the end, and so is any loss for a client that does not come back")
    mutating func final() {
        self.connect()
        #expect(self.take(at: 1) { $0.ended(1, .superseded, isFinal: true, $1, &$2) }.last == .ended(.superseded))
        #expect(self.take(at: 2) { $0.tick($1, &$2) } == [])
        self.connections = Connections(endpoints: 2, reconnects: false)
        self.connect()
        #expect(self.take(at: 1) { $0.ended(1, Self.lost, isFinal: false, $1, &$2) }.last == .ended(Self.lost))
    }

    @Test("a server that goes away is left for another one before it is gone")
    mutating func goaway() {
        self.connect()
        #expect(
            self.take(at: 10, chance: 0.5) { $0.goaway(within: .seconds(12), $1, &$2) } == [.wake(at: .seconds(19))]
        )
        #expect(self.take(at: 19) { $0.tick($1, &$2) } == [.open(2, endpoint: 1), .wake(at: .seconds(29))])
        #expect(self.connections.current == 1)
        #expect(self.take(at: 19) { $0.opened(2, &$2) } == [.hello(2)])
        #expect(self.take(at: 20) { $0.welcomed(2, resumed: true, $1, &$2) } == [.drop(1), .established(2)])
        #expect(self.connections.current == 2)
        // The old one is superseded: that is no end.
        #expect(self.take(at: 20) { $0.ended(1, .superseded, isFinal: true, $1, &$2) } == [])
    }

    @Test("a server that goes away names another one, which is the first to be tried")
    mutating func advised() {
        self.connect()
        #expect(self.connections.learn() == 2)
        _ = self.take(at: 10, chance: 0) { $0.goaway(within: .seconds(2), to: 2, $1, &$2) }
        #expect(self.take(at: 11) { $0.tick($1, &$2) }.first == .open(2, endpoint: 2))
        _ = self.take(at: 11, chance: 0) { $0.ended(2, .unreachable(""), isFinal: false, $1, &$2) }
        #expect(self.take(at: 12) { $0.tick($1, &$2) }.first == .open(3, endpoint: 2))
        _ = self.take(at: 12, chance: 0) { $0.ended(3, .unreachable(""), isFinal: false, $1, &$2) }
        #expect(self.take(at: 13) { $0.tick($1, &$2) }.first == .open(4, endpoint: 0))
    }

    @Test("a server that can decide nothing is left if there is another one, and if it lasts")
    mutating func degraded() {
        self.connect()
        #expect(self.take(at: 10, chance: 0) { $0.degraded($1, &$2) } == [.wake(at: .seconds(12))])
        // Said again: the first time counts.
        #expect(self.take(at: 11, chance: 0) { $0.degraded($1, &$2) } == [])
        var other = self
        var leaving = self
        other.connections.recovered()
        #expect(other.take(at: 12) { $0.tick($1, &$2) } == [])
        // It goes away as well: that holds.
        _ = leaving.take(at: 11, chance: 0) { $0.goaway(within: .seconds(2), $1, &$2) }
        leaving.connections.recovered()
        #expect(leaving.take(at: 12) { $0.tick($1, &$2) }.first == .open(2, endpoint: 1))
        #expect(self.take(at: 12) { $0.tick($1, &$2) }.first == .open(2, endpoint: 1))
        self.connections = Connections(endpoints: 1, reconnects: true)
        self.connect()
        #expect(self.take(at: 10) { $0.degraded($1, &$2) } == [])
    }

    @Test("a server that does not know the session, or is not there, changes nothing; the next try comes later")
    mutating func refused() {
        self.connect()
        _ = self.take(at: 10, chance: 0) { $0.goaway(within: .seconds(2), $1, &$2) }
        #expect(self.take(at: 11) { $0.tick($1, &$2) }.first == .open(2, endpoint: 1))
        #expect(
            self.take(at: 11, chance: 1) { $0.welcomed(2, resumed: false, $1, &$2) }
                == [.goodbye(2), .wake(at: .milliseconds(11_500))]
        )
        #expect(self.take(at: 12) { $0.tick($1, &$2) }.first == .open(3, endpoint: 0))
        #expect(
            self.take(at: 12, chance: 1) { $0.ended(3, .unreachable(""), isFinal: false, $1, &$2) }
                == [.wake(at: .seconds(13))]
        )
        #expect(self.connections.current == 1)
        self.connections.stay()
        #expect(self.take(at: 13) { $0.tick($1, &$2) } == [])
    }

    @Test("if the first connection ends while the second one is being made, the second one is the way back")
    mutating func race() {
        self.connect()
        _ = self.take(at: 10) { $0.goaway(within: .zero, $1, &$2) }
        _ = self.take(at: 10) { $0.tick($1, &$2) }
        #expect(
            self.take(at: 10, chance: 1) { $0.ended(1, Self.lost, isFinal: false, $1, &$2) }
                == [.lost(attempt: 1, delay: .zero, after: Self.lost)]
        )
        #expect(self.take(at: 11) { $0.welcomed(2, resumed: false, $1, &$2) } == [.established(2)])
    }

    @Test("the end of the old connection may come before the welcome of the new one: that is no other device")
    mutating func superseded() {
        self.connect()
        _ = self.take(at: 10) { $0.goaway(within: .zero, $1, &$2) }
        _ = self.take(at: 10) { $0.tick($1, &$2) }
        var other = self
        _ = self.take(at: 10) { $0.opened(2, &$2) }
        #expect(self.take(at: 10) { $0.ended(1, .superseded, isFinal: true, $1, &$2) } == [])
        #expect(self.connections.current == nil)
        #expect(self.take(at: 11) { $0.welcomed(2, resumed: true, $1, &$2) } == [.established(2)])
        // If the new one came to nothing, the session is asked for again.
        var third = other
        _ = third.take(at: 10) { $0.opened(2, &$2) }
        _ = third.take(at: 11) { $0.ended(2, Self.lost, isFinal: false, $1, &$2) }
        #expect(
            third.take(at: 11) { $0.ended(1, .superseded, isFinal: true, $1, &$2) }.first
                == .lost(attempt: 1, delay: .zero, after: .superseded)
        )
        // Before hello nobody can have been superseded by us.
        #expect(other.take(at: 10) { $0.ended(1, .superseded, isFinal: true, $1, &$2) }.last == .ended(.superseded))
    }

    @Test("goodbye ends whatever there is")
    mutating func goodbye() {
        self.connect()
        _ = self.take(at: 10) { $0.goaway(within: .zero, $1, &$2) }
        _ = self.take(at: 10) { $0.tick($1, &$2) }
        #expect(self.take(at: 11) { $0.end(.goodbye, &$2) } == [.drop(2), .goodbye(1), .ended(.goodbye)])
        #expect(self.take(at: 11) { $0.end(.goodbye, &$2) } == [])
        #expect(self.take(at: 11) { $0.ended(1, Self.lost, isFinal: false, $1, &$2) } == [])
    }

    // MARK: Driving

    private mutating func connect() {
        _ = self.take(at: 0) { $0.start($1, &$2) }
        #expect(self.take(at: 0) { $0.opened(1, &$2) } == [.hello(1)])
        #expect(self.take(at: 0) { $0.welcomed(1, resumed: true, $1, &$2) } == [.established(1)])
    }

    private mutating func take(
        at seconds: Int,
        chance: Double = 0,
        _ step: (inout Connections, Moment, inout [Connections.Effect]) -> Void
    ) -> [Connections.Effect] {
        var effects: [Connections.Effect] = []
        var connections = self.connections
        step(&connections, Moment(time: .seconds(seconds), chance: chance), &effects)
        self.connections = connections
        return effects
    }
}
