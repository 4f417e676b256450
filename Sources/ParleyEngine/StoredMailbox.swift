import NIOCore
import ParleyProtocol

/// One mailbox of the in-memory engine.
struct StoredMailbox {
    private struct Pair {
        /// The greatest stored number.
        var last: UInt64 = 0
        /// The greatest acknowledged number.
        var delivered: UInt64 = 0
        /// When it was last appended to, in appends of this mailbox.
        var usedAt: UInt64 = 0
    }

    private var pairs: [ParticipantID: Pair] = [:]
    /// Taken from the spare ones with the first signal, given back with the last.
    private var queue: SignalQueue?
    /// Signals that it was ever given.
    private(set) var appends: UInt64 = 0

    init() {}

    /// - Returns: `nil` if a signal waits of which its sender's pair knows nothing.
    init?(_ kept: KeptMailbox) {
        for pair in kept.pairs {
            self.pairs[pair.sender] = Pair(last: pair.stored, delivered: pair.delivered, usedAt: pair.usedAt)
            self.appends = max(self.appends, pair.usedAt)
        }
        guard !kept.signals.isEmpty else { return }
        var queue = SignalQueue()
        var newest: [ParticipantID: UInt64] = [:]
        for signal in kept.signals {
            guard let pair = self.pairs[signal.sender], signal.n > max(pair.delivered, newest[signal.sender] ?? 0),
                signal.n <= pair.last
            else { return nil }
            newest[signal.sender] = signal.n
            signal.bytes.withUnsafeReadableBytes { queue.append($0, from: signal.sender, n: signal.n) }
        }
        self.queue = queue
    }

    /// Pairs by ascending sender.
    var kept: KeptMailbox {
        var kept = KeptMailbox()
        kept.pairs = self.pairs.sorted { $0.key < $1.key }.map { sender, pair in
            KeptMailbox.Pair(sender: sender, stored: pair.last, delivered: pair.delivered, usedAt: pair.usedAt)
        }
        kept.signals = self.signals()
        return kept
    }

    mutating func append(
        _ signal: UnsafeRawBufferPointer,
        _ entry: MailboxBatch.Entry,
        _ limits: Limits,
        spare: inout SpareQueues,
        forgotten: inout [ParticipantID]
    ) -> MailboxVerdict {
        let known = self.pairs.index(forKey: entry.sender)
        let last = max(known.map { self.pairs.values[$0].last } ?? 0, max(entry.floor, 1) - 1)
        if entry.n <= last { return .duplicate }
        if entry.n > last + 1 { return .gap(last: last) }
        if let queue = self.queue, queue.count >= limits.unacknowledgedSignalsMax { return .full }
        if (self.queue?.liveBytes ?? 0) + signal.count > limits.mailboxBytesMax { return .full }
        self.appends += 1
        if let known {
            self.pairs.values[known].last = entry.n
            self.pairs.values[known].usedAt = self.appends
        } else {
            self.makePlace(limits, &forgotten)
            self.pairs[entry.sender] = Pair(last: entry.n, usedAt: self.appends)
        }
        if self.queue == nil { self.queue = spare.take() }
        self.queue?.append(signal, from: entry.sender, n: entry.n)
        return .stored
    }

    func signals() -> [StoredSignal] {
        self.queue?.signals() ?? []
    }

    func marks(from sender: ParticipantID) -> MailboxMarks {
        let pair = self.pairs[sender] ?? Pair()
        return MailboxMarks(stored: pair.last, delivered: pair.delivered)
    }

    /// A number beyond the stored ones is of a history that is lost: it counts as the last stored one.
    mutating func acknowledge(
        _ run: ArraySlice<MailboxAcknowledgement>,
        _ delivered: inout [UInt64],
        spare: inout SpareQueues
    ) {
        for entry in run {
            guard var pair = self.pairs[entry.sender] else { continue }
            pair.delivered = max(pair.delivered, min(entry.n, pair.last))
            self.pairs[entry.sender] = pair
        }
        let pairs = self.pairs
        self.queue?.removeAll { sender, n in n <= pairs[sender]?.delivered ?? 0 }
        self.giveBackIfEmpty(&spare)
        for entry in run { delivered.append(self.pairs[entry.sender]?.delivered ?? 0) }
    }

    /// What still waits is forgotten.
    mutating func giveBack(_ spare: inout SpareQueues) {
        guard var queue = self.queue.take() else { return }
        queue.removeAll { _, _ in true }
        spare.give(queue)
    }

    private mutating func giveBackIfEmpty(_ spare: inout SpareQueues) {
        if self.queue?.isEmpty == true { self.giveBack(&spare) }
    }

    /// Forgets the pair that was idle for longest and has nothing waiting. Whoever it was and comes back
    /// brings a floor, and the recipient knows what it has seen.
    private mutating func makePlace(_ limits: Limits, _ forgotten: inout [ParticipantID]) {
        guard self.pairs.count >= limits.peersPerSessionMax else { return }
        let idle = self.pairs
            .filter { self.queue?.contains($0.key) != true }
            .min { ($0.value.usedAt, $0.key) < ($1.value.usedAt, $1.key) }
        guard let idle else { return }
        self.pairs[idle.key] = nil
        forgotten.append(idle.key)
    }
}

/// Empty queues that keep their memory, for the next mailbox that needs one.
struct SpareQueues {
    private static let countMax = 64
    private static let bytesMax = 65_536

    private var queues: [SignalQueue] = []

    mutating func take() -> SignalQueue {
        self.queues.popLast() ?? SignalQueue()
    }

    mutating func give(_ queue: SignalQueue) {
        assert(queue.isEmpty)
        if self.queues.count < Self.countMax, queue.capacity <= Self.bytesMax { self.queues.append(queue) }
    }
}
