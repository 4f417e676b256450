public import ParleyProtocol

/// Who wants something of a floor.
public struct FloorAsker: Hashable, Sendable {
    public var id: ParticipantID
    /// Whether it may take this floor where it is free, and ask for it where it is not.
    public var mayTake: Bool
    /// Whether it may give and take back any floor, and define what floors there are.
    public var maySteer: Bool

    public init(_ id: ParticipantID, mayTake: Bool, maySteer: Bool) {
        self.id = id
        self.mayTake = mayTake
        self.maySteer = maySteer
    }
}

/// Floors as they will be, and what is said on the way: each fact is judged against those before it.
struct FloorDraft {
    private(set) var floors: Floors
    private(set) var facts: [FloorFact] = []

    init(_ floors: Floors) { self.floors = floors }

    mutating func say(_ floor: FloorName, _ change: FloorFact.Change) {
        let fact = FloorFact(floor, change)
        self.floors.evolve(fact)
        self.facts.append(fact)
    }

    /// Gives what is free to those who wait for it, where nobody else has to give it.
    mutating func settle(_ name: FloorName, at instant: Instant, _ isReady: (ParticipantID, FloorName) -> Bool) {
        while let floor = self.floors[name], floor.rule.policy == .free, !floor.isFull,
            let next = floor.queueInOrder.first(where: { isReady($0, name) })
        {
            self.say(name, .taken(next, since: instant))
        }
    }
}

extension Floors {
    /// Judges what is asked of a floor.
    ///
    /// - Parameters:
    ///   - canHold: whether a participant is in the room and of a kind that may hold a floor at all.
    ///   - isReady: whether somebody who waits for that floor is there, and may have it.
    /// - Returns: never empty.
    public func decide(
        _ action: FloorAction,
        by asker: FloorAsker,
        at instant: Instant,
        limits: Limits = Limits(),
        canHold: (ParticipantID) -> Bool,
        isReady: (ParticipantID, FloorName) -> Bool
    ) throws(RejectionCode) -> [FloorFact] {
        var draft = FloorDraft(self)
        let name = action.floor
        switch action {
        case .take(_, let wait):
            try self.take(name, by: asker, wait, at: instant, limits, &draft)
        case .leave:
            try self.leave(name, by: asker, &draft)
        case .give(_, let participant, let instead):
            guard try self.isSteered(name, by: asker), canHold(participant) else { throw .unknownParticipant }
            try self.give(name, to: participant, instead: instead, at: instant, &draft)
        case .revoke(_, let participant):
            try self.revoke(name, from: participant, by: asker, &draft)
        case .define(_, let rule):
            guard asker.maySteer, name != .recording, name != .remoteControl else { throw .notPermitted }
            try self.define(name, rule, at: instant, limits, &draft)
        }
        draft.settle(name, at: instant, isReady)
        return draft.facts
    }

    /// Throws unless the asker may give and take back this floor, which is not one that the server runs.
    private func isSteered(_ name: FloorName, by asker: FloorAsker) throws(RejectionCode) -> Bool {
        guard self[name] != nil else { throw .unknownFloor }
        guard asker.maySteer, name != .recording, name != .remoteControl else { throw .notPermitted }
        return true
    }

    private func take(
        _ name: FloorName,
        by asker: FloorAsker,
        _ wait: Bool,
        at instant: Instant,
        _ limits: Limits,
        _ draft: inout FloorDraft
    ) throws(RejectionCode) {
        guard let floor = self[name] else { throw .unknownFloor }
        // Both begin with other people's consent, which no command can replace.
        guard name != .recording, name != .remoteControl || floor.holders[asker.id] != nil else { throw .notPermitted }
        if let holding = floor.holders[asker.id] {
            let lease = floor.rule.leaseMilliseconds
            guard let lease, holding.endsAt != instant.advanced(milliseconds: lease) else { throw .noChange }
            return draft.say(name, .renewed(asker.id, at: instant))
        }
        let mayHold: Bool
        switch floor.rule.policy {
        case .free, .request:
            guard asker.mayTake || asker.maySteer else { throw .notPermitted }
            mayHold = floor.rule.policy == .free || asker.maySteer
        case .assigned:
            guard asker.maySteer else { throw .notPermitted }
            mayHold = true
        }
        if mayHold, !floor.isFull { return draft.say(name, .taken(asker.id, since: instant)) }
        guard floor.queue[asker.id] == nil else { throw .noChange }
        // Nobody waits where nothing is got by waiting.
        guard wait, floor.rule.policy != .assigned, floor.queue.count < limits.floorQueueMax else { throw .floorBusy }
        draft.say(name, .queued(asker.id))
    }

    private func leave(_ name: FloorName, by asker: FloorAsker, _ draft: inout FloorDraft) throws(RejectionCode) {
        guard let floor = self[name] else { throw .unknownFloor }
        guard name != .recording else { throw .notPermitted }
        if floor.holders[asker.id] != nil || floor.queue[asker.id] != nil {
            return draft.say(name, .left(asker.id, .left))
        }
        // Whoever is controlled can end it, whatever it is called.
        let controllers = floor.holdersInOrder.filter { floor.holders[$0]?.of == asker.id }
        guard !controllers.isEmpty else { throw .notHolding }
        for controller in controllers { draft.say(name, .left(controller, .withdrawn)) }
    }

    private func give(
        _ name: FloorName,
        to participant: ParticipantID,
        instead: ParticipantID?,
        at instant: Instant,
        _ draft: inout FloorDraft
    ) throws(RejectionCode) {
        guard let floor = self[name] else { throw .unknownFloor }
        guard floor.holders[participant] == nil else { throw .noChange }
        if let instead {
            guard floor.holders[instead] != nil else { throw .notHolding }
            draft.say(name, .revoked(instead))
        }
        guard draft.floors[name]?.isFull == false else { throw .floorBusy }
        draft.say(name, .taken(participant, since: instant))
    }

    private func revoke(
        _ name: FloorName,
        from participant: ParticipantID,
        by asker: FloorAsker,
        _ draft: inout FloorDraft
    ) throws(RejectionCode) {
        guard let floor = self[name] else { throw .unknownFloor }
        guard asker.maySteer, name != .recording else { throw .notPermitted }
        guard floor.holders[participant] != nil || floor.queue[participant] != nil else { throw .notHolding }
        draft.say(name, .revoked(participant))
    }

    private func define(
        _ name: FloorName,
        _ rule: FloorRule?,
        at instant: Instant,
        _ limits: Limits,
        _ draft: inout FloorDraft
    ) throws(RejectionCode) {
        let floor = self[name]
        guard let rule = rule ?? Self.builtIn(name) else {
            // A floor of the app's own goes with all who hold it or wait for it.
            guard let floor else { throw .unknownFloor }
            for participant in floor.holdersInOrder + floor.queueInOrder { draft.say(name, .revoked(participant)) }
            return draft.say(name, .defined(nil, at: instant))
        }
        guard floor?.rule != rule else { throw .noChange }
        guard self.floors[name] != nil || self.floors.count < limits.floorsPerRoomMax else { throw .tooMany }
        // Who has held it longest keeps it.
        for participant in (floor?.holdersInOrder ?? []).dropFirst(rule.capacity).reversed() {
            draft.say(name, .revoked(participant))
        }
        draft.say(name, .defined(rule, at: instant))
        // Nobody waits where nothing is got by waiting.
        guard rule.policy == .assigned else { return }
        for participant in floor?.queueInOrder ?? [] { draft.say(name, .revoked(participant)) }
    }
}
