package import NIOCore
package import ParleyEngine
package import ParleyProtocol

/// What the hosts of one room say to each other on different nodes. Lost or doubled, it does no harm.
package enum RoomHint: Hashable {
    /// The recipient has acknowledged the senders' signals.
    case delivered(to: ParticipantID, [SignalNumber])
    /// A pulse as its recipients read it, to everybody but its sender, or to one.
    case pulse(from: ParticipantID, to: ParticipantID?, ByteBuffer)

    /// Who of the two restarts ICE; for the one named first.
    case restarter(to: ParticipantID, peer: ParticipantID, ParticipantID?)
    /// Somebody has written something: who is in the room may want to read it.
    case chat
    /// The node loses again and again to others, who let it go first; it knows the log up to that number.
    case turn(after: UInt64)

    private static let deliveredTag: UInt8 = 1
    private static let pulseTag: UInt8 = 2
    private static let restarterTag: UInt8 = 3
    private static let chatTag: UInt8 = 4
    private static let turnTag: UInt8 = 5

    package func encoded(author: NodeID) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.write(author)
        switch self {
        case .delivered(let recipient, let numbers):
            buffer.writeInteger(Self.deliveredTag)
            buffer.write(recipient)
            for number in numbers {
                buffer.write(number.sender)
                buffer.writeInteger(number.n)
            }
        case .pulse(let sender, let recipient, let bytes):
            buffer.writeInteger(Self.pulseTag)
            buffer.write(sender)
            buffer.writeInteger(UInt8(recipient == nil ? 0 : 1))
            if let recipient { buffer.write(recipient) }
            buffer.writeImmutableBuffer(bytes)
        case .restarter(let recipient, let peer, let restarter):
            buffer.writeInteger(Self.restarterTag)
            buffer.write(recipient)
            buffer.write(peer)
            if let restarter { buffer.write(restarter) }
        case .chat:
            buffer.writeInteger(Self.chatTag)
        case .turn(let sequence):
            buffer.writeInteger(Self.turnTag)
            buffer.writeInteger(sequence)
        }
        return buffer
    }

    /// `nil` for what no node of this version has said.
    package static func decode(_ bytes: ByteBuffer) -> (author: NodeID, hint: RoomHint)? {
        var buffer = bytes
        guard let author: NodeID = buffer.readIdentifier(), let tag = buffer.readInteger(as: UInt8.self)
        else { return nil }
        switch tag {
        case Self.deliveredTag:
            guard let recipient: ParticipantID = buffer.readIdentifier() else { return nil }
            var numbers: [SignalNumber] = []
            while let sender: ParticipantID = buffer.readIdentifier(), let n = buffer.readInteger(as: UInt64.self) {
                numbers.append(SignalNumber(sender: sender, n: n))
            }
            return (author, .delivered(to: recipient, numbers))
        case Self.pulseTag:
            guard let sender: ParticipantID = buffer.readIdentifier(),
                let isAddressed = buffer.readInteger(as: UInt8.self)
            else { return nil }
            var recipient: ParticipantID?
            if isAddressed == 1 { recipient = buffer.readIdentifier() }
            guard (recipient == nil) == (isAddressed == 0) else { return nil }
            return (author, .pulse(from: sender, to: recipient, buffer))
        case Self.restarterTag:
            guard let recipient: ParticipantID = buffer.readIdentifier(),
                let peer: ParticipantID = buffer.readIdentifier()
            else { return nil }
            return (author, .restarter(to: recipient, peer: peer, buffer.readIdentifier()))
        case Self.chatTag: return (author, .chat)
        case Self.turnTag: return buffer.readInteger(as: UInt64.self).map { (author, .turn(after: $0)) }
        default: return nil
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func write(_ id: Identifier<some IdentifierKind>) {
        self.writeInteger(id.high)
        self.writeInteger(id.low)
    }

    fileprivate mutating func readIdentifier<Kind>() -> Identifier<Kind>? {
        self.readMultipleIntegers(as: (UInt64, UInt64).self).map { Identifier(high: $0.0, low: $0.1) }
    }
}
