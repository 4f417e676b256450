/// What somebody was authorized to do, by a token or by whoever else was asked (docs/PROTOCOL.md, section 20).
///
/// As JSON it is the claim `parley` of a token, and the answer of an authorization service:
/// `{"room":"team-*","create":true,"role":"speaker","permissions":{"share":false},"bypass":true}`.
public struct Grant: Hashable, Sendable {
    /// Which rooms: ids, aliases, or beginnings of aliases (`team-*`). None: no room at all.
    public var rooms: [String] = []
    /// Whether a room that is not there is created by joining it.
    public var mayCreate = false
    /// What they come in as, unless the room has given them another role. `nil`: as everybody else.
    public var role: Role?
    /// What they may, or may not, whatever their role says.
    public var permissions = PermissionChange()
    /// Whether they come in without PIN, without waiting, and where only members may.
    public var bypass = false
    /// By which the room may let people in by itself, like `example.org`.
    public var domain: String?
    /// Whether they may use the operator's HTTP routes.
    public var isOperator = false
    /// What stands beside them in every room that they join, and they cannot change.
    public var attributes: [AttributeKey: AttributeValue] = [:]
    /// The greatest with which they may wait in a queue.
    public var priority = 0
    /// How long the session may last; `nil`: as long as the token is good.
    public var sessionSeconds: Int?
    /// Of whom they may know, by what their app calls them (docs/PROTOCOL.md, section 22).
    public var contacts: [Callee] = []
    /// Whose people they may know of besides.
    public var organisation: String?

    public init() {}
}

/// Some permissions more, some less.
public struct PermissionChange: Hashable, Sendable {
    public var given = PermissionSet()
    public var taken = PermissionSet()

    public init() {}

    public var isEmpty: Bool { self == PermissionChange() }

    /// - Returns: `nil`: as the role says.
    public func permits(_ permission: Permission) -> Bool? {
        if self.taken.contains(permission) { return false }
        return self.given.contains(permission) ? true : nil
    }
}

extension PermissionChange {
    /// By permission, in a fixed order; an empty object if nothing differs.
    public var json: JSONValue {
        var object = JSONObject()
        for permission in Permission.allCases {
            if let isAllowed = self.permits(permission) { object.append(permission.rawValue, .bool(isAllowed)) }
        }
        return .object(object)
    }

    /// Reads ``json``. What it does not know it ignores: another version may have written it.
    public init(json: JSONValue) {
        self.init()
        for permission in Permission.allCases {
            switch json[permission.rawValue]?.bool {
            case true?: self.given.set(permission, true)
            case false?: self.taken.set(permission, true)
            case nil: break
            }
        }
    }
}

// MARK: - Rooms

extension Grant {
    public func covers(_ alias: RoomAlias) -> Bool { self.rooms.contains { Self.matches(alias.text, $0) } }

    /// - Parameter alias: by which the room is known as well.
    public func covers(_ room: RoomID, alias: RoomAlias?) -> Bool {
        self.rooms.contains { $0 == "*" || $0 == room.description } || alias.map { self.covers($0) } ?? false
    }

    /// Whether it is good for a room that has no name yet.
    public var coversNewRooms: Bool { self.rooms.contains("*") }

    /// From now on it is good for that room alone, as far as it names it.
    ///
    /// - Returns: `false`, and nothing has changed, if it does not. An id of which it names the alias it does not name.
    public mutating func narrow(to room: RoomReference) -> Bool {
        let text: String
        switch room {
        case .new: return false
        case .alias(let alias):
            guard self.covers(alias) else { return false }
            text = alias.text
        case .id(let id):
            guard self.covers(id, alias: nil) else { return false }
            text = id.description
        }
        self.rooms = [text]
        return true
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        guard pattern.hasSuffix("*") else { return text == pattern }
        return text.utf8.starts(with: pattern.utf8.dropLast())
    }
}

// MARK: - JSON

extension Grant {
    /// In a fixed order, without what is as usual.
    public var json: JSONValue {
        var object = JSONObject()
        if self.rooms.count == 1 {
            object.append("room", .string(self.rooms[0]))
        } else if !self.rooms.isEmpty {
            object.append("room", .array(self.rooms.map { .string($0) }))
        }
        if self.mayCreate { object.append("create", true) }
        if let role { object.append("role", .string(role.rawValue)) }
        if !self.permissions.isEmpty { object.append("permissions", self.permissions.json) }
        if self.bypass { object.append("bypass", true) }
        if let domain { object.append("domain", .string(domain)) }
        if self.isOperator { object.append("operator", true) }
        if !self.attributes.isEmpty { object.append("attributes", self.attributes.json) }
        if self.priority > 0 { object.append("priority", .integer(Int64(self.priority))) }
        if let sessionSeconds { object.append("sessionSeconds", .integer(Int64(sessionSeconds))) }
        if !self.contacts.isEmpty { object.append("contacts", .array(self.contacts.map { .string($0.text) })) }
        if let organisation { object.append("organisation", .string(organisation)) }
        return .object(object)
    }

