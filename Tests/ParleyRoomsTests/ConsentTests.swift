import ParleyProtocol
import ParleyRooms
import Testing

/// Consents alone, with people who are called by name.
struct ConsentStage {
    var consents = Consents()
    var now = Instant(milliseconds: 1_000)
    var limits = Limits()

    mutating func ask(_ rule: ConsentRule, _ names: [String], by name: String = "Mod", kind: String = "vote") -> String
    {
        let request = ConsentRequest(kind: kind, asked: .everybody, deadlineMilliseconds: 10_000, rule: rule)
        return self.apply { stage throws(RejectionCode) in
            let asked = Set(names.map { FloorStage.id($0) })
            return try stage.consents.ask(
                request,
                by: FloorStage.id(name),
                of: asked,
                at: stage.now,
                limits: stage.limits
            )
        }
    }

    mutating func answer(_ name: String, _ answer: Bool, _ number: UInt64 = 1, also: [String] = []) -> String {
        self.apply { stage throws(RejectionCode) in
            let others = also.map { FloorStage.id($0) }
            return try stage.consents.answer(number, answer, by: FloorStage.id(name), also: others)
        }
    }

    mutating func cancel(_ number: UInt64, by name: String) -> String {
        self.apply { stage throws(RejectionCode) in try stage.consents.cancel(number, by: FloorStage.id(name)) }
    }

    mutating func gone(_ names: String...) -> String {
        self.apply { stage throws(RejectionCode) in stage.consents.leave(names.map { FloorStage.id($0) }) }
    }

    mutating func wait(milliseconds: Int) -> String {
        self.now = self.now.advanced(milliseconds: milliseconds)
        return self.apply { stage throws(RejectionCode) in stage.consents.due(at: stage.now) }
    }

    private mutating func apply(_ decide: (Self) throws(RejectionCode) -> [ConsentFact]) -> String {
        let facts: [ConsentFact]
        do throws(RejectionCode) { facts = try decide(self) } catch { return "rejected \(error.rawValue)" }
        return facts.map { fact in
            self.consents.evolve(fact)
            switch fact.change {
            case .asked: return "\(fact.consent) is open"
            case .answered(let id, let answer): return "\(FloorStage.name(id)) says \(answer ? "yes" : "no")"
            case .excused(let id): return "\(FloorStage.name(id)) is excused"
            case .closed(let outcome, _): return "\(outcome.rawValue)"
            }
        }.joined(separator: ", ")
    }
}

@Suite struct ConsentTests {
    @Test func `all: everybody has to say yes`() {
        var stage = ConsentStage()
        #expect(stage.ask(.all, ["Ada", "Bob"]) == "1 is open")
        #expect(stage.answer("Ada", true) == "Ada says yes")
        #expect(stage.answer("Ada", true) == "rejected no-change")
        #expect(stage.answer("Bob", true) == "Bob says yes, granted")
        #expect(stage.answer("Bob", false) == "rejected unknown-consent")
        #expect(stage.ask(.all, ["Ada", "Bob"]) == "2 is open")
        #expect(stage.answer("Ada", true, 2) == "Ada says yes")
        #expect(stage.answer("Ada", false, 2) == "Ada says no, refused")
    }

    @Test func `any: one yes is enough`() {
        var stage = ConsentStage()
        _ = stage.ask(.any, ["Ada", "Bob"])
        #expect(stage.answer("Ada", false) == "Ada says no")
        #expect(stage.answer("Bob", true) == "Bob says yes, granted")
        _ = stage.ask(.any, ["Ada", "Bob"])
        #expect(stage.answer("Ada", false, 2) == "Ada says no")
        #expect(stage.answer("Bob", false, 2) == "Bob says no, refused")
    }

    @Test func `majority: more than half, known as soon as it is certain`() {
        var stage = ConsentStage()
        _ = stage.ask(.majority, ["Ada", "Bob", "Cleo", "Dan"])
        #expect(stage.answer("Ada", true) == "Ada says yes")
        #expect(stage.answer("Bob", true) == "Bob says yes")
        #expect(stage.answer("Cleo", true) == "Cleo says yes, granted")
        _ = stage.ask(.majority, ["Ada", "Bob", "Cleo", "Dan"])
        #expect(stage.answer("Ada", false, 2) == "Ada says no")
        #expect(stage.answer("Bob", false, 2) == "Bob says no, refused")
    }

    @Test func `each: everybody for themselves, and the end is the last answer`() {
        var stage = ConsentStage()
        _ = stage.ask(.each, ["Ada", "Bob"])
        #expect(stage.answer("Ada", true) == "Ada says yes")
        #expect(stage.answer("Bob", false) == "Bob says no, granted")
        _ = stage.ask(.each, ["Ada", "Bob"])
        #expect(stage.answer("Ada", false, 2) == "Ada says no")
        #expect(stage.answer("Bob", false, 2) == "Bob says no, refused")
    }

