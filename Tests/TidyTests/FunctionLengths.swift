/// Finds functions and counts their lines, from `func` to the closing brace.
///
/// A matcher of braces, not a parser: it needs no more than code that compiles.
enum FunctionLengths {
    static func measure(_ file: TextFile) -> [(line: Int, lines: Int)] {
        let code = Array(file.codeLines.joined(separator: "\n").utf8)
        var result: [(line: Int, lines: Int)] = []
        var line = 1
        for index in code.indices {
            if code[index] == UInt8(ascii: "\n") { line += 1 }
            guard let signature = signature(at: index, in: code), let body = body(from: signature, in: code) else {
                continue
            }
            result.append((line, code[index...body].count { $0 == UInt8(ascii: "\n") } + 1))
        }
        return result
    }

    /// Where the signature of a function that begins at `index` goes on after its keyword.
    private static func signature(at index: Int, in code: [UInt8]) -> Int? {
        let before: UInt8 = index > 0 ? code[index - 1] : UInt8(ascii: "\n")
        guard before == UInt8(ascii: " ") || before == UInt8(ascii: "\n") else { return nil }
        for keyword in ["func ", "init(", "init?(", "init<", "deinit "] {
            let end = index + keyword.utf8.count
            guard end <= code.count, code[index..<end].elementsEqual(keyword.utf8) else { continue }
            // The parenthesis is part of the signature.
            return end - 1
        }
        return nil
    }

    /// The index of the brace that closes the body; `nil` for a requirement of a protocol.
    private static func body(from start: Int, in code: [UInt8]) -> Int? {
        guard let opening = openingBrace(from: start, in: code) else { return nil }
        var depth = 0
        for index in opening..<code.count {
            if code[index] == UInt8(ascii: "{") { depth += 1 }
            if code[index] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    private static func openingBrace(from start: Int, in code: [UInt8]) -> Int? {
        var parentheses = 0
        for index in start..<code.count {
            switch code[index] {
            case UInt8(ascii: "("): parentheses += 1
            case UInt8(ascii: ")"): parentheses -= 1
            case UInt8(ascii: "{") where parentheses == 0: return index
            case UInt8(ascii: "}") where parentheses == 0: return nil
            case UInt8(ascii: "\n") where parentheses == 0:
                guard continues(after: index, in: code) else { return nil }
            default: break
            }
        }
        return nil
    }

    /// Whether the line after a line break still belongs to the signature.
    private static func continues(after index: Int, in code: [UInt8]) -> Bool {
        let rest = code[(index + 1)...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        return ["{", "->", "where ", "throws", "async"].contains { rest.starts(with: $0.utf8) }
    }
}
