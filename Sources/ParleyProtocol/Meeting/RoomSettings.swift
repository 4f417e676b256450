/// What a room shall be like: what is named becomes different, everything else stays as it is.
///
/// The same in `configure`, in the `settings` of a join and in the HTTP API. `null` takes back what need not be there.
public struct RoomSettings: Hashable, Sendable {
    /// Checked values by their names; `null` stands for the usual. Without the PIN.
    public private(set) var changes = JSONObject()
    /// `nil`: the PIN stays as it is.
    public var pin: PIN?

    public enum PIN: Hashable, Sendable {
        /// Everybody comes in without one.
        case none
        /// As a client says it.
        case text(String)
        /// As a room keeps it.
        case sealed(Digest)
    }

    public init() {}

    /// A queue with those rules.
    public init(queue rules: QueueRules) { self.changes.append("queue", rules.json) }

    public var isEmpty: Bool { self.changes.isEmpty && self.pin == nil }

    /// The same, with the PIN as a room keeps it.
    public func sealed(_ digest: (String) -> Digest) -> RoomSettings {
        var sealed = self
        if case .text(let text)? = self.pin { sealed.pin = .sealed(digest(text)) }
        return sealed
    }

    /// The same, with the operator's numbers in place of those that go back to the usual: a room does not know them.
    public func returning(to numbers: [(name: String, value: Int)]) -> RoomSettings {
        var settings = self
        for (name, value) in numbers where settings.changes[name] == .null {
            settings.changes[name] = .integer(Int64(value))
        }
        return settings
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.pin == right.pin && JSONValue.object(left.changes) == .object(right.changes)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.pin)
        hasher.combine(JSONValue.object(self.changes))
    }
}

// MARK: - Reading

