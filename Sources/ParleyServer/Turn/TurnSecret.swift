import Crypto

/// Something that lets whoever has it do something. Nothing prints it: not a log, not a debugger's description.
public struct TurnSecret: Hashable, Sendable {
    private let text: String

    /// - Returns: `nil` for an empty one.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self.text = text
    }

    /// For the place that needs it.
    package var revealed: String { self.text }

    package var byteCount: Int { self.text.utf8.count }

    /// In a time that does not tell how much of it was right, or how long it is.
    package func matches(_ guess: String) -> Bool {
        SHA256.hash(data: Array(self.text.utf8)) == SHA256.hash(data: Array(guess.utf8))
    }
}

extension TurnSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "(not shown)" }
    public var debugDescription: String { "(not shown)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension [TurnSecret] {
    /// What a file of secrets says: one to a line, the one that signs first. Empty lines and those that begin with `#`
    /// count for nothing.
    package init(lines text: String) {
        self = text.split(whereSeparator: \.isNewline).compactMap { line in
            let word = line.drop(while: \.isWhitespace)
            let end = word.lastIndex { !$0.isWhitespace }.map { word.index(after: $0) } ?? word.endIndex
            return word.hasPrefix("#") ? nil : TurnSecret(String(word[..<end]))
        }
    }
}
