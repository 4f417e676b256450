import ParleyProtocol

// The stage has so many places; who comes when they are taken is audience.

extension Room {
    /// How many are announced one by one.
    var stageMax: Int { self.parameters.stageMax ?? Limits().stageUsual }

    /// As what somebody comes in, and whether people are told of it: as long as there is room on the stage, everybody.
    /// Who has a right to be there comes in as well when it is full, within a reserve.
    ///
    /// - Parameters:
    ///   - replaced: who leaves in the same entry.
    ///   - others: how many come in before, in the same entry.
    func place(
        _ joining: inout RoomEvent.Joining,
        insteadOf replaced: [ParticipantID],
        behind others: Int = 0
    ) throws(RejectionCode) {
        let leaving = replaced.count { self.people[$0]?.section == .stage }
        let listed = self.audience.listed - leaving + others
        switch joining.role {
        case .observer: return
        case .audience: joining.isCounted = listed >= self.stageMax
        case .participant where !self.isOnStage(joining.identity):
            guard listed >= self.stageMax else { return }
            joining.role = .audience
            joining.isCounted = true
        case .host, .coHost, .speaker, .participant:
            guard listed < self.stageMax + Limits().stageReserve else { throw .roomFull }
        }
    }

    /// With another device.
    private func isOnStage(_ identity: IdentityID) -> Bool {
        self.participants(of: identity).contains { $0.role.isOnStage }
    }

    /// Whether people are told of somebody who becomes that. Who steps down from a stage that others wait for is
    /// counted from now on.
    func isListed(_ participant: Participant, as role: Role) -> Bool {
        switch role {
        case .host, .coHost, .speaker, .participant, .observer: true
        case .audience: participant.isListed && self.audience.listed <= self.stageMax && self.audience.count == 0
        }
    }

    func hasPlaceOnStage(for count: Int) -> Bool { self.audience.onStage + count <= self.stageMax }

    var hasPlaceForHand: Bool { self.audience.hands < Limits().audienceHandsMax }

    /// Those who are counted, in order of arrival, from behind `after`. O(n).
    package func audience(after joined: UInt64, max: Int) -> (people: ArraySlice<Participant>, isAll: Bool) {
        let rest = self.people.values.filter { !$0.isListed && $0.joined > joined }.sorted { $0.joined < $1.joined }
        return (rest.prefix(max), rest.count <= max)
    }

    mutating func evolve(_ fact: AudienceFact) -> StatePatches {
        switch fact {
        case .counted(let count, let instant):
            let before = self.audience.shown
            self.audience.tell(count, at: instant)
            return self.replace(before, with: self.audience.shown, at: [StatePath.audience], in: .stage)
        }
    }

    func dueAudience(at now: Instant) -> [RoomEvent] {
        guard let dueAt = self.audience.dueAt, dueAt <= now else { return [] }
        return [RoomEvent(.meeting(.audience(.counted(self.audience.count, at: now))))]
    }
}
