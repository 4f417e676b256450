import Foundation
import GRDB
import NIOCore
import ParleyEngine
import ParleyProtocol

/// All that is in the file becomes the memory of a state machine.
extension SQLiteFile {
    func load(limits: Limits) throws(SQLiteProblem) -> InMemoryEngine.StateMachine {
        do {
            return try self.queue.writeWithoutTransaction { db in
                let incarnation = try Int64.fetchOne(db, sql: "SELECT incarnation FROM engine")
                guard let incarnation else { throw self.damaged("no incarnation") }
                var machine = InMemoryEngine.StateMachine(
                    limits: limits,
                    incarnation: EngineIncarnation(rawValue: UInt64(bitPattern: incarnation)),
                    keepsChanges: true
                )
                for (log, kept) in try self.logs(db) {
                    guard machine.restore(log, kept) else {
                        throw self.damaged("the log \(log.kind.rawValue) \(log.id) has a gap")
                    }
                }
                for (mailbox, kept) in try self.mailboxes(db) {
                    guard machine.restore(mailbox, kept) else {
                        throw self.damaged("the mailbox of \(mailbox.recipient) has a gap")
                    }
                }
                return machine
            }
        } catch {
            throw SQLiteProblem(error, path: self.path)
        }
    }

    private func damaged(_ detail: String) -> SQLiteProblem {
        .damaged(path: self.path, detail: detail)
    }

    // MARK: Logs

    private func logs(_ db: Database) throws -> [LogID: KeptLog] {
        var logs: [LogID: KeptLog] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT kind, name, appended, lifetime FROM logs")
        while let row = try rows.next() {
            let lifetime: Int64? = row[3]
            logs[try self.log(row)] = KeptLog(
                retention: lifetime.map { .milliseconds($0) } ?? .untilRetired,
                lastAppend: Instant(milliseconds: row[2])
            )
        }
        try self.readSnapshots(into: &logs, db)
        try self.readEntries(into: &logs, db)
        return logs
    }

    private func readSnapshots(into logs: inout [LogID: KeptLog], _ db: Database) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT kind, name, generation, sequence, uid, payload, sum FROM snapshots"
        )
        while let row = try rows.next() {
            let position = try self.position(row)
            let payload = try self.bytes(row, 5, sum: 6)
            logs[try self.log(row)]?.snapshot = LogSnapshot(position: position, payload: payload)
        }
    }

    private func readEntries(into logs: inout [LogID: KeptLog], _ db: Database) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT kind, name, generation, sequence, uid, payload, after_uid, author, sum FROM entries
                ORDER BY kind, name, sequence
                """
        )
        while let row = try rows.next() {
            let position = try self.position(row)
            let isFirst = position.sequence <= 1
            let after = Position(
                generation: isFirst ? 0 : position.generation,
                sequence: position.sequence &- 1,
                uid: UInt64(bitPattern: row[6] as Int64)
            )
            let author: Data = row[7]
            guard let author = author.identifier(at: 0, as: NodeID.self) else { throw self.damaged("no author") }
            let entry = LogEntry(
                position: position,
                after: after,
                author: author,
                payload: try self.bytes(row, 5, sum: 8)
            )
            logs[try self.log(row)]?.entries.append(entry)
        }
    }

    private func bytes(_ row: Row, _ column: Int, sum: Int) throws -> ByteBuffer {
        let data: Data = row[column]
        let bytes = data.withUnsafeBytes { ByteBuffer(bytes: $0) }
        guard bytes.sum == row[sum] else { throw self.damaged("\(data.count) bytes are others than were written") }
        return bytes
    }

    /// By the first two columns.
    private func log(_ row: Row) throws -> LogID {
        let kind: String = row[0]
        guard let known = LogKind(rawValue: kind) else { throw self.damaged("a log of the kind \(kind)") }
        return LogID(known, row[1])
    }

    /// By the third to the fifth column.
    private func position(_ row: Row) throws -> Position {
        guard let generation = UInt32(exactly: row[2] as Int64) else { throw self.damaged("no generation") }
        return Position(
            generation: generation,
            sequence: UInt64(bitPattern: row[3] as Int64),
            uid: UInt64(bitPattern: row[4] as Int64)
        )
    }

    // MARK: Mailboxes

    private func mailboxes(_ db: Database) throws -> [MailboxID: KeptMailbox] {
        var mailboxes: [MailboxID: KeptMailbox] = [:]
        let pairs = try Row.fetchCursor(db, sql: "SELECT pair, stored, delivered, used FROM pairs")
        while let row = try pairs.next() {
            let (mailbox, sender) = try self.pair(row)
            let pair = KeptMailbox.Pair(
                sender: sender,
                stored: UInt64(bitPattern: row[1] as Int64),
                delivered: UInt64(bitPattern: row[2] as Int64),
                usedAt: UInt64(bitPattern: row[3] as Int64)
            )
            mailboxes[mailbox, default: KeptMailbox()].pairs.append(pair)
        }
        let signals = try Row.fetchCursor(db, sql: "SELECT pair, n, bytes, sum FROM signals ORDER BY place")
        while let row = try signals.next() {
            let (mailbox, sender) = try self.pair(row)
            let n = UInt64(bitPattern: row[1] as Int64)
            let signal = StoredSignal(sender: sender, n: n, bytes: try self.bytes(row, 2, sum: 3))
            mailboxes[mailbox, default: KeptMailbox()].signals.append(signal)
        }
        return mailboxes
    }

    /// By the first column.
    private func pair(_ row: Row) throws -> (MailboxID, ParticipantID) {
        let pair: Data = row[0]
        guard let room = pair.identifier(at: 0, as: RoomID.self),
            let recipient = pair.identifier(at: 16, as: ParticipantID.self),
            let sender = pair.identifier(at: 32, as: ParticipantID.self)
        else { throw self.damaged("a pair of \(pair.count) bytes") }
        return (MailboxID(room: room, recipient: recipient), sender)
    }
}
