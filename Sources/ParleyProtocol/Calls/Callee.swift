/// Somebody as an app names them: the identity, or the name that the app's tokens have for them (`sub`).
public struct Callee: Hashable, Sendable {
    /// As it was said.
    public let text: String
    /// Who that is; `nil` until the server has found out.
    public var identity: IdentityID?
    /// Of which organisation they have to be for whoever says it to know of them; empty: they may not know of them
    /// at all. `nil`: they may.
    public var onlyOf: String?

    /// - Returns: `nil` for what is empty, too long, or holds control characters.
    public init?(_ text: String, bytesMax: Int = Limits().userBytesMax) {
        guard (1...bytesMax).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return nil
        }
        self.text = text
        self.identity = IdentityID(text)
    }

    public init(_ identity: IdentityID, user: String? = nil) {
        self.text = user ?? identity.description
        self.identity = identity
    }

    /// The name that the app has for them; `nil` if they were named by identity.
    public var user: String? { IdentityID(self.text) == nil ? self.text : nil }
}

extension MemberReader {
    /// Names of people, each with `true`, in their order; absent is nobody.
    func callees(_ name: String, countMax: Int, _ limits: Limits) throws(Rejection) -> [Callee] {
        let members = try self.optional(name) { $0.object }?.members ?? JSONObject().members
        guard members.underestimatedCount <= countMax else { throw self.fault(name, .tooMany) }
        var callees: [Callee] = []
        for (text, value) in members {
            guard value == true, let callee = Callee(text, bytesMax: limits.userBytesMax) else {
                throw self.fault(name)
            }
            callees.append(callee)
        }
        return callees
    }

    func requiredCallee(_ name: String, _ limits: Limits) throws(Rejection) -> Callee {
        try self.required(name) { value in value.string.flatMap { Callee($0, bytesMax: limits.userBytesMax) } }
    }
}

extension [Callee] {
    var json: JSONValue {
        var object = JSONObject()
        for callee in self { object[callee.text] = true }
        return .object(object)
    }
}
