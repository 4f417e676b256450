import ParleyProtocol
import ParleyRooms
import Testing

/// Every state that a few customers and agents can bring a queue into, breadth first.
///
/// Order numbers and time grow for ever; what tells two states apart is only who comes before whom.
struct QueueSearch {
    enum Presence: UInt8, Hashable { case here, lost, gone }

    struct Node {
        var queue: Queue
        var presence: [ParticipantID: Presence]
        var now: Int64 = 0
        var arrivals: UInt64 = 0
    }

    enum Step: Hashable {
        case comes(ParticipantID), lost(ParticipantID), back(ParticipantID), gone(ParticipantID)
        case asks(ParticipantID, QueueAction)
        /// To the room that they were taken to.
        case arrives(ParticipantID)
        case due
    }

    /// What is left out, to see that it is missed.
    enum Mutant: CaseIterable {
        /// Nothing becomes of a taking whose people do not meet.
        case unmet
        /// Who has met somebody stays in the queue, as if they had not.
        case met
    }

    let rules: QueueRules
    var mutant: Mutant?
    let customers: [ParticipantID]
    let agents: [ParticipantID]
    /// Whose connection may be lost.
    let losable: Set<ParticipantID>
    var keys: [ParticipantID: String] = [:]
    var states = 0
    var edges = 0
    var takings = 0
    var faults: [String] = []

    init(_ rules: QueueRules, customers: Int, agents: Int, losable: Int) {
        self.rules = rules
        self.customers = (0..<customers).map { ParticipantID(high: 1, low: UInt64($0)) }
        self.agents = (0..<agents).map { ParticipantID(high: 2, low: UInt64($0)) }
        self.losable = Set(self.customers.prefix(losable) + self.agents.prefix(losable))
    }

    mutating func run(statesMax: Int = .max) {
        var start = Node(queue: Queue(rules: self.rules), presence: [:])
        for id in self.customers + self.agents { start.presence[id] = .gone }
        var seen: Set<[UInt64]> = [self.key(start)]
        var nodes = [start]
        var next = 0
        while next < nodes.count, self.faults.isEmpty, nodes.count < statesMax {
            let node = nodes[next]
            next += 1
            for step in self.steps(node) {
                guard let reached = self.take(step, from: node) else { continue }
                if seen.insert(self.key(reached)).inserted { nodes.append(reached) }
            }
            self.checkWayOut(node)
        }
        self.states = nodes.count
    }

    // MARK: Edges

    private func steps(_ node: Node) -> [Step] {
        var steps: [Step] = [.due]
        for id in self.customers + self.agents {
            switch node.presence[id, default: .gone] {
            case .gone: steps.append(.comes(id))
            case .lost: steps += [.back(id), .gone(id)]
            case .here:
                steps.append(.gone(id))
                if node.queue.destination(of: id)?.hasCome == false { steps.append(.arrives(id)) }
                if self.losable.contains(id) { steps.append(.lost(id)) }
                guard self.agents.contains(id) else { continue }
                steps += [.asks(id, .take(.next)), .asks(id, .pass)]
                steps.append(.asks(id, .agent(isAvailable: true, skills: nil)))
                steps.append(.asks(id, .agent(isAvailable: false, skills: nil)))
                if let last = self.customers.last { steps.append(.asks(id, .take(.participant(last)))) }
            }
        }
        return steps
    }

    func isReady(_ node: Node) -> (ParticipantID) -> Bool {
        { node.presence[$0] == .here }
    }

    private mutating func take(_ step: Step, from node: Node) -> Node? {
        var reached = node
        reached.now += 1
        let now = Instant(milliseconds: reached.now)
        var facts: [QueueFact] = []
        switch step {
        case .lost(let id): reached.presence[id] = .lost
        case .back(let id): reached.presence[id] = .here
        case .gone(let id):
            reached.presence[id] = .gone
            reached.queue.remove(id)
        case .comes(let id):
            reached.presence[id] = .here
            guard self.customers.contains(id) else {
                reached.queue.begin(id, at: now)
                break
            }
            reached.arrivals += 1
            var wish = QueueWish()
            wish.key = self.keys[id]
            let room = RoomID(high: reached.arrivals, low: id.low)
            let arrival = Queue.Arrival(wish, order: reached.arrivals, room: room, seed: 0, at: now)
            let decided = try? node.queue.decide(id, comes: arrival, isReady: self.isReady(node))
            guard let decided else { return nil }
            facts = decided
        case .asks(let id, let action):
            let decided = try? node.queue.decide(action, by: id, at: now, isReady: self.isReady(node))
            guard let decided else { return nil }
            self.expect(!decided.isEmpty, "no decision is empty")
            if case .take(.next) = action { self.checkNext(node, id, decided) }
            facts = decided
        case .arrives(let id):
            let room = node.queue.destination(of: id)?.room ?? RoomID(high: 0, low: 0)
            let next = RoomID(high: 9, low: UInt64(reached.now))
            guard let arrival = node.queue.decideArrival(of: id, in: room, next: next) else { return nil }
            self.follow(arrival.fact, &reached)
            let gone = self.mutant == .met ? [] : arrival.gone
            self.checkMet(reached, gone, room)
            for id in gone {
                reached.presence[id] = .gone
                reached.queue.remove(id)
            }
        case .due:
            reached.now += 50_000
            let due = node.queue.due(at: Instant(milliseconds: reached.now))
            facts = due.facts.filter {
                if case .unmet = $0 { self.mutant != .unmet } else { true }
            }
            // Those who were taken long ago and have not come have gone, with or without their word.
            for id in due.gone {
                self.expect(node.queue.customers[id]?.taken?.hasCome == false, "nobody has to go who waits or has come")
                reached.presence[id] = .gone
            }
            for fact in facts { self.follow(fact, &reached) }
            for id in due.gone { reached.queue.remove(id) }
            facts = []
            self.checkNobodyIsAlone(reached)
        }
        self.edges += 1
        for fact in facts { self.follow(fact, &reached) }
        let settled = reached.queue.settle(at: now, isReady: self.isReady(reached))
        for fact in settled { self.follow(fact, &reached) }
        self.checkSettled(reached, after: step)
        return reached
    }

