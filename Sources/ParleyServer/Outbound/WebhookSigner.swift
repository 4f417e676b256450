import Crypto
import ParleyProtocol

/// Signs what the server says to a service of the operator's.
struct WebhookSigner: Sendable {
    private let secret: SymmetricKey

    init(secret: String) {
        self.secret = SymmetricKey(data: Array(secret.utf8))
    }

    /// Hexadecimal HMAC with SHA-256 over time, a full stop, and the body: so that nobody says it again later.
    func signature(of body: [UInt8], at now: Instant) -> String {
        let message = Array("\(now.milliseconds).".utf8) + body
        return HMAC<SHA256>.authenticationCode(for: message, using: self.secret)
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    func headers(of body: [UInt8], at now: Instant) -> [(String, String)] {
        [("parley-timestamp", "\(now.milliseconds)"), ("parley-signature", self.signature(of: body, at: now))]
    }
}
