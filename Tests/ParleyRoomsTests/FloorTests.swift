import ParleyProtocol
import ParleyRooms
import Testing

/// Floors alone, with people who are called by name.
struct FloorStage {
    var floors = Floors()
    var now = Instant(milliseconds: 1_000)
    /// Who is there but not connected.
    var lost: Set<String> = []
    /// Who may give and take back floors.
    var moderators: Set<String> = ["Mod"]
    /// Who may not take the floor `screen`.
    var listeners: Set<String> = ["Lea"]
    var limits = Limits()
    static let names = ["Ada", "Bob", "Cleo", "Dan", "Mod", "Lea"]

    static func id(_ name: String) -> ParticipantID {
        ParticipantID(high: 0, low: UInt64(Self.names.firstIndex(of: name) ?? 99))
    }

    static func name(_ id: ParticipantID) -> String {
        id.low < UInt64(Self.names.count) ? Self.names[Int(id.low)] : "?"
    }

    func isReady(_ id: ParticipantID, _ floor: FloorName) -> Bool {
        !self.lost.contains(Self.name(id)) && !(floor == .screen && self.listeners.contains(Self.name(id)))
    }

    mutating func say(_ name: String, _ action: FloorAction) -> String {
        let mayTake = !(action.floor == .screen && self.listeners.contains(name))
        let asker = FloorAsker(Self.id(name), mayTake: mayTake, maySteer: self.moderators.contains(name))
        do throws(RejectionCode) {
            return self.apply(
                try self.floors.decide(
                    action,
                    by: asker,
                    at: self.now,
                    limits: self.limits,
                    canHold: { Self.name($0) != "?" },
                    isReady: self.isReady
                )
            )
        } catch {
            return "rejected \(error.rawValue)"
        }
    }

    mutating func take(_ name: String, _ floor: FloorName = .screen, wait: Bool = true) -> String {
        self.say(name, .take(floor, wait: wait))
    }

    mutating func leave(_ name: String, _ floor: FloorName = .screen) -> String { self.say(name, .leave(floor)) }

    mutating func give(_ floor: FloorName, to name: String, by giver: String = "Mod", instead: String? = nil) -> String
    {
        self.say(giver, .give(floor, Self.id(name), instead: instead.map { Self.id($0) }))
    }

    mutating func revoke(_ floor: FloorName, from name: String, by giver: String = "Mod") -> String {
        self.say(giver, .revoke(floor, Self.id(name)))
    }

    mutating func define(
        _ floor: FloorName,
        _ capacity: Int,
        _ policy: FloorPolicy,
        lease: Int? = nil,
        by name: String = "Mod"
    ) -> String {
        self.say(name, .define(floor, FloorRule(capacity: capacity, policy: policy, leaseMilliseconds: lease)))
    }

    mutating func gone(_ names: String...) -> String {
        self.lost.formUnion(names)
        return self.apply(self.floors.leave(names.map { Self.id($0) }, at: self.now, isReady: self.isReady))
    }

    mutating func back(_ name: String) -> String {
        self.lost.remove(name)
        return self.apply(self.floors.resume(Self.id(name), at: self.now, isReady: self.isReady))
    }

    /// - Returns: what is due so much later.
    mutating func wait(milliseconds: Int) -> String {
        self.now = self.now.advanced(milliseconds: milliseconds)
        return self.apply(self.floors.due(at: self.now, isReady: self.isReady))
    }

    mutating func apply(_ facts: [FloorFact]) -> String {
        facts.map { fact in
            self.floors.evolve(fact)
            switch fact.change {
            case .taken(let id, _, let of?): return "\(Self.name(id)) takes it of \(Self.name(of))"
            case .taken(let id, _, nil): return "\(Self.name(id)) takes it"
            case .queued(let id): return "\(Self.name(id)) waits"
            case .renewed(let id, _): return "\(Self.name(id)) renews it"
            case .left(let id, .left): return "\(Self.name(id)) leaves it"
            case .left(let id, let reason): return "\(Self.name(id)) leaves it (\(reason.rawValue))"
            case .revoked(let id): return "\(Self.name(id)) loses it"
            case .defined(nil, _): return "undefined"
            case .defined(let rule?, _): return "defined \(rule.capacity)"
            }
        }.joined(separator: ", ")
    }

    func holders(_ floor: FloorName = .screen) -> [String] {
        self.floors[floor]?.holdersInOrder.map { Self.name($0) } ?? []
    }