    private mutating func follow(_ fact: QueueFact, _ node: inout Node) {
        let before = node.queue
        node.queue.evolve(fact)
        var expected = before.line.map(\.id)
        switch fact {
        case .queued(let id, _): expected.append(id)
        case .taken(let taking):
            self.takings += 1
            for id in taking.people {
                self.expect(before.customers[id] != nil && before.customers[id]?.taken == nil, "nobody is taken twice")
                self.expect(node.presence[id] == .here, "nobody is taken who cannot hear of it")
                self.expect(node.queue.destination(of: id)?.room == taking.to.room, "whoever is taken is told where")
            }
            if let agent = taking.agent {
                self.expect(before.agents[agent]?.serving == nil, "an agent never has two")
                self.expect(node.queue.destination(of: agent)?.room == taking.to.room, "the agent goes there as well")
            }
            expected.removeAll { taking.people.contains($0) }
        case .offered(let agent, let customer, _):
            self.expect(before.agents[agent]?.isFree ?? false, "only who is free is asked")
            self.expect(!before.agents.values.contains { $0.offer?.customer == customer }, "one is asked at a time")
        case .unmet(let unmet):
            for id in unmet.people {
                self.expect(before.customers[id]?.taken?.hasCome ?? false, "who came waits again, nobody else")
                self.expect(node.queue.customers[id]?.room != unmet.room, "no room is used twice")
            }
            let waiting = before.line.map { ($0.customer.order, $0.id) }
            let back = unmet.people.compactMap { id in before.customers[id].map { ($0.order, id) } }
            expected = (waiting + back).sorted { $0.0 < $1.0 }.map(\.1)
        case .offerEnded, .agentChanged, .came: break
        }
        self.expect(node.queue.line.map(\.id) == expected, "the order is kept: \(fact)")
        // Everybody who waits in the room waits in the line, or was taken.
        let waiting = Set(self.customers.filter { node.queue.customers[$0] != nil })
        self.expect(waiting.isSuperset(of: before.customers.keys), "nobody is lost: \(fact)")
    }

    // MARK: What always holds

    /// Whom the queue lets go has somebody in their room.
    private mutating func checkMet(_ node: Node, _ gone: [ParticipantID], _ room: RoomID) {
        let customers = node.queue.customers.values.filter { $0.taken?.room == room && $0.taken?.hasCome == true }
        let agents = node.queue.agents.values.filter { $0.serving?.room == room && $0.serving?.hasCome == true }
        let left = (customers.compactMap(\.taken) + agents.compactMap(\.serving)).map(\.gone).max() ?? 0
        let come = customers.count + agents.count + left
        self.expect(gone.isEmpty || come == 2, "nobody is let go into an empty room")
        self.expect(!gone.isEmpty || come < 2 || customers.isEmpty, "two who have met are let go")
    }

    /// Long after the last taking: who waits there alone waits in the line again, and an agent is free.
    private mutating func checkNobodyIsAlone(_ node: Node) {
        self.expect(node.queue.customers.values.allSatisfy { $0.taken == nil }, "nobody is taken for ever")
        for agent in node.queue.agents.values {
            guard let serving = agent.serving else { continue }
            self.expect(serving.hasCome, "an agent who has not come is free again")
        }
    }

    private mutating func checkNext(_ node: Node, _ agent: ParticipantID, _ facts: [QueueFact]) {
        let offered = node.queue.agents[agent]?.offer?.customer
        let others = Set(node.queue.agents.filter { $0.key != agent }.compactMap { $0.value.offer?.customer })
        let first = node.queue.line.map(\.id).first { node.presence[$0] == .here && !others.contains($0) }
        guard case .taken(let taking)? = facts.last else { return self.expect(false, "taking takes") }
        self.expect(taking.people == [offered ?? first].compactMap(\.self), "the first who is there is the next")
    }

