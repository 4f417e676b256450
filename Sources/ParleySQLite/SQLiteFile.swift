import Foundation
package import GRDB
import ParleyEngine
import ParleyProtocol
import Synchronization

/// The file: opened, checked, migrated; read once, and then only written.
package final class SQLiteFile: Sendable {
    package let path: String
    package let queue: DatabaseQueue
    private let lock: FileLock

    /// - Parameters:
    ///   - incarnation: of a new file.
    ///   - now: UTC milliseconds.
    ///   - pagesMax: for tests: a disk that is full when the file has so many pages.
    package init(
        path: String,
        schema: SQLiteSchema = SQLiteSchema(),
        incarnation: UInt64,
        now: Int64,
        pagesMax: Int? = nil
    ) throws(SQLiteProblem) {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent()
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw .cannotOpen(path: path, why: "there is no folder \(folder.path)")
        }
        // By whatever name: one file, one lock.
        self.path = url.resolvingSymlinksInPath().path
        self.lock = try FileLock(of: self.path)
        try FileLock.makeFile(self.path)
        do {
            self.queue = try DatabaseQueue(path: self.path, configuration: Self.configuration(pagesMax))
            let checked = self.path
            try self.queue.writeWithoutTransaction { db in
                try schema.check(db, path: checked)
                let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") ?? ""
                guard mode == "wal" else {
                    throw SQLiteProblem.cannotOpen(path: checked, why: "its file system has no shared memory for WAL")
                }
                let found = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "no answer"
                guard found == "ok" else { throw SQLiteProblem.damaged(path: checked, detail: found) }
                _ = try schema.migrate(db, incarnation: incarnation, now: now)
            }
        } catch {
            throw SQLiteProblem(error, path: self.path)
        }
    }

    private static func configuration(_ pagesMax: Int?) -> Configuration {
        var configuration = Configuration()
        configuration.label = "parley.sqlite"
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(1)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // macOS' fsync alone does not reach the disk.
            try db.execute(sql: "PRAGMA fullfsync = ON")
            try db.execute(sql: "PRAGMA trusted_schema = OFF")
            try db.execute(sql: "PRAGMA cell_size_check = ON")
            // What a checkpoint leaves of the write-ahead log.
            try db.execute(sql: "PRAGMA journal_size_limit = 16777216")
            if let pagesMax { try db.execute(sql: "PRAGMA max_page_count = \(pagesMax)") }
        }
        return configuration
    }

    /// Everything is in the one file then.
    func close() throws(SQLiteProblem) {
        defer { self.lock.release() }
        do {
            try self.queue.writeWithoutTransaction { db in
                _ = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
            try self.queue.close()
        } catch {
            throw SQLiteProblem(error, path: self.path)
        }
    }
}
