import Foundation
import GRDB
import NIOCore
import ParleyEngine
import ParleyProtocol

extension SQLiteFile {
    typealias Change = InMemoryEngine.StateMachine.Change

    /// All of them or none, on the disk when it returns.
    func write(_ changes: [Change], _ db: Database) throws(SQLiteProblem) {
        let passing = Self.passing(changes)
        do {
            try db.inTransaction(.immediate) {
                for (index, change) in changes.enumerated() {
                    try Self.write(change, isPassing: passing.contains(index), db)
                }
                return .commit
            }
        } catch {
            throw SQLiteProblem(error, path: self.path)
        }
    }

    /// Signals that are delivered in the same transaction: of them only the number is kept.
    static func passing(_ changes: [Change]) -> Set<Int> {
        var passing: Set<Int> = []
        var delivered: [MailboxID: [ParticipantID: UInt64]] = [:]
        // Backwards, so that only a later delivery counts.
        for (index, change) in changes.enumerated().reversed() {
            switch change {
            case .delivered(let n, let sender, let mailbox):
                delivered[mailbox, default: [:]][sender] = max(n, delivered[mailbox]?[sender] ?? 0)
            case .stored(let signal, let mailbox, _):
                if let mark = delivered[mailbox]?[signal.sender], signal.n <= mark { passing.insert(index) }
            case .appended, .snapshot, .reseeded, .removed, .forgotten, .dropped, .droppedAll: break
            }
        }
        return passing
    }

    private static func write(_ change: Change, isPassing: Bool, _ db: Database) throws {
        switch change {
        case .appended(let entry, let log, let retention, let now):
            try self.write(entry, log, retention, now, db)
        case .snapshot(let snapshot, let log, let keptFrom):
            try self.write(snapshot, log, db)
            try self.run(
                "DELETE FROM entries WHERE kind = ? AND name = ? AND sequence < ?",
                [log.kind.rawValue, log.id, Int64(bitPattern: keptFrom)],
                db
            )
        case .reseeded(let log, let snapshot, let now):
            try self.run("DELETE FROM entries WHERE kind = ? AND name = ?", [log.kind.rawValue, log.id], db)
            try self.write(snapshot, log, db)
            try self.run(
                """
                INSERT INTO logs (kind, name, appended, lifetime) VALUES (?, ?, ?, NULL)
                ON CONFLICT DO UPDATE SET appended = excluded.appended
                """,
                [log.kind.rawValue, log.id, now.milliseconds],
                db
            )
        case .removed(let log):
            for table in ["entries", "snapshots", "logs"] {
                try self.run("DELETE FROM \(table) WHERE kind = ? AND name = ?", [log.kind.rawValue, log.id], db)
            }
        case .stored, .delivered, .forgotten, .dropped, .droppedAll:
            try self.writeMail(change, isPassing: isPassing, db)
        }
    }

    private static func writeMail(_ change: Change, isPassing: Bool, _ db: Database) throws {
        switch change {
        case .stored(let signal, let mailbox, let place):
            let pair = Data(room: mailbox.room, recipient: mailbox.recipient, sender: signal.sender)
            let (n, place) = (Int64(bitPattern: signal.n), Int64(bitPattern: place))
            try self.run(
                """
                INSERT INTO pairs (pair, stored, delivered, used) VALUES (?, ?, 0, ?)
                ON CONFLICT DO UPDATE SET stored = excluded.stored, used = excluded.used
                """,
                [pair, n, place],
                db
            )
            guard !isPassing else { return }
            try self.run(
                "INSERT INTO signals (pair, n, place, bytes, sum) VALUES (?, ?, ?, ?, ?)",
                [pair, n, place, Data(signal.bytes), signal.bytes.sum],
                db
            )
        case .delivered(let n, let sender, let mailbox):
            let pair = Data(room: mailbox.room, recipient: mailbox.recipient, sender: sender)
            try self.run("UPDATE pairs SET delivered = ? WHERE pair = ?", [Int64(bitPattern: n), pair], db)
            try self.run("DELETE FROM signals WHERE pair = ? AND n <= ?", [pair, Int64(bitPattern: n)], db)
        case .forgotten(let sender, let mailbox):
            try self.removeMail(Data(room: mailbox.room, recipient: mailbox.recipient, sender: sender), db)
        case .dropped(let mailbox):
            try self.removeMail(Data(room: mailbox.room, recipient: mailbox.recipient), db)
        case .droppedAll(let room):
            try self.removeMail(Data(room: room), db)
        case .appended, .snapshot, .reseeded, .removed: break
        }
    }

