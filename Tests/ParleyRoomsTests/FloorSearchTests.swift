import ParleyProtocol
import ParleyRooms
import Testing

/// Every state that three people and a moderator can bring one floor into, breadth first.
///
/// Order numbers grow for ever; what tells two states apart is only who comes before whom.
struct FloorSearch {
    enum Presence: UInt8, Hashable { case here, lost, gone }

    struct Node: Hashable {
        var floors: Floors
        var presence: [Presence]
    }

    enum Step: Hashable {
        case asks(Int, FloorAction)
        case lost(Int), back(Int), gone(Int), comes(Int)
        case due(Int64)
    }

    static let floor = FloorName.of("talking-stick")
    static let moderator = ParticipantID(high: 1, low: 99)
    let people = 3
    let rule: FloorRule
    var states = 0
    var edges = 0
    var faults: [String] = []

    init(_ rule: FloorRule) { self.rule = rule }

    private func id(_ person: Int) -> ParticipantID { ParticipantID(high: 1, low: UInt64(person)) }

    mutating func run() {
        var floors = Floors()
        floors.evolve(FloorFact(Self.floor, .defined(self.rule, at: Instant(milliseconds: 0))))
        let start = Node(floors: floors, presence: Array(repeating: .here, count: self.people))
        var seen: Set<[UInt64]> = [self.key(start)]
        var queue = [start]
        var next = 0
        while next < queue.count, self.faults.isEmpty {
            let node = queue[next]
            next += 1
            self.check(node)
            self.checkWayOut(node)
            for step in self.steps(node) {
                guard let reached = self.take(step, from: node) else { continue }
                if seen.insert(self.key(reached)).inserted { queue.append(reached) }
            }
        }
        self.states = queue.count
    }

    // MARK: Edges

    private func steps(_ node: Node) -> [Step] {
        var steps: [Step] = [.due(1_000), .due(1_500)]
        for person in 0..<self.people {
            let id = self.id(person)
            switch node.presence[person] {
            case .gone: steps.append(.comes(person))
            case .lost: steps += [.back(person), .gone(person)]
            case .here:
                steps += [.lost(person), .gone(person)]
                for action in [
                    FloorAction.take(Self.floor, wait: true), .take(Self.floor, wait: false), .leave(Self.floor),
                ] { steps.append(.asks(person, action)) }
            }
            let others = (0..<self.people).map { self.id($0) }
            steps += ([nil] + others).map { .asks(99, .give(Self.floor, id, instead: $0)) }
            steps.append(.asks(99, .revoke(Self.floor, id)))
        }
        return steps
    }

    private mutating func take(_ step: Step, from node: Node) -> Node? {
        var reached = node
        func isReady(_ id: ParticipantID, _: FloorName) -> Bool {
            (0..<self.people).contains { self.id($0) == id && reached.presence[$0] == .here }
        }
        let facts: [FloorFact]
        switch step {
        case .lost(let person):
            reached.presence[person] = .lost
            facts = []
        case .comes(let person):
            reached.presence[person] = .here
            facts = []
        case .back(let person):
            reached.presence[person] = .here
            facts = node.floors.resume(self.id(person), at: Instant(milliseconds: 0), isReady: isReady)
        case .gone(let person):
            reached.presence[person] = .gone
            facts = node.floors.leave([self.id(person)], at: Instant(milliseconds: 0), isReady: isReady)
        case .due(let milliseconds):
            facts = node.floors.due(at: Instant(milliseconds: milliseconds), isReady: isReady)
        case .asks(let person, let action):
            let id = person == 99 ? Self.moderator : self.id(person)
            let asker = FloorAsker(id, mayTake: true, maySteer: person == 99)
            // Whoever renews does it half a second later.
            let isRenewal = node.floors[Self.floor]?.holders[id] != nil
            let decided = try? node.floors.decide(
                action,
                by: asker,
                at: Instant(milliseconds: isRenewal ? 500 : 0),
                canHold: { id in (0..<self.people).contains { self.id($0) == id && node.presence[$0] != .gone } },
                isReady: isReady
            )
            guard let decided else { return nil }
            self.expect(!decided.isEmpty, "no decision is empty")
            facts = decided
        }
        self.edges += 1
        self.follow(facts, isGiven: step.isGiven, &reached)
        return reached
    }

    private mutating func follow(_ facts: [FloorFact], isGiven: Bool, _ reached: inout Node) {
        for fact in facts {
            let before = reached.floors[Self.floor]?.queueInOrder ?? []
            reached.floors.evolve(fact)
            self.checkCounts(reached)
            let after = reached.floors[Self.floor]?.queueInOrder ?? []
            var expected = before.filter { $0 != fact.about }
            if case .queued(let id) = fact.change { expected.append(id) }
            self.expect(after == expected, "the queue keeps its order: \(fact)")
            guard case .taken(let id, _, _) = fact.change, self.rule.policy == .free, before.contains(id) else {
                continue
            }
            let first = before.first { id in
                (0..<self.people).contains { self.id($0) == id && reached.presence[$0] == .here }
            }
            self.expect(
                id == first || isGiven && fact == facts.first { $0.isTaking },
                "the first who is there is the next"
            )
        }
    }

