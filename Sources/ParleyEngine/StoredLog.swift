import NIOCore
import ParleyProtocol

/// One log of the in-memory engine. Its entries chain, and all belong to one generation.
struct StoredLog {
    /// Oldest first. Empty right after a reseed, whose snapshot then is the top.
    private(set) var entries: [LogEntry] = []
    private(set) var snapshot: LogSnapshot?
    var retention = Retention.untilRetired
    private(set) var lastAppend: Instant

    init(_ now: Instant) {
        self.lastAppend = now
    }

    /// - Returns: `nil` if the entries do not follow one another, or the snapshot is of another place.
    init?(_ kept: KeptLog) {
        self.entries = kept.entries
        self.snapshot = kept.snapshot
        self.retention = kept.retention
        self.lastAppend = kept.lastAppend
        let base = kept.entries.first?.after ?? kept.snapshot?.position
        guard let base, base != .start || !kept.entries.isEmpty else { return nil }
        guard kept.entries.allSatisfy(\.chains) else { return nil }
        guard zip(kept.entries, kept.entries.dropFirst()).allSatisfy({ $1.after == $0.position }) else { return nil }
        guard self.tail(after: kept.snapshot?.position ?? .start) != nil else { return nil }
    }

    var kept: KeptLog {
        var kept = KeptLog(retention: self.retention, lastAppend: self.lastAppend)
        kept.snapshot = self.snapshot
        kept.entries = self.entries
        return kept
    }

    /// `nil` right after a reseed.
    var firstSequence: UInt64? { self.entries.first?.position.sequence }

    var top: Position {
        self.entries.last?.position ?? self.snapshot?.position ?? .start
    }

    func isExpired(_ now: Instant) -> Bool {
        switch self.retention {
        case .untilRetired: false
        case .milliseconds(let lifetime): now.milliseconds - self.lastAppend.milliseconds >= lifetime
        }
    }

    /// The entries that follow a position, if it is one of this history that has not been trimmed away.
    func tail(after position: Position) -> ArraySlice<LogEntry>? {
        if position == self.top { return [] }
        guard let first = self.entries.first else { return nil }
        if position == first.after { return self.entries[...] }
        // Numbers are dense, so the place of an entry follows from its number.
        guard position.sequence >= first.position.sequence else { return nil }
        let (index, overflow) = Int(clamping: position.sequence - first.position.sequence)
            .addingReportingOverflow(1)
        guard !overflow, index <= self.entries.count, self.entries[index - 1].position == position else {
            return nil
        }
        return self.entries[index...]
    }

    func read(after position: Position?) -> LogRead {
        if let position, let tail = self.tail(after: position) {
            return LogRead(continues: true, snapshot: nil, entries: Array(tail), top: self.top)
        }
        let base = self.snapshot?.position ?? .start
        let tail = self.tail(after: base)
        assert(tail != nil, "A snapshot is only taken of a position in the log, and trimmed up to there.")
        return LogRead(
            continues: false,
            snapshot: self.snapshot,
            entries: Array(tail ?? []),
            top: self.top
        )
    }

    mutating func append(_ entry: LogEntry, _ now: Instant) {
        assert(entry.after == self.top)
        self.entries.append(entry)
        self.lastAppend = now
    }

    mutating func write(_ snapshot: LogSnapshot, keepFrom: UInt64) -> SnapshotResult {
        guard let tail = self.tail(after: snapshot.position), snapshot.position != .start else {
            return .ignored
        }
        if let held = self.snapshot, held.position.sequence >= snapshot.position.sequence { return .ignored }
        self.snapshot = snapshot
        // Neither past the snapshot nor past the newest entry.
        let covered = self.entries.count - tail.count
        let unwanted = self.entries.prefix { $0.position.sequence < keepFrom }.count
        self.entries.removeFirst(max(0, min(covered, unwanted, self.entries.count - 1)))
        return .written
    }

    mutating func reseed(_ snapshot: LogSnapshot, _ now: Instant) {
        self.entries.removeAll()
        self.snapshot = snapshot
        self.lastAppend = now
    }

    /// A fault for tests: the newest entries are gone, as after a failover to a replica that lagged behind.
    mutating func loseNewest(_ count: Int) {
        self.entries.removeLast(min(count, self.entries.count))
    }
}