extension RoomSettings {
    /// - Throws: `invalid-settings`, naming the member.
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        let durations = 1_000...Int64(limits.meetingMillisecondsMax)
        try self.take("topic", reader) { value in
            guard let text = value.string else { return nil }
            let topic = try? DisplayName(text, bytesMax: limits.topicBytesMax)
            guard let topic else { return text.isEmpty ? .null : nil }
            return .string(topic.text)
        }
        try self.take("startsAt", reader) { Self.integer($0, in: 0...limits.instantMillisecondsMax) }
        try self.take("estimatedMilliseconds", reader) { Self.integer($0, in: durations) }
        try self.take("maximumMilliseconds", reader) { Self.integer($0, in: durations) }
        try self.take("emptyMilliseconds", reader) { Self.integer($0, in: 0...Int64(limits.emptyMillisecondsMax)) }
        try self.take("capacity", reader) { Self.integer($0, in: 1...Int64(limits.participantsPerRoomMax)) }
        try self.take("stageMax", reader) { Self.integer($0, in: 1...Int64(limits.stageMax)) }
        try self.take("admission", reader) { Self.word($0, AdmissionRule.self) }
        for name in ["waitForHost", "readmit"] { try self.take(name, reader, Self.bool) }
        try self.take("autoAdmit", reader) { AutoAdmission.checked($0, limits) }
        try self.takeRules(reader, limits)
        try self.takeQueue(reader, limits)
        try self.takeRoles(reader)
        guard let pin = reader.object["pin"] else { return }
        switch pin {
        case .null, .string(""): self.pin = PIN.none
        case .string(let text) where (4...limits.pinBytesMax).contains(text.utf8.count): self.pin = .text(text)
        default: throw reader.fault("pin", .invalidSettings)
        }
    }

    private mutating func take(
        _ name: String,
        _ reader: MemberReader,
        _ read: (JSONValue) -> JSONValue?
    ) throws(Rejection) {
        guard let value = reader.object[name] else { return }
        guard let checked = value == .null ? JSONValue.null : read(value) else {
            throw reader.fault(name, .invalidSettings)
        }
        self.changes.append(name, checked)
    }

    private mutating func takeRules(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        guard let value = reader.object["rules"] else { return }
        guard let object = value.object else { throw reader.fault("rules", .invalidSettings) }
        var rules = RoomSettings()
        let reader = reader.inside(object)
        for name in ["mayUnmute", "mutedOnJoin", "audienceInPolicy"] { try rules.take(name, reader, Self.bool) }
        try rules.take("heightMax", reader) { Self.integer($0, in: 1...Int64(limits.pictureLinesMax)) }
        try rules.take("frameRateMax", reader) { Self.integer($0, in: 1...Int64(limits.framesPerSecondMax)) }
        for name in ["videoCodecs", "audioCodecs"] {
            try rules.take(name, reader) { Self.ranks($0, limits) }
        }
        try rules.take("succession", reader) { Self.word($0, RoomRules.Succession.self) }
        try rules.take("recordingConsent", reader) { Self.word($0, RoomRules.RecordingConsent.self) }
        if !rules.changes.isEmpty { self.changes.append("rules", .object(rules.changes)) }
    }

    private mutating func takeQueue(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        guard let value = reader.object["queue"] else { return }
        guard let object = value.object else { throw reader.fault("queue", .invalidSettings) }
        var queue = RoomSettings()
        let reader = reader.inside(object)
        try queue.take("rule", reader) { Self.word($0, QueueRules.Rule.self) }
        try queue.take("size", reader) { Self.integer($0, in: 2...Int64(limits.queueMatchMax)) }
        try queue.take("offerMilliseconds", reader) { Self.integer($0, in: 5_000...Int64(limits.offerMillisecondsMax)) }
        try queue.take("unserved", reader) { Self.word($0, QueueRules.Unserved.self) }
        try queue.take("codes", reader) { Self.word($0, QueueRules.CodeForm.self) }
        try queue.take("codeMilliseconds", reader) { Self.integer($0, in: 5_000...Int64(limits.codeMillisecondsMax)) }
        try queue.take("arriveMilliseconds", reader) {
            Self.integer($0, in: 5_000...Int64(limits.arriveMillisecondsMax))
        }
        try queue.take("waitingMax", reader) { Self.integer($0, in: 1...Int64(limits.queueWaitingMax)) }
        if !queue.changes.isEmpty { self.changes.append("queue", .object(queue.changes)) }
    }

    /// What roles may do, except for the host, who could not take it back.
    private mutating func takeRoles(_ reader: MemberReader) throws(Rejection) {
        guard let value = reader.object["roles"] else { return }
        var roles = JSONObject()
        for (name, row) in try Self.members(value, reader) {
            guard let role = Role(rawValue: name), role != .host else { throw reader.fault("roles", .invalidSettings) }
            for (permission, isAllowed) in try Self.members(row, reader) {
                guard Permission(rawValue: permission) != nil, isAllowed.bool != nil else {
                    throw reader.fault("roles", .invalidSettings)
                }
            }
            roles.append(name, row)
        }
        if !roles.isEmpty { self.changes.append("roles", .object(roles)) }
    }

    private static func members(_ value: JSONValue, _ reader: MemberReader) throws(Rejection) -> JSONObject.Members {
        guard let object = value.object else { throw reader.fault("roles", .invalidSettings) }
        return object.members
    }

    private static func bool(_ value: JSONValue) -> JSONValue? { value.bool.map { .bool($0) } }

    private static func integer(_ value: JSONValue, in range: ClosedRange<Int64>) -> JSONValue? {
        value.integer.flatMap { range.contains($0) ? .integer($0) : nil }
    }

    private static func word<Word: RawRepresentable<String>>(_ value: JSONValue, _: Word.Type) -> JSONValue? {
        value.string.flatMap { Word(rawValue: $0) }.map { .string($0.rawValue) }
    }

    /// Codecs by name, each with its rank.
    private static func ranks(_ value: JSONValue, _ limits: Limits) -> JSONValue? {
        let countMax = limits.codecsPerRuleMax
        let lengths = 1...limits.codecNameBytesMax
        guard let object = value.object, (1...countMax).contains(object.count) else { return nil }
        for (name, rank) in object.members {
            let isName = lengths.contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            guard isName, let rank = rank.integer, (1...Int64(countMax)).contains(rank) else { return nil }
        }
        return value
    }
}

// MARK: - Writing

extension RoomSettings {
    /// As a client says it.
    var members: JSONObject {
        var members = self.changes
        switch self.pin {
        case nil, .sealed: break
        case .some(.none): members.append("pin", "")
        case .text(let text): members.append("pin", .string(text))
        }
        return members
    }

    /// As a log keeps it; read back by ``init(json:)``.
    public var json: JSONValue {
        var members = self.changes
        switch self.pin {
        case nil, .text: break
        case .some(.none): members.append("pin", .null)
        case .sealed(let digest): members.append("pin", .string(digest.description))
        }
        return .object(members)
    }

    public init(json: JSONValue) {
        self.changes = json.object ?? JSONObject()
        guard let pin = self.changes["pin"] else { return }
        self.pin = pin.string.flatMap { Digest($0) }.map { .sealed($0) } ?? PIN.none
        self.changes["pin"] = nil
    }

    mutating func set(_ name: String, _ value: JSONValue) { self.changes[name] = value }

    /// Only those of the changes that somebody chooses.
    public mutating func keep(_ isKept: (_ name: String, _ value: JSONValue) -> Bool) {
        for (name, value) in self.changes.members where !isKept(name, value) { self.changes[name] = nil }
    }
}

/// Who comes in without being asked for.
public enum AdmissionRule: String, CaseIterable, Hashable, Sendable {
    case open
    /// Everybody waits until somebody lets them in.
    case approval
    /// Only those who are invited or were in before.
    case members
}