    private static func write(
        _ entry: LogEntry,
        _ log: LogID,
        _ retention: Retention,
        _ now: Instant,
        _ db: Database
    ) throws {
        let lifetime: Int64? =
            switch retention {
            case .untilRetired: nil
            case .milliseconds(let milliseconds): milliseconds
            }
        try self.run(
            """
            INSERT INTO logs (kind, name, appended, lifetime) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET appended = excluded.appended, lifetime = excluded.lifetime
            """,
            [log.kind.rawValue, log.id, now.milliseconds, lifetime],
            db
        )
        try self.run(
            """
            INSERT INTO entries (kind, name, sequence, generation, uid, after_uid, author, payload, sum)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                log.kind.rawValue, log.id, Int64(bitPattern: entry.position.sequence),
                Int64(entry.position.generation), Int64(bitPattern: entry.position.uid),
                Int64(bitPattern: entry.after.uid), Data(entry.author), Data(entry.payload), entry.payload.sum,
            ],
            db
        )
    }

    private static func write(_ snapshot: LogSnapshot, _ log: LogID, _ db: Database) throws {
        let position = snapshot.position
        try self.run(
            """
            INSERT OR REPLACE INTO snapshots (kind, name, generation, sequence, uid, payload, sum)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                log.kind.rawValue, log.id, Int64(position.generation), Int64(bitPattern: position.sequence),
                Int64(bitPattern: position.uid), Data(snapshot.payload), snapshot.payload.sum,
            ],
            db
        )
    }

    /// Of all pairs that begin so.
    private static func removeMail(_ prefix: Data, _ db: Database) throws {
        let last = prefix + Data(repeating: 0xFF, count: Data.pairBytes - prefix.count)
        for table in ["signals", "pairs"] {
            try self.run("DELETE FROM \(table) WHERE pair BETWEEN ? AND ?", [prefix, last], db)
        }
    }

    private static func run(_ sql: String, _ arguments: StatementArguments, _ db: Database) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

extension ByteBuffer {
    /// FNV-1a of 64 bits (Fowler, Noll, Vo, 1991): against chance, not against somebody.
    var sum: Int64 {
        self.withUnsafeReadableBytes { bytes in
            let sum = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
            return Int64(bitPattern: sum)
        }
    }
}

extension Data {
    /// Room, recipient, sender.
    static let pairBytes = 48

    init(_ node: NodeID) {
        self.init(capacity: 16)
        self.append(node)
    }

    init(room: RoomID, recipient: ParticipantID? = nil, sender: ParticipantID? = nil) {
        self.init(capacity: Self.pairBytes)
        self.append(room)
        if let recipient { self.append(recipient) }
        if let sender { self.append(sender) }
    }

    init(_ buffer: ByteBuffer) {
        self = buffer.withUnsafeReadableBytes { Data($0) }
    }

    private mutating func append<Kind>(_ id: Identifier<Kind>) {
        for half in [id.high, id.low] { Swift.withUnsafeBytes(of: half.bigEndian) { self.append(contentsOf: $0) } }
    }

    /// The identifier that begins at that byte.
    func identifier<Kind>(at offset: Int, as kind: Identifier<Kind>.Type) -> Identifier<Kind>? {
        guard self.count >= offset + 16 else { return nil }
        let halves = self.dropFirst(offset).prefix(16)
        let high = halves.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let low = halves.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Identifier(high: high, low: low)
    }
}
