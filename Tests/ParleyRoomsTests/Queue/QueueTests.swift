import ParleyProtocol
import ParleyRooms
import Testing

/// A queue with these rules, made by Ada, who serves it.
private func desk(_ queue: JSONValue = [:], _ settings: [(String, JSONValue)] = []) -> Meeting {
    var meeting = Meeting()
    var object: JSONObject = ["queue": queue]
    for (name, value) in settings { object.append(name, value) }
    _ = meeting.join("Ada") {
        $0.kind = .queue
        $0.settings = RoomSettings(json: .object(object))
    }
    return meeting
}

extension Meeting {
    /// Somebody comes to wait.
    fileprivate mutating func wait(
        _ name: String,
        settings: JSONValue? = nil,
        at instant: Instant = clock,
        _ wish: (inout QueueWish) -> Void = { _ in }
    ) -> String {
        var asked = QueueWish()
        wish(&asked)
        let low = UInt64(name.utf8.first ?? 0)
        return self.join(name, at: instant) {
            $0.kind = .queue
            $0.queue = .init(wish: asked, room: RoomID(high: 3, low: low), seed: low)
            if let settings { $0.settings = RoomSettings(json: settings) }
        }
    }

    fileprivate mutating func takes(_ name: String, _ whom: QueueAction.Whom = .next, at instant: Instant = clock)
        -> String
    {
        self.ask(name, .queue(.take(whom)), at: instant)
    }

    fileprivate mutating func ready(_ name: String, _ skills: Set<String>? = nil, at instant: Instant = clock) -> String
    {
        self.ask(name, .queue(.agent(isAvailable: true, skills: skills)), at: instant)
    }

    /// Somebody else who serves.
    fileprivate mutating func serve(_ name: String) -> String {
        self.join(name) {
            $0.kind = .queue
            $0.grant = Grant()
            $0.grant?.role = .coHost
        }
    }

    /// As everybody at the door sees it.
    fileprivate func line() -> [String] {
        let line = self.room.state(for: .waiting)["queue"]?["line"]?.object?.members.map { ($0.0, $0.1.integer ?? 0) }
        return (line ?? []).sorted { $0.1 < $1.1 }.compactMap { ParticipantID($0.0).map(Self.name) }
    }

    fileprivate func destination(_ name: String) -> RoomID? { self.room.queuePass(of: self.id(name))?.room }

    fileprivate func code(_ name: String) -> String { self.room.ownRow(of: self.id(name))?["code"]?.string ?? "" }
}

private func later(_ milliseconds: Int) -> Instant { Meeting.clock.advanced(milliseconds: milliseconds) }

@Suite struct QueueTests {
    @Test func `three wait, two serve, and each is taken once in their order`() throws {
        var desk = desk()
        #expect(desk.serve("Dan") == "joined Dan #1")
        #expect(desk.wait("Bob") == "waiting Bob (queue) #1, queued Bob")
        #expect(desk.wait("Cleo") == "waiting Cleo (queue) #1, queued Cleo")
        #expect(desk.wait("Eve") { $0.priority = 5 } == "waiting Eve (queue) #1, queued Eve")
        #expect(desk.line() == ["Eve", "Bob", "Cleo"])
        #expect(desk.takes("Ada") == "taken #2")
        #expect(desk.destination("Eve") == RoomID(high: 3, low: 69))
        #expect(desk.destination("Ada") == desk.destination("Eve"))
        #expect(desk.takes("Ada") == "rejected already-serving")
        #expect(desk.takes("Dan") == "taken #2")
        #expect(desk.line() == ["Cleo"])
        #expect(desk.ready("Ada") == "agent-changed Ada #4")
        #expect(desk.destination("Ada") == nil)
        #expect(desk.takes("Ada", .participant(desk.id("Bob"))) == "rejected unknown-participant")
        #expect(desk.takes("Ada") == "taken #6")
        #expect(desk.ready("Dan") == "agent-changed Dan #3")
        #expect(desk.takes("Dan") == "rejected queue-empty")
        // They have come to their rooms, and go.
        #expect(desk.leave("Eve") == "left Eve #2")
        #expect(desk.leave("Bob") == "left Bob #2")
        try desk.checkViews()
        // Cleo does not go, and is taken out.
        #expect(desk.deadline(after: 44_999) == "rejected no-change")
        #expect(desk.deadline(after: 45_000) == "unmet, left Cleo (expired)")
        #expect(desk.room.state(for: .moderator)["customers"] == [:])
        #expect(desk.destination("Ada") == nil)
        try desk.checkViews()
    }

