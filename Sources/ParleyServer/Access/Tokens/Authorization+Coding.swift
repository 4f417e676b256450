package import ParleyProtocol

/// How one node tells another what somebody has proven; in the engine alone, never on the wire.
extension Authorization {
    package var json: JSONValue {
        var object: JSONObject = [
            "grant": self.grant.json, "expiresAt": .integer(self.expiresAt.milliseconds),
        ]
        if let identity { object.append("identity", .string(identity.description)) }
        if let name { object.append("name", .string(name.text)) }
        if let token { object.append("token", .string(token.description)) }
        if let issuer { object.append("issuer", .string(issuer)) }
        if let id { object.append("id", .string(id)) }
        if let subject { object.append("subject", .string(subject)) }
        if !self.marks.isEmpty { object.append("marks", .array(self.marks.map { .string($0.description) })) }
        return .object(object)
    }

    /// Reads ``json``. `nil`: something in it is unknown here, and might have been meant to forbid something.
    package init?(json: JSONValue, limits: Limits) {
        guard let grant = json["grant"].flatMap({ try? Grant(json: $0, limits: limits) }),
            let expiresAt = json["expiresAt"]?.integer
        else { return nil }
        self.init(identity: nil, name: nil, grant: grant, expiresAt: Instant(milliseconds: expiresAt), token: nil)
        for (name, value) in json.object?.members ?? JSONObject().members {
            guard self.take(name, value, limits) else { return nil }
        }
    }

    private mutating func take(_ name: String, _ value: JSONValue, _ limits: Limits) -> Bool {
        switch name {
        case "grant", "expiresAt": return true
        case "identity":
            self.identity = value.string.flatMap { IdentityID($0) }
            return self.identity != nil
        case "name":
            self.name = value.string.flatMap { try? DisplayName($0, bytesMax: limits.nameBytesMax) }
            return self.name != nil
        case "token":
            self.token = value.string.flatMap { ParleyProtocol.Digest($0) }
            return self.token != nil
        case "issuer": self.issuer = value.string
        case "id": self.id = value.string
        case "subject": self.subject = value.string
        case "marks":
            let texts = value.array?.compactMap(\.string) ?? []
            self.marks = texts.map { RevocationMark(text: $0) }
            return texts.count == value.array?.count
        default: return false
        }
        return value.string != nil
    }
}
