import Foundation
import GRDB
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleySQLite
import ParleyTestSupport
import Testing

/// Files that are none, or not ours, or not whole: each is refused in words, and left as it is.
@Suite(.timeLimit(.minutes(patience))) struct SQLiteFileTests {
    private func fill(_ bench: SQLiteBench) async throws {
        let engine = try bench.open()
        var top = Position.start
        for uid in 1...40 as ClosedRange<UInt64> {
            let payload = String(repeating: "entry \(uid) ", count: 30)
            #expect(try await bench.subject(engine).append(payload, after: top, uid: uid) == .appended)
            top = top.next(uid: uid)
        }
        _ = try await bench.subject(engine).send(1)
        try await engine.close()
    }

    @Test func aFileIsOfOneProcessAtATime() async throws {
        let bench = try SQLiteBench()
        let engine = try bench.open()
        let other = bench.problem()
        #expect(other == .inUse(path: engine.file.path, by: "process \(ProcessInfo.processInfo.processIdentifier)"))
        #expect(other.map { "\($0)" }?.contains("one server at a time") == true)
        // By another name, too.
        let link = bench.folder.appending(path: "link.db")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: URL(fileURLWithPath: bench.path))
        #expect(throws: SQLiteProblem.self) { try SQLiteFile(path: link.path, incarnation: 1, now: 1) }
        try await engine.close()
    }

    @Test func theNextOneMayHaveItAfterwards() async throws {
        let bench = try SQLiteBench()
        try await self.fill(bench)
        try await self.fill(SQLiteBench())
        #expect(bench.problem() == nil)
    }

    @Test func nobodyElseMayReadIt() async throws {
        let bench = try SQLiteBench()
        let engine = try bench.open()
        _ = try await bench.subject(engine).fill(1)
        for ending in ["", "-wal", ".lock"] {
            let found = try FileManager.default.attributesOfItem(atPath: bench.path + ending)[.posixPermissions]
            #expect(found as? Int == 0o600, "\(ending)")
        }
        try await engine.close()
    }

    @Test(arguments: ["no database at all, only words that somebody has written down", "x"])
    func aFileThatIsNoDatabase(text: String) throws {
        let bench = try SQLiteBench()
        let content = Data(text.utf8)
        try content.write(to: URL(fileURLWithPath: bench.path))
        let problem = bench.problem()
        #expect(problem == .notADatabase(path: problem?.path ?? ""))
        #expect(try Data(contentsOf: URL(fileURLWithPath: bench.path)) == content)
    }

    @Test func aDatabaseOfAnotherProgram() throws {
        let bench = try SQLiteBench()
        try DatabaseQueue(path: bench.path).write { try $0.execute(sql: "CREATE TABLE songs (name TEXT)") }
        let problem = bench.problem()
        #expect(problem == .foreign(path: problem?.path ?? ""))
        let tables = try DatabaseQueue(path: bench.path).read {
            try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema")
        }
        #expect(tables == ["songs"])
    }

    @Test func anOlderSchemaIsMigratedAndANewerOneRefused() async throws {
        let bench = try SQLiteBench()
        try await self.fill(bench)
        var next = SQLiteSchema()
        next.steps.append("ALTER TABLE engine ADD COLUMN note TEXT")
        let migrated = try bench.open(next)
        #expect(try await bench.subject(migrated).read().entries.count == 40)
        #expect(migrated.incarnation.rawValue == 77)
        try await migrated.close()
        let problem = bench.problem()
        #expect(problem == .newer(path: problem?.path ?? "", version: 2, known: 1))
        #expect(bench.problem(next) == nil)
    }

    @Test func aMigrationThatFailsChangesNothing() async throws {
        let bench = try SQLiteBench()
        try await self.fill(bench)
        var wrong = SQLiteSchema()
        wrong.steps.append("CREATE TABLE half (a); CREATE TABLE logs (b)")
        #expect(bench.problem(wrong) != nil)
        let engine = try bench.open()
        #expect(try await bench.subject(engine).read().entries.count == 40)
        try await engine.close()
    }

    /// Wherever the damage is: either it is found, or nothing is missing.
    @Test func aDamagedFile() async throws {
        let whole = try SQLiteBench()
        try await self.fill(whole)
        let kept = try whole.open().kept
        let content = try Data(contentsOf: URL(fileURLWithPath: whole.path))
        var found = 0
        for page in 0..<content.count / 4_096 {
            let bench = try SQLiteBench()
            var damaged = content
            damaged.replaceSubrange(
                page * 4_096 + 3_500..<page * 4_096 + 4_000,
                with: Data(repeating: 0xA5, count: 500)
            )
            try damaged.write(to: URL(fileURLWithPath: bench.path))
            do throws(SQLiteProblem) {
                let engine = try bench.open()
                #expect(engine.kept == kept, "page \(page)")
            } catch {
                found += 1
                #expect("\(error)".contains("damaged") || "\(error)".contains("not a SQLite database"), "\(error)")
                #expect(try Data(contentsOf: URL(fileURLWithPath: bench.path)) == damaged)
            }
        }
        #expect(found > 4)
    }

    @Test func aFileThatWasCutOff() async throws {
        let whole = try SQLiteBench()
        try await self.fill(whole)
        let content = try Data(contentsOf: URL(fileURLWithPath: whole.path))
        for count in [content.count - 4_096, content.count / 2, 5_000, 300] {
            let bench = try SQLiteBench()
            try content.prefix(count).write(to: URL(fileURLWithPath: bench.path))
            #expect(bench.problem() != nil, "\(count) bytes")
        }
    }

    @Test func anEntryThatIsMissing() async throws {
        let bench = try SQLiteBench()
        try await self.fill(bench)
        try await DatabaseQueue(path: bench.path).write {
            try $0.execute(sql: "DELETE FROM entries WHERE sequence = 20")
        }
        let problem = bench.problem()
        #expect(problem.map { "\($0)" }?.contains("has a gap") == true)
    }

    @Test func aFolderThatIsNotThere() throws {
        let path = try SQLiteBench().path + "/deeper/parley.db"
        let problem = #expect(throws: SQLiteProblem.self) { try SQLiteFile(path: path, incarnation: 1, now: 1) }
        #expect(problem.map { "\($0)" }?.contains("there is no folder") == true)
    }
}

extension SQLiteProblem {
    fileprivate var path: String {
        switch self {
        case .inUse(let path, _), .cannotOpen(let path, _), .damaged(let path, _), .failing(let path, _): path
        case .readOnly(let path), .notADatabase(let path), .foreign(let path), .full(let path): path
        case .newer(let path, _, _), .slow(let path, _): path
        }
    }
}