    @Test func `whoever waits sees where they stand and nobody's name`() throws {
        var desk = desk()
        _ = desk.wait("Bob", { $0.skills = ["pension"] })
        let view = desk.room.state(for: .waiting)
        #expect(view.object?.members.map(\.0) == ["room", "queue"])
        let bob = desk.id("Bob").description
        #expect(view["queue"]?["line"]?[bob]?.integer == 9_000_000_000_001)
        #expect(view["room"]?["kind"] == "queue")
        #expect(desk.room.state(for: .moderator)["customers"]?[bob]?["skills"] == ["pension": true])
        #expect(desk.room.ownRow(of: desk.id("Bob"))?["skills"] == ["pension": true])
        #expect(desk.room.ownRow(of: desk.id("Ada")) == nil)
        #expect(desk.media("Bob", audio: true) == "rejected waiting")
        #expect(desk.takes("Bob") == "rejected waiting")
    }

    @Test func `by skill, and only whom an agent can serve`() {
        var desk = desk()
        _ = desk.wait("Bob") { $0.skills = ["pension", "polish"] }
        _ = desk.wait("Cleo") { $0.skills = ["polish"] }
        #expect(desk.takes("Ada") == "rejected queue-empty")
        #expect(desk.ready("Ada", ["polish"]) == "agent-changed Ada #3")
        #expect(desk.takes("Ada") == "taken #4")
        #expect(desk.destination("Cleo") != nil)
        _ = desk.ready("Ada")
        #expect(desk.takes("Ada", .skill("law")) == "rejected queue-empty")
        // Somebody who asks for a skill takes whoever needs it, whatever else they need.
        #expect(desk.takes("Ada", .skill("pension")) == "taken #7")
        #expect(desk.destination("Bob") != nil)
    }

    @Test func `agents are asked in turn, and who says nothing is not asked any more`() throws {
        var desk = desk(["offerMilliseconds": 20_000])
        _ = desk.serve("Dan")
        #expect(desk.wait("Bob") == "waiting Bob (queue) #1, queued Bob, offered Ada")
        #expect(desk.wait("Cleo") == "waiting Cleo (queue) #1, queued Cleo, offered Dan")
        #expect(desk.ask("Dan", .queue(.pass)) == "offer-ended Dan (passed) #2")
        #expect(desk.ask("Dan", .queue(.pass)) == "rejected no-change")
        #expect(desk.deadline(after: 20_000) == "offer-ended Ada (expired), offered Dan")
        #expect(desk.room.state(for: .moderator)["agents"]?[desk.id("Ada").description]?["available"] == false)
        #expect(desk.takes("Dan", at: later(21_000)) == "taken #4")
        #expect(desk.destination("Bob") == desk.destination("Dan"))
        // Ada is back: Cleo, whom Dan has passed on, is asked of her.
        #expect(desk.ready("Ada", at: later(22_000)) == "agent-changed Ada #2, offered Ada")
        #expect(desk.interrupt("Cleo") == "interrupted Cleo, offer-ended Ada (gone)")
        #expect(desk.attach("Cleo") == "resumed Cleo, offered Ada")
        #expect(desk.interrupt("Ada") == "interrupted Ada, offer-ended Ada (gone)")
        try desk.checkViews()
    }

