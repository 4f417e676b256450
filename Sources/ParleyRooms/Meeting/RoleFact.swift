public import ParleyProtocol

/// Who has become what.
public enum RoleFact: Hashable, Sendable {
    /// - Parameter 2: `nil` if somebody gave the role.
    case changed(ParticipantID, Role, Reason? = nil)
    /// The host is gone and may be back in a moment. Until then nobody succeeds; `nil`: that is over, and nobody has.
    case away(until: Instant?)

    public enum Reason: String, Hashable, Sendable, CaseIterable {
        /// The host has left.
        case succession
        /// The host, or whoever created the room, is back: the role goes back to them, and from whoever had it.
        case ownerReturned = "owner-returned"
        /// The host has given it to somebody else.
        case transferred
    }

    var type: String {
        switch self {
        case .changed: "role-changed"
        case .away: "host-away"
        }
    }

    var participant: ParticipantID? {
        switch self {
        case .changed(let participant, _, _): participant
        case .away: nil
        }
    }

    var members: JSONObject {
        var object = self.wireMembers
        switch self {
        case .changed(_, let role, _): object.append(StatePath.role, .string(role.rawValue))
        case .away: break
        }
        return object
    }

    var wireMembers: JSONObject {
        switch self {
        case .changed(_, _, let reason?): ["reason": .string(reason.rawValue)]
        case .away(let until?): ["until": .integer(until.milliseconds)]
        case .changed(_, _, nil), .away(nil): [:]
        }
    }

    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "role-changed":
            let reason: Reason? = reader.has("reason") ? try reader.word("reason") : nil
            self = .changed(try reader.identifier("participant"), try reader.word(StatePath.role), reason)
        case "host-away": self = .away(until: reader.has("until") ? try reader.instant("until") : nil)
        default: return nil
        }
    }
}

extension Room {
    mutating func evolve(_ fact: RoleFact) -> StatePatches {
        switch fact {
        case .changed(let id, let role, let reason):
            guard let participant = self.people[id] else { return .none }
            self.note(role, of: participant, reason)
            let isListed = self.isListed(participant, as: role)
            return self.change(id) {
                // Who is brought to the stage has been heard.
                if $0.role == .audience, role.isOnStage { $0.conduct.hand = nil }
                $0.role = role
                $0.isListed = isListed
                $0.conduct.mayUnmute = false
            }
        case .away(let until):
            self.standing.vacantUntil = until
            return .none
        }
    }

    private mutating func note(_ role: Role, of participant: Participant, _ reason: RoleFact.Reason?) {
        switch (reason, role) {
        case (.succession?, _):
            self.standing.appoint(participant)
        case (.transferred?, .host):
            if self.isInterimHosted {
                self.standing.appoint(participant)
            } else {
                self.standing.interim = nil
                self.standing.welcome(participant.identity)
            }
        case (.ownerReturned?, _):
            // What they were given before they became host is what they were given.
            break
        case (.transferred?, _), (nil, _):
            self.standing.give(role, to: participant.identity)
        }
    }
}
