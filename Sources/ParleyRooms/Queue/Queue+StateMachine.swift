package import ParleyProtocol

extension Queue {
    // MARK: Coming

    /// What somebody brings who comes to wait, beside what they wish.
    package struct Arrival: Hashable, Sendable {
        package var wish: QueueWish
        package var order: UInt64
        package var room: RoomID
        /// Random: decides the code.
        package var seed: UInt64
        package var at: Instant

        package init(_ wish: QueueWish, order: UInt64, room: RoomID, seed: UInt64, at: Instant) {
            self.wish = wish
            self.order = order
            self.room = room
            self.seed = seed
            self.at = at
        }
    }

    /// - Parameter isReady: whether somebody is here and connected.
    /// - Returns: what happens behind their coming; the first is that they wait.
    package func decide(
        _ id: ParticipantID,
        comes arrival: Arrival,
        limits: Limits = Limits(),
        isReady: (ParticipantID) -> Bool
    ) throws(RejectionCode) -> [QueueFact] {
        var customer = Customer(order: arrival.order, since: arrival.at, room: arrival.room)
        // The same answer for what never was, is over, or was used.
        guard arrival.wish.code == nil || self.rules.rule == .pair else { throw .wrongCode }
        switch self.rules.rule {
        case .serve:
            guard self.rules.unserved == .wait || self.isServed(isReady) else { throw .noAgent }
            customer.skills = arrival.wish.skills
            customer.priority = arrival.wish.priority
        case .match:
            customer.key = arrival.wish.key
            customer.priority = arrival.wish.priority
            let others = self.customers.values.first { $0.taken == nil && $0.key == customer.key }
            customer.group = others?.group ?? arrival.order
        case .pair:
            guard let code = arrival.wish.code else {
                customer.code = self.freeCode(seed: arrival.seed)
                customer.codeExpiresAt = arrival.at.advanced(milliseconds: self.rules.codeMilliseconds)
                return [.queued(id, customer)]
            }
            let waiting = try self.owner(of: code, at: arrival.at)
            return [.queued(id, customer), self.taking([waiting, id], to: arrival.room, at: arrival.at, limits)]
        }
        return [.queued(id, customer)]
    }

    private func isServed(_ isReady: (ParticipantID) -> Bool) -> Bool {
        self.agents.contains { id, agent in (agent.isAvailable || agent.serving != nil) && isReady(id) }
    }

    /// Every code is looked at: how long it takes says nothing about which of them it is not.
    private func owner(of text: String, at now: Instant) throws(RejectionCode) -> ParticipantID {
        let code = QueueCode.canonical(text)
        var found: ParticipantID?
        for (id, customer) in self.customers where customer.code == code {
            guard customer.taken == nil, let until = customer.codeExpiresAt, until > now else { continue }
            found = id
        }
        guard let found else { throw .wrongCode }
        return found
    }

    private func freeCode(seed: UInt64) -> String {
        let used = Set(self.customers.values.compactMap(\.code))
        return QueueCode.first(self.rules.codes, seed: seed) { !used.contains($0) }
    }

    private func taking(
        _ people: [ParticipantID],
        by agent: ParticipantID? = nil,
        to room: RoomID,
        at now: Instant,
        _ limits: Limits
    ) -> QueueFact {
        let until = now.advanced(milliseconds: self.rules.arriveMilliseconds ?? limits.takenMilliseconds)
        let count = people.count + (agent == nil ? 0 : 1)
        return .taken(.init(people: people, agent: agent, to: Taken(room: room, until: until, count: count), at: now))
    }

    // MARK: What agents do