    /// Reads ``json``. Strictly: what is misspelt might have been meant to forbid something.
    ///
    /// - Throws: the name of the member that is wrong or unknown.
    public init(json: JSONValue, limits: Limits) throws(GrantFault) {
        guard let object = json.object else { throw GrantFault(member: "parley") }
        self.init()
        for (name, value) in object.members {
            guard self.take(name, value, limits) else { throw GrantFault(member: "parley.\(name)") }
        }
    }

    private mutating func take(_ name: String, _ value: JSONValue, _ limits: Limits) -> Bool {
        switch name {
        case "room":
            guard let rooms = Self.rooms(value, limits) else { return false }
            self.rooms = rooms
        case "create": return value.bool.map { self.mayCreate = $0 } != nil
        case "role": return value.string.flatMap { Role(rawValue: $0) }.map { self.role = $0 } != nil
        case "permissions":
            guard let members = value.object?.members,
                members.allSatisfy({ Permission(rawValue: $0.0) != nil && $0.1.bool != nil })
            else { return false }
            self.permissions = PermissionChange(json: value)
        case "bypass": return value.bool.map { self.bypass = $0 } != nil
        case "domain": return value.string.flatMap { Self.domain($0) }.map { self.domain = $0 } != nil
        case "operator": return value.bool.map { self.isOperator = $0 } != nil
        case "attributes":
            guard let attributes = [AttributeKey: AttributeValue](json: value, limits) else { return false }
            self.attributes = attributes
        case "priority":
            guard let priority = value.integer, (0...Int64(limits.queuePriorityMax)).contains(priority) else {
                return false
            }
            self.priority = Int(priority)
        case "sessionSeconds":
            guard let seconds = value.integer, (1...limits.sessionSecondsMax).contains(seconds) else { return false }
            self.sessionSeconds = Int(seconds)
        case "contacts":
            guard let people = Self.people(value, limits) else { return false }
            self.contacts = people
        case "organisation":
            guard let name = value.string, (1...limits.organisationBytesMax).contains(name.utf8.count) else {
                return false
            }
            self.organisation = name
        default: return false
        }
        return true
    }

    private static func rooms(_ value: JSONValue, _ limits: Limits) -> [String]? {
        let texts: [String]?
        switch value {
        case .string(let text): texts = [text]
        case .array(let values):
            let strings = values.compactMap(\.string)
            texts = strings.count == values.count ? strings : nil
        case .null, .bool, .integer, .number, .object: texts = nil
        }
        guard let texts, texts.count <= limits.roomsPerGrantMax else { return nil }
        return texts.allSatisfy { Self.isRoom($0, limits) } ? texts : nil
    }

    private static func people(_ value: JSONValue, _ limits: Limits) -> [Callee]? {
        guard let array = value.array, array.count <= limits.contactsPerGrantMax else { return nil }
        let names = array.compactMap { $0.string.flatMap { Callee($0, bytesMax: limits.userBytesMax) } }
        return names.count == array.count ? names : nil
    }

    /// An id, an alias, or the beginning of one and a `*`.
    private static func isRoom(_ text: String, _ limits: Limits) -> Bool {
        if RoomID(text) != nil || text == "*" { return true }
        let name = text.hasSuffix("*") ? String(text.dropLast()) : text
        guard case .alias? = try? RoomReference(name, limits: limits) else { return false }
        return true
    }

    /// A host name as DNS has it, in lower case (RFC 1035, section 2.3.1; internationalized ones as `xn--`).
    public static func domain(_ text: String) -> String? {
        let name = text.lowercased()
        guard (1...253).contains(name.utf8.count) else { return nil }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                }
        }
        return isName ? name : nil
    }
}

extension [AttributeKey: AttributeValue] {
    /// By key.
    public var json: JSONValue {
        var object = JSONObject()
        for (key, value) in self.sorted(by: { $0.key < $1.key }) { object.append(key.text, value.json) }
        return .object(object)
    }

    /// Reads ``json``.
    ///
    /// - Parameter limits: `nil`: however many and long; limits are for what comes in.
    /// - Returns: `nil` for what no attributes are, or too many.
    public init?(json: JSONValue, _ limits: Limits?) {
        guard let object = json.object else { return nil }
        self = [:]
        var bytes = 0
        for (text, value) in object.members {
            guard let key = AttributeKey(text, bytesMax: limits?.attributeKeyBytesMax ?? .max),
                let attribute = AttributeValue(value)
            else { return nil }
            bytes += text.utf8.count + value.encoded.count
            self[key] = attribute
        }
        guard let limits else { return }
        guard self.count <= limits.attributesPerParticipantMax, bytes <= limits.attributeBytesPerGrantMax else {
            return nil
        }
    }
}

/// Something in a grant is wrong.
public struct GrantFault: Error, Hashable, Sendable {
    public let member: String

    public init(member: String) { self.member = member }
}