    func queue(_ floor: FloorName = .screen) -> [String] {
        self.floors[floor]?.queueInOrder.map { Self.name($0) } ?? []
    }
}

extension FloorName {
    static let mic = Self.of("talking-stick")
    static let spot = FloorName.spotlight

    static func of(_ text: String) -> FloorName { FloorName(text) ?? .screen }
}

@Suite struct FloorTests {
    @Test func `two take at once: the first has it, the second waits and is next`() {
        var stage = FloorStage()
        #expect(stage.take("Ada") == "Ada takes it")
        #expect(stage.take("Bob") == "Bob waits")
        #expect(stage.take("Cleo") == "Cleo waits")
        #expect(stage.take("Bob") == "rejected no-change")
        #expect(stage.take("Ada") == "rejected no-change")
        #expect(stage.leave("Ada") == "Ada leaves it, Bob takes it")
        #expect(stage.take("Ada") == "Ada waits")
        #expect(stage.queue() == ["Cleo", "Ada"])
        #expect(stage.leave("Cleo") == "Cleo leaves it")
        #expect(stage.leave("Bob") == "Bob leaves it, Ada takes it")
    }

    @Test func `who does not want to wait is refused`() {
        var stage = FloorStage()
        #expect(stage.take("Ada", wait: false) == "Ada takes it")
        #expect(stage.take("Bob", wait: false) == "rejected floor-busy")
        #expect(stage.queue() == [])
    }

    @Test func `the next has it in the same entry in which the holder has left`() {
        var stage = FloorStage()
        _ = stage.take("Ada")
        _ = stage.take("Bob")
        _ = stage.take("Cleo")
        #expect(stage.gone("Ada") == "Ada leaves it (gone), Bob takes it")
        #expect(stage.gone("Bob", "Cleo") == "Bob leaves it (gone), Cleo leaves it (gone)")
        #expect(stage.floors == Floors())
        #expect(stage.gone("Dan") == "")
    }

    @Test func `who is lost keeps it, and is passed over while waiting, but not forgotten`() {
        var stage = FloorStage()
        _ = stage.take("Ada")
        _ = stage.take("Bob")
        _ = stage.take("Cleo")
        stage.lost = ["Ada", "Bob"]
        #expect(stage.holders() == ["Ada"])
        #expect(stage.gone("Ada") == "Ada leaves it (gone), Cleo takes it")
        #expect(stage.queue() == ["Bob"])
        #expect(stage.back("Bob") == "")
        #expect(stage.leave("Cleo") == "Cleo leaves it, Bob takes it")
    }

    @Test func `what nobody could take is taken by whoever is back first`() {
        var stage = FloorStage()
        _ = stage.take("Ada")
        _ = stage.take("Bob")
        _ = stage.take("Cleo")
        stage.lost = ["Bob", "Cleo"]
        #expect(stage.leave("Ada") == "Ada leaves it")
        #expect(stage.holders() == [])
        #expect(stage.back("Cleo") == "Cleo takes it")
        #expect(stage.back("Bob") == "")
        #expect(stage.queue() == ["Bob"])
    }

    @Test func `who asks for a floor gets it when somebody gives it`() {
        var stage = FloorStage()
        #expect(stage.define(.mic, 2, .request) == "defined 2")
        #expect(stage.take("Ada", .mic) == "Ada waits")
        #expect(stage.take("Bob", .mic) == "Bob waits")
        #expect(stage.give(.mic, to: "Bob", by: "Ada") == "rejected not-permitted")
        #expect(stage.give(.mic, to: "Bob") == "Bob takes it")
        #expect(stage.take("Mod", .mic) == "Mod takes it")
        #expect(stage.give(.mic, to: "Ada") == "rejected floor-busy")
        #expect(stage.give(.mic, to: "Ada", instead: "Cleo") == "rejected not-holding")
        #expect(stage.give(.mic, to: "Ada", instead: "Bob") == "Bob loses it, Ada takes it")
        #expect(stage.take("Bob", .mic) == "Bob waits")
        #expect(stage.leave("Mod", .mic) == "Mod leaves it")
        #expect(stage.queue(.mic) == ["Bob"])
        #expect(stage.revoke(.mic, from: "Bob") == "Bob loses it")
        #expect(stage.revoke(.mic, from: "Bob") == "rejected not-holding")
    }

