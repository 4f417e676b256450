/// What must not stand in a line, and what stands there instead.
struct Pattern: Sendable {
    let banned: String
    let use: String
    let expression: String

    /// - Parameter expression: a regular expression; without one, `banned` as it is written.
    init(_ banned: String, use: String, expression: String? = nil) {
        self.banned = banned
        self.use = use
        self.expression = expression ?? Self.quoted(banned)
    }

    /// The numbers of the lines, from 1, where it stands.
    func lines(in lines: [Substring]) throws -> [Int] {
        // The default boundaries are those of prose, in which `Task.sleep` is one word.
        let regex = try Regex(self.expression).wordBoundaryKind(.simple)
        return lines.enumerated().compactMap { index, line in
            line.firstMatch(of: regex) == nil ? nil : index + 1
        }
    }

    private static func quoted(_ text: String) -> String {
        text.map { "\\.()[]{}*+?^$|".contains($0) ? "\\\($0)" : "\($0)" }.joined()
    }
}

extension Rule {
    /// Bans patterns from the code of Swift files (not from its comments and strings).
    static func code(
        _ name: String,
        bad: KeyValuePairs<String, String>,
        good: KeyValuePairs<String, String>,
        in isConcerned: @escaping @Sendable (TextFile) -> Bool,
        _ patterns: [Pattern]
    ) -> Rule {
        .perFile(name, bad: bad, good: good, in: { $0.isSwift && isConcerned($0) }) { file in
            find(patterns, in: file.codeLines, of: file)
        }
    }

    /// Bans patterns wherever they stand.
    static func text(
        _ name: String,
        bad: KeyValuePairs<String, String>,
        good: KeyValuePairs<String, String>,
        in isConcerned: @escaping @Sendable (TextFile) -> Bool,
        _ patterns: [Pattern]
    ) -> Rule {
        .perFile(name, bad: bad, good: good, in: isConcerned) { file in
            find(patterns, in: file.lines, of: file)
        }
    }

    private static func find(
        _ patterns: [Pattern],
        in lines: [Substring],
        of file: TextFile
    ) -> [Finding] {
        patterns.flatMap { pattern in
            // A pattern that is no regular expression finds itself in every first line.
            ((try? pattern.lines(in: lines)) ?? [1]).map {
                Finding(path: file.path, line: $0, banned: pattern.banned, use: pattern.use)
            }
        }
    }
}
