import ParleyProtocol

// How features change what people see: the hashes and the patch follow from the JSON before and after.

extension Room {
    /// Puts one value in the place of another.
    ///
    /// Costs one pass over the leaves of both, so name the smallest place that changes.
    ///
    /// - Parameters:
    ///   - before: what was there; `nil` if nothing was.
    ///   - after: what is there now; `nil` if nothing is.
    ///   - path: the member names from the root of the state. Belongs to that section, and to no other.
    mutating func replace(
        _ before: JSONValue?,
        with after: JSONValue?,
        at path: [String],
        in section: Section
    ) -> StatePatches {
        guard before != after else { return .none }
        if let before { self.hashes.remove(before, at: path, in: section) }
        if let after { self.hashes.add(after, at: path, in: section) }
        var patch = after ?? .null
        if let before, let after { patch = MergePatch.difference(from: before, to: after) }
        for name in path.reversed() { patch = .object([name: patch]) }
        return StatePatches(patch, in: section)
    }

    /// Changes one person: members that differ are in the patch, and one whose section is another one is taken out
    /// of the old and put into the new.
    mutating func change(_ id: ParticipantID, _ body: (inout Participant) -> Void) -> StatePatches {
        guard var participant = self.people[id] else { return .none }
        let (before, from) = (participant.json, participant.section)
        let role = participant.role
        self.audience.count(participant, -1)
        body(&participant)
        self.audience.count(participant, 1)
        self.people[id] = participant
        if participant.role != role { self.policy.move(id, to: participant.role) }
        let path = StatePath.person(id)
        guard participant.section != from else {
            return self.replace(before, with: participant.json, at: path, in: from)
        }
        let after = participant.json
        let removed = self.replace(before, with: nil, at: path, in: from)
        self.hashes.add(after, at: path, in: participant.section)
        // With what is gone as `null`, for those who see both sections and keep what they have.
        let moved = MergePatch.composed(MergePatch.difference(from: before, to: after), after)
        return removed.merging(.person(id, moved, in: participant.section))
    }
}

extension Room.Lifecycle {
    /// Whether there are people in it who may do something.
    var isLive: Bool {
        switch self {
        case .scheduled, .open, .locked: true
        case .absent, .ended: false
        }
    }
}