    @Test func `without an agent they wait or are refused, as the queue says`() throws {
        var desk = desk(["unserved": "refuse"])
        #expect(desk.ask("Ada", .queue(.agent(isAvailable: false, skills: nil))) == "agent-changed Ada #2")
        #expect(desk.wait("Bob") == "rejected no-agent")
        #expect(desk.ready("Ada") == "agent-changed Ada #3")
        #expect(desk.wait("Bob") == "waiting Bob (queue) #2, queued Bob")
        // The queue is there for Bob until he goes, too.
        #expect(desk.leave("Ada") == "left Ada #4")
        #expect(desk.room.lifecycle == .open)
        #expect(desk.wait("Cleo") == "rejected no-agent")
        #expect(desk.expire("Bob") == "rejected no-change")
        #expect(desk.leave("Bob") == "left Bob #3, ended")
        try desk.checkViews()
        var nobody = Meeting()
        #expect(nobody.wait("Bob") == "rejected no-agent")
    }

    @Test func `only who may let people in serves, and a queue is no meeting`() {
        var desk = desk()
        #expect(desk.join("Bob") { $0.kind = .queue } == "rejected not-permitted")
        #expect(desk.join("Bob") { $0.kind = .meeting } == "rejected unsupported-kind")
        _ = desk.wait("Bob")
        #expect(desk.ask("Ada", .admission(.admit(.all))) == "rejected no-change")
        #expect(desk.ask("Ada", .admission(.deny(.some([desk.id("Bob")])))) == "denied Bob #3")
        #expect(desk.wait("Bob") == "rejected denied")
        var meeting = Meeting()
        _ = meeting.join("Ada")
        #expect(meeting.wait("Bob") == "rejected unsupported-kind")
        #expect(meeting.takes("Ada") == "rejected unsupported-kind")
        let settings = RoomSettings(json: ["queue": ["size": 3]])
        #expect(meeting.ask("Ada", .lifecycle(.configure(settings))) == "rejected invalid-settings")
        let rule = RoomSettings(json: ["queue": ["rule": "match"]])
        #expect(desk.ask("Ada", .lifecycle(.configure(rule))) == "rejected invalid-settings")
    }

    @Test func `an operator makes a queue, in which people wait before anybody serves`() throws {
        var desk = Meeting()
        var create = RoomCommand.Create(settings: RoomSettings(json: ["emptyMilliseconds": 60_000]))
        create.kind = .queue
        #expect(desk.create(create) == "created")
        #expect(desk.wait("Bob") == "waiting Bob (queue) #1, queued Bob")
        // It does not end under somebody who waits.
        #expect(desk.deadline(after: 60_000) == "rejected no-change")
        #expect(desk.leave("Bob") == "left Bob #2, emptied")
        try desk.checkViews()
        #expect(desk.deadline(after: 60_000) == "ended")
        for (kind, code) in [(RoomKind.meeting, "invalid-settings"), (.call, "unsupported-kind")] {
            var other = Meeting()
            var create = RoomCommand.Create(settings: RoomSettings(json: ["queue": ["size": 3]]))
            create.kind = kind
            #expect(other.create(create) == "rejected \(code)")
        }
    }

    @Test func `an estimate from the last who were taken`() throws {
        var desk = desk()
        for name in ["Bob", "Cleo", "Dan"] { _ = desk.wait(name) }
        #expect(desk.room.state(for: .waiting)["queue"]?["pace"] == nil)
        _ = desk.takes("Ada", at: later(10_000))
        _ = desk.ready("Ada", at: later(20_000))
        _ = desk.takes("Ada", at: later(40_000))
        #expect(desk.room.state(for: .waiting)["queue"]?["pace"] == 20_000)
        try desk.checkViews()
    }

