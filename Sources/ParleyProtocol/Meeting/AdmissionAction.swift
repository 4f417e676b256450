/// Who comes in, and who has to go.
public enum AdmissionAction: Hashable, Sendable {
    case admit(Whom)
    case deny(Whom)
    /// Words to those who wait; `nil`: to all of them.
    case notice(String, [ParticipantID]?)
    case remove(ParticipantID, Ban?)
    /// By the ban's number.
    case unban(UInt64)
    case invite(Invite)
    /// By the invitation's number.
    case revoke(UInt64)

    /// Of those who wait.
    public enum Whom: Hashable, Sendable {
        case all
        /// At least one.
        case some([ParticipantID])
    }

    /// For how long somebody may not come back; `nil`: as long as the room lives.
    public struct Ban: Hashable, Sendable {
        public var milliseconds: Int?

        public init(milliseconds: Int? = nil) {
            self.milliseconds = milliseconds
        }
    }

    public struct Invite: Hashable, Sendable {
        public var label: String?
        public var role = Role.participant
        /// How many identities may come in by it.
        public var usesMax: Int
        public var expiresAt: Instant?
        /// Who has it need not wait to be let in.
        public var bypass = true
        /// Of the secret; made by the server, never said by a client.
        public var digest: Digest?

        public init(usesMax: Int = Limits().invitationUsesMax) {
            self.usesMax = usesMax
        }
    }

    static let types = ["admit", "deny", "notice", "remove", "unban", "invite", "revoke"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "admit": self = .admit(try Whom(reader, limits))
        case "deny": self = .deny(try Whom(reader, limits))
        case "notice":
            let text = try reader.requiredText("text")
            guard (1...limits.noticeBytesMax).contains(text.utf8.count) else { throw reader.fault("text", .tooLong) }
            let isNamed = reader.object["participants"] != nil
            self = .notice(text, isNamed ? try reader.participants("participants", countMax: limits.waitingMax) : nil)
        case "remove":
            let bounds = 1_000...limits.banMillisecondsMax
            let milliseconds = try reader.optional("banMilliseconds") { value in
                value.integer.flatMap { Int(exactly: $0) }.flatMap { bounds.contains($0) ? $0 : nil }
            }
            let bans = try reader.flag("ban") ?? (milliseconds != nil)
            self = .remove(try reader.requiredIdentifier("participant"), bans ? Ban(milliseconds: milliseconds) : nil)
        case "unban": self = .unban(try reader.requiredCount("ban"))
        case "invite": self = .invite(try Invite(reader, limits))
        case "revoke": self = .revoke(try reader.requiredCount("invitation"))
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .admit: "admit"
        case .deny: "deny"
        case .notice: "notice"
        case .remove: "remove"
        case .unban: "unban"
        case .invite: "invite"
        case .revoke: "revoke"
        }
    }

    var members: JSONObject {
        switch self {
        case .admit(let whom), .deny(let whom): return whom.members
        case .notice(let text, let participants):
            var members: JSONObject = ["text": .string(text)]
            if let participants { members.append("participants", .set(of: participants)) }
            return members
        case .remove(let participant, let ban):
            var members: JSONObject = ["participant": .string(participant.description)]
            if let ban {
                members.append("ban", .bool(true))
                if let milliseconds = ban.milliseconds {
                    members.append("banMilliseconds", .integer(Int64(milliseconds)))
                }
            }
            return members
        case .unban(let number): return ["ban": .integer(Int64(clamping: number))]
        case .invite(let invite): return invite.members
        case .revoke(let number): return ["invitation": .integer(Int64(clamping: number))]
        }
    }
}

extension AdmissionAction.Whom {
    fileprivate init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        if try reader.flag("all") == true {
            self = .all
        } else {
            let participants = try reader.participants("participants", countMax: limits.waitingMax)
            guard !participants.isEmpty else { throw reader.fault("participants") }
            self = .some(participants)
        }
    }

    fileprivate var members: JSONObject {
        switch self {
        case .all: ["all": .bool(true)]
        case .some(let participants): ["participants": .set(of: participants)]
        }
    }
}

extension AdmissionAction.Invite {
    fileprivate init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        self.init(usesMax: limits.invitationUsesMax)
        if let text = try reader.text("label") {
            guard let label = try? DisplayName(text, bytesMax: limits.nameBytesMax) else {
                throw reader.fault("label", .invalidName)
            }
            self.label = label.text
        }
        if let role = try reader.text("role") {
            guard let role = Role(rawValue: role) else { throw reader.fault("role", .invalidRole) }
            self.role = role
        }
        if let uses = try reader.count("usesMax") {
            guard uses <= UInt64(limits.invitationUsesMax) else { throw reader.fault("usesMax") }
            self.usesMax = Int(uses)
        }
        self.expiresAt = try reader.optional("expiresAt") { value in
            value.integer.flatMap { $0 > 0 && $0 <= limits.instantMillisecondsMax ? Instant(milliseconds: $0) : nil }
        }
        self.bypass = try reader.flag("bypass") ?? true
    }

    fileprivate var members: JSONObject {
        var members: JSONObject = ["role": .string(self.role.rawValue), "usesMax": .integer(Int64(self.usesMax))]
        if let label { members.append("label", .string(label)) }
        if let expiresAt { members.append("expiresAt", .integer(expiresAt.milliseconds)) }
        if !self.bypass { members.append("bypass", .bool(false)) }
        return members
    }
}

extension MemberReader {
    /// The members of a set `{"p_…": true}`, in their order; absent is empty.
    func participants(_ name: String, countMax: Int) throws(Rejection) -> [ParticipantID] {
        guard let object = try self.optional(name, { $0.object }) else { return [] }
        guard object.count <= countMax else { throw self.fault(name, .tooMany) }
        var participants: [ParticipantID] = []
        for (text, value) in object.members {
            guard let participant = ParticipantID(text), value == .bool(true) else { throw self.fault(name) }
            participants.append(participant)
        }
        return participants
    }
}

extension JSONValue {
    /// State has no arrays: a set is an object whose members are true.
    public static func set(of participants: some Sequence<ParticipantID>) -> JSONValue {
        var object = JSONObject()
        for participant in participants { object.append(participant.description, .bool(true)) }
        return .object(object)
    }
}
