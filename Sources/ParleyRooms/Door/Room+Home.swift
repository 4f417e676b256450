import ParleyProtocol

extension Room {
    func role(joining identity: IdentityID) -> Role {
        guard self.devices != .allow else { return .participant }
        return self.participants(of: identity).contains { $0.role == .host } ? .host : .participant
    }

    func isAtHome(_ identity: IdentityID) -> Bool { false }

    func isOwner(_ identity: IdentityID) -> Bool { false }
}
