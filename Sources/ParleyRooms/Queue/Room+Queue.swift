public import ParleyProtocol

// A room of the kind `queue`: who waits at its door stands in the line, who is in it is an agent.

extension Room {
    /// Where somebody of this queue may go, and as what.
    public func queuePass(of id: ParticipantID) -> (room: RoomID, pass: RoomCommand.QueuePass)? {
        guard let queue, let destination = queue.destination(of: id) else { return nil }
        let isAgent = self.people[id] != nil
        let role: Role? = isAgent ? .host : queue.rules.rule == .serve ? .participant : nil
        let pass = RoomCommand.QueuePass(isCall: destination.count == 2, role: role, until: destination.until)
        return (destination.room, pass)
    }

    /// What whoever waits is told of themselves.
    public func ownRow(of id: ParticipantID) -> JSONValue? { self.queue?.ownRow(of: id) }

    // MARK: Coming

    /// - Returns: what happens where somebody comes to wait; `nil`: they come in, as an agent.
    func decideQueueJoin(
        _ command: RoomCommand,
        _ join: RoomCommand.Join,
        _ visitor: Visitor,
        _ cause: RoomEvent.Cause?
    ) throws(RejectionCode) -> [RoomEvent]? {
        guard self.kind == .queue || join.queue == nil else { throw .unsupportedKind }
        guard self.kind == .queue else { return nil }
        guard let arrival = join.queue else {
            let mayServe = visitor.permissions.permits(.admit) ?? self.roles.permits(visitor.role, .admit)
            guard mayServe else { throw .notPermitted }
            return nil
        }
        return try self.decideCustomer(self.waiting(command, join, visitor), arrival, cause)
    }

    /// Nobody makes devices known who does not come in.
    private func waiting(
        _ command: RoomCommand,
        _ join: RoomCommand.Join,
        _ visitor: Visitor
    ) -> RoomEvent.Joining {
        var waiting = self.joining(command, join, visitor)
        waiting.joined = 0
        waiting.media = nil
        return waiting
    }

    /// The first who comes makes a queue in which the queue itself puts people together. Where agents are wanted,
    /// somebody who is one has to make it.
    func decideFirstQueue(
        _ command: RoomCommand,
        _ join: RoomCommand.Join,
        _ cause: RoomEvent.Cause?
    ) throws(RejectionCode) -> [RoomEvent] {
        // To them there is no such room.
        if let grant = join.grant, !grant.mayCreate { throw .unknownRoom }
        guard self.semantics.knowsCalls else { throw .unsupportedKind }
        if case .text = join.settings.pin { throw .invalidSettings }
        var configuration = self.configuration
        configuration.apply(join.settings)
        guard self.isPlannable(configuration.parameters, at: command.at) else { throw .invalidSettings }
        var creation = self.creation(.queue, configuration, devices: join.devices, at: command.at)
        guard let arrival = join.queue else {
            let host = Visitor(identity: join.identity, role: .host, invitation: nil)
            return [
                RoomEvent(.created(creation)), RoomEvent(.joined(self.joining(command, join, host)), cause: cause),
            ]
        }
        guard arrival.wish.code == nil else { throw .wrongCode }
        guard configuration.parameters.queue.rule != .serve else { throw .noAgent }
        creation.isEmpty = true
        let created = RoomEvent(.created(creation))
        var queue = self
        queue.evolve(created)
        let visitor = Visitor(identity: join.identity, role: .participant, invitation: nil)
        return [created] + (try queue.decideCustomer(queue.waiting(command, join, visitor), arrival, cause))
    }

    /// They wait, in the place of their earlier devices if the room wants one.
    func decideCustomer(
        _ joining: RoomEvent.Joining,
        _ arrival: RoomCommand.QueueArrival,
        _ cause: RoomEvent.Cause?
    ) throws(RejectionCode) -> [RoomEvent] {
        guard var queue else { throw .unsupportedKind }
        let earlier = self.door.waiting.values
            .filter { $0.identity == joining.identity && queue.customers[$0.id]?.taken == nil }
            .sorted { $0.order < $1.order }
        guard let replaced = self.devices.replaced(among: earlier)?.map(\.id) else { throw .identityPresent }
        let waitingMax = queue.rules.waitingMax ?? Limits().queueWaitingMax
        guard self.door.waiting.count - replaced.count < waitingMax else { throw .roomFull }
        let order = self.door.waitingLast + 1
        // Where people are matched, nobody is before others.
        let kept = queue.rules.rule == .serve ? replaced.compactMap { queue.customers[$0]?.order }.min() : nil
        for id in replaced { queue.remove(id) }
        let comes = Queue.Arrival(
            arrival.wish,
            order: kept ?? order,
            room: arrival.room,
            seed: arrival.seed,
            at: joining.at
        )
        let facts = try queue.decide(joining.participant, comes: comes, isReady: self.isReadyInQueue)
        let person = WaitingPerson(joining, order: order, reason: .queue)
        return replaced.map { RoomEvent(.left($0, .replaced)) }
            + [RoomEvent(.meeting(.admission(.waits(person))), cause: cause)]
            + facts.map { RoomEvent(.meeting(.queue($0))) }
    }

