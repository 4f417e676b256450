import NIOCore
import ParleyProtocol

/// The unacknowledged signals of one mailbox: their bytes one behind the other, and records beside them.
///
/// In the steady state nothing is allocated: both stores are filled at the end, emptied at the front, and
/// moved together when that frees more than it moves.
struct SignalQueue {
    private struct Record {
        var sender: ParticipantID
        var n: UInt64
        var byteCount: Int
        /// Acknowledged, but something before it is not.
        var isDead: Bool
    }

    private var bytes = ByteBuffer()
    private var records: [Record] = []
    /// The records before this one are gone.
    private var head = 0
    private var deadCount = 0
    private(set) var liveBytes = 0

    var count: Int { self.records.count - self.head - self.deadCount }
    var isEmpty: Bool { self.count == 0 }
    var capacity: Int { self.bytes.capacity }

    mutating func append(_ signal: UnsafeRawBufferPointer, from sender: ParticipantID, n: UInt64) {
        if self.bytes.writableBytes < signal.count, self.bytes.readerIndex >= self.bytes.readableBytes {
            self.bytes.discardReadBytes()
        }
        self.bytes.writeBytes(signal)
        self.records.append(Record(sender: sender, n: n, byteCount: signal.count, isDead: false))
        self.liveBytes += signal.count
    }

    /// Oldest first, as copies: a slice would make the next append copy the whole store.
    func signals() -> [StoredSignal] {
        var copy = self.bytes
        var signals: [StoredSignal] = []
        signals.reserveCapacity(self.count)
        for record in self.records[self.head...] {
            let slice = copy.readSlice(length: record.byteCount) ?? ByteBuffer()
            guard !record.isDead else { continue }
            let bytes = ByteBuffer(bytes: slice.readableBytesView)
            signals.append(StoredSignal(sender: record.sender, n: record.n, bytes: bytes))
        }
        return signals
    }

    /// Whether any signal of that sender waits.
    func contains(_ sender: ParticipantID) -> Bool {
        self.records[self.head...].contains { !$0.isDead && $0.sender == sender }
    }

    mutating func removeAll(where isAcknowledged: (ParticipantID, UInt64) -> Bool) {
        for index in self.head..<self.records.count where !self.records[index].isDead {
            guard isAcknowledged(self.records[index].sender, self.records[index].n) else { continue }
            self.records[index].isDead = true
            self.deadCount += 1
            self.liveBytes -= self.records[index].byteCount
        }
        self.dropDeadAtFront()
        // Amortized: so many are moved at most as have died since the last time.
        if self.deadCount > self.count { self.compact() }
    }

    private mutating func dropDeadAtFront() {
        while self.head < self.records.count, self.records[self.head].isDead {
            self.bytes.moveReaderIndex(forwardBy: self.records[self.head].byteCount)
            self.head += 1
            self.deadCount -= 1
        }
        if self.head == self.records.count {
            self.bytes.clear()
            self.records.removeAll(keepingCapacity: true)
            self.head = 0
        } else if self.head * 2 > self.records.count {
            self.records.removeFirst(self.head)
            self.head = 0
        }
    }

    private mutating func compact() {
        var from = self.bytes.readerIndex
        var to = from
        for record in self.records[self.head...] {
            if !record.isDead {
                self.bytes.setBytes(movedFrom: from, to: to, count: record.byteCount)
                to += record.byteCount
            }
            from += record.byteCount
        }
        self.bytes.moveWriterIndex(to: to)
        // Those before the head are dead as well.
        self.records.removeAll { $0.isDead }
        self.head = 0
        self.deadCount = 0
    }
}

extension ByteBuffer {
    fileprivate mutating func setBytes(movedFrom from: Int, to: Int, count: Int) {
        guard from != to, count > 0 else { return }
        self.withVeryUnsafeMutableBytes { all in
            let source = UnsafeRawBufferPointer(rebasing: all[from..<from + count])
            UnsafeMutableRawBufferPointer(rebasing: all[to..<to + count]).copyMemory(from: source)
        }
    }
}