    @Test func `another device of the same person takes their place in the line`() {
        var desk = Meeting(devices: .replace)
        _ = desk.join("Ada") { $0.kind = .queue }
        _ = desk.wait("Bob")
        _ = desk.wait("Cleo")
        #expect(desk.wait("Bob's phone") == "left Bob (replaced), waiting Bob's phone (queue) #1, queued Bob's phone")
        #expect(desk.line() == ["Bob's phone", "Cleo"])
    }
}

@Suite struct MatchingTests {
    private static let match: JSONValue = ["queue": ["rule": "match", "size": 3]]

    @Test func `three with the same key are put together as soon as they are there`() throws {
        var game = Meeting()
        #expect(
            game.wait("Ada", settings: Self.match) { $0.key = "chess" } == "created, waiting Ada (queue) #1, queued Ada"
        )
        #expect(game.wait("Bob") { $0.key = "go" } == "waiting Bob (queue) #1, queued Bob")
        #expect(game.wait("Cleo") { $0.key = "chess" } == "waiting Cleo (queue) #1, queued Cleo")
        // Two of three, and a third who is not connected: nobody is put together with somebody who cannot come.
        #expect(game.interrupt("Cleo") == "interrupted Cleo")
        #expect(game.wait("Dan") { $0.key = "chess" } == "waiting Dan (queue) #1, queued Dan")
        #expect(game.attach("Cleo") == "resumed Cleo, taken")
        #expect(game.destination("Ada") == RoomID(high: 3, low: 68))
        #expect(game.destination("Cleo") == game.destination("Ada"))
        #expect(game.destination("Bob") == nil)
        let pass = RoomCommand.QueuePass(isCall: false, role: nil, until: later(45_000))
        #expect(game.room.queuePass(of: game.id("Ada"))?.pass == pass)
        try game.checkViews()
        for name in ["Ada", "Cleo", "Dan"] { #expect(game.leave(name) == "left \(name) #2") }
        #expect(game.leave("Bob") == "left Bob #2, ended")
        try game.checkViews()
    }

    @Test func `the room that they are taken to is theirs alone`() throws {
        let pass = RoomCommand.QueuePass(isCall: false, role: nil)
        var game = Meeting()
        #expect(game.join("Ada") { $0.pass = .queue(pass) } == "created, joined Ada #1")
        #expect(game.join("Eve") == "rejected denied")
        #expect(game.join("Bob") { $0.pass = .queue(pass) } == "joined Bob #1")
        #expect(game.room.participant(game.id("Ada"))?.role == .host)
        #expect(game.room.participant(game.id("Bob"))?.role == .participant)
        #expect(game.room.kind == .meeting)
        var call = Meeting()
        _ = call.join("Bob") { $0.pass = .queue(.init(isCall: true, role: .participant)) }
        #expect(call.join("Ada") { $0.pass = .queue(.init(isCall: true, role: .host)) } == "joined Ada #1")
        #expect(call.room.kind == .call)
        #expect(call.room.participant(call.id("Ada"))?.role == .host)
        #expect(call.room.isConversation)
        try call.checkViews()
        #expect(call.leave("Bob") == "left Bob #2, ended (hung-up) [normal]")
        try call.checkViews()
        var alone = Meeting()
        _ = alone.join("Bob") { $0.pass = .queue(.init(isCall: true, role: .participant)) }
        // Nobody rang, so there was nothing to cancel.
        #expect(alone.leave("Bob") == "left Bob #2, ended (hung-up) [normal]")
    }
}

@Suite struct PairingTests {
    private static let pair: JSONValue = ["queue": ["rule": "pair", "codeMilliseconds": 60_000]]

