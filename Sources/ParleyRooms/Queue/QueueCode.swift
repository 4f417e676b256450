import ParleyProtocol

/// What one device shows and the other one enters.
enum QueueCode {
    /// No vowels, so that they make no words, and none that looks like another or like a digit.
    private static let letters = Array("BCDFGHJKMNPQRTVWXY".utf8)
    private static let digits = Array("0123456789".utf8)

    /// - Returns: the first from there on that may be used.
    static func first(_ form: QueueRules.CodeForm, seed: UInt64, isFree: (String) -> Bool) -> String {
        let (symbols, length) =
            switch form {
            case .digits: (Self.digits, 6)
            case .letters: (Self.letters, 8)
            }
        let base = UInt64(symbols.count)
        let all = (0..<length).reduce(UInt64(1)) { product, _ in product * base }
        var number = seed % all
        while true {
            let text = Self.text(number, symbols, length)
            if isFree(text) { return text }
            number = (number + 1) % all
        }
    }

    /// As people type them: small letters, spaces and dashes mean nothing.
    static func canonical(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 != 0x20 && $0 != 0x2D }, as: UTF8.self).uppercased()
    }

    private static func text(_ number: UInt64, _ symbols: [UInt8], _ length: Int) -> String {
        var rest = number
        var text: [UInt8] = []
        for _ in 0..<length {
            text.append(symbols[Int(rest % UInt64(symbols.count))])
            rest /= UInt64(symbols.count)
        }
        return String(decoding: text.reversed(), as: UTF8.self)
    }
}
