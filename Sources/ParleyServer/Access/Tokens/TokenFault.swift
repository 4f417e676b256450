package import ParleyProtocol

/// Why a token is not good here: for the operator's log and `parley token inspect`. Clients hear only ``rejection``,
/// so that nobody learns by trying.
package enum TokenFault: Error, Hashable, Sendable {
    case tooLong
    /// Not three parts of unpadded base64url that are JSON objects without a member that comes twice.
    case malformed(String)
    /// The header asks for something that this server does not know (RFC 7515, section 4.1.11).
    case criticalHeader
    case algorithmNotAllowed(String)
    case unknownIssuer(String?)
    case unknownKey(String?)
    case wrongSignature
    case missing(String)
    case wrongClaim(String)
    case wrongAudience
    case notYet(from: Instant)
    case expired(at: Instant)
    case revoked
    /// The keys of its issuer could not be fetched, and none are known.
    case keysUnavailable
    /// The authorization service has said no, and perhaps why.
    case refused(String?)
    /// The authorization service has not answered, or not with an answer.
    case serviceUnavailable(String)
    /// It is not asked now: too many wait, or it has failed again and again.
    case serviceRests(retryAfterMilliseconds: UInt64)

    package var rejection: RejectionCode {
        switch self {
        case .expired: .tokenExpired
        case .revoked: .tokenRevoked
        case .keysUnavailable, .serviceUnavailable, .serviceRests: .authorizationUnavailable
        case .tooLong, .malformed, .criticalHeader, .algorithmNotAllowed, .unknownIssuer, .unknownKey, .wrongSignature,
            .missing, .wrongClaim, .wrongAudience, .notYet, .refused:
            .invalidToken
        }
    }

    /// When it makes sense to come again, if that is known.
    package var retryAfterMilliseconds: UInt64? {
        switch self {
        case .serviceRests(let milliseconds): milliseconds
        case .serviceUnavailable, .keysUnavailable: 1_000
        case .expired, .revoked, .tooLong, .malformed, .criticalHeader, .algorithmNotAllowed, .unknownIssuer,
            .unknownKey, .wrongSignature, .missing, .wrongClaim, .wrongAudience, .notYet, .refused:
            nil
        }
    }
}

extension TokenFault: CustomStringConvertible {
    /// One English sentence without anything of the token that its issuer might want to keep secret.
    package var description: String {
        switch self {
        case .tooLong: "It is longer than a token may be."
        case .malformed(let part): "It is no token: \(part)."
        case .criticalHeader: "Its header names a critical extension (crit), which this server does not know."
        case .algorithmNotAllowed(let name): "It is signed by \(Self.quoted(name)), which its issuer is not allowed."
        case .unknownIssuer(nil): "It names no issuer (iss), and this server wants one."
        case .unknownIssuer(let name?): "Its issuer (iss) \(Self.quoted(name)) is none of this server's."
        case .unknownKey(nil): "It names no key (kid), and its issuer has several."
        case .unknownKey(let name?): "Its key (kid) \(Self.quoted(name)) is none of its issuer's."
        case .wrongSignature: "Its signature is wrong: another key has signed it, or it was changed."
        case .missing(let claim): "It has no \(claim)."
        case .wrongClaim(let claim): "Its \(Self.plain(claim)) is not what that may be."
        case .wrongAudience: "It is for another audience (aud)."
        case .notYet(let instant): "It is not good yet, but from \(instant.milliseconds / 1_000) on (nbf)."
        case .expired(let instant): "It was good until \(instant.milliseconds / 1_000) (exp)."
        case .revoked: "It was revoked."
        case .keysUnavailable: "The keys of its issuer cannot be fetched."
        case .refused(nil): "The authorization service has refused it."
        case .refused(let reason?): "The authorization service has refused it: \(Self.quoted(reason))."
        case .serviceUnavailable(let what): "The authorization service cannot be asked: \(Self.quoted(what))."
        case .serviceRests: "The authorization service is not asked now: too many wait, or it has failed too often."
        }
    }

    private static func quoted(_ text: String) -> String { "\"\(self.plain(text))\"" }

    /// Somebody else wrote it: shortened, and without what could start a new line in a log.
    private static func plain(_ text: String) -> String {
        let plain = text.unicodeScalars.prefix(64).map {
            $0.isASCII && $0.value >= 0x20 && $0.value != 0x7F ? Character($0) : "?"
        }
        return String(plain)
    }
}
