import Crypto
import ParleyProtocol

extension ParleyProtocol.Digest {
    /// What a room keeps of a PIN or of an invitation's secret.
    ///
    /// The room's id, 128 random bits, is the salt: the same PIN has another digest in every room.
    static func of(_ secret: String, in room: RoomID) -> ParleyProtocol.Digest {
        let bytes = Array("parley secret 1\n\(room)\n\(secret)".utf8)
        return ParleyProtocol.Digest(sha256: SHA256.hash(data: bytes))
    }

    /// What is kept of a ticket that lets somebody connect. It is random, so it needs no salt.
    static func of(ticket: String) -> ParleyProtocol.Digest {
        ParleyProtocol.Digest(sha256: SHA256.hash(data: Array("parley ticket 1\n\(ticket)".utf8)))
    }

    /// What is kept of a token that names nobody, to count what is asked for with it.
    static func of(token: String) -> ParleyProtocol.Digest {
        ParleyProtocol.Digest(sha256: SHA256.hash(data: Array("parley holder 1\n\(token)".utf8)))
    }
}

/// 128 random bits as 22 characters of base64url (RFC 4648, section 5): what an invitation link holds.
struct InvitationSecret {
    let text: String

    init(using random: inout some RandomNumberGenerator) {
        // An identifier is that many bits in that alphabet, behind its kind.
        self.text = String(IdentityID(using: &random).description.dropFirst(2))
    }
}
