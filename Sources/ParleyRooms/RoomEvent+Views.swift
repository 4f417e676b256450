package import ParleyProtocol

// Who is told of an event.

extension RoomEvent {
    /// Whether somebody with that view is told: of what changes what they see, of what has no state and belongs where
    /// they are, and of what acknowledges a command of one of them.
    ///
    /// - Parameter room: right after the entry, so that every node decides alike.
    package func isShown(in view: View, _ patches: StatePatches, after room: Room) -> Bool {
        if !patches.sections(in: view).isEmpty { return true }
        // Who is counted is told in person what became of their command: there may be thousands with that view.
        if let by = self.cause?.by, room.membership(by) != nil, room.participant(by)?.isListed ?? true,
            room.view(of: by) == view
        {
            return true
        }
        if case .meeting(.admission(let fact)) = self.fact, fact.isForDoor, view == .waiting { return true }
        // Of somebody at the door only moderators know.
        let isAtDoor = self.participant.map { room.door.waiting[$0] != nil } ?? false
        guard patches.isEmpty, self.participant.flatMap(room.participant)?.isListed ?? true else { return false }
        return view.includes(isAtDoor ? .moderation : self.sectionWithoutState)
    }

    /// Where an event belongs that changes nothing that anybody could see.
    private var sectionWithoutState: Section {
        switch self.fact {
        // Of those whom nobody sees come and go.
        case .joined, .left: .server
        case .created, .mediaChanged, .interrupted, .attached, .ended: .stage
        case .meeting(let fact): fact.sectionWithoutState
        }
    }

    /// Whether somebody else may see more or less after it.
    package var mayChangeViews: Bool {
        switch self.fact {
        case .created, .joined, .mediaChanged, .interrupted, .attached, .left, .ended: false
        case .meeting(let fact): fact.mayChangeViews
        }
    }

    /// Whether somebody beyond the stage, whom it names, has to hear of it: all but where they are connected.
    package var concernsWhoIsCounted: Bool {
        switch self.fact {
        case .created, .interrupted, .attached, .left, .ended: false
        case .joined, .mediaChanged, .meeting: true
        }
    }

    /// Whether it lowers hands of people whom it does not name.
    package var isForAllHands: Bool {
        if case .meeting(.moderation(.handsLowered)) = self.fact { true } else { false }
    }

    /// Whether it happens to that participant, or because of them.
    package func isAbout(_ id: ParticipantID) -> Bool {
        self.participant == id || self.cause?.by == id
    }
}
