import ParleyClient
import ParleyProtocol
import Testing

@Suite("Of whom a client wants to know how they are")
struct WatchesTests {
    private var watches = Watches()

    private mutating func take(_ step: (inout Watches, inout [Watches.Effect]) -> Void) -> [Watches.Effect] {
        var effects: [Watches.Effect] = []
        step(&self.watches, &effects)
        return effects
    }

    private mutating func add(_ people: Set<String>, as id: UInt64) -> [Watches.Effect] {
        self.take { _ = $0.add(people, as: id, &$1) }
    }

    private mutating func hear(_ entries: [PresenceMessage.Entry]) -> [Watches.Effect] {
        self.take { $0.received(PresenceMessage(entries), &$1) }
    }

    private static func send(_ people: String...) -> Watches.Effect { .send(people.compactMap { Callee($0) }) }

    private static func bob(_ availability: Presence.Availability) -> PresenceMessage.Entry {
        .init("bob", Presence(IdentityID(high: 4, low: 2), availability, devices: 1))
    }

    @Test("the server is told the whole set, and only when it is another one")
    mutating func wholeSet() {
        #expect(self.add(["bob", "ada"], as: 1) == [Self.send("ada", "bob")])
        #expect(self.add(["bob"], as: 2) == [])
        #expect(self.add(["cleo"], as: 3) == [Self.send("ada", "bob", "cleo")])
        #expect(self.take { $0.remove(1, &$1) } == [Self.send("bob", "cleo")])
        #expect(self.take { $0.remove(3, &$1) } == [Self.send("bob")])
        #expect(self.take { $0.remove(2, &$1) } == [Self.send()])
    }

    @Test("news goes to everybody who has asked for that person, once, and to a late one at once")
    mutating func news() {
        _ = self.add(["bob"], as: 1)
        _ = self.add(["bob", "ada"], as: 2)
        let available = Self.bob(.available)
        #expect(self.hear([available]) == [.tell(1, available), .tell(2, available)])
        #expect(self.hear([available]) == [])
        #expect(self.add(["bob"], as: 3) == [.tell(3, available)])
        let unseen = PresenceMessage.Entry("bob", nil)
        #expect(self.hear([unseen, .init("eve", nil)]) == [.tell(1, unseen), .tell(2, unseen), .tell(3, unseen)])
    }

    @Test("each connection is told again, and what was missed meanwhile is news")
    mutating func again() {
        #expect(self.take { $0.welcomed(&$1) } == [])
        _ = self.add(["bob"], as: 1)
        _ = self.hear([Self.bob(.available)])
        #expect(self.take { $0.welcomed(&$1) } == [Self.send("bob")])
        #expect(self.hear([Self.bob(.away)]) == [.tell(1, Self.bob(.away))])
    }

    @Test("a server that asks to wait is asked again then")
    mutating func postponed() {
        _ = self.add(["bob"], as: 1)
        var rejected = RejectedMessage(code: "rate-limited", message: "")
        rejected.retryAfterMilliseconds = 500
        let now = Moment(time: .seconds(1), chance: 0)
        #expect(self.take { $0.rejected(rejected, now, &$1) } == [.wake(at: .milliseconds(1_500))])
        #expect(self.add(["ada"], as: 2) == [])
        let early = Moment(time: .milliseconds(1_499), chance: 0)
        #expect(self.take { $0.tick(early, &$1) } == [.wake(at: .milliseconds(1_500))])
        let late = Moment(time: .milliseconds(1_500), chance: 0)
        #expect(self.take { $0.tick(late, &$1) } == [Self.send("ada", "bob")])
        #expect(self.take { $0.tick(late, &$1) } == [])
    }

    @Test("200 people, and no more")
    mutating func many() {
        let people = Set((1...Watches.peopleMax).map { "p\($0)" })
        var isTaken = false
        _ = self.take { isTaken = $0.add(people, as: 1, &$1) }
        #expect(isTaken)
        #expect(self.take { isTaken = $0.add(["one more"], as: 2, &$1) } == [])
        #expect(!isTaken)
        _ = self.take { isTaken = $0.add(["p1"], as: 3, &$1) }
        #expect(isTaken)
    }
}
