/// Just enough of Swift's grammar to tell code from comments and strings.
///
/// A regular expression over raw text would find `try!` in a comment that explains why it is banned.
enum SwiftCode {
    /// The same text with spaces instead of comments and of what stands in strings; line breaks stay.
    static func blanked(_ text: String) -> String {
        var scanner = Scanner(text)
        scanner.code(untilParenthesis: false)
        return String(decoding: scanner.output, as: UTF8.self)
    }

    private struct Scanner {
        private let input: [UInt8]
        private var position = 0
        private(set) var output: [UInt8] = []

        init(_ text: String) {
            self.input = Array(text.utf8)
            self.output.reserveCapacity(self.input.count)
        }

        /// Reads code; within a string's interpolation, up to the parenthesis that closes it.
        mutating func code(untilParenthesis: Bool) {
            var depth = 0
            while self.position < self.input.count {
                if self.sees("//") {
                    self.blank { $0.sees("\n") }
                } else if self.sees("/*") {
                    self.blockComment()
                } else if let pounds = self.stringStart() {
                    self.string(pounds: pounds)
                } else {
                    if self.sees("(") { depth += 1 }
                    if self.sees(")") {
                        if untilParenthesis, depth == 0 { return }
                        depth -= 1
                    }
                    self.keep()
                }
            }
        }

        private func sees(_ word: String, after offset: Int = 0) -> Bool {
            let bytes = word.utf8
            let start = self.position + offset
            guard start + bytes.count <= self.input.count else { return false }
            return zip(bytes, self.input[start...]).allSatisfy { $0 == $1 }
        }

        private mutating func keep(_ count: Int = 1) {
            for _ in 0..<count where self.position < self.input.count {
                self.output.append(self.input[self.position])
                self.position += 1
            }
        }

        private mutating func skip(_ count: Int = 1) {
            for _ in 0..<count where self.position < self.input.count {
                let byte = self.input[self.position]
                // One space for each character: the other bytes of a character vanish with it.
                let isLineBreak = byte == UInt8(ascii: "\n")
                if isLineBreak || byte & 0xC0 != 0x80 { self.output.append(isLineBreak ? byte : 0x20) }
                self.position += 1
            }
        }

        private mutating func blank(until end: (borrowing Scanner) -> Bool) {
            while self.position < self.input.count, !end(self) { self.skip() }
        }

        private mutating func blockComment() {
            var depth = 0
            repeat {
                if self.sees("/*") {
                    depth += 1
                    self.skip(2)
                } else if self.sees("*/") {
                    depth -= 1
                    self.skip(2)
                } else {
                    self.skip()
                }
            } while depth > 0 && self.position < self.input.count
        }

        /// How many `#` stand in front of a string that begins here; `nil` if none does.
        private func stringStart() -> Int? {
            var pounds = 0
            while self.sees("#", after: pounds) { pounds += 1 }
            return self.sees("\"", after: pounds) ? pounds : nil
        }

        private mutating func string(pounds: Int) {
            let fence = String(repeating: "#", count: pounds)
            self.keep(pounds)
            let quote = self.sees("\"\"\"") ? "\"\"\"" : "\""
            self.keep(quote.utf8.count)
            while self.position < self.input.count {
                if self.sees(quote + fence) {
                    return self.keep(quote.utf8.count + pounds)
                } else if self.sees("\\" + fence + "(") {
                    self.skip(pounds + 1)
                    self.keep()
                    self.code(untilParenthesis: true)
                    self.keep()
                } else if self.sees("\\" + fence) {
                    self.skip(pounds + 2)
                } else {
                    self.skip()
                }
            }
        }
    }
}