    // MARK: The room that people are taken to

    /// Nobody else comes in by knowing its name.
    func decideFirstTaken(
        _ command: RoomCommand,
        _ join: RoomCommand.Join,
        _ pass: RoomCommand.QueuePass,
        _ cause: RoomEvent.Cause?
    ) -> [RoomEvent] {
        var configuration = self.configuration
        configuration.parameters = RoomParameters()
        configuration.parameters.admission = .members
        var creation = self.creation(pass.isCall ? .call : .meeting, configuration, devices: .replace, at: command.at)
        if pass.isCall {
            creation.meetsBy = pass.until?.advanced(milliseconds: Limits().unmetMilliseconds)
        }
        let joining = self.joining(command, join, self.visitor(join, pass))
        return [RoomEvent(.created(creation)), RoomEvent(.joined(joining), cause: cause)]
    }

    func visitor(_ join: RoomCommand.Join, _ pass: RoomCommand.QueuePass) -> Visitor {
        let wish = pass.role ?? (self.lifecycle == .absent ? .host : .participant)
        var visitor = Visitor(
            identity: join.identity,
            role: wish == .host && self.hasHost ? .participant : wish,
            invitation: nil
        )
        visitor.isSent = true
        return visitor
    }

    // MARK: What agents do

    func decide(_ action: QueueAction, _ request: MeetingRequest) -> Decision {
        guard let queue else { return .rejected(.unsupportedKind) }
        guard self.permits(request, .admit) else { return .rejected(.notPermitted) }
        do throws(RejectionCode) {
            let facts = try queue.decide(action, by: request.by, at: request.at, isReady: self.isReadyInQueue)
            return request.events(facts.map { .queue($0) })
        } catch {
            return .rejected(error)
        }
    }

    /// The server has seen somebody come to the room that they were taken to.
    func decideQueueArrival(of id: ParticipantID, in room: RoomID, next: RoomID, at now: Instant) -> Decision {
        guard let arrival = self.queue?.decideArrival(of: id, in: room, next: next) else {
            return .rejected(.noChange)
        }
        let gone = arrival.gone
        return .events(
            [RoomEvent(.meeting(.queue(arrival.fact)))] + gone.map { RoomEvent(.left($0, .met)) }
                + (gone.isEmpty ? [] : self.consequences(ofAllLeaving: gone, .met, nil, at: now))
        )
    }

    /// Whether somebody at the door can be told that they are taken, or an agent may serve.
    private func isReadyInQueue(_ id: ParticipantID) -> Bool {
        guard let connection = self.connection(of: id), !connection.isInterrupted else { return false }
        return self.people[id].map { self.permits($0, .admit) } ?? true
    }

    // MARK: What follows by itself

    /// It is there as long as somebody serves or waits.
    ///
    /// - Parameter ids: of agents and of people at the door.
    func queueConsequences(
        ofLeaving ids: [ParticipantID],
        _ agents: [ParticipantID],
        _ reason: RoomEvent.LeaveReason,
        _ cause: RoomEvent.Cause?,
        at now: Instant
    ) -> [RoomEvent] {
        let isAwaited = !self.door.waiting.keys.allSatisfy(ids.contains)
        guard agents.count == self.count, !isAwaited else {
            return agents.isEmpty ? [] : self.consequences(ofLeaving: agents, reason, cause, at: now)
        }
        guard self.parameters.emptyMilliseconds > 0 else { return [RoomEvent(.ended(.empty))] }
        return [RoomEvent(.meeting(.lifecycle(.emptied(at: now))))]
    }

    /// Matches and offers, as the queue is now.
    func decideQueue(at now: Instant) -> [RoomEvent] {
        guard let queue, self.lifecycle.isLive else { return [] }
        return queue.settle(at: now, isReady: self.isReadyInQueue).map { RoomEvent(.meeting(.queue($0))) }
    }

    /// What one entry could not take follows at once.
    var queueDeadlines: [Instant] {
        guard let queue else { return [] }
        let next = [queue.nextDeadline].compactMap(\.self)
        return self.decideQueue(at: self.createdAt).isEmpty ? next : next + [self.createdAt]
    }

