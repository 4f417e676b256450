import GRDB

/// The tables, and how they came to be. A step of the history is never changed: another one is added.
package struct SQLiteSchema: Sendable {
    /// `Parl`: whose file it is.
    static let applicationID = 0x5061_726C

    /// The version of a file is how many of them it has seen.
    package var steps: [String] = [Self.first]

    package init() {}

    /// What is kept byte for byte has a sum, as SQLite looks at structure alone.
    ///
    /// Logs by name, in the order of their entries; mailboxes by pair: 16 bytes each of room, recipient and sender.
    private static let first = """
        CREATE TABLE engine (incarnation INTEGER NOT NULL, opened INTEGER NOT NULL);
        CREATE TABLE logs (
            kind TEXT NOT NULL, name TEXT NOT NULL, appended INTEGER NOT NULL, lifetime INTEGER,
            PRIMARY KEY (kind, name)
        ) WITHOUT ROWID;
        CREATE TABLE entries (
            kind TEXT NOT NULL, name TEXT NOT NULL, sequence INTEGER NOT NULL, generation INTEGER NOT NULL,
            uid INTEGER NOT NULL, after_uid INTEGER NOT NULL, author BLOB NOT NULL, payload BLOB NOT NULL,
            sum INTEGER NOT NULL, PRIMARY KEY (kind, name, sequence)
        ) WITHOUT ROWID;
        CREATE TABLE snapshots (
            kind TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL, sequence INTEGER NOT NULL,
            uid INTEGER NOT NULL, payload BLOB NOT NULL, sum INTEGER NOT NULL,
            PRIMARY KEY (kind, name)
        ) WITHOUT ROWID;
        CREATE TABLE pairs (
            pair BLOB NOT NULL PRIMARY KEY, stored INTEGER NOT NULL, delivered INTEGER NOT NULL, used INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE signals (
            pair BLOB NOT NULL, n INTEGER NOT NULL, place INTEGER NOT NULL, bytes BLOB NOT NULL,
            sum INTEGER NOT NULL, PRIMARY KEY (pair, n)
        ) WITHOUT ROWID;
        """

    /// Before anything is read or written.
    func check(_ db: Database, path: String) throws {
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        guard application == Self.applicationID || (application == 0 && version == 0 && tables == 0) else {
            throw SQLiteProblem.foreign(path: path)
        }
        guard version <= self.steps.count else {
            throw SQLiteProblem.newer(path: path, version: version, known: self.steps.count)
        }
    }

    /// - Returns: the version that was found.
    func migrate(_ db: Database, incarnation: UInt64, now: Int64) throws -> Int {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        try db.inTransaction(.immediate) {
            for step in self.steps.dropFirst(version) { try db.execute(sql: step) }
            if version == 0 {
                try db.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
                try db.execute(
                    sql: "INSERT INTO engine (incarnation, opened) VALUES (?, ?)",
                    arguments: [Int64(bitPattern: incarnation), now]
                )
            }
            try db.execute(sql: "PRAGMA user_version = \(self.steps.count)")
            // Whether it can be written is found out now, not when somebody joins.
            try db.execute(sql: "UPDATE engine SET opened = ?", arguments: [now])
            return .commit
        }
        return version
    }
}
