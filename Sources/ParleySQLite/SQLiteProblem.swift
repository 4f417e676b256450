import GRDB

/// Why a file cannot be an engine's memory, or not now. Each has a sentence that tells what to do.
public enum SQLiteProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case cannotOpen(path: String, why: String)
    case inUse(path: String, by: String)
    case readOnly(path: String)
    case notADatabase(path: String)
    /// A database, but of another program.
    case foreign(path: String)
    case newer(path: String, version: Int, known: Int)
    case damaged(path: String, detail: String)
    case full(path: String)
    case failing(path: String, detail: String)
    case slow(path: String, seconds: Int)

    public var description: String {
        switch self {
        case .cannotOpen(let path, let why):
            "The database \(path) cannot be opened: \(why)."
        case .inUse(let path, let who):
            "The database \(path) is in use by \(who): a file belongs to one server at a time."
        case .readOnly(let path):
            "The database \(path) cannot be written: this process needs to write to the file and to its folder."
        case .notADatabase(let path):
            "The file \(path) is not a SQLite database. It was left as it is: name another one."
        case .foreign(let path):
            "The database \(path) belongs to another program. It was left as it is: name another file."
        case .newer(let path, let version, let known):
            """
            The database \(path) was written by a newer Parley (its schema is version \(version), this one knows \
            \(known)). It was left as it is: run that version, or name another file.
            """
        case .damaged(let path, let detail):
            """
            The database \(path) is damaged (\(detail)). Nothing is written to it any more: restore a backup, or move \
            the file away and its rooms are gone.
            """
        case .full(let path):
            "The disk of the database \(path) is full: nothing can be changed until there is room again."
        case .failing(let path, let detail):
            "The database \(path) cannot be written (\(detail)): nothing can be changed until that works again."
        case .slow(let path, let seconds):
            """
            The disk of the database \(path) has not answered for \(seconds) seconds: nothing can be changed meanwhile.
            """
        }
    }

    /// Whether trying again may help.
    var mayPass: Bool {
        switch self {
        case .full, .failing, .slow, .readOnly: true
        case .cannotOpen, .inUse, .notADatabase, .foreign, .newer, .damaged: false
        }
    }

    /// What SQLite says. Its messages name tables and codes, never what is in them.
    init(_ error: any Error, path: String) {
        if let problem = error as? SQLiteProblem {
            self = problem
            return
        }
        guard let error = error as? DatabaseError else {
            self = .failing(path: path, detail: "\(type(of: error))")
            return
        }
        let said = error.message ?? "no further words"
        let detail = "SQLite \(error.extendedResultCode.rawValue): \(said)"
        self =
            switch error.resultCode {
            case .SQLITE_FULL: .full(path: path)
            case .SQLITE_READONLY, .SQLITE_PERM: .readOnly(path: path)
            case .SQLITE_NOTADB: .notADatabase(path: path)
            case .SQLITE_CORRUPT: .damaged(path: path, detail: detail)
            case .SQLITE_CANTOPEN: .cannotOpen(path: path, why: said)
            case .SQLITE_BUSY, .SQLITE_LOCKED: .failing(path: path, detail: "another program has locked it")
            default: .failing(path: path, detail: detail)
            }
    }
}
