package import NIOCore
package import ParleyProtocol

/// The newest frames of a room, as everybody gets them: encoded once, kept once, for all its people.
///
/// Nobody has a queue of room frames; everybody has a ``StreamCursor`` into this ring. Bounded in entries and bytes:
/// whoever has missed more than is kept gets a snapshot instead.
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
    private let comparesUID: Bool

    /// Frames are numbered from the room's first one on this node, and a number never comes back: these are kept.
    package private(set) var numbers: Range<UInt64> = 0..<0

    /// - Parameter comparesUID: whether two places with the same number are told apart.
    package init(limits: Limits, comparesUID: Bool = true) {
        self.comparesUID = comparesUID
        self.entriesMax = max(1, limits.replayEntriesMax)
        self.bytesMax = limits.replayBytesMax
    }

    /// - Returns: the frame's number. One that is longer than the whole ring gets a number, and is not kept.
    @discardableResult
    package mutating func append(_ frame: Frame) -> UInt64 {
        let number = self.numbers.upperBound
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
        let next = number + 1
        self.numbers = next - UInt64(self.frames.count - self.head)..<next
        return number
    }

    /// Nothing of the past leads to where the room is now.
    package mutating func removeAll() {
        self.frames.removeAll()
        self.head = 0
        self.bytes = 0
        self.numbers = self.numbers.upperBound..<self.numbers.upperBound
    }

    /// `nil` if it is forgotten, or not there yet.
    package subscript(number: UInt64) -> Frame? {
        guard self.numbers.contains(number) else { return nil }
        return self.frames[self.head + Int(number - self.numbers.lowerBound)]
    }

    /// Where the room is, as far as it is told here; `nil` if nothing is kept.
    package var newest: Position? { self.numbers.isEmpty ? nil : self.frames.last?.at }

    /// The number of the frame that follows `position`; `nil` if that is not known here, or too old.
    ///
    /// A position is compared in all three parts: the same number in another history is another place.
    package func number(after position: Position) -> UInt64? {
        if let newest = self.newest, self.isSame(newest, position) { return self.numbers.upperBound }
        let kept = self.frames[self.head...]
        guard let index = kept.firstIndex(where: { self.isSame($0.after, position) }) else { return nil }
        return self.numbers.lowerBound + UInt64(index - self.head)
    }

    private func isSame(_ left: Position, _ right: Position) -> Bool {
        self.comparesUID ? left == right : left.sequence == right.sequence
    }
}
