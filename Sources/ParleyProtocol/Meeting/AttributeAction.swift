/// What an app keeps in a room or beside a person: small values that everybody sees.
public enum AttributeAction: Hashable, Sendable {
    case set(AttributeChange)

    static let types = ["set-attribute"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "set-attribute": self = .set(try AttributeChange(reader, limits))
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .set: "set-attribute"
        }
    }

    var members: JSONObject {
        switch self {
        case .set(let change): change.members
        }
    }
}

/// One attribute is to have another value, or none.
public struct AttributeChange: Hashable, Sendable {
    /// Beside whom; `nil`: in the room.
    public var participant: ParticipantID?
    public var key: AttributeKey
    /// `nil`: it is to go.
    public var value: AttributeValue?
    /// Which version it must have now, 0: there must be none; `nil`: whatever it is.
    public var version: UInt64?

    public init(
        participant: ParticipantID? = nil,
        key: AttributeKey,
        value: AttributeValue?,
        version: UInt64? = nil
    ) {
        self.participant = participant
        self.key = key
        self.value = value
        self.version = version
    }

    fileprivate init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        let key = try reader.required("key") { value in
            value.string.flatMap { AttributeKey($0, bytesMax: limits.attributeKeyBytesMax) }
        }
        var value: AttributeValue?
        if let json = reader.object["value"] {
            guard json.encoded.count <= limits.attributeValueBytesMax else { throw reader.fault("value", .tooLong) }
            value = AttributeValue(json)
            guard value != nil else { throw reader.fault("value") }
        }
        let participant = try reader.optional("participant") { $0.string.flatMap { ParticipantID($0) } }
        let version = try reader.optional("version") { $0 == .integer(0) ? 0 : MemberReader.count($0) }
        self.init(participant: participant, key: key, value: value, version: version)
    }

    fileprivate var members: JSONObject {
        var members = JSONObject()
        if let participant = self.participant { members.append("participant", .string(participant.description)) }
        members.append("key", .string(self.key.text))
        if let value = self.value { members.append("value", value.json) }
        if let version = self.version { members.append("version", .integer(Int64(clamping: version))) }
        return members
    }
}

/// A plain word: 1 to `bytesMax` characters of `a` to `z`, `0` to `9`, `-`.
public struct AttributeKey: Hashable, Comparable, Sendable {
    public let text: String

    public init?(_ text: String, bytesMax: Int = Limits().attributeKeyBytesMax) {
        guard isPlainWord(text.utf8, bytesMax: bytesMax) else { return nil }
        self.text = text
    }

    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// A text, an integer, a truth, or an object of these: what a state may hold, and a hash can prove.
public struct AttributeValue: Hashable, Sendable {
    public let json: JSONValue

    /// - Returns: `nil` for an array, `null`, a number that is no integer of JavaScript, or what is deeper than an
    ///   object of such values.
    public init?(_ json: JSONValue) {
        if let object = json.object {
            guard object.members.allSatisfy({ Self.isLeaf($0.value) }) else { return nil }
        } else {
            guard Self.isLeaf(json) else { return nil }
        }
        self.json = json
    }

    private static func isLeaf(_ value: JSONValue) -> Bool {
        switch value {
        case .string, .bool: true
        // JavaScript counts no further exactly, so two clients would not compute one hash.
        case .integer(let integer): integer.magnitude <= countMax
        case .null, .number, .array, .object: false
        }
    }
}
