#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

import Synchronization

/// A file beside the database that one process at a time holds. SQLite's own locks would keep backups out as well, and
/// end with any other descriptor of the file that the process closes.
final class FileLock: Sendable {
    private let descriptor: Mutex<CInt?>

    /// - Parameter path: of the database.
    init(of path: String) throws(SQLiteProblem) {
        let descriptor = open(path + ".lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.problem(path, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            let holder = Self.holder(descriptor)
            close(descriptor)
            throw reason == EWOULDBLOCK ? .inUse(path: path, by: holder) : Self.problem(path, reason)
        }
        self.descriptor = Mutex(descriptor)
        let text = "\(getpid())\n"
        // For people; who cannot read it is told less.
        _ = ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, text.utf8.count, 0) }
    }

    deinit { self.release() }

    func release() {
        guard let descriptor = self.descriptor.withLock({ $0.take() }) else { return }
        // A process that is just being begun has the descriptor as well for a moment, and would hold the lock with it.
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private static func holder(_ descriptor: CInt) -> String {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return Int(text.prefix { $0 != "\n" }).map { "process \($0)" } ?? "another process"
    }

    static func problem(_ path: String, _ reason: CInt) -> SQLiteProblem {
        switch reason {
        case EACCES, EROFS, EPERM: .readOnly(path: path)
        case ENOSPC, EDQUOT: .full(path: path)
        default: .cannotOpen(path: path, why: String(cString: strerror(reason)))
        }
    }

    /// Makes the file, so that nobody else can read what will be in it: keys, and what people say to each other. One
    /// that is there must begin as a database does: SQLite takes a very short one for empty, and writes over it.
    static func makeFile(_ path: String) throws(SQLiteProblem) {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.problem(path, errno) }
        defer { close(descriptor) }
        let expected = Array("SQLite format 3\0".utf8)
        var found = [UInt8](repeating: 0, count: expected.count)
        let count = pread(descriptor, &found, found.count, 0)
        guard count >= 0 else { throw Self.problem(path, errno) }
        guard count == 0 || found == expected else { throw .notADatabase(path: path) }
    }
}
