/// What a call is to be with.
public enum CallIntent: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    case audio
    case video
}

/// When ringing is over.
public enum RingMode: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    /// The first of all people who accepts is in, and nobody else.
    case first
    /// Everybody may come in.
    case each
}

/// Some people are to be rung.
public struct RingRequest: Hashable, Sendable {
    /// In the order of the command, each once.
    public var people: [Callee]
    public var mode: RingMode
    public var intent: CallIntent
    /// How long it rings; `nil`: as long as usual.
    public var milliseconds: Int?
    /// The caller's session description, which travels with the ring: opaque here, an object of texts.
    public var offer: AttributeValue?
    /// What the app wants to tell: a subject, a picture.
    public var data: AttributeValue?
    /// What the app calls whoever rings; never on the wire.
    public var user: String?
    /// Whose tokens call those who are named by the app's words like that; never on the wire.
    public var issuer: String?

    public init(
        _ people: [Callee],
        mode: RingMode = .first,
        intent: CallIntent = .audio,
        milliseconds: Int? = nil,
        offer: AttributeValue? = nil,
        data: AttributeValue? = nil
    ) {
        self.people = people
        self.mode = mode
        self.intent = intent
        self.milliseconds = milliseconds
        self.offer = offer
        self.data = data
    }
}

extension RingRequest {
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        let people = try reader.callees("to", countMax: limits.ringPeopleMax, limits)
        guard !people.isEmpty else { throw reader.fault("to") }
        self = try Self(of: people, reader, limits)
    }

    /// Everything but whom.
    init(of people: [Callee], _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        let range = limits.ringMillisecondsMin...limits.ringMillisecondsMax
        self.init(
            people,
            mode: try reader.word("mode") ?? .first,
            intent: try reader.word("intent") ?? .audio,
            milliseconds: try reader.optional("ringMilliseconds") { value in
                value.integer.flatMap { Int(exactly: $0) }.flatMap { range.contains($0) ? $0 : nil }
            },
            offer: try reader.opaque("offer", bytesMax: limits.offerBytesMax),
            data: try reader.opaque("data", bytesMax: limits.callDataBytesMax)
        )
    }

    /// The message's members without `to`.
    var members: JSONObject {
        var members = JSONObject()
        if self.mode != .first { members.append("mode", .string(self.mode.rawValue)) }
        if self.intent != .audio { members.append("intent", .string(self.intent.rawValue)) }
        if let milliseconds { members.append("ringMilliseconds", .integer(Int64(milliseconds))) }
        if let offer { members.append("offer", offer.json) }
        if let data { members.append("data", data.json) }
        return members
    }

    /// With `to` as an object.
    var json: JSONValue {
        var members: JSONObject = ["to": self.people.json]
        for (name, value) in self.members.members { members.append(name, value) }
        return .object(members)
    }
}

extension MemberReader {
    /// One of a few words; absent is `nil`.
    func word<Word: RawRepresentable<String>>(_ name: String) throws(Rejection) -> Word? {
        try self.optional(name) { value in value.string.flatMap { Word(rawValue: $0) } }
    }

    /// What is passed on as it is, in a state: an object of texts, integers and truths.
    func opaque(_ name: String, bytesMax: Int) throws(Rejection) -> AttributeValue? {
        guard let json = self.object[name] else { return nil }
        guard json.object != nil, let value = AttributeValue(json) else { throw self.fault(name) }
        guard json.encoded.count <= bytesMax else { throw self.fault(name, .tooLong) }
        return value
    }

    /// A text with a bound; one byte more is `too-long`.
    func text(_ name: String, bytesMax: Int) throws(Rejection) -> String? {
        guard let text = try self.text(name) else { return nil }
        guard text.utf8.count <= bytesMax else { throw self.fault(name, .tooLong) }
        return text
    }
}