    /// - Parameter isReady: whether somebody is here and connected.
    package func decide(
        _ action: QueueAction,
        by id: ParticipantID,
        at now: Instant,
        limits: Limits = Limits(),
        isReady: (ParticipantID) -> Bool
    ) throws(RejectionCode) -> [QueueFact] {
        guard let agent = self.agents[id] else { throw .notPermitted }
        switch action {
        case .take(let whom):
            guard agent.serving == nil else { throw .alreadyServing }
            let (customer, room) = try self.find(whom, for: id, agent, isReady)
            var facts: [QueueFact] = []
            for (other, agent) in self.agents.sorted(by: { $0.key < $1.key }) {
                guard let offered = agent.offer?.customer else { continue }
                let isOthers = other != id && offered == customer
                let isAnother = other == id && offered != customer
                if isOthers || isAnother { facts.append(.offerEnded(agent: other, .gone, at: now)) }
            }
            return facts + [self.taking([customer], by: id, to: room, at: now, limits)]
        case .pass:
            guard agent.offer != nil else { throw .noChange }
            return [.offerEnded(agent: id, .passed, at: now)]
        case .agent(let isAvailable, let skills):
            let skills = skills ?? agent.skills
            let isSame = agent.isAvailable == isAvailable && agent.skills == skills && agent.serving == nil
            guard !isSame else { throw .noChange }
            let ended: [QueueFact] = agent.offer == nil ? [] : [.offerEnded(agent: id, .gone, at: now)]
            return [.agentChanged(id, isAvailable: isAvailable, skills: skills, at: now)] + ended
        }
    }

    private func find(
        _ whom: QueueAction.Whom,
        for id: ParticipantID,
        _ agent: Agent,
        _ isReady: (ParticipantID) -> Bool
    ) throws(RejectionCode) -> (ParticipantID, RoomID) {
        let found: ParticipantID?
        switch whom {
        case .participant(let customer):
            guard let named = self.customers[customer], named.taken == nil else { throw .unknownParticipant }
            found = isReady(customer) ? customer : nil
        case .skill(let skill):
            found =
                self.line.first {
                    $0.customer.skills.contains(skill) && isReady($0.id) && !self.isOffered($0.id, except: id)
                }?.id
        case .next:
            let offered = agent.offer?.customer
            found =
                offered.flatMap { isReady($0) ? $0 : nil }
                ?? self.line.first {
                    $0.customer.skills.isSubset(of: agent.skills) && isReady($0.id)
                        && !self.isOffered($0.id, except: id)
                }?.id
        }
        guard let found, let customer = self.customers[found] else { throw .queueEmpty }
        return (found, customer.room)
    }

    // MARK: What follows by itself

    /// Whom the queue itself takes or offers, as it is now. What is too much for one entry follows with the next.
    ///
    /// - Parameter isReady: whether somebody is here and connected, and an agent may serve.
    package func settle(
        at now: Instant,
        limits: Limits = Limits(),
        isReady: (ParticipantID) -> Bool
    ) -> [QueueFact] {
        var draft = self
        var facts: [QueueFact] = []
        func say(_ fact: QueueFact) {
            draft.evolve(fact)
            facts.append(fact)
        }
        for (id, agent) in self.agents.sorted(by: { $0.key < $1.key }) {
            guard let customer = agent.offer?.customer else { continue }
            let isStanding = isReady(id) && isReady(customer) && self.customers[customer]?.taken == nil
            if !isStanding { say(.offerEnded(agent: id, .gone, at: now)) }
        }
        switch self.rules.rule {
        case .serve:
            while facts.count < limits.queueStepsMax, let offer = draft.nextOffer(at: now, isReady) { say(offer) }
        case .match:
            for people in draft.matches(isReady).prefix(limits.queueStepsMax) {
                guard let latest = people.last, let room = draft.customers[latest]?.room else { continue }
                say(draft.taking(people, to: room, at: now, limits))
            }
        case .pair: break
        }
        return facts
    }

    private func nextOffer(at now: Instant, _ isReady: (ParticipantID) -> Bool) -> QueueFact? {
        guard let milliseconds = self.rules.offerMilliseconds else { return nil }
        let idle = self.agents.filter { $0.value.isIdle && isReady($0.key) }
            .sorted { ($0.value.since, $0.key) < ($1.value.since, $1.key) }
        guard !idle.isEmpty else { return nil }
        for (id, customer) in self.line where isReady(id) && !self.isOffered(id) {
            let agent = idle.first {
                !customer.passed.contains($0.key) && customer.skills.isSubset(of: $0.value.skills)
            }
            guard let agent else { continue }
            return .offered(agent: agent.key, customer: id, until: now.advanced(milliseconds: milliseconds))
        }
        return nil
    }