    @Test func `answer against expiry: the log decides, and what comes too late is refused`() {
        var stage = ConsentStage()
        _ = stage.ask(.all, ["Ada"])
        #expect(stage.consents.nextDeadline == Instant(milliseconds: 11_000))
        #expect(stage.wait(milliseconds: 9_999) == "")
        #expect(stage.wait(milliseconds: 1) == "expired")
        #expect(stage.answer("Ada", true) == "rejected unknown-consent")
        #expect(stage.wait(milliseconds: 1) == "")
        _ = stage.ask(.all, ["Ada"])
        #expect(stage.answer("Ada", true, 2) == "Ada says yes, granted")
        #expect(stage.wait(milliseconds: 20_000) == "")
        #expect(stage.consents.nextDeadline == nil)
    }

    @Test func `leave against answer: who has left no longer counts, and that may decide it`() {
        var stage = ConsentStage()
        _ = stage.ask(.all, ["Ada", "Bob"])
        _ = stage.answer("Ada", true)
        #expect(stage.gone("Bob") == "Bob is excused, granted")
        _ = stage.ask(.majority, ["Ada", "Bob", "Cleo"])
        _ = stage.answer("Ada", true, 2)
        #expect(stage.gone("Ada") == "Ada is excused")
        #expect(stage.answer("Bob", false, 2) == "Bob says no, refused")
        #expect(stage.answer("Ada", true, 2) == "rejected unknown-consent")
    }

    @Test func `nobody is left to ask, or nobody to answer to`() {
        var stage = ConsentStage()
        _ = stage.ask(.all, ["Ada", "Bob"])
        _ = stage.answer("Ada", true)
        #expect(stage.gone("Ada", "Bob") == "Ada is excused, Bob is excused, cancelled")
        _ = stage.ask(.all, ["Ada", "Bob"], by: "Mod")
        #expect(stage.gone("Mod", "Ada") == "cancelled")
        #expect(stage.gone("Dan") == "")
    }

    @Test func `only who was asked can answer, and only who asked can cancel`() {
        var stage = ConsentStage()
        _ = stage.ask(.all, ["Ada"])
        #expect(stage.answer("Bob", true) == "rejected not-asked")
        #expect(stage.answer("Mod", true) == "rejected not-asked")
        #expect(stage.cancel(1, by: "Ada") == "rejected not-asked")
        #expect(stage.cancel(2, by: "Mod") == "rejected unknown-consent")
        #expect(stage.cancel(1, by: "Mod") == "cancelled")
        #expect(stage.ask(.all, []) == "rejected unknown-participant")
        #expect(stage.ask(.all, ["Mod"]) == "rejected unknown-participant")
    }

    @Test func `an answer counts for the other devices of the same person`() {
        var stage = ConsentStage()
        _ = stage.ask(.all, ["Ada", "Bob"])
        #expect(stage.answer("Ada", true, also: ["Bob", "Cleo"]) == "Ada says yes, Bob says yes, granted")
    }

    @Test func `questions have bounds`() {
        var stage = ConsentStage()
        stage.limits.consentsOpenMax = 2
        stage.limits.consentAskedMax = 2
        #expect(stage.ask(.all, ["Ada", "Bob", "Cleo"]) == "rejected too-many")
        _ = stage.ask(.all, ["Ada"])
        _ = stage.ask(.all, ["Ada"])
        #expect(stage.ask(.all, ["Ada"]) == "rejected too-many")
        _ = stage.cancel(1, by: "Mod")
        #expect(stage.ask(.all, ["Ada"]) == "3 is open")
        stage.limits.consentsOpenMax = 16
        stage.limits.consentsPerAskerMax = 2
        #expect(stage.ask(.all, ["Ada"]) == "rejected too-many")
        #expect(stage.ask(.all, ["Ada"], by: "Bob") == "4 is open")
    }

    @Test func `what everybody sees, and what a snapshot keeps`() throws {
        var stage = ConsentStage()
        #expect(stage.consents.json == nil)
        _ = stage.ask(.all, ["Ada", "Bob"])
        _ = stage.answer("Bob", true)
        let ada = FloorStage.id("Ada").description
        let bob = FloorStage.id("Bob").description
        let mod = JSONValue.string(FloorStage.id("Mod").description)
        let round: JSONValue = [
            "kind": "vote", "by": mod, "since": 1_000, "deadline": 11_000, "rule": "all",
            "asked": .object([ada: true, bob: true]), "answers": .object([bob: true]),
        ]
        #expect(stage.consents.json == ["1": round])
        #expect(try Consents(snapshot: stage.consents.snapshot) == stage.consents)
        _ = stage.cancel(1, by: "Mod")
        #expect(stage.consents.json == nil)
        #expect(try Consents(snapshot: stage.consents.snapshot) == stage.consents)
        #expect(throws: RoomFormatError.member("open")) {
            try Consents(snapshot: ["last": 1, "open": .object(["2": round])])
        }
    }
}
