import ParleyProtocol
import ParleyRooms
import Testing

/// Whoever was taken and the other have so long to come to their room.
@Suite struct MeetingInTimeTests {
    private static func later(_ milliseconds: Int) -> Instant { Meeting.clock.advanced(milliseconds: milliseconds) }
    private static let limits = Limits()

    @Test func `both have come, and the queue lets the customer go`() throws {
        var desk = Desk(["arriveMilliseconds": 10_000])
        _ = desk.wait("Bob")
        let room = desk.take()
        #expect(desk.comes("Bob", room) == "came Bob")
        #expect(desk.comes("Bob", room) == "rejected no-change")
        #expect(desk.comes("Ada", RoomID(high: 6, low: 6)) == "rejected no-change")
        #expect(desk.comes("Ada", room) == "came Ada, left Bob (met)")
        #expect(desk.meeting.room.nextDeadline == nil)
        #expect(desk.meeting.room.queuePass(of: desk.meeting.id("Ada"))?.room == room)
        #expect(desk.take(at: Self.later(1)) == nil)
        try desk.meeting.checkViews()
    }

    @Test func `the agent does not come: the customer is in the old place, and the agent is asked no more`() throws {
        var desk = Desk(["arriveMilliseconds": 10_000, "offerMilliseconds": 5_000])
        _ = desk.wait("Bob")
        _ = desk.wait("Cleo")
        let room = desk.take()
        #expect(desk.comes("Bob", room) == "came Bob")
        #expect(desk.meeting.pass(Self.later(9_999)) == "rejected no-change")
        #expect(desk.meeting.pass(Self.later(10_000)) == "unmet")
        #expect(desk.line() == ["Bob", "Cleo"])
        #expect(desk.meeting.room.nextDeadline == nil, "nobody is available who could be asked")
        #expect(desk.agent("available") == false && desk.agent("serving") == nil)
        try desk.meeting.checkViews()
        let again = desk.take(at: Self.later(11_000))
        #expect(again == RoomID(high: 4, low: 66), "the room that is over is not used again")
        #expect(desk.comes("Bob", room) == "rejected no-change")
        try desk.meeting.checkViews()
    }

    @Test func `the customer does not come: the agent is free for the next one`() throws {
        var desk = Desk(["arriveMilliseconds": 10_000, "offerMilliseconds": 5_000])
        _ = desk.wait("Bob")
        _ = desk.wait("Cleo")
        let room = desk.take()
        #expect(desk.comes("Ada", room) == "came Ada")
        #expect(desk.meeting.pass(Self.later(10_000)) == "unmet, left Bob (expired), offered Ada")
        #expect(desk.agent("available") == true && desk.agent("serving") == nil)
        try desk.meeting.checkViews()
    }

    @Test func `whoever came and has left the queue is not waited for`() throws {
        var desk = Desk(["arriveMilliseconds": 10_000])
        _ = desk.wait("Bob")
        let room = desk.take()
        _ = desk.comes("Bob", room)
        #expect(desk.meeting.leave("Bob") == "left Bob #2")
        #expect(desk.comes("Ada", room) == "came Ada")
        #expect(desk.meeting.room.nextDeadline == nil)
        #expect(desk.agent("serving") != nil)
        try desk.meeting.checkViews()
    }

    @Test func `of a match of two who came waits again; of more each goes as they come; a code is used`() throws {
        var two = Desk(["rule": "match"], agent: nil)
        for name in ["Bob", "Cleo"] { _ = two.wait(name) }
        #expect(two.comes("Bob", RoomID(high: 3, low: 67)) == "came Bob")
        #expect(two.meeting.pass(Self.later(45_000)) == "unmet, left Cleo (expired)")
        #expect(two.meeting.room.queue?.customers[two.meeting.id("Bob")]?.taken == nil)
        // Whoever comes next with the same key is put together with Bob.
        #expect(two.wait("Dan") == "waiting Dan (queue) #1, queued Dan, taken")
        try two.meeting.checkViews()
        var three = Desk(["rule": "match", "size": 3], agent: nil)
        for name in ["Bob", "Cleo", "Dan"] { _ = three.wait(name) }
        #expect(three.comes("Cleo", RoomID(high: 3, low: 68)) == "came Cleo, left Cleo (met)")
        #expect(three.meeting.pass(Self.later(45_000)) == "left Bob (expired), left Dan (expired), ended")
        var pair = Desk(["rule": "pair"], agent: nil)
        _ = pair.wait("Bob")
        let code = try #require(pair.meeting.room.ownRow(of: pair.meeting.id("Bob"))?["code"]?.string)
        _ = pair.wait("Cleo") { $0.code = code }
        #expect(pair.comes("Bob", RoomID(high: 3, low: 67)) == "came Bob")
        #expect(pair.meeting.pass(Self.later(45_000)) == "left Bob (expired), left Cleo (expired), ended")
        try pair.meeting.checkViews()
    }

    @Test func `whoever is alone in the call hears that nobody answers`() throws {
        let until = Self.later(10_000)
        let pass = RoomCommand.QueuePass(isCall: true, role: .participant, until: until)
        var alone = Meeting()
        #expect(alone.join("Bob") { $0.pass = .queue(pass) } == "created, joined Bob #1")
        let over = Self.later(10_000 + Self.limits.unmetMilliseconds)
        #expect(alone.room.nextDeadline == over)
        try alone.checkViews()
        var both = alone
        #expect(alone.pass(Self.later(10_000)) == "rejected no-change")
        #expect(alone.pass(over) == "ended (no-answer) [no-answer]")
        _ = both.join("Ada") { $0.pass = .queue(pass) }
        #expect(both.pass(over) == "rejected no-change")
        try both.checkViews()
        #expect(both.leave("Ada") == "left Ada #2, ended (hung-up) [normal]")
    }
}

private struct Desk {
    var meeting = Meeting()

    init(_ queue: JSONValue, agent: String? = "Ada") {
        self.settings = RoomSettings(json: ["queue": queue])
        let settings = self.settings
        guard let agent else { return }
        _ = self.meeting.join(agent) {
            $0.kind = .queue
            $0.settings = settings
        }
    }

    private let settings: RoomSettings

    mutating func wait(_ name: String, _ wish: (inout QueueWish) -> Void = { _ in }) -> String {
        var asked = QueueWish()
        wish(&asked)
        let low = UInt64(name.utf8.first ?? 0)
        let settings = self.settings
        return self.meeting.join(name) {
            $0.kind = .queue
            $0.settings = settings
            $0.queue = .init(wish: asked, room: RoomID(high: 3, low: low), seed: low)
        }
    }

    /// By Ada.
    mutating func take(at instant: Instant = Meeting.clock) -> RoomID? {
        let said = self.meeting.ask("Ada", .queue(.take(.next)), at: instant)
        guard !said.hasPrefix("rejected") else { return nil }
        return self.meeting.room.queuePass(of: self.meeting.id("Ada"))?.room
    }

    mutating func comes(_ name: String, _ room: RoomID?) -> String {
        guard let room else { return "nowhere" }
        let next = RoomID(high: 4, low: UInt64(name.utf8.first ?? 0))
        return self.meeting.step(.arrive(self.meeting.id(name), room, next: next))
    }

    func line() -> [String] {
        self.meeting.room.queue?.line.map { Meeting.name($0.id) } ?? []
    }

    func agent(_ member: String) -> JSONValue? {
        self.meeting.room.state(for: .moderator)["agents"]?[self.meeting.id("Ada").description]?[member]
    }
}
