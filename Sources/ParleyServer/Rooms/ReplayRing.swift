package import NIOCore
package import ParleyProtocol

/// The newest frames of a room, as everybody got them: what somebody has missed is sent again byte for byte.
///
/// Bounded in entries and bytes; whoever has missed more than is kept gets a snapshot instead.
package struct ReplayRing {
    package struct Frame {
        package let at: Position
        package let after: Position
        /// With its WebSocket header.
        package let bytes: ByteBuffer

        package init(at: Position, after: Position, bytes: ByteBuffer) {
            self.at = at
            self.after = after
            self.bytes = bytes
        }
    }

    private var frames: [Frame] = []
    /// The frames before this one are forgotten; they are removed when they are half of all.
    private var head = 0
    private var bytes = 0
    private let entriesMax: Int
    private let bytesMax: Int

    package init(limits: Limits) {
        self.entriesMax = max(1, limits.replayEntriesMax)
        self.bytesMax = limits.replayBytesMax
    }

    package mutating func append(_ frame: Frame) {
        self.frames.append(frame)
        self.bytes += frame.bytes.readableBytes
        while self.frames.count - self.head > self.entriesMax || self.bytes > self.bytesMax {
            guard self.head < self.frames.count else { break }
            self.bytes -= self.frames[self.head].bytes.readableBytes
            self.head += 1
        }
        if self.head * 2 > self.frames.count {
            self.frames.removeFirst(self.head)
            self.head = 0
        }
    }

    /// Nothing of the past leads to where the room is now.
    package mutating func removeAll() {
        self.frames.removeAll()
        self.head = 0
        self.bytes = 0
    }

    /// What follows `position`; `nil` if that is not known here, or too old.
    ///
    /// A position is compared in all three parts: the same number in another history is another place.
    package func frames(after position: Position) -> ArraySlice<Frame>? {
        let known = self.frames[self.head...]
        if let last = known.last, last.at == position { return [] }
        guard let first = known.firstIndex(where: { $0.after == position }) else { return nil }
        return known[first...]
    }
}