    func dueQueue(at now: Instant) -> [RoomEvent] {
        guard let (facts, gone) = self.queue?.due(at: now) else { return [] }
        guard !facts.isEmpty || !gone.isEmpty else { return self.decideQueue(at: now) }
        return facts.map { RoomEvent(.meeting(.queue($0))) } + gone.map { RoomEvent(.left($0, .expired)) }
            + (gone.isEmpty ? [] : self.consequences(ofAllLeaving: gone, .expired, nil, at: now))
    }
}

// MARK: - Evolving

extension Room {
    mutating func evolve(_ fact: QueueFact) -> StatePatches {
        switch fact {
        case .queued(let id, _): self.changeQueue(of: [id]) { $0.evolve(fact) }
        case .taken(let taking):
            self.changeQueue(of: taking.people + [taking.agent].compactMap(\.self)) { $0.evolve(fact) }
        case .unmet(let unmet):
            self.changeQueue(of: unmet.people + [unmet.agent].compactMap(\.self)) { $0.evolve(fact) }
        case .offered(let id, _, _), .offerEnded(let id, _, _), .agentChanged(let id, _, _, _), .came(let id, _):
            self.changeQueue(of: [id]) { $0.evolve(fact) }
        }
    }

    /// They are an agent from now on.
    mutating func beginServing(_ id: ParticipantID, at now: Instant) -> StatePatches {
        self.changeQueue(of: [id]) { $0.begin(id, at: now) }
    }

    /// They have gone, from the room or from its door.
    mutating func leaveQueue(_ id: ParticipantID) -> StatePatches {
        self.changeQueue(of: [id]) { $0.remove(id) }
    }

    /// Costs what changes: those who are named, and the pace.
    ///
    /// - Parameter ids: everybody of whom something shown may change.
    private mutating func changeQueue(of ids: [ParticipantID], _ body: (inout Queue) -> Void) -> StatePatches {
        guard var after = self.queue else { return .none }
        let before = after
        body(&after)
        self.queue = after
        var patches = StatePatches.none
        func change(_ old: JSONValue?, _ new: JSONValue?, at path: [String], in section: Section) {
            guard old != new else { return }
            patches = patches.merging(self.replace(old, with: new, at: path, in: section))
        }
        for id in ids {
            let name = id.description
            change(before.shownPlace(of: id), after.shownPlace(of: id), at: [StatePath.queue, "line", name], in: .door)
            change(before.shownRoom(of: id), after.shownRoom(of: id), at: [StatePath.queue, "taken", name], in: .door)
            let customers = (before.customers[id]?.json, after.customers[id]?.json)
            change(customers.0, customers.1, at: [StatePath.customers, name], in: .moderation)
            let agents = (before.agents[id]?.json, after.agents[id]?.json)
            change(agents.0, agents.1, at: [StatePath.agents, name], in: .moderation)
        }
        let pace = (before.pace.milliseconds, after.pace.milliseconds)
        change(pace.0.map { .integer($0) }, pace.1.map { .integer($0) }, at: [StatePath.queue, "pace"], in: .door)
        return patches
    }

    /// It is there from the beginning, so that folding patches and asking for the state agree about an empty queue.
    func showQueue() -> StatePatches {
        guard let queue else { return .none }
        var patches = StatePatches(.object([StatePath.queue: queue.shown]), in: .door)
        patches[.moderation] = .object([
            StatePath.customers: queue.shownCustomers, StatePath.agents: queue.shownAgents,
        ])
        return patches
    }

    /// With the room.
    mutating func closeQueue() -> StatePatches {
        guard let queue else { return .none }
        self.queue = nil
        return self.replace(queue.shown, with: nil, at: [StatePath.queue], in: .door)
            .merging(self.replace(queue.shownCustomers, with: nil, at: [StatePath.customers], in: .moderation))
            .merging(self.replace(queue.shownAgents, with: nil, at: [StatePath.agents], in: .moderation))
    }
}

extension RoomCommand {
    /// Somebody comes to wait in a queue.
    public struct QueueArrival: Hashable, Sendable {
        public var wish: QueueWish
        /// To which they may be taken; a new id.
        public var room: RoomID
        /// Random.
        public var seed: UInt64

        public init(wish: QueueWish, room: RoomID, seed: UInt64) {
            self.wish = wish
            self.room = room
            self.seed = seed
        }
    }

    /// This room is one that somebody was taken to, from a queue in which they are.
    public struct QueuePass: Hashable, Sendable {
        /// The first who comes makes a call of it; else a meeting.
        public var isCall: Bool
        /// What they are there; `nil`: host if they are the first.
        public var role: Role?
        /// By then two have to be in it, or it is over.
        public var until: Instant?

        public init(isCall: Bool, role: Role?, until: Instant? = nil) {
            self.isCall = isCall
            self.role = role
            self.until = until
        }
    }
}
