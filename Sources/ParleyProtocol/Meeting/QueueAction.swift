/// What agents do in a queue.
public enum QueueAction: Hashable, Sendable {
    case take(Whom)
    /// The one who is offered shall be asked for elsewhere.
    case pass
    /// Whether they serve, and what they can; they serve nobody any more.
    case agent(isAvailable: Bool, skills: Set<String>?)

    public enum Whom: Hashable, Sendable {
        /// Whom they are offered, or else the first whom they can serve.
        case next
        /// The first who asks for that.
        case skill(String)
        case participant(ParticipantID)
    }

    static let types = ["take", "pass", "agent"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "take":
            if reader.object["participant"] != nil {
                self = .take(.participant(try reader.requiredIdentifier("participant")))
            } else if let skill = try reader.optional("skill", { QueueWish.word($0, bytesMax: limits.skillBytesMax) }) {
                self = .take(.skill(skill))
            } else {
                self = .take(.next)
            }
        case "pass": self = .pass
        case "agent":
            self = .agent(
                isAvailable: try reader.required("available") { $0.bool },
                skills: try reader.skills(limits)
            )
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .take: "take"
        case .pass: "pass"
        case .agent: "agent"
        }
    }

    var members: JSONObject {
        switch self {
        case .take(.next), .pass: return [:]
        case .take(.skill(let skill)): return ["skill": .string(skill)]
        case .take(.participant(let participant)): return ["participant": .string(participant.description)]
        case .agent(let isAvailable, let skills):
            var members: JSONObject = ["available": .bool(isAvailable)]
            if let skills { members.append("skills", QueueWish.set(skills)) }
            return members
        }
    }
}

/// What somebody wants who comes to wait in a queue: the member `queue` of a join.
public struct QueueWish: Hashable, Sendable {
    /// What whoever serves them has to be able to do.
    public var skills: Set<String> = []
    /// With whom they want to be put together: with those who say the same.
    public var key: String?
    /// The greater goes first; within one, who came first.
    public var priority = 0
    /// That somebody who waits has told them.
    public var code: String?

    public init() {}

    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        self.skills = try reader.skills(limits) ?? []
        self.key = try reader.optional("key") { Self.word($0, bytesMax: limits.queueKeyBytesMax) }
        self.priority =
            try reader.optional("priority") { value in
                value.integer.flatMap { (0...Int64(limits.queuePriorityMax)).contains($0) ? Int($0) : nil }
            } ?? 0
        self.code = try reader.optional("code") { value in
            value.string.flatMap { (1...32).contains($0.utf8.count) ? $0 : nil }
        }
    }

    var members: JSONObject {
        var members = JSONObject()
        if !self.skills.isEmpty { members.append("skills", Self.set(self.skills)) }
        if let key { members.append("key", .string(key)) }
        if self.priority > 0 { members.append("priority", .integer(Int64(self.priority))) }
        if let code { members.append("code", .string(code)) }
        return members
    }

    /// Not empty, and nothing in it that could not be seen.
    static func word(_ value: JSONValue, bytesMax: Int) -> String? {
        guard let text = value.string, (1...bytesMax).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { return nil }
        return text
    }

    /// In a fixed order.
    public static func set(_ names: Set<String>) -> JSONValue {
        var object = JSONObject()
        for name in names.sorted() { object.append(name, true) }
        return .object(object)
    }
}

extension MemberReader {
    /// `nil` only if the member is absent.
    fileprivate func skills(_ limits: Limits) throws(Rejection) -> Set<String>? {
        try self.optional("skills") { value in
            guard let object = value.object, object.count <= limits.queueSkillsMax else { return nil }
            var skills: Set<String> = []
            for (name, isMeant) in object.members {
                guard isMeant == true, let skill = QueueWish.word(.string(name), bytesMax: limits.skillBytesMax) else {
                    return nil
                }
                skills.insert(skill)
            }
            return skills
        }
    }
}
