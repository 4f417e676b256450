public import ParleyProtocol

/// What has happened at the door.
public enum AdmissionFact: Hashable, Sendable {
    case waits(WaitingPerson)
    /// For another reason than before.
    case waitsOn(ParticipantID, WaitingReason)
    case admitted(ParticipantID)
    /// Until when they need not ask again.
    case denied(ParticipantID, until: Instant)
    case notice(String, [ParticipantID]?)
    case banned(Ban)
    case unbanned(UInt64)
    case invited(Invitation)
    case revoked(UInt64)

    var type: String {
        switch self {
        case .waits, .waitsOn: "waiting"
        case .admitted: "admitted"
        case .denied: "denied"
        case .notice: "notice"
        case .banned: "banned"
        case .unbanned: "unbanned"
        case .invited: "invited"
        case .revoked: "revoked"
        }
    }

    var participant: ParticipantID? {
        switch self {
        case .waits(let person): person.id
        case .waitsOn(let id, _), .admitted(let id), .denied(let id, _): id
        case .notice, .banned, .unbanned, .invited, .revoked: nil
        }
    }

    var members: JSONObject {
        switch self {
        case .waits(let person): return person.members
        case .denied(_, let until): return ["until": .integer(until.milliseconds)]
        case .banned(let ban): return ban.members
        case .invited(let invitation): return invitation.members
        case .waitsOn, .admitted, .notice, .unbanned, .revoked: return self.wireMembers
        }
    }

    var wireMembers: JSONObject {
        switch self {
        case .waits(let person): return ["reason": .string(person.reason.rawValue)]
        case .waitsOn(_, let reason): return ["reason": .string(reason.rawValue)]
        case .admitted, .denied: return [:]
        case .notice(let text, let participants):
            var members: JSONObject = ["text": .string(text)]
            if let participants { members.append("participants", .set(of: participants)) }
            return members
        case .banned(let ban): return ["ban": .integer(Int64(clamping: ban.number))]
        case .unbanned(let number): return ["ban": .integer(Int64(clamping: number))]
        case .invited(let invitation): return ["invitation": .integer(Int64(clamping: invitation.number))]
        case .revoked(let number): return ["invitation": .integer(Int64(clamping: number))]
        }
    }

    /// Whether those at the door are told of it beside moderators.
    var isForDoor: Bool {
        switch self {
        case .waitsOn, .notice: true
        case .waits, .admitted, .denied, .banned, .unbanned, .invited, .revoked: false
        }
    }

    var mayChangeViews: Bool {
        switch self {
        case .admitted: true
        case .waits, .waitsOn, .denied, .notice, .banned, .unbanned, .invited, .revoked: false
        }
    }

    var bytesMax: Int {
        switch self {
        case .waits(let person):
            512 + 2 * (person.joining.name?.text.utf8.count ?? 0) + (person.joining.media?.bytesMax ?? 0)
                + person.joining.grantBytesMax
        case .waitsOn, .admitted, .denied, .unbanned, .revoked: 64
        // A control character becomes six bytes.
        case .notice(let text, let participants): 64 + 6 * text.utf8.count + 32 * (participants?.count ?? 0)
        case .banned(let ban): 384 + 2 * (ban.name?.utf8.count ?? 0)
        case .invited(let invitation): 320 + 2 * (invitation.label?.utf8.count ?? 0)
        }
    }

    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "waiting":
            if reader.has("session") {
                self = .waits(try WaitingPerson(reader))
            } else {
                self = .waitsOn(try reader.identifier("participant"), try reader.word("reason"))
            }
        case "admitted": self = .admitted(try reader.identifier("participant"))
        case "denied": self = .denied(try reader.identifier("participant"), until: try reader.instant("until"))
        case "notice": self = .notice(try reader.string("text"), try reader.participants("participants"))
        case "banned": self = .banned(try Ban(reader))
        case "unbanned": self = .unbanned(try reader.number("ban"))
        case "invited": self = .invited(try Invitation(reader))
        case "revoked": self = .revoked(try reader.number("invitation"))
        default: return nil
        }
    }
}

extension FieldReader {
    /// `nil` only if the member is absent.
    fileprivate func participants(_ name: String) throws(RoomFormatError) -> [ParticipantID]? {
        guard self.has(name) else { return nil }
        var participants: [ParticipantID] = []
        for (text, _) in try self.value(name).object?.members ?? JSONObject().members {
            guard let participant = ParticipantID(text) else { throw .member(name) }
            participants.append(participant)
        }
        return participants
    }
}
