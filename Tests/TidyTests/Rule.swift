import Testing

/// A place where a rule is broken.
struct Finding: CustomStringConvertible, Sendable {
    let path: String
    let line: Int
    let banned: String
    let use: String

    var description: String { "\(self.path):\(self.line): error: \(self.banned) is banned, use \(self.use)" }
}

/// One rule of the house.
///
/// Each brings samples: a rule that never finds anything may just be broken.
struct Rule: CustomTestStringConvertible, Sendable {
    struct Sample: Sendable {
        let path: String
        let text: String
    }

    let name: String
    /// Files in which the rule must find something, each by itself.
    let bad: [Sample]
    /// Files in which it must find nothing, all together.
    let good: [Sample]
    let findings: @Sendable ([TextFile]) -> [Finding]

    var testDescription: String { self.name }

    init(
        _ name: String,
        bad: KeyValuePairs<String, String>,
        good: KeyValuePairs<String, String>,
        findings: @escaping @Sendable ([TextFile]) -> [Finding]
    ) {
        self.name = name
        self.bad = bad.map { Sample(path: $0.key, text: $0.value) }
        self.good = good.map { Sample(path: $0.key, text: $0.value) }
        self.findings = findings
    }

    /// A rule that looks at one file after the other.
    static func perFile(
        _ name: String,
        bad: KeyValuePairs<String, String>,
        good: KeyValuePairs<String, String>,
        in isConcerned: @escaping @Sendable (TextFile) -> Bool,
        findings: @escaping @Sendable (TextFile) -> [Finding]
    ) -> Rule {
        Rule(name, bad: bad, good: good) { $0.filter(isConcerned).flatMap(findings) }
    }

    static let all: [Rule] = imports + sizes + words + determinism + repository
}
