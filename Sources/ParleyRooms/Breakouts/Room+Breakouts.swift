import ParleyProtocol

extension Room {
    /// So long before the small rooms close people are told.
    private static let breakoutWarningMilliseconds = 60_000

    func decide(_ action: BreakoutAction, _ request: MeetingRequest) -> Decision {
        switch action {
        case .arrive(let room): return self.decideMovement(request, room, isThere: true)
        case .depart(let room): return self.decideMovement(request, room, isThere: false)
        case .open, .assign, .recall, .close, .transfer: break
        }
        guard self.permits(request, .breakouts) else { return .rejected(.notPermitted) }
        switch action {
        case .open(let plan): return self.decideOpening(plan, request)
        case .assign(let id, let number): return self.decideAssignment(of: id, to: number, request)
        case .recall:
            let isAnybodyAway = self.breakouts.rooms.values.contains { $0.people.values.contains(where: \.isAssigned) }
            return isAnybodyAway ? request.events([.breakout(.recalled)]) : .rejected(.noChange)
        case .close:
            return self.hasBreakouts ? request.events([.breakout(.closed(.closed))]) : .rejected(.noChange)
        case .transfer(let transfer):
            guard self.people[transfer.participant] != nil else { return .rejected(.unknownParticipant) }
            guard transfer.room != self.id else { return .rejected(.noChange) }
            return request.events([.breakout(.transferred(transfer))])
        case .arrive, .depart: return .rejected(.noChange)
        }
    }

    private func decideOpening(_ plan: BreakoutPlan, _ request: MeetingRequest) -> Decision {
        guard self.parent == nil else { return .rejected(.nestedBreakout) }
        guard !self.hasBreakouts else { return .rejected(.tooMany) }
        var number = self.breakouts.last
        var opening = BreakoutFact.Opening(
            rooms: [],
            endsAt: plan.durationMilliseconds.map { request.at.advanced(milliseconds: $0) }
        )
        for room in plan.rooms {
            assert(room.id != nil, "the gateway makes the ids")
            guard let id = room.id else { return .rejected(.invalidMember) }
            guard room.people.allSatisfy({ self.people[$0] != nil }) else { return .rejected(.unknownParticipant) }
            number += 1
            opening.rooms.append(.init(number: number, name: room.name, id: id, people: room.people))
        }
        return request.events([.breakout(.opened(opening))])
    }

    private func decideAssignment(of id: ParticipantID, to number: UInt64?, _ request: MeetingRequest) -> Decision {
        if let number, self.breakouts.rooms[number] == nil { return .rejected(.unknownBreakout) }
        guard self.people[id] != nil else { return .rejected(.unknownParticipant) }
        guard self.breakouts.assignment(of: id) != number else { return .rejected(.noChange) }
        return request.events([.breakout(.assigned(id, number))])
    }

    /// The server has seen somebody come or go there.
    private func decideMovement(_ request: MeetingRequest, _ room: RoomID, isThere: Bool) -> Decision {
        guard let number = self.breakouts.number(of: room),
            self.breakouts.rooms[number]?.people[request.by]?.isThere ?? false != isThere
        else { return .rejected(.noChange) }
        let fact: BreakoutFact = isThere ? .arrived(request.by, number) : .departed(request.by, number)
        return request.events([.breakout(fact)])
    }

    // MARK: What follows by itself

    /// Whoever has left is nowhere.
    func breakoutConsequences(ofLeaving ids: [ParticipantID]) -> [RoomEvent] {
        var events: [RoomEvent] = []
        for id in ids {
            if self.breakouts.assignment(of: id) != nil {
                events.append(RoomEvent(.meeting(.breakout(.assigned(id, nil)))))
            }
            for (number, breakout) in self.breakouts.rooms.sorted(by: { $0.key < $1.key })
            where breakout.people[id]?.isThere ?? false {
                events.append(RoomEvent(.meeting(.breakout(.departed(id, number)))))
            }
        }
        return events
    }

    // MARK: Deadlines

