/// Whom a room lets in by itself: people of these domains, and those who come in as these roles.
///
/// `{"domains":{"example.org":true},"roles":{"speaker":true}}`; an array has no place in a state.
public struct AutoAdmission: Hashable, Sendable {
    public var domains: Set<String> = []
    public var roles: Set<Role> = []

    public init() {}

    public func admits(_ role: Role, domain: String?) -> Bool {
        self.roles.contains(role) || domain.map { self.domains.contains($0) } ?? false
    }
}

extension AutoAdmission {
    /// In a fixed order.
    public var json: JSONValue {
        var object = JSONObject()
        if !self.domains.isEmpty { object.append("domains", Self.set(self.domains.sorted())) }
        let roles = Role.allCases.filter { self.roles.contains($0) }
        if !roles.isEmpty { object.append("roles", Self.set(roles.map(\.rawValue))) }
        return .object(object)
    }

    /// Reads ``json``. What it does not know it ignores: another version may have written it.
    public init(json: JSONValue) {
        for (domain, value) in json["domains"]?.object?.members ?? JSONObject().members where value == true {
            self.domains.insert(domain)
        }
        for (text, value) in json["roles"]?.object?.members ?? JSONObject().members where value == true {
            if let role = Role(rawValue: text) { self.roles.insert(role) }
        }
    }

    /// - Returns: `nil` for anything but known members with `true`.
    static func checked(_ value: JSONValue, _ limits: Limits) -> JSONValue? {
        guard let object = value.object else { return nil }
        for (name, row) in object.members {
            guard let set = row.object, set.members.allSatisfy({ $0.1 == true }) else { return nil }
            let members = set.members
            switch name {
            case "domains":
                guard set.count <= limits.autoAdmitDomainsMax,
                    members.allSatisfy({ Grant.domain($0.0) == $0.0 })
                else { return nil }
            case "roles": guard members.allSatisfy({ Role(rawValue: $0.0) != nil }) else { return nil }
            default: return nil
            }
        }
        return AutoAdmission(json: value).json
    }

    private static func set(_ names: [String]) -> JSONValue {
        var object = JSONObject()
        for name in names { object.append(name, true) }
        return .object(object)
    }
}
