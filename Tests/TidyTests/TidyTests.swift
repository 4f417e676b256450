import Testing

@Suite("Rules of the house")
struct TidyTests {
    @Test("holds", arguments: Rule.all)
    func holds(_ rule: Rule) {
        let findings = rule.findings(Repository.files)
        #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
    }

    @Test("finds what is bad", arguments: Rule.all)
    func findsWhatIsBad(_ rule: Rule) {
        for sample in rule.bad {
            let findings = rule.findings([TextFile(path: sample.path, text: sample.text)])
            #expect(!findings.isEmpty, "\(sample.path) passed: \(sample.text.prefix(200))")
            #expect(findings.allSatisfy { $0.path == sample.path || sample.path.hasPrefix($0.path) })
        }
    }

    @Test("leaves alone what is good", arguments: Rule.all)
    func leavesAloneWhatIsGood(_ rule: Rule) {
        let findings = rule.findings(rule.good.map { TextFile(path: $0.path, text: $0.text) })
        #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
    }

    @Test("every rule has samples, and there are files to look at")
    func nothingIsVacuous() {
        #expect(Rule.all.allSatisfy { !$0.good.isEmpty && !$0.bad.isEmpty })
        #expect(Repository.files.contains { $0.path == "Sources/ParleyProtocol/Limits.swift" })
        #expect(Repository.files.contains { $0.path == "docs/PROTOCOL.md" })
    }

    @Test("a finding is a line that editors can follow")
    func findingsAreReadable() {
        let finding = Finding(path: "Sources/A.swift", line: 3, banned: "`try!`", use: "a typed error")
        #expect("\(finding)" == "Sources/A.swift:3: error: `try!` is banned, use a typed error")
    }

    @Test(
        "comments and strings are not code, interpolations are",
        arguments: [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a" + String(repeating: " ", count: 19) + "e"),
            ("f(\"b\") + c", "f(\" \") + c"),
            ("f(\"\\(b!)\\\"\") + c", "f(\" (b!)  \") + c"),
            ("f(\"\\(g(\"x\"))y\")", "f(\" (g(\" \")) \")"),
            ("#\"a\"b\\(c)\"# + d", "#\"       \"# + d"),
            ("\"\"\"\na \"b\" c\n\"\"\" + d", "\"\"\"\n       \n\"\"\" + d"),
            ("é // é", "é     "),
        ]
    )
    func blanking(_ text: String, _ expected: String) {
        #expect(SwiftCode.blanked(text) == expected)
    }
}