    // MARK: What always holds

    private mutating func checkCounts(_ node: Node) {
        guard let floor = node.floors[Self.floor] else { return self.expect(false, "the floor is there") }
        self.expect(floor.holders.count <= floor.rule.capacity, "no more holders than places, even between two facts")
        self.expect(Set(floor.holders.keys).isDisjoint(with: floor.queue.keys), "nobody both holds and waits")
        self.expect(Set(floor.queue.values).count == floor.queue.count, "nobody stands beside another in the queue")
        self.expect(Set(floor.holders.values.map(\.order)).count == floor.holders.count, "nor among those who hold")
    }

    private mutating func check(_ node: Node) {
        self.checkCounts(node)
        guard let floor = node.floors[Self.floor] else { return }
        for person in 0..<self.people where node.presence[person] == .gone {
            let id = self.id(person)
            self.expect(floor.holders[id] == nil && floor.queue[id] == nil, "who has left has nothing")
        }
        if self.rule.policy == .free, !floor.isFull {
            let waits = (0..<self.people).contains { node.presence[$0] == .here && floor.queue[self.id($0)] != nil }
            self.expect(!waits, "nobody who is there waits for what is free")
        }
        if self.rule.policy == .assigned { self.expect(floor.queue.isEmpty, "nobody waits where nobody can ask") }
        let hasLease = self.rule.leaseMilliseconds != nil
        self.expect(floor.holders.values.allSatisfy { ($0.endsAt != nil) == hasLease }, "every lease has an end")
        self.expect((node.floors.nextDeadline != nil) == (hasLease && !floor.holders.isEmpty), "and is looked at then")
        self.expect((try? Floors(json: node.floors.json)) == node.floors, "floors survive their snapshot")
        self.expect(node.floors.due(at: Instant(milliseconds: 999), isReady: { _, _ in true }).isEmpty, "not before")
    }

    /// Whatever has happened: when the others go the first has it, and when all go it is free.
    private mutating func checkWayOut(_ node: Node) {
        let everybody = (0..<self.people).map { self.id($0) }
        guard let floor = node.floors[Self.floor] else { return }
        for (person, id) in everybody.enumerated() where floor.queue[id] != nil {
            var alone = node
            alone.presence = (0..<self.people).map { $0 == person ? .here : .gone }
            let others = everybody.filter { $0 != id }
            func isReady(_ other: ParticipantID, _: FloorName) -> Bool { other == id }
            for fact in node.floors.leave(others, at: Instant(milliseconds: 0), isReady: isReady) {
                alone.floors.evolve(fact)
            }
            for fact in alone.floors.resume(id, at: Instant(milliseconds: 0), isReady: isReady) {
                alone.floors.evolve(fact)
            }
            let gives = FloorAction.give(Self.floor, id, instead: nil)
            let given = try? alone.floors.decide(
                gives,
                by: FloorAsker(Self.moderator, mayTake: true, maySteer: true),
                at: Instant(milliseconds: 0),
                canHold: { $0 == id },
                isReady: isReady
            )
            let holds = alone.floors[Self.floor]?.holders[id] != nil
            self.expect(self.rule.policy == .free ? holds : given?.count == 1, "who waits gets it in the end")
        }
        var empty = node.floors
        for fact in node.floors.leave(everybody, at: Instant(milliseconds: 0), isReady: { _, _ in false }) {
            empty.evolve(fact)
        }
        self.expect(empty[Self.floor].map { $0.holders.isEmpty && $0.queue.isEmpty } ?? false, "it can be left by all")
    }

    private mutating func expect(_ holds: Bool, _ rule: @autoclosure () -> String) {
        if !holds { self.faults.append(rule()) }
    }

    private func key(_ node: Node) -> [UInt64] {
        guard let floor = node.floors[Self.floor] else { return [] }
        let holders = floor.holdersInOrder.flatMap { id -> [UInt64] in
            let holding = floor.holders[id]
            return [id.low, UInt64(holding?.endsAt?.milliseconds ?? 0)]
        }
        return node.presence.map { UInt64($0.rawValue) } + [100] + holders + [200] + floor.queueInOrder.map(\.low)
    }
}

extension FloorSearch.Step {
    /// Whether somebody else decides who has it.
    fileprivate var isGiven: Bool {
        if case .asks(_, .give) = self { true } else { false }
    }
}

extension FloorFact {
    fileprivate var isTaking: Bool {
        if case .taken = self.change { true } else { false }
    }

    fileprivate var about: ParticipantID? {
        switch self.change {
        case .taken(let id, _, _), .queued(let id), .renewed(let id, _), .left(let id, _), .revoked(let id): id
        case .defined: nil
        }
    }
}

