package import ParleyProtocol

// Rooms that are over, and whom that concerns.

extension Room {
    /// Whose a call or a line is: to everybody else there is nothing, nor ever was. Other rooms are no secret to those
    /// who know their id.
    var privatePeople: [IdentityID] {
        switch self.kind {
        case .call: self.identities
        case .line: self.line.map { [$0.owner] } ?? []
        case .meeting, .queue: []
        }
    }

    /// Of a line, also of one that is over.
    package var ownerOfLine: IdentityID? {
        self.line?.owner ?? (self.kind == .line ? self.server.lastPeople.first : nil)
    }

    /// What somebody is told who wants to join a room that is over.
    package func codeOfEnd(to identity: IdentityID) -> RejectionCode {
        switch self.kind {
        case .meeting, .queue: .roomEnded
        case .call, .line: self.server.lastPeople.contains(identity) ? .roomEnded : .unknownRoom
        }
    }

    func codeOfEnd(to command: RoomCommand) -> RejectionCode {
        guard command.ring == nil else { return .ringOver }
        guard case .join(let join) = command.action else { return .roomEnded }
        return self.codeOfEnd(to: join.identity)
    }
}
