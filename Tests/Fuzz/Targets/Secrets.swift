import Crypto
import ParleyProtocol
import ParleyServer

extension FuzzTarget {
    /// A token, or header and claims on a line each, which are made into one.
    static let tokens = FuzzTarget(name: "tokens") { input in
        let parts = lines(of: input)
        let token =
            parts.count == 2
            ? "\(Base64URL.text(parts[0])).\(Base64URL.text(parts[1])).\(Base64URL.text([1]))" : text(input)
        let whole = Base64URL.bytes(Array(input))
        if let whole { try demand(Base64URL.text(whole).utf8.elementsEqual(input), "two texts are one value") }
        try demand(Base64URL.bytes(Base64URL.text(input).utf8).map { $0.elementsEqual(input) } == true, "base64url")
        let opened: CompactToken
        do throws(TokenFault) {
            opened = try CompactToken(token)
        } catch {
            let words = error.description
            try demand(words.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "a fault that could begin a line: \(words)")
            return
        }
        guard let claims = opened.claims["parley"] else { return }
        guard let grant = try? Grant(json: claims, limits: Limits()) else { return }
        guard let again = try? Grant(json: grant.json, limits: Limits()) else {
            throw Finding(description: "cannot read its own grant")
        }
        try demand(again == grant, "reads its own grant differently")
    }

    /// Somebody's session, and what they show. What is believed was signed for that session, and is written in one way.
    static let secrets = FuzzTarget(name: "secrets") { input in
        var keys = ResumeKeys()
        keys.adopt(SymmetricKey(data: Array(repeating: UInt8(7), count: ResumeKeys.keyBytes)))
        let parts = lines(of: input).map { text($0) }
        for part in parts { try Self.check(identifier: part) }
        guard parts.count == 2, let session = SessionID(parts[0]) else { return }
        if let secret = keys.open(parts[1], of: session) {
            try demand(secret.session == session && keys.sign(secret) == parts[1], "a secret in two forms")
        }
        if let ticket = keys.openTicket(parts[1]) {
            try demand(keys.sign(ticket) == parts[1], "a ticket in two forms")
        }
        let secret = ResumeSecret(
            session: session,
            identity: IdentityID(high: session.low, low: session.high),
            number: UInt64(input.count),
            expiresAt: Instant(milliseconds: Int64(input.count))
        )
        try demand(keys.open(keys.sign(secret), of: session) == secret, "does not believe its own secret")
        try demand(keys.openTicket(keys.sign(secret)) == nil, "takes a secret for a ticket")
    }

    private static func check(identifier text: String) throws {
        if let id = SessionID(text) { try demand(id.description == text, "an identifier in two forms: \(text)") }
        if let alias = RoomAlias(text) { try demand(alias.text == text, "an alias in two forms: \(text)") }
        if let name = try? DisplayName(text, bytesMax: 128) {
            try demand((try? DisplayName(name.description, bytesMax: 128)) == name, "a name changes: \(text)")
        }
        if let hash = StateHash(text) { try demand(hash.description == text, "a hash in two forms: \(text)") }
    }
}