    @Test func `the spotlight is given, and nobody can ask for it`() {
        var stage = FloorStage()
        #expect(stage.take("Ada", .spot) == "rejected not-permitted")
        #expect(stage.take("Mod", .spot) == "Mod takes it")
        #expect(stage.give(.spot, to: "Ada") == "Ada takes it")
        #expect(stage.give(.spot, to: "Ada") == "rejected no-change")
        #expect(stage.give(.spot, to: "nobody") == "rejected unknown-participant")
        #expect(stage.give(.spot, to: "Bob") == "Bob takes it")
        #expect(stage.give(.spot, to: "Cleo") == "rejected floor-busy")
        #expect(stage.holders(.spot) == ["Mod", "Ada", "Bob"])
        #expect(stage.leave("Ada", .spot) == "Ada leaves it")
        #expect(stage.leave("Ada", .spot) == "rejected not-holding")
    }

    @Test func `who may not share is refused, unless it is given`() {
        var stage = FloorStage()
        #expect(stage.take("Lea") == "rejected not-permitted")
        #expect(stage.give(.screen, to: "Lea") == "Lea takes it")
        #expect(stage.leave("Lea") == "Lea leaves it")
    }

    @Test func `a floor that is taken back goes to the next, who may still have it`() {
        var stage = FloorStage()
        _ = stage.take("Ada")
        _ = stage.take("Bob")
        _ = stage.take("Cleo")
        stage.listeners = ["Bob"]
        #expect(stage.revoke(.screen, from: "Ada", by: "Cleo") == "rejected not-permitted")
        #expect(stage.revoke(.screen, from: "Ada") == "Ada loses it, Cleo takes it")
        let facts = stage.floors.reconsider(
            FloorStage.id("Bob"),
            at: stage.now,
            mayHold: { _ in true },
            mayWait: { $0 != .screen },
            isReady: { _, _ in true }
        )
        #expect(stage.apply(facts) == "Bob loses it")
    }

    @Test func `a lease that is not renewed is over, and the next has it`() {
        var stage = FloorStage()
        #expect(stage.define(.mic, 1, .free, lease: 10_000) == "defined 1")
        #expect(stage.floors.nextDeadline == nil)
        _ = stage.take("Ada", .mic)
        _ = stage.take("Bob", .mic)
        #expect(stage.floors.nextDeadline == Instant(milliseconds: 11_000))
        #expect(stage.wait(milliseconds: 9_999) == "")
        #expect(stage.take("Ada", .mic) == "Ada renews it")
        #expect(stage.take("Ada", .mic) == "rejected no-change")
        #expect(stage.wait(milliseconds: 9_999) == "")
        #expect(stage.wait(milliseconds: 1) == "Ada leaves it (expired), Bob takes it")
        // The one who renews too late has lost, whatever its clock says.
        #expect(stage.take("Ada", .mic) == "Ada waits")
        #expect(stage.wait(milliseconds: 10_000) == "Bob leaves it (expired), Ada takes it")
        #expect(stage.wait(milliseconds: 10_000) == "Ada leaves it (expired)")
        #expect(stage.floors.nextDeadline == nil)
    }

    @Test func `a new lease begins for those who hold it`() {
        var stage = FloorStage()
        _ = stage.take("Ada")
        #expect(stage.define(.screen, 1, .free, lease: 5_000) == "defined 1")
        #expect(stage.floors.nextDeadline == Instant(milliseconds: 6_000))
        #expect(stage.say("Mod", .define(.screen, nil)) == "defined 1")
        #expect(stage.floors.nextDeadline == nil)
        #expect(stage.say("Mod", .define(.screen, nil)) == "rejected no-change")
    }

    @Test func `a smaller floor keeps who has held it longest, a larger one takes who waits`() {
        var stage = FloorStage()
        _ = stage.define(.mic, 3, .free)
        for name in ["Cleo", "Ada", "Bob", "Dan"] { _ = stage.take(name, .mic) }
        #expect(stage.define(.mic, 1, .free) == "Bob loses it, Ada loses it, defined 1")
        #expect(stage.holders(.mic) == ["Cleo"])
        #expect(stage.define(.mic, 2, .free) == "defined 2, Dan takes it")
        _ = stage.take("Ada", .mic)
        #expect(stage.define(.mic, 2, .assigned) == "defined 2, Ada loses it")
        #expect(stage.say("Mod", .define(.mic, nil)) == "Cleo loses it, Dan loses it, undefined")
        #expect(stage.say("Mod", .define(.mic, nil)) == "rejected unknown-floor")
        #expect(stage.floors == Floors())
    }

