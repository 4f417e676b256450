public import ParleyProtocol

/// A ticket that the server is started with: good for as long as it runs, as often as somebody comes with it.
///
/// For a link that several people or devices open (`#room?ticket=…`). It names nobody: each session that begins with
/// it is somebody else. What is kept is its digest.
public struct StandingTicket: Sendable {
    let digest: ParleyProtocol.Digest
    let grant: Grant

    /// - Parameter secret: what ``makeSecret(using:)`` has made.
    public init(secret: String, grant: Grant) {
        assert(secret.utf8.count >= 22, "what can be guessed is no secret")
        self.digest = .of(ticket: secret)
        self.grant = grant
    }

    /// 192 random bits as 32 characters that need no escape in an address.
    public static func makeSecret(using random: inout some RandomNumberGenerator) -> String {
        Base64URL.text((0..<TicketBook.randomBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }

    /// Until as late as the server speaks of time.
    func authorization(_ limits: Limits) -> Authorization {
        Authorization(
            identity: nil,
            name: nil,
            grant: self.grant,
            expiresAt: Instant(milliseconds: limits.instantMillisecondsMax),
            // Many share it: a ban of one is not a ban of all.
            token: nil
        )
    }
}
