package import Foundation
import Synchronization

/// A real Redis (or Sentinel) as a child process, which a test may kill and start again: it keeps nothing on a disk,
/// listens on loopback, and ends with this process at the latest.
package final class RedisProcess: Sendable {
    package let port: Int
    package let folder: URL
    private let words: [String]
    private let running = Mutex<ChildProcess?>(nil)

    package var url: String { "redis://127.0.0.1:\(self.port)" }

    /// - Parameters:
    ///   - program: `redis-server`, or `redis-sentinel`, which wants a file of settings.
    ///   - takesPlain: else by TLS alone.
    package init(
        _ flags: [String] = [],
        program: String = "redis-server",
        file: String? = nil,
        takesPlain: Bool = true
    ) async throws {
        self.folder = FileManager.default.temporaryDirectory.appending(path: "parley-redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        var usual = ["--bind", "127.0.0.1", "--dir", self.folder.path]
        if program == "redis-server" {
            usual += ["--save", "", "--appendonly", "no", "--enable-debug-command", "yes"]
            usual += ["--repl-diskless-sync-delay", "0"]
        }
        var first = [program]
        if let file {
            let path = self.folder.appending(path: "settings.conf")
            try file.write(to: path, atomically: true, encoding: .utf8)
            first.append(path.path)
        }
        var attempt = 0
        while true {
            let port = try Ports.take()
            let ports = takesPlain ? ["--port", "\(port)"] : ["--port", "0", "--tls-port", "\(port)"]
            let words = first + ports + usual + flags
            do {
                let child = try await Self.begin(words)
                (self.port, self.words) = (port, words)
                self.running.withLock { $0 = child }
                return
            } catch let problem as ChildProcess.Failure {
                // Another program has taken it since.
                attempt += 1
                guard attempt < 5, problem.description.contains("Failed listening") else { throw problem }
            }
        }
    }

    deinit { self.stop() }

    /// Returns when it takes connections.
    package func start() async throws {
        let child = try await Self.begin(self.words)
        self.running.withLock { $0 = child }
    }

    private static func begin(_ words: [String]) async throws -> ChildProcess {
        try await onAThreadOfItsOwn {
            let child = try ChildProcess.onALeash(words)
            func isReady(_ said: String) -> Bool {
                said.contains("Ready to accept connections") || said.contains("Sentinel ID is")
            }
            let said = try child.hear(until: .now + .seconds(20 * patience), isReady)
            guard isReady(said) else { throw child.failure("has ended at once", said) }
            child.stopHearing()
            return child
        }
    }

    /// As if the power had gone; returns when the process is no more.
    package func kill() {
        let child = self.running.withLock { running in
            defer { running = nil }
            return running
        }
        child?.end()
    }

    package func stop() {
        self.kill()
        try? FileManager.default.removeItem(at: self.folder)
    }

    /// What `redis-cli` says about it.
    @discardableResult
    package func command(_ words: String...) async throws -> String {
        try await Self.cli(["-c", "-p", "\(self.port)"] + words)
    }

    package static func cli(_ words: [String]) async throws -> String {
        try await ChildProcess.run(["redis-cli"] + words).said.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
