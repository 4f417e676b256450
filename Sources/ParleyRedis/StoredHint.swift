package import NIOCore
package import ParleyEngine
package import ParleyProtocol

/// What is said on a log's channel. The first letter tells what it is.
package enum StoredHint {
    private enum Letter: UInt8 {
        case committed = 0x4C  // L
        case reseeded = 0x52  // R
        case retired = 0x44  // D
        case mail = 0x4D  // M
        case ephemeral = 0x45  // E
    }

    package static func mail(for recipient: ParticipantID, author: NodeID) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(33)
        bytes.writeInteger(Letter.mail.rawValue)
        bytes.writeIdentifier(author)
        bytes.writeIdentifier(recipient)
        return bytes
    }

    package static func ephemeral(_ said: ByteBuffer) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(1 + said.readableBytes)
        bytes.writeInteger(Letter.ephemeral.rawValue)
        bytes.writeImmutableBuffer(said)
        return bytes
    }

    /// - Returns: the hint, and the node that is not told of it; `nil` for what no Parley has said.
    package static func decode(_ bytes: ByteBuffer) -> (hint: LogHint, author: NodeID?)? {
        var bytes = bytes
        guard let letter = bytes.readInteger(as: UInt8.self).flatMap({ Letter(rawValue: $0) }) else { return nil }
        switch letter {
        case .committed: return LogEntry(stored: bytes).map { (.committed($0), nil) }
        case .reseeded: return Position(stored: bytes).map { (.reseeded($0), nil) }
        case .retired: return Position(stored: bytes).map { (.retired($0), nil) }
        case .ephemeral: return (.ephemeral(StoredForms.copy(bytes)), nil)
        case .mail:
            guard let author = bytes.readIdentifier(as: NodeID.self) else { return nil }
            var recipients: [ParticipantID] = []
            while let recipient = bytes.readIdentifier(as: ParticipantID.self) { recipients.append(recipient) }
            guard bytes.readableBytes == 0, !recipients.isEmpty else { return nil }
            return (.mail(recipients), author)
        }
    }
}
