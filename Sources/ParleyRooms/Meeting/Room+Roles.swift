import ParleyProtocol

// Who gives which role to whom.

extension Room {
    func decide(_ action: RoleAction, _ request: MeetingRequest) -> Decision {
        switch action {
        case .set(let id, let role): self.decideRole(of: id, role, request)
        case .transfer(let id): self.decideTransfer(to: id, request)
        }
    }

    /// Nobody gives what is not below the own rank, and nobody takes it from their equals; but everybody who gives
    /// roles may lower the own one.
    private func decideRole(of id: ParticipantID, _ role: Role, _ request: MeetingRequest) -> Decision {
        guard self.permits(request, .roles) else { return .rejected(.notPermitted) }
        guard let participant = self.people[id] else { return .rejected(.unknownParticipant) }
        let devices = self.participants(of: participant.identity)
        guard devices.contains(where: { $0.role != role }) else { return .rejected(.noChange) }
        // A room without a host is made by leaving it, not by a command.
        guard role != .host, devices.allSatisfy({ $0.role != .host }) else { return .rejected(.invalidRole) }
        if let asker = self.people[request.by] {
            let isOwn = asker.identity == participant.identity
            let highest = devices.map(\.role.rank).max() ?? 0
            guard isOwn || highest < asker.role.rank, role.rank < asker.role.rank else {
                return .rejected(.invalidRole)
            }
        }
        guard self.standing.hasPlace(for: participant.identity) else { return .rejected(.tooMany) }
        let raised = devices.count { role.isOnStage && !$0.role.isOnStage }
        guard raised == 0 || self.hasPlaceOnStage(for: raised) else { return .rejected(.stageFull) }
        return self.decide(devices.filter { $0.role != role }.map { ($0.id, role, nil) }, request)
    }

    /// The one who becomes host first, so that there always is one.
    private func decideTransfer(to id: ParticipantID, _ request: MeetingRequest) -> Decision {
        let asker = self.people[request.by]
        guard request.isOperators || asker?.role == .host else { return .rejected(.notPermitted) }
        guard let participant = self.people[id] else { return .rejected(.unknownParticipant) }
        guard participant.role != .host else { return .rejected(.noChange) }
        guard participant.role != .observer else { return .rejected(.invalidRole) }
        let hosts = self.people.values.filter { $0.role == .host }.sorted { $0.joined < $1.joined }
        guard hosts.allSatisfy({ self.standing.hasPlace(for: $0.identity) }) else { return .rejected(.tooMany) }
        let devices = self.participants(of: participant.identity)
        let changes =
            devices.map { ($0.id, Role.host, RoleFact.Reason?.some(.transferred)) }
            + hosts.map { ($0.id, .coHost, .transferred) }
        return self.decide(changes, request)
    }

    private func decide(
        _ changes: [(id: ParticipantID, role: Role, reason: RoleFact.Reason?)],
        _ request: MeetingRequest
    ) -> Decision {
        request.events(
            changes.map { .role(.changed($0.id, $0.role, $0.reason)) },
            and: self.consequences(ofChanging: changes.map { ($0.id, $0.role) }, by: request.muter, at: request.at)
        )
    }

    /// To be called after ``roles`` has changed.
    mutating func showRoles(insteadOf before: RoleTable) -> StatePatches {
        self.replace(before.shown, with: self.roles.shown, at: [StatePath.roles], in: .stage)
    }
}

extension Standing {
    /// Whether another role of that identity can be remembered; at the bound `too-many`.
    fileprivate func hasPlace(for identity: IdentityID, limits: Limits = Limits()) -> Bool {
        self.given[identity] != nil || self.given.count < limits.rolesGivenMax
    }
}
