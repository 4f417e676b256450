package import NIOCore
package import ParleyEngine
package import ParleyProtocol

/// What a ticket stands for, as the engine keeps it: the first entry of a log that is named by the ticket's digest.
/// The second entry is its use, and whoever appends that has used it. So it is good on every node, once on all of
/// them, and whoever reads the engine has no ticket.
package struct ConnectTicket: Hashable, Sendable {
    package let authorization: Authorization
    package let expiresAt: Instant

    package init(_ authorization: Authorization, expiresAt: Instant) {
        self.authorization = authorization
        self.expiresAt = expiresAt
    }

    package static func log(of text: String) -> LogID {
        LogID(.ticket, "connect-\(ParleyProtocol.Digest.of(ticket: text))")
    }

    package var payload: ByteBuffer {
        let object: JSONValue = [
            "until": .integer(self.expiresAt.milliseconds), "authorization": self.authorization.json,
        ]
        return ByteBuffer(bytes: object.encoded)
    }

    package init?(_ payload: ByteBuffer, limits: Limits) {
        guard let json = try? JSONParser.parse(Array(payload.readableBytesView)), let until = json["until"]?.integer,
            let authorization = json["authorization"].flatMap({ Authorization(json: $0, limits: limits) })
        else { return nil }
        self.init(authorization, expiresAt: Instant(milliseconds: until))
    }

    /// What a read of its log says.
    package enum Finding: Hashable, Sendable {
        /// Used, over, or never there.
        case notGood
        /// Nobody has used it: who appends behind that place has.
        case unused(ConnectTicket, after: Position)
        /// It was used by whoever has appended this entry.
        case used(ConnectTicket, by: UInt64)
    }

    package static func find(in read: LogRead, at now: Instant, limits: Limits) -> Finding {
        guard let first = read.entries.first, let ticket = Self(first.payload, limits: limits), now < ticket.expiresAt
        else { return .notGood }
        guard read.entries.count > 1 else { return .unused(ticket, after: first.position) }
        return .used(ticket, by: read.entries[1].position.uid)
    }
}