/// Every way in which one question to three people can go.
struct ConsentSearch {
    let rule: ConsentRule
    var states = 0
    var outcomes: [ConsentRound.Outcome: Int] = [:]
    var faults: [String] = []
    private let people = (0..<3).map { ParticipantID(high: 1, low: UInt64($0)) }
    private let asker = ParticipantID(high: 1, low: 9)

    init(_ rule: ConsentRule) { self.rule = rule }

    mutating func run() {
        var start = Consents()
        let request = ConsentRequest(kind: "vote", asked: .everybody, deadlineMilliseconds: 1_000, rule: self.rule)
        let asked = try? start.ask(request, by: self.asker, of: Set(self.people), at: Instant(milliseconds: 0))
        for fact in asked ?? [] { start.evolve(fact) }
        var seen: Set<Consents> = [start]
        var queue = [start]
        var next = 0
        while next < queue.count {
            let consents = queue[next]
            next += 1
            self.check(consents)
            for facts in self.steps(consents) {
                var reached = consents
                for fact in facts {
                    reached.evolve(fact)
                    guard case .closed(let outcome, _) = fact.change else { continue }
                    self.outcomes[outcome, default: 0] += 1
                    self.expect(fact == facts.last, "the end comes last")
                }
                if seen.insert(reached).inserted { queue.append(reached) }
            }
        }
        self.states = queue.count
    }

    private func steps(_ consents: Consents) -> [[ConsentFact]] {
        var steps: [[ConsentFact]] = []
        for person in self.people {
            for answer in [true, false] {
                if let facts = try? consents.answer(1, answer, by: person) { steps.append(facts) }
            }
            steps.append(consents.leave([person]))
        }
        steps.append(consents.leave([self.people[0], self.people[1]]))
        steps.append(consents.leave([self.people[2], self.asker]))
        steps.append(consents.due(at: Instant(milliseconds: 1_000)))
        if let facts = try? consents.cancel(1, by: self.asker) { steps.append(facts) }
        return steps
    }

    private mutating func check(_ consents: Consents) {
        self.expect((try? Consents(snapshot: consents.snapshot)) == consents, "consents survive their snapshot")
        guard let round = consents.rounds[1] else {
            self.expect(self.steps(consents).allSatisfy(\.isEmpty), "what is closed has no effect any more")
            return
        }
        self.expect(!round.asked.isEmpty, "an open question is asked of somebody")
        self.expect(Set(round.answers.keys).isSubset(of: round.asked), "only who is asked has answered")
        self.expect(self.endings(round).count > 1, "an open question is not decided yet")
        self.expect(round.certain == nil, "and knows it")
        self.expect(!consents.due(at: Instant(milliseconds: 1_000)).isEmpty, "it ends by itself")
    }

    /// All that can come out of the answers that are still missing.
    private func endings(_ round: ConsentRound) -> Set<ConsentRound.Outcome> {
        let missing = round.asked.filter { round.answers[$0] == nil }.sorted()
        var endings: Set<ConsentRound.Outcome> = []
        for bits in 0..<(1 << missing.count) {
            var answers = round.answers
            for (index, person) in missing.enumerated() { answers[person] = bits >> index & 1 == 1 }
            let granted = answers.values.count { $0 }
            let isGranted =
                switch self.rule {
                case .all: granted == round.asked.count
                case .any, .each: granted > 0
                case .majority: 2 * granted > round.asked.count
                }
            endings.insert(isGranted ? .granted : .refused)
        }
        // Where everybody answers for themselves nothing is over before everybody has.
        return self.rule == .each && !missing.isEmpty ? [.granted, .refused] : endings
    }

    private mutating func expect(_ holds: Bool, _ rule: @autoclosure () -> String) {
        if !holds { self.faults.append(rule()) }
    }
}

@Suite struct FloorSearchTests {
    @Test(arguments: [
        (FloorRule(capacity: 1, policy: .free), 246), (FloorRule(capacity: 2, policy: .free), 264),
        (FloorRule(capacity: 1, policy: .request), 375), (FloorRule(capacity: 2, policy: .request), 495),
        (FloorRule(capacity: 2, policy: .assigned), 153),
        (FloorRule(capacity: 1, policy: .free, leaseMilliseconds: 1_000), 768),
        (FloorRule(capacity: 2, policy: .free, leaseMilliseconds: 1_000), 2094),
    ])
    func `every state of a floor and three people`(rule: FloorRule, states: Int) {
        var search = FloorSearch(rule)
        search.run()
        #expect(search.faults == [])
        #expect(search.states == states)
    }

    @Test(arguments: [(ConsentRule.all, 20), (.any, 20), (.majority, 26), (.each, 38)])
    func `every way in which a question to three people can go`(rule: ConsentRule, states: Int) {
        var search = ConsentSearch(rule)
        search.run()
        #expect(search.faults == [])
        #expect(search.states == states)
        #expect(Set(search.outcomes.keys) == Set(ConsentRound.Outcome.allCases))
    }
}
