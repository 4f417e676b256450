/// Takes the members of one message apart; what is missing or wrong becomes a rejection that names the
/// member and says which message it was. Members that nobody asks for are ignored.
struct MemberReader {
    let object: JSONObject
    /// What every rejection of this message says.
    var rejection: Rejection

    /// - Parameter value: a whole message.
    init(message value: JSONValue) throws(Rejection) {
        guard case .object(let object) = value else { throw Rejection(.malformed) }
        self.object = object
        self.rejection = Rejection(.invalidMember)
        self.rejection.of = Self.quotable(object["type"])
        self.rejection.room = Self.quotable(object["room"])
        self.rejection.to = Self.quotable(object["to"])
        self.rejection.id = Self.count(object["id"])
        self.rejection.cid = Self.quotable(object["cid"])
        self.rejection.n = Self.count(object["n"])
    }

    init(object: JSONObject, rejection: Rejection) {
        self.object = object
        self.rejection = rejection
    }

    /// For an object inside of the same message.
    func inside(_ object: JSONObject) -> MemberReader { MemberReader(object: object, rejection: self.rejection) }

    func fault(_ member: String, _ code: RejectionCode = .invalidMember) -> Rejection {
        var rejection = self.rejection
        rejection.code = code
        rejection.member = member
        return rejection
    }

    // MARK: - Members that may be absent

    /// An absent member is `nil`; one that `read` makes nothing of is refused, `null` like any other.
    func optional<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws(Rejection) -> Value? {
        guard let value = self.object[name] else { return nil }
        guard let result = read(value) else { throw self.fault(name) }
        return result
    }

    func reader(_ name: String) throws(Rejection) -> MemberReader? {
        guard let object = try self.optional(name, { $0.object }) else { return nil }
        return MemberReader(object: object, rejection: self.rejection)
    }

    func flag(_ name: String) throws(Rejection) -> Bool? { try self.optional(name) { $0.bool } }
    func text(_ name: String) throws(Rejection) -> String? { try self.optional(name) { $0.string } }
    func count(_ name: String) throws(Rejection) -> UInt64? { try self.optional(name, Self.count) }

    // MARK: - Members that must be there

    func required<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws(Rejection) -> Value {
        guard let value = self.object[name], let result = read(value) else { throw self.fault(name) }
        return result
    }

    func requiredReader(_ name: String) throws(Rejection) -> MemberReader {
        guard let reader = try self.reader(name) else { throw self.fault(name) }
        return reader
    }

    func requiredText(_ name: String) throws(Rejection) -> String { try self.required(name) { $0.string } }
    func requiredCount(_ name: String) throws(Rejection) -> UInt64 { try self.required(name, Self.count) }

    func requiredIdentifier<Kind>(_ name: String) throws(Rejection) -> Identifier<Kind> {
        try self.required(name) { value in value.string.flatMap { Identifier<Kind>($0) } }
    }

    /// An identifier that may be `null`, but not absent.
    func nullableIdentifier<Kind>(_ name: String) throws(Rejection) -> Identifier<Kind>? {
        if self.object[name] == .null { return nil }
        return try self.requiredIdentifier(name)
    }

    /// Objects by name, in their order; absent is empty.
    func readers(_ name: String) throws(Rejection) -> [(name: String, reader: MemberReader)] {
        guard let object = try self.optional(name, { $0.object }) else { return [] }
        var readers: [(name: String, reader: MemberReader)] = []
        for (text, value) in object.members {
            guard case .object(let member) = value else { throw self.fault(name) }
            readers.append((text, MemberReader(object: member, rejection: self.rejection)))
        }
        return readers
    }

    /// Numbers by participant, in their order.
    func watermarks(_ name: String, countMax: Int = .max) throws(Rejection) -> [Watermark] {
        guard let object = try self.optional(name, { $0.object }) else { return [] }
        guard object.count <= countMax else { throw self.fault(name) }
        var watermarks: [Watermark] = []
        watermarks.reserveCapacity(object.count)
        for (text, value) in object.members {
            guard let participant = ParticipantID(text), let n = Self.watermark(value) else {
                throw self.fault(name)
            }
            watermarks.append(Watermark(participant: participant, n: n))
        }
        return watermarks
    }

    // MARK: - Values

    /// 1 to 2⁵³ - 1.
    static func count(_ value: JSONValue) -> UInt64? {
        guard let integer = value.integer, integer >= 1, integer <= countMax else { return nil }
        return UInt64(integer)
    }

    /// 0 to 2⁵³ - 1: a watermark may say that nothing has arrived.
    private static func watermark(_ value: JSONValue) -> UInt64? {
        value == .integer(0) ? 0 : Self.count(value)
    }

    private static func count(_ value: JSONValue?) -> UInt64? { value.flatMap { Self.count($0) } }

    /// Only what is short is said back.
    private static func quotable(_ value: JSONValue?) -> String? {
        guard let text = value?.string, text.utf8.count <= 64 else { return nil }
        return text
    }
}