    @Test func `what is not there is refused by name`() {
        var stage = FloorStage()
        #expect(stage.take("Ada", .mic) == "rejected unknown-floor")
        #expect(stage.leave("Ada", .mic) == "rejected unknown-floor")
        #expect(stage.give(.mic, to: "Ada") == "rejected unknown-floor")
        #expect(stage.revoke(.mic, from: "Ada") == "rejected unknown-floor")
        #expect(stage.define(.mic, 1, .free, by: "Ada") == "rejected not-permitted")
        #expect(stage.leave("Ada") == "rejected not-holding")
    }

    @Test func `what the server runs begins and ends with what it is for`() throws {
        var stage = FloorStage()
        for floor in [FloorName.recording, .remoteControl] {
            #expect(stage.take("Mod", floor) == "rejected not-permitted")
            #expect(stage.give(floor, to: "Ada") == "rejected not-permitted")
            #expect(stage.define(floor, 5, .free) == "rejected not-permitted")
        }
        let begin = try stage.floors.begin(
            .remoteControl,
            by: FloorStage.id("Ada"),
            of: FloorStage.id("Bob"),
            at: stage.now
        )
        #expect(stage.apply(begin) == "Ada takes it of Bob")
        #expect(throws: RejectionCode.floorBusy) {
            try stage.floors.begin(.remoteControl, by: FloorStage.id("Cleo"), of: FloorStage.id("Bob"), at: stage.now)
        }
        #expect(stage.leave("Cleo", .remoteControl) == "rejected not-holding")
        #expect(stage.leave("Bob", .remoteControl) == "Ada leaves it (withdrawn)")
        _ = stage.apply(
            try stage.floors.begin(.remoteControl, by: FloorStage.id("Ada"), of: FloorStage.id("Bob"), at: stage.now)
        )
        #expect(stage.gone("Bob") == "Ada leaves it (withdrawn)")
        _ = stage.apply(try stage.floors.begin(.recording, by: FloorStage.id("Ada"), at: stage.now))
        #expect(stage.revoke(.recording, from: "Ada") == "rejected not-permitted")
        #expect(stage.leave("Ada", .recording) == "rejected not-permitted")
        #expect(stage.apply(stage.floors.end(.recording, by: FloorStage.id("Bob"))) == "")
        #expect(stage.apply(stage.floors.end(.recording, by: FloorStage.id("Ada"))) == "Ada leaves it")
    }

    @Test func `floors and queues have bounds`() {
        var stage = FloorStage()
        stage.limits.floorsPerRoomMax = 2
        stage.limits.floorQueueMax = 1
        _ = stage.define(.of("a"), 1, .free)
        _ = stage.define(.of("b"), 1, .free)
        #expect(stage.define(.of("c"), 1, .free) == "rejected too-many")
        #expect(stage.define(.of("b"), 2, .free) == "defined 2")
        // What every room has is always to be had.
        _ = stage.take("Ada")
        #expect(stage.take("Bob") == "Bob waits")
        #expect(stage.take("Cleo") == "rejected floor-busy")
    }

    @Test func `what everybody sees is what a snapshot keeps`() throws {
        var stage = FloorStage()
        #expect(stage.floors.json == nil)
        _ = stage.define(.mic, 1, .free, lease: 5_000)
        _ = stage.take("Bob", .mic)
        _ = stage.take("Ada", .mic)
        _ = stage.apply(
            try stage.floors.begin(.remoteControl, by: FloorStage.id("Ada"), of: FloorStage.id("Bob"), at: stage.now)
        )
        let ada = FloorStage.id("Ada").description
        let bob = FloorStage.id("Bob").description
        let json: JSONValue = [
            "remote-control": [
                "capacity": 1, "policy": "assigned", "queue": [:],
                "holders": .object([ada: ["since": 1_000, "order": 1, "of": .string(bob)]]),
            ],
            "talking-stick": [
                "capacity": 1, "policy": "free", "leaseMilliseconds": 5_000, "queue": .object([ada: 1]),
                "holders": .object([bob: ["since": 1_000, "order": 1, "endsAt": 6_000]]),
            ],
        ]
        #expect(stage.floors.json == json)
        #expect(try Floors(json: stage.floors.json) == stage.floors)
        #expect(throws: RoomFormatError.member("queue")) {
            try Floors(json: mergePatch(json, ["talking-stick": ["queue": .object([ada: "first"])]]))
        }
    }
}
