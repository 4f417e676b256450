import Crypto
import JWTKit
package import ParleyProtocol

/// Tells whether a token is good, and what it allows.
///
/// The order of the questions: its form, its issuer, its algorithm, its key, its signature; only then what it says. An
/// algorithm is chosen by the issuer's list and the kind of the key, never by the token alone, so a public key is never
/// taken for a secret (RFC 8725, sections 3.1 and 3.2).
package struct TokenJudge: Sendable {
    package let issuers: [TokenIssuer]
    let limits: Limits

    package init(issuers: [TokenIssuer], limits: Limits = Limits()) {
        self.issuers = issuers
        self.limits = limits
    }

    /// - Parameter now: by the server's clock.
    package func judge(_ text: String, at now: Instant) async throws(TokenFault) -> Authorization {
        let token = try CompactToken(text, limits: self.limits)
        guard token.header["crit"] == nil else { throw .criticalHeader }
        let issuer = try self.issuer(of: token)
        let name = token.header["alg"]?.string ?? ""
        guard let algorithm = TokenAlgorithm(rawValue: name), issuer.algorithms.contains(algorithm) else {
            throw .algorithmNotAllowed(name)
        }
        guard let key = try await self.key(of: token, issuer, at: now).algorithm(algorithm) else {
            throw .algorithmNotAllowed(name)
        }
        // What cannot even be a signature throws.
        guard (try? key.verify(token.signature, signs: token.signed)) == true else { throw .wrongSignature }
        return try self.authorization(token.claims, issuer, at: now)
    }

    /// What an authorization service has answered, with the same meaning.
    package func judge(answer claims: JSONObject, at now: Instant) throws(TokenFault) -> Authorization {
        do throws(TokenFault) {
            return try self.authorization(claims, TokenIssuer(algorithms: [], keys: .fixed([])), at: now)
        } catch {
            if case .expired = error { throw error }
            if case .notYet = error { throw error }
            // It is not the client's fault that the service says nonsense.
            throw .serviceUnavailable("its answer means nothing: \(error)")
        }
    }

    private func issuer(of token: CompactToken) throws(TokenFault) -> TokenIssuer {
        if let issuer = self.issuers.first(where: { $0.name != nil && $0.name == token.issuer }) { return issuer }
        guard let issuer = self.issuers.first(where: { $0.name == nil }) else { throw .unknownIssuer(token.issuer) }
        return issuer
    }

    private func key(
        of token: CompactToken,
        _ issuer: TokenIssuer,
        at now: Instant
    ) async throws(TokenFault) -> TokenKey {
        switch issuer.keys {
        case .fixed(let keys):
            guard let key = keys.find(token.keyID) else { throw .unknownKey(token.keyID) }
            return key
        case .fetched(let set):
            return try await set.key(token.keyID, at: now)
        }
    }

    // MARK: Claims

    private func authorization(
        _ claims: JSONObject,
        _ issuer: TokenIssuer,
        at now: Instant
    ) throws(TokenFault) -> Authorization {
        try self.judgeAudience(claims, issuer)
        let expiresAt = try self.judgeTime(claims, at: now)
        var grant = try self.grant(claims, issuer)
        if grant.domain == nil { grant.domain = Self.domain(claims) }
        let subject = try Self.text(claims, "sub")
        let id = try Self.text(claims, "jti")
        var authorization = Authorization(
            identity: subject.map { Self.identity(issuer: try? Self.text(claims, "iss"), subject: $0) },
            name: nil,
            grant: grant,
            expiresAt: expiresAt,
            token: id.map { Self.digest("parley token 1", try? Self.text(claims, "iss"), $0) },
            issuer: try? Self.text(claims, "iss"),
            id: id
        )
        authorization.subject = subject
        authorization.marks = RevocationMark.marks(issuer: try Self.text(claims, "iss"), subject: subject, token: id)
        if let name = try Self.text(claims, "name"), !name.isEmpty {
            let short = name.cut(toBytes: self.limits.nameBytesMax)
            guard let name = try? DisplayName(short, bytesMax: self.limits.nameBytesMax) else {
                throw .wrongClaim("name")
            }
            authorization.name = name
        }
        if let seconds = grant.sessionSeconds {
            let end = now.advanced(milliseconds: seconds * 1_000)
            authorization.expiresAt = max(authorization.expiresAt, end)
        }
        return authorization
    }

    private func judgeAudience(_ claims: JSONObject, _ issuer: TokenIssuer) throws(TokenFault) {
        switch (claims["aud"], issuer.audience) {
        case (nil, nil): break
        case (.string(let one)?, let audience?) where one == audience: break
        case (.array(let some)?, let audience?) where some.contains(.string(audience)): break
        case (nil, _), (_?, _): throw .wrongAudience
        }
    }

    private func judgeTime(_ claims: JSONObject, at now: Instant) throws(TokenFault) -> Instant {
        let leeway = self.limits.tokenLeewayMilliseconds
        guard let expiresAt = try Self.instant(claims, "exp") else { throw .missing("exp") }
        guard now < expiresAt.advanced(milliseconds: leeway) else { throw .expired(at: expiresAt) }
        for claim in ["nbf", "iat"] {
            guard let begins = try Self.instant(claims, claim) else { continue }
            guard begins <= now.advanced(milliseconds: leeway) else { throw .notYet(from: begins) }
        }
        return expiresAt
    }

    private func grant(_ claims: JSONObject, _ issuer: TokenIssuer) throws(TokenFault) -> Grant {
        guard let json = claims["parley"] else {
            guard let grant = issuer.grant else { throw .missing("parley") }
            return grant
        }
        do throws(GrantFault) {
            return try Grant(json: json, limits: self.limits)
        } catch {
            throw .wrongClaim(error.member)
        }
    }

    /// That of an address which the issuer has verified (OpenID Connect Core 1.0, section 5.1).
    private static func domain(_ claims: JSONObject) -> String? {
        guard claims["email_verified"]?.bool == true, let email = claims["email"]?.string,
            let at = email.lastIndex(of: "@")
        else { return nil }
        return Grant.domain(String(email[email.index(after: at)...]))
    }

    private static func text(_ claims: JSONObject, _ name: String) throws(TokenFault) -> String? {
        guard let value = claims[name] else { return nil }
        guard let text = value.string else { throw .wrongClaim(name) }
        return text
    }

    /// Seconds, with or without a fraction (RFC 7519, section 2, NumericDate).
    private static func instant(_ claims: JSONObject, _ name: String) throws(TokenFault) -> Instant? {
        let seconds: Double
        switch claims[name] {
        case nil: return nil
        case .integer(let integer)?: seconds = Double(integer)
        case .number(let text)?: seconds = Double(text) ?? .nan
        case .null?, .bool?, .string?, .array?, .object?: throw .wrongClaim(name)
        }
        // Up to the year 9999.
        guard (0...253_402_300_799).contains(seconds) else { throw .wrongClaim(name) }
        return Instant(milliseconds: Int64(seconds * 1_000))
    }

    // MARK: Identities

    /// The same person is the same identity on every node and at all times, and the id says nothing about the name: the
    /// first 128 bits of SHA-256 over `parley identity 1`, issuer and subject, each on a line of its own.
    package static func identity(issuer: String?, subject: String) -> IdentityID {
        var bytes = Array(self.hash("parley identity 1", issuer, subject).prefix(16))[...]
        return IdentityID(high: bytes.takeBigEndian(), low: bytes.takeBigEndian())
    }

    package static func digest(_ purpose: String, _ issuer: String?, _ text: String) -> ParleyProtocol.Digest {
        ParleyProtocol.Digest(sha256: self.hash(purpose, issuer, text))
    }

    /// The length in front of the issuer keeps two pairs from being one text.
    private static func hash(_ purpose: String, _ issuer: String?, _ text: String) -> SHA256.Digest {
        let issuer = issuer ?? ""
        return SHA256.hash(data: Array("\(purpose)\n\(issuer.utf8.count)\n\(issuer)\n\(text)".utf8))
    }
}

extension [TokenKey] {
    /// A token that names a key means that one. One that names none means the only key.
    func find(_ id: String?) -> TokenKey? {
        guard let id else { return self.count == 1 ? self.first : nil }
        if let key = self.first(where: { $0.id == id }) { return key }
        // A key without a name is what its file says, whatever its issuer calls it.
        return self.count == 1 && self.first?.id == nil ? self.first : nil
    }
}
