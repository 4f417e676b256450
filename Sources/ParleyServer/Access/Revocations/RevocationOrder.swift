package import ParleyProtocol

/// What an operator says to `POST /v1/revocations`: who shall not be here any more, until when, and why.
package struct RevocationOrder: Hashable, Sendable {
    package let subject: Revocation.Subject
    /// `nil`: as long as is usual.
    package let until: Instant?
    package let reason: String?

    /// - Returns: `nil` for what is no order. Strictly: what is misspelt might have been meant to say whom.
    package init?(_ body: [UInt8], _ limits: Limits) {
        guard let json = try? JSONParser.parse(body), let object = json.object,
            object.members.allSatisfy({ Self.isSound($0.name, $0.value, limits) }),
            let subject = Revocation.Subject(json: json)
        else { return nil }
        self.subject = subject
        self.until = object["expiresAt"]?.integer.map { Instant(milliseconds: $0) }
        self.reason = object["reason"]?.string
    }

    private static func isSound(_ name: String, _ value: JSONValue, _ limits: Limits) -> Bool {
        switch name {
        case "token", "subject", "identity", "session", "issuer", "reason":
            value.string.map { (1...limits.revocationTextBytesMax).contains($0.utf8.count) } ?? false
        case "expiresAt": value.integer != nil
        default: false
        }
    }
}
