import Foundation
import Synchronization

/// A real redis-server (or sentinel) that a test may kill and start again, on a port of its own. It ends with the test,
/// and with the test's process at the latest.
final class MortalRedis: Sendable {
    let port: Int
    let folder: URL
    private let program: String
    private let arguments: [String]
    /// It ends when nobody holds the other end of its input any more.
    private let running = Mutex<(process: Process, leash: Pipe, pidFile: URL)?>(nil)

    /// - Parameter arguments: as redis-server takes them, besides the port and the folder.
    init(
        _ arguments: [String] = [],
        program: String = "redis-server",
        port: Int? = nil,
        takesPlain: Bool = true
    ) throws {
        self.port = try port ?? Self.freePort()
        self.program = program
        self.folder = FileManager.default.temporaryDirectory.appending(path: "parley-redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        let ports = takesPlain ? ["--port", "\(self.port)"] : ["--port", "0", "--tls-port", "\(self.port)"]
        let usual = ["--bind", "127.0.0.1", "--dir", self.folder.path]
        // A Sentinel takes its file first, and knows no data.
        self.arguments =
            program == "redis-sentinel"
            ? arguments + ports + usual
            : ports + usual + ["--save", "", "--appendonly", "no", "--enable-debug-command", "yes"]
                + ["--repl-diskless-sync-delay", "0"] + arguments
        try self.start()
    }

    deinit { self.stop() }

    var url: String { "redis://127.0.0.1:\(self.port)" }

    func start() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        let pidFile = self.folder.appending(path: "pid-\(UUID().uuidString)")
        // It kills only a server that nobody has killed before: that one's number may be another's by then.
        let script =
            #"file=$1; shift; "$@" & child=$!; echo $child > $file; cat > /dev/null; [ -e $file ] && kill -9 $child"#
        process.arguments = ["-c", script, "sh", pidFile.path, self.program] + self.arguments
        let leash = Pipe()
        process.standardInput = leash
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try Self.beginning.withLock { _ in try process.run() }
        self.running.withLock { $0 = (process, leash, pidFile) }
    }

    /// As if the power had gone; returns when the process is no more.
    ///
    /// Not by the leash: another test's process that was begun at the same moment may hold its other end, too.
    func kill() {
        let running = self.running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let (process, leash, pidFile) = running else { return }
        while process.isRunning {
            let number = (try? String(contentsOf: pidFile, encoding: .utf8)) ?? ""
            guard let pid = Int32(number.trimmingCharacters(in: .whitespacesAndNewlines)) else { continue }
            // What it calls itself has its port in it: the number is still its own.
            guard Self.file("cmdline", of: pid)?.contains("\(self.port)") ?? false else { break }
            Foundation.kill(pid, SIGKILL)
            while let state = Self.file("stat", of: pid), !state.contains(") Z ") { sched_yield() }
            break
        }
        try? FileManager.default.removeItem(at: pidFile)
        try? leash.fileHandleForWriting.close()
    }

    /// Of a process, what Linux tells.
    private static func file(_ name: String, of pid: Int32) -> String? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/\(name)"), !bytes.isEmpty else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// One after the other, so that none inherits by the way what is another's.
    static let beginning = Mutex(())

    func stop() {
        self.kill()
        try? FileManager.default.removeItem(at: self.folder)
    }

    static func freePort() throws -> Int {
        #if canImport(Glibc) || canImport(Musl)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard descriptor >= 0, isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