    @Test func `one shows a code, the other one enters it`() throws {
        var pairing = Meeting()
        #expect(pairing.wait("Ada", settings: Self.pair) == "created, waiting Ada (queue) #1, queued Ada")
        let code = pairing.code("Ada")
        #expect(code.utf8.count == 6 && code.utf8.allSatisfy { (0x30...0x39).contains($0) })
        // Nobody else sees it, nor who waits.
        #expect(pairing.room.state(for: .moderator)["customers"]?[pairing.id("Ada").description]?["code"] == nil)
        #expect(pairing.line() == [])
        #expect(pairing.wait("Bob") { $0.code = "000000" } == "rejected wrong-code")
        #expect(pairing.wait("Bob") { $0.code = code } == "waiting Bob (queue) #2, queued Bob, taken")
        #expect(pairing.destination("Ada") == pairing.destination("Bob"))
        // Used, never there, and too late: one answer.
        #expect(pairing.wait("Cleo") { $0.code = code } == "rejected wrong-code")
        _ = pairing.wait("Dan")
        let other = pairing.code("Dan")
        #expect(pairing.wait("Cleo", at: later(60_000)) { $0.code = other } == "rejected wrong-code")
        try pairing.checkViews()
        #expect(pairing.deadline(after: 60_000).contains("left Dan (expired)"))
        #expect(pairing.room.lifecycle == .ended(.empty))
        try pairing.checkViews()
    }

    @Test func `letters are read as people type them`() {
        var pairing = Meeting()
        _ = pairing.wait("Ada", settings: ["queue": ["rule": "pair", "codes": "letters"]])
        let code = pairing.code("Ada")
        #expect(code.utf8.count == 8 && code.utf8.allSatisfy { !"AEIOUZSLI0123456789".utf8.contains($0) })
        let typed = code.prefix(4).lowercased() + " - " + code.suffix(4)
        #expect(pairing.wait("Bob") { $0.code = typed } == "waiting Bob (queue) #1, queued Bob, taken")
        var nobody = Meeting()
        #expect(nobody.wait("Bob", settings: Self.pair) { $0.code = "000000" } == "rejected wrong-code")
    }
}

@Suite struct QueueWalkTests {
    private static let customers = ["Bob", "Cleo", "Eve", "Fay"]
    private static let agents = ["Ada", "Dan"]

    /// Whatever happens in whatever order: patches, states, hashes, the log and snapshots say the same.
    @Test func `a walk at random`() throws {
        let rules: [JSONValue] = [[:], ["offerMilliseconds": 5_000], ["rule": "match", "size": 2], ["rule": "pair"]]
        for rules in rules { try Self.walk(rules) }
    }

    private static func walk(_ rules: JSONValue) throws {
        var random = Numbers(state: 7)
        for _ in 0..<2 {
            var desk = desk(rules)
            var now = 0
            for _ in 0..<40 where desk.room.lifecycle == .open {
                now += 1_000
                Self.step(&desk, later(now), &random)
                try desk.checkViews()
            }
        }
    }

    private static func step(_ desk: inout Meeting, _ now: Instant, _ random: inout Numbers) {
        let customer = Self.customers[random.next(4)]
        let agent = Self.agents[random.next(2)]
        switch random.next(10) {
        case 0, 1, 2:
            var wish = QueueWish()
            wish.priority = random.next(3)
            wish.key = random.next(2) == 0 ? "chess" : "go"
            if desk.room.queue?.rules.rule == .pair, random.next(2) == 0 {
                wish.code = Self.customers.map(desk.code).first { !$0.isEmpty }
            }
            _ = desk.wait(customer, at: now) { $0 = wish }
        case 3: _ = desk.serve("Dan")
        case 4: _ = desk.takes(agent, at: now)
        case 5: _ = desk.ask(agent, .queue(.pass), at: now)
        case 6: _ = desk.ready(agent, at: now)
        case 7: _ = desk.interrupt(random.next(2) == 0 ? customer : "Dan", at: now)
        case 8: _ = desk.attach(random.next(2) == 0 ? customer : "Dan")
        default: _ = random.next(3) == 0 ? desk.leave(customer) : desk.pass(now)
        }
    }

    /// The same ones each time (Knuth, TAOCP volume 2, 3.3.4, line 26).
    private struct Numbers {
        var state: UInt64

        mutating func next(_ bound: Int) -> Int {
            self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(self.state >> 33) % bound
        }
    }
}
