/// Finds each `default:` of a switch that matches cases of an enum; over numbers there is no other way.
enum SwitchDefaults {
    /// The numbers of the lines, from 1.
    ///
    /// Goes by indentation: what belongs to one switch begins in the same column.
    static func overCases(in file: TextFile) -> [Int] {
        file.codeLines.indices.filter { index in
            let indentation = file.codeLines[index].prefix { $0 == " " }
            guard file.codeLines[index].hasPrefix(indentation + "default:") else { return false }
            let labels = file.codeLines[..<index].reversed()
                .prefix { !$0.hasPrefix(indentation + "switch ") }
                .filter { $0.hasPrefix(indentation + "case ") }
            return labels.contains { label in
                ["case .", "case (.", "case let .", "case (let ."].contains { label.hasPrefix(indentation + $0) }
            }
        }.map { $0 + 1 }
    }
}
