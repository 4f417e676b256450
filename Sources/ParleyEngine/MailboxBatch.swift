public import NIOCore
public import ParleyProtocol

/// The signals that one loop of one node hands over in one tick: all their bytes in one buffer, and beside
/// it an array without references. Cleared and filled again it allocates nothing.
public struct MailboxBatch: Sendable {
    public struct Entry: Hashable, Sendable {
        public let mailbox: MailboxID
        public let sender: ParticipantID
        public let n: UInt64
        /// The lowest `n` that the sender does not yet know to be delivered.
        public let floor: UInt64
        /// Where in ``MailboxBatch/bytes``, counted from its reader index.
        let offset: Int
        let count: Int
    }

    /// Whose batch it is: this node is not told of its own mail.
    public let author: NodeID
    public private(set) var bytes: ByteBuffer
    public private(set) var entries: [Entry]

    public init(author: NodeID) {
        self.author = author
        self.bytes = ByteBuffer()
        self.entries = []
    }

    public var isEmpty: Bool { self.entries.isEmpty }

    /// Adds one signal; its bytes are copied.
    public mutating func append(
        _ signal: UnsafeRawBufferPointer,
        to mailbox: MailboxID,
        from sender: ParticipantID,
        n: UInt64,
        floor: UInt64
    ) {
        let offset = self.bytes.readableBytes
        self.bytes.writeBytes(signal)
        self.entries.append(
            Entry(mailbox: mailbox, sender: sender, n: n, floor: floor, offset: offset, count: signal.count)
        )
    }

    /// Adds one signal; its bytes are copied.
    public mutating func append(
        _ signal: ByteBuffer,
        to mailbox: MailboxID,
        from sender: ParticipantID,
        n: UInt64,
        floor: UInt64
    ) {
        signal.withUnsafeReadableBytes {
            self.append($0, to: mailbox, from: sender, n: n, floor: floor)
        }
    }

    /// Forgets the signals and keeps the memory.
    public mutating func removeAll() {
        self.bytes.clear()
        self.entries.removeAll(keepingCapacity: true)
    }

    /// The bytes of an entry of this batch, shared with it.
    func slice(of entry: Entry) -> ByteBuffer {
        self.bytes.getSlice(at: self.bytes.readerIndex + entry.offset, length: entry.count) ?? ByteBuffer()
    }

    /// The bytes of an entry of this batch.
    public func withBytes<Result>(
        of entry: Entry,
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try self.bytes.withUnsafeReadableBytes { all in
            try body(UnsafeRawBufferPointer(rebasing: all[entry.offset..<entry.offset + entry.count]))
        }
    }
}
