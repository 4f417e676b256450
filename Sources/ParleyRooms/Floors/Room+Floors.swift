import ParleyProtocol

// Floors in a room.

extension Room {
    func decide(_ action: FloorAction, _ request: MeetingRequest) -> Decision {
        var draft = StageDraft(self, at: request.at)
        let asker = FloorAsker(
            request.by,
            mayTake: self.mayTake(request.by, action.floor),
            maySteer: self.permits(request, .floors)
        )
        switch action {
        case .take, .leave:
            // An operator is not in the room, and an observer is not to be seen.
            guard draft.canHold(request.by) else { return .rejected(.notPermitted) }
        case .give, .revoke, .define: break
        }
        do throws(RejectionCode) {
            let stage = draft
            draft.say(
                try self.floors.decide(
                    action,
                    by: asker,
                    at: request.at,
                    canHold: stage.canHold,
                    isReady: stage.isReady
                )
            )
        } catch {
            return .rejected(error)
        }
        return .events(draft.events(request.cause))
    }

    mutating func evolve(_ fact: FloorFact) -> StatePatches {
        let before = self.floors
        self.floors.evolve(fact)
        let path = [StatePath.floors]
        // The only one comes and goes with the place where floors are.
        guard before.json != nil, self.floors.json != nil else {
            return self.replace(before.json, with: self.floors.json, at: path, in: .stage)
        }
        let name = fact.floor
        return self.replace(
            before.floors[name]?.json,
            with: self.floors.floors[name]?.json,
            at: path + [name.text],
            in: .stage
        )
    }
}

// MARK: - The screen

extension Room {
    /// Switching the own screen on takes the floor `screen`, where it is free, and switching it off leaves it: who
    /// has `media.screen` holds the floor, so there are never more screens than it has places.
    ///
    /// Nobody waits by this command: a page that has a picture to show wants to know at once that it cannot.
    /// - Returns: what happens before the media have changed, and after.
    func screenFloor(
        for change: Participant.MediaChange,
        by id: ParticipantID,
        at instant: Instant
    ) throws(RejectionCode) -> (before: [RoomEvent], after: [RoomEvent]) {
        let holds = self.floors[.screen]?.holders[id] != nil
        switch change.screen {
        case true:
            guard !holds else { return ([], []) }
            return (try self.decideScreen(.take(.screen, wait: false), by: id, at: instant), [])
        case false:
            guard holds else { return ([], []) }
            return ([], try self.decideScreen(.leave(.screen), by: id, at: instant))
        case nil: return ([], [])
        }
    }

    private func decideScreen(
        _ action: FloorAction,
        by id: ParticipantID,
        at instant: Instant
    ) throws(RejectionCode) -> [RoomEvent] {
        let draft = StageDraft(self, at: instant)
        let facts = try self.floors.decide(
            action,
            by: FloorAsker(id, mayTake: self.mayTake(id, .screen), maySteer: self.permits(id, .floors)),
            at: instant,
            canHold: draft.canHold,
            isReady: draft.isReady
        )
        // The screen is off by the command itself, so nobody has to stop sharing.
        return facts.map { RoomEvent(.meeting(.floor($0))) }
    }
}
