public import NIOCore
public import ParleyProtocol

/// One atomic batch: one place in the log, one frame to a client.
public struct LogEntry: Hashable, Sendable {
    /// `sequence` is that of ``after`` and one; `generation` is that of ``after`` (1 for the first entry of
    /// a log); `uid` is used for no other entry, ever.
    public let position: Position
    /// The entry before this one, in all three parts. A reader refuses an entry that does not chain.
    public let after: Position
    /// Which node appended it.
    public let author: NodeID
    /// Opaque to every engine, and returned byte for byte.
    public let payload: ByteBuffer

    public init(position: Position, after: Position, author: NodeID, payload: ByteBuffer) {
        self.position = position
        self.after = after
        self.author = author
        self.payload = payload
    }

    /// The entry that follows `after`.
    public init(after: Position, uid: UInt64, author: NodeID, payload: ByteBuffer) {
        let position = Position(
            generation: max(after.generation, 1),
            sequence: after.sequence + 1,
            uid: uid
        )
        self.init(position: position, after: after, author: author, payload: payload)
    }

    /// Whether the position is the one that follows ``after``.
    package var chains: Bool {
        self.position.sequence == self.after.sequence + 1
            && self.position.generation == max(self.after.generation, 1)
            && self.position.uid != self.after.uid
    }
}

/// All that the entries up to a position amount to.
public struct LogSnapshot: Hashable, Sendable {
    public let position: Position
    /// Opaque to every engine, and returned byte for byte.
    public let payload: ByteBuffer

    public init(position: Position, payload: ByteBuffer) {
        self.position = position
        self.payload = payload
    }
}

/// What a read found.
public struct LogRead: Hashable, Sendable {
    /// Whether ``entries`` follow the position that the reader holds. If not, the reader forgets what it
    /// has and begins with ``snapshot`` (or with nothing, if there is none).
    public let continues: Bool
    public let snapshot: LogSnapshot?
    /// Oldest first. Each follows the one before it; the first one follows ``snapshot``, if there is one.
    public let entries: [LogEntry]
    /// `Position.start` for a log that does not exist.
    public let top: Position

    public init(continues: Bool, snapshot: LogSnapshot?, entries: [LogEntry], top: Position) {
        self.continues = continues
        self.snapshot = snapshot
        self.entries = entries
        self.top = top
    }
}