    /// Full groups, each in its order; the group whose first one has waited longest first.
    private func matches(_ isReady: (ParticipantID) -> Bool) -> [[ParticipantID]] {
        var groups: [UInt64: [ParticipantID]] = [:]
        var order: [UInt64] = []
        for (id, customer) in self.line where isReady(id) {
            if groups[customer.group] == nil { order.append(customer.group) }
            groups[customer.group, default: []].append(id)
        }
        return order.flatMap { group -> [[ParticipantID]] in
            let people = groups[group] ?? []
            return stride(from: 0, through: people.count - self.rules.size, by: self.rules.size).map {
                Array(people[$0..<$0 + self.rules.size])
            }
        }
    }

    // MARK: Deadlines

    package var nextDeadline: Instant? {
        let offers = self.agents.values.flatMap { [$0.offer?.until, $0.unmetUntil].compactMap(\.self) }
        let codes = self.customers.values.compactMap { $0.taken?.until ?? $0.codeExpiresAt }
        return (offers + codes).min()
    }

    /// What is over by now: offers, and people who have to go.
    package func due(at now: Instant) -> (facts: [QueueFact], gone: [ParticipantID]) {
        let offers = self.agents.filter { $0.value.offer.map { $0.until <= now } ?? false }.keys.sorted()
        let late = self.customers.filter {
            ($0.value.taken?.until ?? $0.value.codeExpiresAt).map { $0 <= now } ?? false
        }
        let returning = late.filter { self.mayReturn($0.value) }
        let agents = self.agents.filter { $0.value.unmetUntil.map { $0 <= now } ?? false }
        let rooms = Set(returning.compactMap(\.value.taken?.room) + agents.values.compactMap(\.serving?.room))
        let unmet = rooms.sorted().map { room -> QueueFact in
            let agent = agents.first { $0.value.serving?.room == room }
            return .unmet(
                .init(
                    room: room,
                    people: returning.filter { $0.value.taken?.room == room }.map(\.key).sorted(),
                    agent: agent?.key,
                    isAvailable: agent.map { $0.value.isAvailable && $0.value.serving?.hasCome ?? false } ?? false,
                    at: now
                )
            )
        }
        let gone = late.filter { !self.mayReturn($0.value) }.map(\.key).sorted()
        return (offers.map { .offerEnded(agent: $0, .expired, at: now) } + unmet, gone)
    }

    /// They have come to a call to which the other has not. A code was used, and more than two go on with who is there.
    private func mayReturn(_ customer: Customer) -> Bool {
        guard let taken = customer.taken, taken.hasCome, taken.count == 2 else { return false }
        switch self.rules.rule {
        case .serve, .match: return true
        case .pair: return false
        }
    }

    // MARK: Meeting

    /// Somebody is in the room that they were taken to.
    ///
    /// - Parameter next: where they go another time; a new id.
    /// - Returns: `nil` if they are not expected there; else also whom the queue lets go, because all have come.
    package func decideArrival(
        of id: ParticipantID,
        in room: RoomID,
        next: RoomID
    ) -> (fact: QueueFact, gone: [ParticipantID])? {
        guard let taken = self.destination(of: id), taken.room == room, !taken.hasCome else { return nil }
        let fact = QueueFact.came(id, next: next)
        // More than two do not wait for each other.
        guard taken.count == 2 else { return (fact, self.customers[id] == nil ? [] : [id]) }
        let others = self.customers.filter { $0.key != id && $0.value.taken?.room == room }
        let agent = self.agents.first { $0.key != id && $0.value.serving?.room == room }
        let come = [others.first?.value.taken, agent?.value.serving].compactMap(\.self).count { $0.hasCome }
        guard come + taken.gone + 1 >= taken.count else { return (fact, []) }
        return (fact, (others.map(\.key) + (self.customers[id] == nil ? [] : [id])).sorted())
    }

