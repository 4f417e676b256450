/// What somebody says on their own telephone line.
public enum LineAction: Hashable, Sendable {
    case availability(LineStatus)
    case decline(CallDecline)
    case block(Callee, Bool)
    /// Missed calls up to that number were seen.
    case seen(through: UInt64)

    static let types = ["availability", "decline", "block", "missed-seen"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "availability": self = .availability(try LineStatus(reader, limits))
        case "decline": self = .decline(try CallDecline(reader, limits))
        case "block":
            self = .block(try reader.requiredCallee("person", limits), try reader.required("blocked") { $0.bool })
        case "missed-seen": self = .seen(through: try reader.requiredCount("through"))
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .availability: "availability"
        case .decline: "decline"
        case .block: "block"
        case .seen: "missed-seen"
        }
    }

    var members: JSONObject {
        switch self {
        case .availability(let status): status.members
        case .decline(let decline): decline.members
        case .block(let person, let isBlocked): ["person": .string(person.text), "blocked": .bool(isBlocked)]
        case .seen(let number): ["through": .integer(Int64(clamping: number))]
        }
    }
}

/// Whether somebody wants to be called. What is not said is as usual.
public struct LineStatus: Hashable, Sendable {
    public enum Availability: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
        case available
        case busy
        case away
        /// It does not ring.
        case doNotDisturb = "do-not-disturb"
    }

    /// What happens to a call while there is another one.
    public enum WhenBusy: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
        /// Whoever calls is told so.
        case busy
        /// It rings all the same.
        case ring
    }

    public var availability: Availability
    public var note: String?
    public var whenBusy: WhenBusy
    /// Whether others may know since when nobody is there.
    public var showLastSeen: Bool

    public init(
        _ availability: Availability = .available,
        note: String? = nil,
        whenBusy: WhenBusy = .busy,
        showLastSeen: Bool = false
    ) {
        self.availability = availability
        self.note = note
        self.whenBusy = whenBusy
        self.showLastSeen = showLastSeen
    }

    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        self.init(
            try reader.word("availability") ?? .available,
            note: try reader.text("note", bytesMax: limits.statusNoteBytesMax),
            whenBusy: try reader.word("whenBusy") ?? .busy,
            showLastSeen: try reader.flag("showLastSeen") ?? false
        )
    }

    /// As the state shows it, too.
    package var members: JSONObject {
        var members: JSONObject = ["availability": .string(self.availability.rawValue)]
        if let note { members.append("note", .string(note)) }
        if self.whenBusy != .busy { members.append("whenBusy", .string(self.whenBusy.rawValue)) }
        if self.showLastSeen { members.append("showLastSeen", true) }
        return members
    }

    /// Reads ``members``. What it does not know it takes for the usual: another version may have written it.
    package init(json: JSONValue) {
        self.init(
            json["availability"]?.string.flatMap { Availability(rawValue: $0) } ?? .available,
            note: json["note"]?.string,
            whenBusy: json["whenBusy"]?.string.flatMap { WhenBusy(rawValue: $0) } ?? .busy,
            showLastSeen: json["showLastSeen"]?.bool ?? false
        )
    }
}

/// Somebody does not want to take a call.
public struct CallDecline: Hashable, Sendable {
    public enum Scope: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
        /// It does not ring here any more.
        case device
        /// It does not ring anywhere any more.
        case person
    }

    public var call: RoomID
    public var scope: Scope
    public var code: HangupCode?
    /// For whoever calls: "I call back".
    public var message: String?

    public init(_ call: RoomID, scope: Scope = .person, code: HangupCode? = nil, message: String? = nil) {
        self.call = call
        self.scope = scope
        self.code = code
        self.message = message
    }

    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        self.init(
            try reader.requiredIdentifier("call"),
            scope: try reader.word("scope") ?? .person,
            code: try reader.word("code"),
            message: try reader.text("message", bytesMax: limits.declineMessageBytesMax)
        )
    }

    var members: JSONObject {
        var members: JSONObject = ["call": .string(self.call.description)]
        if self.scope != .person { members.append("scope", .string(self.scope.rawValue)) }
        if let code { members.append("code", .string(code.rawValue)) }
        if let message { members.append("message", .string(message)) }
        return members
    }
}
