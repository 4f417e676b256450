import Crypto
import FoundationEssentials
package import ParleyProtocol

/// A name and a password that a TURN server computes as we do, so that neither has to ask the other: the "TURN REST
/// API" (draft-uberti-behave-turn-rest-00, section 2.2), which coturn calls `use-auth-secret`.
package struct TurnCredential: Hashable, Sendable {
    /// `EXPIRY:ID`, the expiry in seconds since 1970.
    package let username: String
    /// base64 of HMAC-SHA1 (SHA-1 is what the servers compute) over the name.
    package let password: String
    package let expiresAt: Instant

    /// - Parameters:
    ///   - id: what the server's quotas and logs know its holder by; it should say nothing about them.
    ///   - expiresAt: rounded up to whole seconds.
    package init(of id: String, until expiresAt: Instant, signedWith secret: TurnSecret) {
        let seconds = (expiresAt.milliseconds + 999) / 1_000
        self.username = "\(seconds):\(id)"
        let key = SymmetricKey(data: Array(secret.revealed.utf8))
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: Array(self.username.utf8), using: key)
        self.password = Data(code).base64EncodedString()
        self.expiresAt = Instant(milliseconds: seconds * 1_000)
    }
}
