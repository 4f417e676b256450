package import ParleyProtocol

/// Lets one identity into one room, once, because a moderator of another room has sent them there.
///
/// Signed and not stored, as resume secrets are: whichever node the person comes to, it needs nothing but the key. It
/// may be read by everybody in the room that they leave, for it is good for nobody else. That it is used once is
/// decided by a log of its own, whose first append wins.
package struct TransferTicket: Hashable, Sendable {
    package let room: RoomID
    package let identity: IdentityID
    /// Random: names its log.
    package let number: UInt64
    /// Whoever has sent them may let people in there as well, so they need not wait.
    package let isExpected: Bool
    package let expiresAt: Instant

    package init(room: RoomID, identity: IdentityID, number: UInt64, isExpected: Bool, expiresAt: Instant) {
        self.room = room
        self.identity = identity
        self.number = number
        self.isExpected = isExpected
        self.expiresAt = expiresAt
    }

    /// Another version than that of resume secrets, so that neither is ever taken for the other.
    private static let version: UInt8 = 2
    fileprivate static let signedBytes = 1 + 16 + 16 + 8 + 1 + 8
    fileprivate static let purpose = "parley ticket"

    fileprivate var signed: [UInt8] {
        var bytes: [UInt8] = [Self.version]
        for word in [self.room.high, self.room.low, self.identity.high, self.identity.low, self.number] {
            bytes.append(bigEndian: word)
        }
        bytes.append(self.isExpected ? 1 : 0)
        bytes.append(bigEndian: UInt64(bitPattern: self.expiresAt.milliseconds))
        return bytes
    }

    /// - Parameter bytes: ``signedBytes`` of them.
    fileprivate init?(signed bytes: [UInt8]) {
        var rest = bytes[...]
        guard rest.popFirst() == Self.version else { return nil }
        let room = RoomID(high: rest.takeBigEndian(), low: rest.takeBigEndian())
        let identity = IdentityID(high: rest.takeBigEndian(), low: rest.takeBigEndian())
        let number = rest.takeBigEndian()
        guard let flag = rest.popFirst() else { return nil }
        let expiresAt = Instant(milliseconds: Int64(bitPattern: rest.takeBigEndian()))
        self.init(room: room, identity: identity, number: number, isExpected: flag == 1, expiresAt: expiresAt)
    }
}

extension ResumeKeys {
    package func sign(_ ticket: TransferTicket) -> String {
        self.sign(ticket.signed, for: TransferTicket.purpose)
    }

    /// - Returns: `nil` for what no node of this engine has signed.
    package func openTicket(_ text: String) -> TransferTicket? {
        self.open(text, signedBytes: TransferTicket.signedBytes, for: TransferTicket.purpose)
            .flatMap { TransferTicket(signed: $0) }
    }
}
