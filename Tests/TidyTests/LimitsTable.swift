import Foundation

/// The table of all limits, made from the source that holds them: its marks become headings, its comments rules.
///
/// One comment may stand for several limits that follow it: they share a row.
struct LimitsTable {
    private struct Row {
        var names: [String]
        var values: [String]
        let rule: String
    }

    private enum Line {
        case heading(String)
        case row(Row)
    }

    /// By limit: the flag that sets it.
    private let flags: [String: String]
    private var lines: [Line] = []
    /// Limits without a comment of their own and without one above them.
    private(set) var lacking: [String] = []
    /// Those that do not follow from others.
    private(set) var stored: [String] = []

    /// - Parameters:
    ///   - source: `Limits.swift`.
    ///   - settings: which setting sets which limit, and what the settings are called.
    init(source: TextFile, settings: [TextFile]) {
        self.flags = Self.flags(settings)
        var comment: [String] = []
        var isFresh = false
        for line in source.lines.map({ $0.trimmingCharacters(in: .whitespaces) }) {
            if line.hasPrefix("// MARK: ") {
                self.lines.append(.heading(String(line.dropFirst(9))))
                comment = []
            } else if line.hasPrefix("/// ") {
                if !isFresh { comment = [] }
                isFresh = true
                comment.append(String(line.dropFirst(4)))
            } else if let match = line.prefixMatch(of: #/public var (\w+)(.*)$/#) {
                if !match.2.contains("{") { self.stored.append(String(match.1)) }
                self.add(String(match.1), Self.value(String(match.1), String(match.2)), comment, isFresh: isFresh)
                isFresh = false
            } else if line.hasPrefix("private var ") {
                comment = []
                isFresh = false
            }
        }
    }

    var names: [String] {
        self.lines.flatMap { line -> [String] in
            switch line {
            case .heading: return []
            case .row(let row): return row.names
            }
        }
    }

    private mutating func add(_ name: String, _ value: String, _ comment: [String], isFresh: Bool) {
        if !isFresh, case .row(var row)? = self.lines.last {
            row.names.append(name)
            row.values.append(value)
            self.lines[self.lines.count - 1] = .row(row)
        } else {
            if comment.isEmpty { self.lacking.append(name) }
            let rule = comment.joined(separator: " ").replacing("``", with: "`")
            self.lines.append(.row(Row(names: [name], values: [value], rule: rule)))
        }
    }

    var text: String {
        var text = """
            # Limits

            Everything in Parley has a bound, and a rule at the bound. This page is made from
            [Limits.swift](../Sources/ParleyProtocol/Limits.swift) (HACKING.md says how); a test compares the two.

            *Rejected* means a `rejected` with that code, and nothing else happens; *closed* the end of the connection
            with that code ([PROTOCOL.md](PROTOCOL.md), sections 9 and 10); *answered with HTTP* that there is no
            connection (section 11). Where a flag stands behind a value, the operator sets it.

            """
        for line in self.lines {
            switch line {
            case .heading(let heading):
                // What stands behind the first sentence holds for all rows.
                let parts = heading.split(separator: ". ", maxSplits: 1)
                text += "\n## \(parts[0].trimmingSuffix("."))\n\n"
                if parts.count == 2 { text += "\(parts[1])\n\n" }
                text += "| limit | value | rule |\n|---|---|---|\n"
            case .row(let row):
                let names = row.names.map { "`\($0)`" }.joined(separator: "<br>")
                let values = zip(row.names, row.values).map { name, value in
                    self.flags[name].map { "\(value) (`\($0)`)" } ?? value
                }.joined(separator: "<br>")
                text += "| \(names) | \(values) | \(row.rule) |\n"
            }
        }
        return text
    }

    // MARK: Values

    /// `= 65_536` becomes `65,536 bytes`; what follows from others is said as it is written.
    private static func value(_ name: String, _ rest: String) -> String {
        if let match = rest.wholeMatch(of: #/(?:: Int64)? = ([\d_]+)/#),
            let number = Int(match.1.replacing("_", with: ""))
        {
            return self.value(name, number)
        }
        guard let match = rest.wholeMatch(of: #/: Int \{ (.+) \}/#) else { return "follows from others" }
        return "`\(match.1.replacing("self.", with: ""))`"
    }

    private static func value(_ name: String, _ number: Int) -> String {
        if name.contains("Milliseconds") {
            // An instant, and no time.
            if name.hasPrefix("instant") { return self.grouped(number) + " ms" }
            for (unit, size) in [("days", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)]
            where number >= 2 * size && number.isMultiple(of: size) || number == size {
                return "\(self.grouped(number / size)) \(number == size && unit == "days" ? "day" : unit)"
            }
            return self.grouped(number) + " ms"
        }
        if name.contains("Seconds") { return self.value("Milliseconds", number * 1_000) }
        if name.hasSuffix("PerSecond") { return self.grouped(number) + " a second" }
        if name.hasSuffix("PerMinute") { return self.grouped(number) + " a minute" }
        if name.hasSuffix("Percent") { return "\(number) %" }
        return self.grouped(number) + (name.contains("Bytes") || name.contains("bytes") ? " bytes" : "")
    }

    private static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    // MARK: Flags

    private static func flags(_ files: [TextFile]) -> [String: String] {
        let text = files.map(\.text).joined(separator: "\n")
        var keys: [Substring: Substring] = [:]
        for match in text.matches(of: #/static let (\w+) = Setting\(\s*key: "([\w-]+)"/#) { keys[match.1] = match.2 }
        var flags: [String: String] = [:]
        for match in text.matches(of: #/set\(\\\.(\w+), \.(\w+),/#) {
            if let key = keys[match.2] { flags[String(match.1)] = "--\(key)" }
        }
        return flags
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ suffix: String) -> Substring {
        self.hasSuffix(suffix) ? self.dropLast(suffix.count) : self
    }
}