    // MARK: Evolving

    package mutating func evolve(_ fact: QueueFact) {
        switch fact {
        case .queued(let id, let customer):
            if self.isLineEmpty { self.pace.busySince = customer.since }
            self.customers[id] = customer
        case .taken(let taking):
            for id in taking.people { self.customers[id]?.taken = taking.to }
            if let agent = taking.agent {
                self.agents[agent]?.serving = taking.to
                self.agents[agent]?.offer = nil
                self.agents[agent]?.since = taking.at
                self.pace.take(at: taking.at)
            }
            if self.isLineEmpty { self.pace.busySince = nil }
        case .offered(let agent, let customer, let until):
            self.agents[agent]?.offer = Offer(customer: customer, until: until)
        case .offerEnded(let id, let reason, let now):
            guard let offer = self.agents[id]?.offer else { return }
            self.agents[id]?.offer = nil
            switch reason {
            case .passed: self.customers[offer.customer]?.passed.insert(id)
            case .expired:
                self.agents[id]?.isAvailable = false
                self.agents[id]?.since = now
            case .gone: break
            }
        case .agentChanged(let id, let isAvailable, let skills, let now):
            guard self.agents[id] != nil else { return }
            self.agents[id]?.isAvailable = isAvailable
            self.agents[id]?.skills = skills
            self.agents[id]?.serving = nil
            self.agents[id]?.since = now
            guard isAvailable else { return }
            self.forgetPassing(of: id)
        case .came(let id, let next):
            self.agents[id]?.serving?.hasCome = true
            guard self.customers[id]?.taken != nil else { return }
            self.customers[id]?.taken?.hasCome = true
            self.customers[id]?.room = next
        case .unmet(let unmet):
            if self.isLineEmpty, !unmet.people.isEmpty { self.pace.busySince = unmet.at }
            for id in unmet.people { self.putBack(id) }
            guard let agent = unmet.agent else { return }
            self.agents[agent]?.serving = nil
            self.agents[agent]?.isAvailable = unmet.isAvailable
            self.agents[agent]?.since = unmet.at
        }
    }

    /// Somebody has come into the room.
    package mutating func begin(_ agent: ParticipantID, at now: Instant) {
        self.agents[agent] = Agent(since: now)
    }

    /// Somebody has gone, from the room or from its door.
    package mutating func remove(_ id: ParticipantID) {
        self.agents[id] = nil
        guard let customer = self.customers.removeValue(forKey: id) else {
            self.forgetPassing(of: id)
            return
        }
        if let taken = customer.taken, taken.hasCome { self.countGone(from: taken.room) }
        if self.isLineEmpty { self.pace.busySince = nil }
    }

    /// Where people are matched, whoever came meanwhile with the same key has begun another group, and it is theirs
    /// now.
    private mutating func putBack(_ id: ParticipantID) {
        guard let customer = self.customers[id] else { return }
        let other = self.customers.values.first { $0.taken == nil && $0.key == customer.key }
        if let other, self.rules.rule == .match { self.customers[id]?.group = other.group }
        self.customers[id]?.taken = nil
    }

    /// Costs a look at everybody, and changes those alone on whom the agent has passed.
    private mutating func forgetPassing(of agent: ParticipantID) {
        for (id, customer) in self.customers where customer.passed.contains(agent) {
            self.customers[id]?.passed.remove(agent)
        }
    }

    /// Who was there is not waited for by the others.
    private mutating func countGone(from room: RoomID) {
        for (id, customer) in self.customers where customer.taken?.room == room {
            self.customers[id]?.taken?.gone += 1
        }
        for id in self.agents.keys where self.agents[id]?.serving?.room == room {
            self.agents[id]?.serving?.gone += 1
        }
    }
}
