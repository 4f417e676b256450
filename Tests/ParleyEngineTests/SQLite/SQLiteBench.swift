import Foundation
import GRDB
import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleySQLite
import ParleyTestSupport
import Synchronization

/// A folder of its own, which goes with it, and engines on a file in there.
final class SQLiteBench: Sendable {
    let folder: URL
    private let clock = Shared<Int64>(1_000_000)
    let said = Shared<[String]>([])

    init() throws {
        self.folder = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: self.folder) }

    var path: String { self.folder.appending(path: "parley.db").path }

    func advance(_ milliseconds: Int64) { self.clock.with { $0 += milliseconds } }

    func file(_ schema: SQLiteSchema = SQLiteSchema(), pagesMax: Int? = nil) throws(SQLiteProblem) -> SQLiteFile {
        try SQLiteFile(path: self.path, schema: schema, incarnation: 77, now: 5, pagesMax: pagesMax)
    }

    func open(
        _ schema: SQLiteSchema = SQLiteSchema(),
        pagesMax: Int? = nil,
        limits: Limits = Limits()
    ) throws(SQLiteProblem) -> SQLiteEngine {
        let (clock, said) = (self.clock, self.said)
        var logger = Logger(label: "test") { _ in HeardLog(said: said) }
        logger.logLevel = .trace
        return try SQLiteEngine(try self.file(schema, pagesMax: pagesMax), limits: limits, logger: logger) {
            Instant(milliseconds: clock.with { $0 })
        }
    }

    func subject(_ engine: SQLiteEngine) -> ConformanceSubject {
        ConformanceSubject(engine: engine, advance: { self.advance($0) }, failOver: nil)
    }

    /// Why it does not open; `nil`: it does.
    func problem(_ schema: SQLiteSchema = SQLiteSchema()) -> SQLiteProblem? {
        do {
            _ = try self.open(schema)
            return nil
        } catch {
            return error
        }
    }
}

/// Remembers what was logged.
private struct HeardLog: Logging.LogHandler {
    let said: Shared<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let line = "\(event.level): \(event.message)"
        self.said.with { $0.append(line) }
    }
}

/// Holds up the writer, as a slow disk would, until it is let go, or a test has failed before that.
final class HeldWriter: Sendable {
    private let gate = DispatchSemaphore(value: 0)

    init(_ engine: SQLiteEngine) async {
        let (began, begin) = AsyncStream.makeStream(of: Void.self)
        engine.file.queue.asyncWriteWithoutTransaction { [gate] _ in
            begin.yield()
            _ = gate.wait(timeout: .now() + .seconds(30 * patience))
        }
        for await _ in began { break }
    }

    func letGo() { self.gate.signal() }

    deinit { self.gate.signal() }
}