    private mutating func checkSettled(_ node: Node, after step: Step) {
        let queue = node.queue
        for agent in queue.agents.values {
            guard let offer = agent.offer else { continue }
            self.expect(agent.isAvailable && agent.serving == nil, "who is busy is not asked")
            let isWaiting = queue.customers[offer.customer].map { $0.taken == nil } ?? false
            self.expect(isWaiting && node.presence[offer.customer] == .here, "nobody is offered who is not there")
        }
        let line = queue.line.filter { node.presence[$0.id] == .here }
        switch self.rules.rule {
        case .serve:
            guard self.rules.offerMilliseconds != nil else { return }
            let offered = Set(queue.agents.values.compactMap { $0.offer?.customer })
            let free = queue.agents.filter { $0.value.isFree && node.presence[$0.key] == .here }.map(\.key)
            for (id, customer) in line where !offered.contains(id) {
                self.expect(customer.passed.isSuperset(of: free), "somebody waits and somebody is free: \(step)")
            }
        case .match:
            let groups = Dictionary(grouping: line) { $0.customer.key }
            self.expect(groups.values.allSatisfy { $0.count < self.rules.size }, "no full group waits")
        case .pair: break
        }
    }

    /// From wherever it stands: everybody comes back, one agent works, and all who wait are served in their order.
    private mutating func checkWayOut(_ node: Node) {
        guard self.rules.rule == .serve, let agent = self.agents.first else { return }
        var queue = node.queue
        let expected = queue.line.map(\.id)
        for other in self.agents { queue.remove(other) }
        queue.begin(agent, at: Instant(milliseconds: node.now))
        var served: [ParticipantID] = []
        for _ in expected {
            let now = Instant(milliseconds: node.now + Int64(served.count) + 1)
            for fact in queue.settle(at: now, isReady: { _ in true }) { queue.evolve(fact) }
            let facts = (try? queue.decide(.take(.next), by: agent, at: now, isReady: { _ in true })) ?? []
            for fact in facts {
                queue.evolve(fact)
                if case .taken(let taking) = fact { served += taking.people }
            }
            let done = QueueAction.agent(isAvailable: true, skills: nil)
            for fact in (try? queue.decide(done, by: agent, at: now, isReady: { _ in true })) ?? [] {
                queue.evolve(fact)
            }
        }
        self.expect(served == expected, "everybody is served in their order")
    }

    private mutating func expect(_ isSo: Bool, _ what: String) {
        if !isSo, self.faults.count < 5 { self.faults.append(what) }
    }

    // MARK: What tells states apart

    /// Who was taken to the same room, and who of them has left the queue.
    private func partner(_ id: ParticipantID, _ taken: Queue.Taken?, _ node: Node) -> UInt64 {
        guard let taken else { return 0 }
        let people = (self.customers + self.agents).enumerated()
        let bits = people.reduce(UInt64(0)) { bits, person in
            node.queue.destination(of: person.element)?.room == taken.room ? bits | 1 << UInt64(person.offset) : bits
        }
        return bits | UInt64(min(taken.gone, 3)) << 5
    }

    private func key(_ node: Node) -> [UInt64] {
        let orders = node.queue.customers.values.map(\.order).sorted()
        let groups = node.queue.customers.values.map(\.group).sorted()
        let sinces = node.queue.agents.values.map(\.since).sorted()
        var key: [UInt64] = []
        for id in self.customers {
            guard let customer = node.queue.customers[id] else {
                key.append(0)
                continue
            }
            let passed = self.agents.enumerated().reduce(UInt64(0)) { bits, agent in
                bits | (customer.passed.contains(agent.element) ? 1 << UInt64(agent.offset) : 0)
            }
            let order = UInt64(orders.firstIndex(of: customer.order) ?? 0)
            let group = UInt64(groups.firstIndex(of: customer.group) ?? 0)
            let isTaken: UInt64 = customer.taken.map { $0.hasCome ? 2 : 1 } ?? 0
            let with = self.partner(id, customer.taken, node)
            key.append(1 | isTaken << 24 | with << 32 | passed << 2 | order << 8 | group << 16)
        }
        for id in self.agents {
            guard let agent = node.queue.agents[id] else {
                key.append(0)
                continue
            }
            let offer = UInt64(agent.offer.flatMap { self.customers.firstIndex(of: $0.customer) }.map { $0 + 1 } ?? 0)
            let since = UInt64(sinces.firstIndex(of: agent.since) ?? 0)
            let isServing: UInt64 = agent.serving.map { $0.hasCome ? 2 : 1 } ?? 0
            let with = self.partner(id, agent.serving, node)
            key.append(1 | (agent.isAvailable ? 2 : 0) | isServing << 24 | with << 32 | offer << 3 | since << 8)
        }
        for id in self.customers + self.agents { key.append(UInt64(node.presence[id, default: .gone].rawValue)) }
        return key
    }
}

extension Queue.Agent {
    fileprivate var isFree: Bool { self.isAvailable && self.serving == nil && self.offer == nil }
}
