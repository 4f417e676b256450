/// When a round of questions is decided, and how.
public enum ConsentRule: String, CaseIterable, Hashable, Sendable {
    /// Everybody says yes.
    case all
    /// One says yes.
    case any
    /// More than half say yes.
    case majority
    /// Everybody answers for themselves.
    case each
}

/// Whom a question is put to.
public enum ConsentAudience: Hashable, Sendable {
    case everybody
    case these([ParticipantID])
}

/// A question to people, with a deadline.
public struct ConsentRequest: Hashable, Sendable {
    /// What it is about: a word of the protocol (``recording``, ``remoteControl`` …) or of the app.
    public var kind: String
    public var asked: ConsentAudience
    public var deadlineMilliseconds: Int
    public var rule: ConsentRule
    public var question: String?

    public static let recording = "recording"
    public static let unmuteAudio = "unmute-audio"
    public static let unmuteVideo = "unmute-video"
    public static let remoteControl = "remote-control"

    public init(
        kind: String,
        asked: ConsentAudience,
        deadlineMilliseconds: Int,
        rule: ConsentRule,
        question: String? = nil
    ) {
        self.kind = kind
        self.asked = asked
        self.deadlineMilliseconds = deadlineMilliseconds
        self.rule = rule
        self.question = question
    }
}

/// What is asked of the questions that are open. Not `answer`: that is a signal.
public enum ConsentAction: Hashable, Sendable {
    case ask(ConsentRequest)
    case answer(UInt64, Bool)
    case cancel(UInt64)

    static let types = ["ask-consent", "answer-consent", "cancel-consent"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "ask-consent": self = .ask(try ConsentRequest(reader, limits))
        case "answer-consent":
            let answer = try reader.required("answer") { $0.bool }
            self = .answer(try reader.requiredCount("consent"), answer)
        case "cancel-consent": self = .cancel(try reader.requiredCount("consent"))
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .ask: "ask-consent"
        case .answer: "answer-consent"
        case .cancel: "cancel-consent"
        }
    }

    var members: JSONObject {
        switch self {
        case .ask(let request): request.members
        case .answer(let number, let answer):
            ["consent": .integer(Int64(clamping: number)), "answer": .bool(answer)]
        case .cancel(let number): ["consent": .integer(Int64(clamping: number))]
        }
    }
}

extension ConsentRequest {
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        let kind = try reader.required("kind") { value in
            value.string.flatMap { isPlainWord($0.utf8, bytesMax: limits.consentKindBytesMax) ? $0 : nil }
        }
        let rule = try reader.required("rule") { value in value.string.flatMap { ConsentRule(rawValue: $0) } }
        self.init(
            kind: kind,
            asked: try ConsentAudience(reader, limits),
            deadlineMilliseconds: try reader.deadline(limits) ?? limits.consentMillisecondsDefault,
            rule: rule,
            question: try reader.optional("question") { value in
                value.string.flatMap { $0.utf8.count <= limits.consentQuestionBytesMax ? $0 : nil }
            }
        )
    }

    var members: JSONObject {
        var object: JSONObject = ["kind": .string(self.kind)]
        switch self.asked {
        case .everybody: object.append("all", true)
        case .these(let participants):
            var asked = JSONObject()
            for participant in participants { asked.append(participant.description, true) }
            object.append("participants", .object(asked))
        }
        object.append("deadlineMilliseconds", .integer(Int64(self.deadlineMilliseconds)))
        object.append("rule", .string(self.rule.rawValue))
        if let question = self.question { object.append("question", .string(question)) }
        return object
    }
}

extension ConsentAudience {
    /// Either `participants` or `all`.
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        guard let object = try reader.optional("participants", { $0.object }) else {
            guard try reader.flag("all") == true else { throw reader.fault("participants") }
            self = .everybody
            return
        }
        guard !object.isEmpty else { throw reader.fault("participants") }
        guard object.count <= limits.consentAskedMax else { throw reader.fault("participants", .tooMany) }
        var participants: [ParticipantID] = []
        for (text, value) in object.members {
            guard let participant = ParticipantID(text), value == .bool(true) else {
                throw reader.fault("participants")
            }
            participants.append(participant)
        }
        self = .these(participants)
    }
}

extension MemberReader {
    func deadline(_ limits: Limits) throws(Rejection) -> Int? {
        let bounds = Int64(limits.consentMillisecondsMin)...Int64(limits.consentMillisecondsMax)
        return try self.optional("deadlineMilliseconds") { value in
            value.integer.flatMap { bounds.contains($0) ? Int($0) : nil }
        }
    }
}
