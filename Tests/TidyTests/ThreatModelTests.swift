import Testing

/// Each row of the threat model names tests that hold it, and these exist.
@Suite("Threat model")
struct ThreatModelTests {
    @Test("every row names at least one test, and every named test is there")
    func rowsAreHeld() throws {
        let rows = Self.rows(in: try Repository.file("docs/THREAT_MODEL.md"))
        #expect(rows.count > 15)
        for row in rows {
            let place = "docs/THREAT_MODEL.md:\(row.line): error:"
            #expect(!row.tests.isEmpty, "\(place) no test holds this row")
            for test in row.tests {
                // Not in the expectation: it would print the whole repository.
                let isThere = Self.isThere(test, in: Repository.files)
                #expect(isThere, "\(place) there is no test \(test.file): \(test.name)")
            }
        }
    }

    @Test("a row without a test, and a test that is gone, are noticed")
    func checkCanFail() {
        let text = """
            | wants | what stops them | what is left | held by |
            |---|---|---|---|
            | a | b | c | `test_a.py: test_b`, `ATests.swift: does c`, `a.test.js: it is d` |
            | a | b `c: d` | | |
            """
        let rows = Self.rows(in: TextFile(path: "docs/A.md", text: text))
        #expect(rows.map(\.line) == [3, 4])
        #expect(rows.map(\.tests.count) == [3, 0])
        let files = [
            TextFile(path: "Tests/EndToEnd/test_a.py", text: "async def test_b(stage):\n"),
            TextFile(path: "Tests/XTests/ATests.swift", text: "@Test func `does c`() {}\n"),
            TextFile(path: "clients/javascript/test/a.test.js", text: "test('it is d', () => {})\n"),
        ]
        #expect(rows[0].tests.allSatisfy { Self.isThere($0, in: files) })
        #expect(!Self.isThere(("test_a.py", "test_c"), in: files))
        #expect(!Self.isThere(("test_b.py", "test_b"), in: files))
        #expect(!Self.isThere(("ATests.swift", "does"), in: files))
    }

    private static func isThere(_ test: (file: String, name: String), in files: [TextFile]) -> Bool {
        let forms = [
            "async def \(test.name)(", "`\(test.name)`(", "(\"\(test.name)\"", "test('\(test.name)'",
            "    '\(test.name)': ",
        ]
        return files.contains { file in
            file.path.hasSuffix("/" + test.file) && forms.contains { file.text.contains($0) }
        }
    }

    /// The rows of all tables, with what stands in their last column.
    private static func rows(in file: TextFile) -> [(line: Int, tests: [(file: String, name: String)])] {
        file.lines.enumerated().compactMap { index, line in
            guard line.hasPrefix("| "), !line.hasPrefix("| wants ") else { return nil }
            let held = line.dropLast().split(separator: "|").last ?? ""
            let tests = held.matches(of: #/`([^`:]+): ([^`]+)`/#).map { (file: String($0.1), name: String($0.2)) }
            return (index + 1, tests)
        }
    }
}
