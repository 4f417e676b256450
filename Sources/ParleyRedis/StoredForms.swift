package import NIOCore
package import ParleyEngine
package import ParleyProtocol

/// How entries, snapshots, signals and hints look in the server. All integers are big-endian.
///
/// Readers copy payloads: what comes from a socket is a slice of what else was read there, and an entry lives long.
enum StoredForms {
    /// In front of each entry and snapshot. Another form would have another number.
    static let version: UInt8 = 1
    static let positionBytes = 20
    /// Version, position, uid of what it follows, author.
    static let entryHeadBytes = 45
    /// Sender and number.
    static let signalHeadBytes = 24
    /// The scripts count in numbers that are exact up to here; so do clients.
    static let numberMax: UInt64 = 1 << 53 - 1

    static func text(_ number: some BinaryInteger) -> ByteBuffer { ByteBuffer(string: "\(number)") }

    /// A number of a pair.
    static func number(_ number: UInt64) -> ByteBuffer { self.text(min(number, self.numberMax)) }

    static func copy(_ slice: ByteBuffer) -> ByteBuffer { ByteBuffer(bytes: slice.readableBytesView) }
}

// MARK: - Writing

extension ByteBuffer {
    package init(_ position: Position) {
        self.init()
        self.reserveCapacity(StoredForms.positionBytes)
        self.write(position)
    }

    package init(stored entry: LogEntry) {
        self.init()
        self.reserveCapacity(StoredForms.entryHeadBytes + entry.payload.readableBytes)
        self.writeInteger(StoredForms.version)
        self.write(entry.position)
        self.writeInteger(entry.after.uid)
        self.writeIdentifier(entry.author)
        self.writeImmutableBuffer(entry.payload)
    }

    package init(stored snapshot: LogSnapshot) {
        self.init()
        self.reserveCapacity(1 + StoredForms.positionBytes + snapshot.payload.readableBytes)
        self.writeInteger(StoredForms.version)
        self.write(snapshot.position)
        self.writeImmutableBuffer(snapshot.payload)
    }

    package init(stored signal: UnsafeRawBufferPointer, from sender: ParticipantID, n: UInt64) {
        self.init()
        self.reserveCapacity(StoredForms.signalHeadBytes + signal.count)
        self.writeIdentifier(sender)
        self.writeInteger(min(n, StoredForms.numberMax))
        self.writeBytes(signal)
    }

    private mutating func write(_ position: Position) {
        self.writeMultipleIntegers(position.generation, position.sequence, position.uid)
    }
}

// MARK: - Reading

extension Position {
    init?(reading bytes: inout ByteBuffer) {
        guard let (generation, sequence, uid) = bytes.readMultipleIntegers(as: (UInt32, UInt64, UInt64).self) else {
            return nil
        }
        self.init(generation: generation, sequence: sequence, uid: uid)
    }

    package init?(stored bytes: ByteBuffer) {
        var bytes = bytes
        self.init(reading: &bytes)
        guard bytes.readableBytes == 0 else { return nil }
    }
}

extension LogEntry {
    package init?(stored bytes: ByteBuffer) {
        var bytes = bytes
        guard bytes.readInteger(as: UInt8.self) == StoredForms.version, let position = Position(reading: &bytes),
            let previous = bytes.readInteger(as: UInt64.self), let author = bytes.readIdentifier(as: NodeID.self),
            position.sequence > 0
        else { return nil }
        // The rest of what it follows is known: numbers are dense, and a generation begins with a snapshot.
        let after = Position(
            generation: position.sequence == 1 ? 0 : position.generation,
            sequence: position.sequence - 1,
            uid: previous
        )
        self.init(position: position, after: after, author: author, payload: StoredForms.copy(bytes))
    }
}

extension LogSnapshot {
    package init?(stored bytes: ByteBuffer) {
        var bytes = bytes
        guard bytes.readInteger(as: UInt8.self) == StoredForms.version, let position = Position(reading: &bytes) else {
            return nil
        }
        self.init(position: position, payload: StoredForms.copy(bytes))
    }
}

extension StoredSignal {
    package init?(stored bytes: ByteBuffer) {
        var bytes = bytes
        guard let sender = bytes.readIdentifier(as: ParticipantID.self), let n = bytes.readInteger(as: UInt64.self)
        else { return nil }
        self.init(sender: sender, n: n, bytes: StoredForms.copy(bytes))
    }
}

extension MailboxMarks {
    /// As the scripts write a pair: `stored delivered used`.
    package init?(stored bytes: ByteBuffer) {
        let numbers = String(buffer: bytes).split(separator: " ", omittingEmptySubsequences: false).map { UInt64($0) }
        guard numbers.count == 3, let stored = numbers[0], let delivered = numbers[1], numbers[2] != nil else {
            return nil
        }
        self.init(stored: stored, delivered: delivered)
    }
}
