public import ParleyProtocol

// What happens to floors without anybody asking for it.

extension Floors {
    /// Somebody has left the room, or several have at once: what they held goes to those who wait.
    ///
    /// - Parameter isReady: false for all who have left.
    public func leave(
        _ participants: [ParticipantID],
        at instant: Instant,
        isReady: (ParticipantID, FloorName) -> Bool
    ) -> [FloorFact] {
        guard !self.floors.isEmpty else { return [] }
        var draft = FloorDraft(self)
        for name in self.names {
            guard let floor = self[name] else { continue }
            let held = floor.holdersInOrder + floor.queueInOrder
            for participant in held {
                if participants.contains(participant) {
                    draft.say(name, .left(participant, .gone))
                } else if let of = floor.holders[participant]?.of, participants.contains(of) {
                    draft.say(name, .left(participant, .withdrawn))
                }
            }
            draft.settle(name, at: instant, isReady)
        }
        return draft.facts
    }

    /// Somebody is connected again, and gets what was free while nobody could take it.
    public func resume(
        _ participant: ParticipantID,
        at instant: Instant,
        isReady: (ParticipantID, FloorName) -> Bool
    ) -> [FloorFact] {
        var draft = FloorDraft(self)
        for name in self.names where self[name]?.queue[participant] != nil {
            draft.settle(name, at: instant, isReady)
        }
        return draft.facts
    }

    /// Somebody is not of a kind any more that may hold some floors, or wait for them.
    public func reconsider(
        _ participant: ParticipantID,
        at instant: Instant,
        mayHold: (FloorName) -> Bool,
        mayWait: (FloorName) -> Bool,
        isReady: (ParticipantID, FloorName) -> Bool
    ) -> [FloorFact] {
        var draft = FloorDraft(self)
        for name in self.names {
            guard let floor = self[name] else { continue }
            let loses = floor.holders[participant] != nil && !mayHold(name)
            guard loses || floor.queue[participant] != nil && !mayWait(name) else { continue }
            draft.say(name, .revoked(participant))
            draft.settle(name, at: instant, isReady)
        }
        return draft.facts
    }

    // MARK: What the server runs

    /// - Parameter of: whose device is controlled, where the floor is the remote control.
    public func begin(
        _ name: FloorName,
        by participant: ParticipantID,
        of: ParticipantID? = nil,
        at instant: Instant
    ) throws(RejectionCode) -> [FloorFact] {
        guard let floor = self[name] else { throw .unknownFloor }
        guard floor.holders[participant] == nil, !floor.isFull else { throw .floorBusy }
        return [FloorFact(name, .taken(participant, since: instant, of: of))]
    }

    /// Empty if that participant does not hold it.
    public func end(_ name: FloorName, by participant: ParticipantID) -> [FloorFact] {
        guard self[name]?.holders[participant] != nil else { return [] }
        return [FloorFact(name, .left(participant, .left))]
    }

    // MARK: Deadlines

    /// The leases that are over.
    public func due(at instant: Instant, isReady: (ParticipantID, FloorName) -> Bool) -> [FloorFact] {
        var draft = FloorDraft(self)
        for name in self.names {
            guard let floor = self[name] else { continue }
            let expired = floor.holdersInOrder.filter { floor.holders[$0]?.endsAt.map { $0 <= instant } ?? false }
            for participant in expired { draft.say(name, .left(participant, .expired)) }
            if !expired.isEmpty { draft.settle(name, at: instant, isReady) }
        }
        return draft.facts
    }
}