    var breakoutDeadlines: [Instant] {
        guard let endsAt = self.breakouts.endsAt else { return [] }
        guard !self.breakouts.isAnnounced else { return [endsAt] }
        return [endsAt.advanced(milliseconds: -Self.breakoutWarningMilliseconds), endsAt]
    }

    func dueBreakouts(at now: Instant) -> [RoomEvent] {
        guard let endsAt = self.breakouts.endsAt else { return [] }
        if endsAt <= now { return [RoomEvent(.meeting(.breakout(.closed(.duration))))] }
        let warnsAt = endsAt.advanced(milliseconds: -Self.breakoutWarningMilliseconds)
        guard !self.breakouts.isAnnounced, warnsAt <= now else { return [] }
        return [RoomEvent(.meeting(.breakout(.ending(at: endsAt))))]
    }
}

// MARK: - Evolving

extension Room {
    mutating func evolve(_ fact: BreakoutFact) -> StatePatches {
        switch fact {
        case .opened(let opening):
            return self.changeBreakouts { breakouts in
                for room in opening.rooms {
                    let people = Dictionary(room.people.map { ($0, Breakout.Place.assigned) }) { first, _ in first }
                    breakouts.rooms[room.number] = Breakout(name: room.name, room: room.id, people: people)
                    breakouts.last = max(breakouts.last, room.number)
                }
                breakouts.endsAt = opening.endsAt
                breakouts.isAnnounced = false
            }
        case .assigned(let id, let number): return self.assign(id, to: number)
        case .arrived(let id, let number):
            return self.setPlace(of: id, in: number) {
                Breakout.Place(isAssigned: $0?.isAssigned ?? false, isThere: true)
            }
        case .departed(let id, let number):
            return self.setPlace(of: id, in: number) {
                Breakout.Place(isAssigned: $0?.isAssigned ?? false, isThere: false)
            }
        case .recalled:
            return self.changeBreakouts { breakouts in
                breakouts.rooms = breakouts.rooms.mapValues { breakout in
                    let people = breakout.people.compactMapValues {
                        Breakout.Place(isAssigned: false, isThere: $0.isThere)
                    }
                    return Breakout(name: breakout.name, room: breakout.room, people: people)
                }
            }
        case .ending:
            self.breakouts.isAnnounced = true
            return .none
        case .closed:
            return self.changeBreakouts { breakouts in
                breakouts.rooms = [:]
                breakouts.endsAt = nil
                breakouts.isAnnounced = false
            }
        case .transferred: return .none
        }
    }

    private mutating func assign(_ id: ParticipantID, to number: UInt64?) -> StatePatches {
        var patches = StatePatches.none
        for other in self.breakouts.rooms.keys.sorted() where other != number {
            guard self.breakouts.rooms[other]?.people[id]?.isAssigned ?? false else { continue }
            let patch = self.setPlace(of: id, in: other) {
                Breakout.Place(isAssigned: false, isThere: $0?.isThere ?? false)
            }
            patches = patches.merging(patch)
        }
        guard let number else { return patches }
        return patches.merging(
            self.setPlace(of: id, in: number) { Breakout.Place(isAssigned: true, isThere: $0?.isThere ?? false) }
        )
    }

    private mutating func setPlace(
        of id: ParticipantID,
        in number: UInt64,
        _ change: (Breakout.Place?) -> Breakout.Place?
    ) -> StatePatches {
        guard let breakout = self.breakouts.rooms[number] else { return .none }
        let before = breakout.people[id]
        let after = change(before)
        self.breakouts.rooms[number]?.people[id] = after
        return self.replace(
            before.map { .string($0.rawValue) },
            with: after.map { .string($0.rawValue) },
            at: [StatePath.breakouts, "\(number)", "people", id.description],
            in: .stage
        )
    }

    private mutating func changeBreakouts(_ body: (inout Breakouts) -> Void) -> StatePatches {
        let before = self.breakouts.json
        body(&self.breakouts)
        return self.replace(before, with: self.breakouts.json, at: [StatePath.breakouts], in: .stage)
    }
}
