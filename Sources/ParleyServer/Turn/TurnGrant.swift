import ParleyProtocol

/// A credential and where it is good, as a media server asks for it (draft-uberti-behave-turn-rest-00, section 2.2).
package struct TurnGrant: Hashable, Sendable {
    package let credential: TurnCredential
    package let seconds: Int
    package let addresses: [String]

    var json: String {
        let object: JSONValue = [
            "username": .string(self.credential.username),
            "password": .string(self.credential.password),
            "ttl": .integer(Int64(self.seconds)),
            "uris": .array(self.addresses.map { .string($0) }),
        ]
        return String(decoding: object.encoded, as: UTF8.self)
    }
}
