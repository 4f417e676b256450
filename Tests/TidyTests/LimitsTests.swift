import Foundation
import Testing

/// docs/LIMITS.md and Limits.swift say the same, byte for byte.
@Suite("Table of limits")
struct LimitsTests {
    private static func table() throws -> LimitsTable {
        LimitsTable(
            source: try Repository.file("Sources/ParleyProtocol/Limits.swift"),
            settings: Repository.files.filter { $0.path.hasPrefix("Sources/parley/Settings/") }
        )
    }

    @Test("is made from the code; `WRITE_LIMITS=1 swift test --filter LimitsTests` makes it anew")
    func isCurrent() throws {
        let text = try Self.table().text
        if ProcessInfo.processInfo.environment["WRITE_LIMITS"] != nil {
            try text.write(to: Repository.root.appending(path: "docs/LIMITS.md"), atomically: true, encoding: .utf8)
        }
        let document = try Repository.file("docs/LIMITS.md").text
        for (number, (made, written)) in zip(text.split(separator: "\n"), document.split(separator: "\n")).enumerated()
        where made != written {
            Issue.record("docs/LIMITS.md: error: line \(number + 1) without the empty ones should be: \(made)")
            return
        }
        #expect(text == document)
    }

    @Test("every limit has a rule")
    func rules() throws {
        let table = try Self.table()
        #expect(table.lacking.isEmpty)
        #expect(table.names.count > 100)
        #expect(Set(table.names).count == table.names.count)
    }

    /// Limits that no test can reach, and why.
    private static let untested: [String: String] = [:]

    @Test("every limit that is stored is named in a test, which shows what happens at it")
    func areTested() throws {
        var words: Set<Substring> = []
        for file in Repository.files where file.isIn("Tests/") && !file.isIn("Tests/TidyTests/") {
            // A comment shows nothing; in Python a limit's name stands in a string.
            let lines = file.isSwift ? file.codeLines : file.path.hasSuffix(".py") ? file.lines : []
            for line in lines { words.formUnion(line.split { !($0.isLetter || $0.isNumber || $0 == "_") }) }
        }
        let table = try Self.table()
        #expect(table.stored.count > 150)
        for name in table.stored where !words.contains(name[...]) && Self.untested[name] == nil {
            Issue.record("Sources/ParleyProtocol/Limits.swift: error: no test names \(name), see docs/HACKING.md")
        }
        #expect(Self.untested.keys.allSatisfy { !words.contains($0[...]) && table.stored.contains($0) })
    }

    @Test("marks, comments, shared rows, units, and what follows from others")
    func sample() {
        let source = """
            public struct Limits {
                // MARK: Things. One more is rejected.
                /// One more is rejected: `too-many`,
                /// see ``other``.
                public var thingsMax = 1_024
                public var thingBytesMax = 65_536
                /// What follows.
                public var bothMax: Int { self.thingsMax * 2 }
                private var hidden: Int { 1 }
                public var bare = 3
                // MARK: Times
                /// So long.
                public var waitMilliseconds = 30_000
                public var dayMilliseconds: Int64 = 86_400_000
                public var thingsPerSecond = 5
            }
            """
        let settings = """
            static let things = Setting(key: "things", allowed: "")
            try set(\\.thingsMax, .things, 1...2)
            """
        let table = LimitsTable(
            source: TextFile(path: "A.swift", text: source),
            settings: [TextFile(path: "B.swift", text: settings)]
        )
        let rows = table.text.split(separator: "\n").filter { $0.hasPrefix("| `") || $0.hasPrefix("## ") }
        #expect(
            rows == [
                "## Things",
                "| `thingsMax`<br>`thingBytesMax` | 1,024 (`--things`)<br>65,536 bytes "
                    + "| One more is rejected: `too-many`, see `other`. |",
                "| `bothMax`<br>`bare` | `thingsMax * 2`<br>3 | What follows. |",
                "## Times",
                "| `waitMilliseconds`<br>`dayMilliseconds`<br>`thingsPerSecond` | 30 s<br>1 day<br>5 a second "
                    + "| So long. |",
            ]
        )
        #expect(table.text.contains("\n## Things\n\nOne more is rejected.\n\n| limit |"))
        #expect(table.lacking.isEmpty)
    }
}
