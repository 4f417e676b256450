import Foundation
import Glibc
import Synchronization

/// A real Redis as a child process: it keeps nothing on a disk, listens on loopback, and ends with this process at the
/// latest.
package final class RedisProcess: Sendable {
    package struct CannotStart: Error, CustomStringConvertible {
        package let description: String
    }

    package let port: Int
    private let pid: Int32
    private let process: Process
    /// It ends when nobody holds the other end of this any more.
    private let leash: FileHandle
    private let folder: URL

    package var url: String { "redis://127.0.0.1:\(self.port)" }

    /// - Parameter program: `redis-server`, or `redis-sentinel`, which wants a file of settings.
    package init(_ flags: [String] = [], program: String = "redis-server", file: String? = nil) throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            // Where a cluster's servers talk to each other is 10,000 above.
            let port = Int.random(in: 12_000...22_000, using: &generator)
            if let started = try Self.start(port, flags, program, file) {
                (self.process, self.leash, self.folder, self.pid) = started
                self.port = port
                return
            }
        }
        throw CannotStart(description: "\(program) does not start: is it installed?")
    }

    package func stop() {
        // Not by the leash alone: a process that was begun at the same moment may hold its end, too. Whoever holds the
        // leash has not waited for it yet, so that the number is nobody else's.
        kill(self.pid, SIGKILL)
        try? self.leash.close()
        try? FileManager.default.removeItem(at: self.folder)
    }

    /// What `redis-cli` says about it.
    @discardableResult
    package func command(_ words: String...) throws -> String {
        try Self.cli(["-c", "-p", "\(self.port)"] + words)
    }

    package static func cli(_ words: [String]) throws -> String {
        let cli = Process()
        cli.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        cli.arguments = ["redis-cli"] + words
        let (reading, writing) = try Self.beginning.withLock { _ in
            let ends = try Self.pipe()
            cli.standardOutput = ends.writing
            cli.standardError = ends.writing
            cli.standardInput = FileHandle.nullDevice
            try cli.run()
            return ends
        }
        try writing.close()
        let text = String(decoding: reading.readDataToEndOfFile(), as: UTF8.self)
        cli.waitUntilExit()
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Ends its child when nobody holds the other end of its input any more.
    private static let onALeash = #""$@" & child=$!; cat > /dev/null; kill -9 $child; wait $child"#

    /// - Returns: `nil` if the port is taken.
    private static func start(
        _ port: Int,
        _ flags: [String],
        _ program: String,
        _ file: String?
    ) throws -> (Process, FileHandle, URL, Int32)? {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("parley-redis-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var arguments: [String] = []
        if let file {
            let path = folder.appendingPathComponent("settings.conf")
            try file.write(to: path, atomically: true, encoding: .utf8)
            arguments.append(path.path)
        }
        arguments += ["--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder.path]
        if program == "redis-server" { arguments += ["--save", "", "--appendonly", "no"] }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", Self.onALeash, "sh", program] + arguments + flags
        let ((held, leash), (said, saying)) = try Self.beginning.withLock { _ in
            let (input, output) = (try Self.pipe(), try Self.pipe())
            process.standardInput = input.reading
            process.standardOutput = output.writing
            process.standardError = output.writing
            try process.run()
            return (input, output)
        }
        try held.close()
        try saying.close()
        var text = ""
        while true {
            let data = said.availableData
            text += String(decoding: data, as: UTF8.self)
            if text.contains("Ready to accept connections") || text.contains("Sentinel ID is") { break }
            guard !data.isEmpty, !text.contains("Failed listening"), !text.contains("not found") else {
                try? leash.close()
                process.waitUntilExit()
                try? FileManager.default.removeItem(at: folder)
                return nil
            }
        }
        // Whatever it says from now on is read by nobody, and must not fill the pipe.
        said.readabilityHandler = { _ = $0.availableData }
        let number = text.firstMatch(of: /pid=([0-9]+)/).flatMap { Int32($0.1) }
        guard let number else { throw CannotStart(description: "\(program) does not say who it is") }
        return (process, leash, folder, number)
    }

    /// One after the other.
    private static let beginning = Mutex(())

    /// Its ends are given to nobody by the way: whoever began a process at the same moment would hold them open.
    private static func pipe() throws -> (reading: FileHandle, writing: FileHandle) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw CannotStart(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (
            FileHandle(fileDescriptor: ends[0], closeOnDealloc: true),
            FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
        )
    }
}
