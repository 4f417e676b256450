import Foundation
import Logging
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import Testing

@Suite("Audit: the queue and the file", .timeLimit(.minutes(patience)))
struct AuditTrailTests {
    static func entry(_ index: Int) -> AuditEntry {
        AuditEntry(.left, at: Instant(milliseconds: Int64(index)))
    }

    @Test func `beyond the bound entries are counted, in their place`() {
        let trail = AuditTrail(entriesMax: 3)
        for index in 0..<3 { #expect(trail.record(Self.entry(index))) }
        #expect(!trail.record(Self.entry(3)))
        #expect(!trail.record(Self.entry(4)))
        let batch = trail.take()
        #expect(batch.entries.count == 3)
        #expect(batch.missing == 2)
        #expect(trail.record(Self.entry(5)))
        #expect(trail.take().missing == 0)
    }

    /// The log of a server, begun anew for each part of a test.
    private func write(
        to path: String,
        key: AuditKey? = nil,
        max: Int = 100,
        _ body: (AuditLog) async throws -> Void
    ) async throws {
        var limits = Limits()
        limits.auditEntriesMax = max
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let log = try AuditLog(AuditConfiguration(path: path, key: key), limits: limits, logger: logger) {
            Instant(milliseconds: 1_795_226_400_000)
        }
        try await body(log)
        log.trail.end()
        try await log.run()
    }

    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "parley-audit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    private func verified(_ paths: [String], key: AuditKey? = nil) throws -> AuditVerification {
        var verification = AuditVerification(key: key?.symmetric)
        for path in paths {
            verification.beginFile()
            let data = try Data(contentsOf: URL(filePath: path))
            for line in data.split(separator: 0x0A, omittingEmptySubsequences: true) { try verification.read(line) }
        }
        try verification.finish()
        return verification
    }

    @Test func `a server goes on where the file ends, and says what was torn and what is missing`() async throws {
        try await self.withFolder { folder in
            let path = folder.appending(path: "audit.log").path
            try await self.write(to: path) { log in
                for index in 0..<3 { log.trail.record(Self.entry(index)) }
            }
            #expect(try self.verified([path]).number == 3)
            let file = try #require(FileHandle(forWritingAtPath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data(#"{"number":4,"time":"2026"#.utf8))
            try file.close()
            try await self.write(to: path, max: 2) { log in
                for index in 0..<5 { log.trail.record(Self.entry(index)) }
            }
            let found = try self.verified([path])
            // Three, the one that says what was torn, two, and the one that says that three are missing.
            #expect(found.number == 7)
            #expect(found.tornLines == 1)
            #expect(found.missing == 3)
        }
    }

    @Test func `the chain goes on in the file behind one that was moved away`() async throws {
        try await self.withFolder { folder in
            let path = folder.appending(path: "audit.log").path
            let old = path + ".1"
            let key = AuditKey("a key of at least thirty-two bytes")
            try await self.write(to: path, key: key) { log in log.trail.record(Self.entry(0)) }
            let service = try AuditLog(
                AuditConfiguration(path: path, key: key),
                limits: Limits(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                clock: { Instant(milliseconds: 0) }
            )
            try FileManager.default.moveItem(atPath: path, toPath: old)
            service.trail.record(Self.entry(1))
            service.reopen()
            service.trail.end()
            try await service.run()
            let found = try self.verified([old, path], key: key)
            #expect(found.number == 3)
            var second = AuditVerification(key: key?.symmetric)
            for line in try Data(contentsOf: URL(filePath: path)).split(separator: 0x0A) { try second.read(line) }
            #expect(second.first == 3)
            #expect(throws: AuditChain.Fault.self) { try self.verified([path, old], key: key) }
        }
    }

    @Test func `a file that another server writes is refused, and so is one with another key`() async throws {
        try await self.withFolder { folder in
            let path = folder.appending(path: "audit.log").path
            try await self.write(to: path) { log in
                log.trail.record(Self.entry(0))
                await #expect(throws: AuditProblem.self) { try await self.write(to: path) { _ in } }
            }
            let key = AuditKey("a key of at least thirty-two bytes")
            await #expect(throws: AuditProblem.self) { try await self.write(to: path, key: key) { _ in } }
            await #expect(throws: AuditProblem.self) { try await self.write(to: "/dev/null") { _ in } }
            await #expect(throws: AuditProblem.self) { try await self.write(to: "/nowhere/audit.log") { _ in } }
            #expect(AuditKey("short") == nil)
            #expect("\(String(describing: key))".contains("thirty") == false)
        }
    }
}
