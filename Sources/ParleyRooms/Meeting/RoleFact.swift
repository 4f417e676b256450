public import ParleyProtocol

/// Who has become what.
public enum RoleFact: Hashable, Sendable {
    case changed(ParticipantID, Role)

    var type: String {
        switch self {
        case .changed: "role-changed"
        }
    }

    var participant: ParticipantID? {
        switch self {
        case .changed(let participant, _): participant
        }
    }

    var members: JSONObject {
        switch self {
        case .changed(_, let role): [StatePath.role: .string(role.rawValue)]
        }
    }

    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "role-changed": self = .changed(try reader.identifier("participant"), try reader.word(StatePath.role))
        default: return nil
        }
    }
}

extension Room {
    func decide(_ action: RoleAction, _ request: MeetingRequest) -> Decision {
        switch action {
        case .set(let id, let role): self.decideRole(of: id, role, request)
        }
    }

    /// Nobody gives what is not below the own rank, and nobody takes it from their equals.
    private func decideRole(of id: ParticipantID, _ role: Role, _ request: MeetingRequest) -> Decision {
        guard self.permits(request, .roles) else { return .rejected(.notPermitted) }
        guard let participant = self.people[id] else { return .rejected(.unknownParticipant) }
        guard participant.role != role else { return .rejected(.noChange) }
        if let rank = self.people[request.by]?.role.rank {
            guard participant.role.rank < rank, role.rank < rank else { return .rejected(.invalidRole) }
        }
        let changed = RoomEvent(.meeting(.role(.changed(id, role))), cause: request.cause)
        return .events([changed] + self.consequences(ofRoleOf: id, role, at: request.at))
    }

    mutating func evolve(_ fact: RoleFact) -> StatePatches {
        switch fact {
        case .changed(let id, let role): self.change(id) { $0.role = role }
        }
    }

    /// To be called after ``roles`` has changed.
    mutating func showRoles(insteadOf before: RoleTable) -> StatePatches {
        self.replace(before.shown, with: self.roles.shown, at: [StatePath.roles], in: .stage)
    }
}
