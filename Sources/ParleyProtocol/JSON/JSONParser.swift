/// Reads one JSON text (RFC 8259) and accepts nothing else.
///
/// Stricter than the grammar where the RFC leaves a choice that peers make differently: names are
/// unique in each object, surrogates come in pairs, depth is bounded. For commands and for the
/// client; relayed frames are only scanned, see ``EnvelopeScanner``.
public struct JSONParser {
    private let text: UnsafeRawBufferPointer
    private let depthMax: Int
    private var offset = 0

    /// - Parameter depthMax: how many arrays and objects may be nested. The parser recurses so deep.
    public static func parse(
        _ text: UnsafeRawBufferPointer,
        depthMax: Int = Limits().depthMax
    ) throws(JSONError) -> JSONValue {
        guard validateUTF8(text) else { throw JSONError(.invalidUTF8, at: 0) }
        var parser = JSONParser(text: text, depthMax: depthMax)
        parser.skipSpace()
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.offset == text.count else { throw JSONError(.trailingBytes, at: parser.offset) }
        return value
    }

    public static func parse(
        _ text: [UInt8],
        depthMax: Int = Limits().depthMax
    ) throws(JSONError) -> JSONValue {
        // A Result, because the standard library's closure erases the type of what it rethrows.
        try text.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in try Self.parse(bytes, depthMax: depthMax) }
        }.get()
    }

    public static func parse(
        _ text: String,
        depthMax: Int = Limits().depthMax
    ) throws(JSONError) -> JSONValue {
        try Self.parse(Array(text.utf8), depthMax: depthMax)
    }

    private init(text: UnsafeRawBufferPointer, depthMax: Int) {
        self.text = text
        self.depthMax = depthMax
    }

    // MARK: - Values

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        switch try self.peek() {
        case ASCII.quote: return .string(try self.string())
        case ASCII.openBrace: return .object(try self.object(depth: depth + 1))
        case ASCII.openBracket: return .array(try self.array(depth: depth + 1))
        case 0x74:
            try self.advance(to: JSONLexer.afterLiteral(self.text, self.offset))
            return .bool(true)
        case 0x66:
            try self.advance(to: JSONLexer.afterLiteral(self.text, self.offset))
            return .bool(false)
        case 0x6E:
            try self.advance(to: JSONLexer.afterLiteral(self.text, self.offset))
            return .null
        case ASCII.minus, ASCII.zero...ASCII.nine: return try self.number()
        default: throw JSONError(.unexpectedByte, at: self.offset)
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        guard depth <= self.depthMax else { throw JSONError(.tooDeep, at: self.offset) }
        var object = JSONObject()
        guard try self.open(closing: ASCII.closeBrace) else { return object }
        repeat {
            guard try self.peek() == ASCII.quote else { throw JSONError(.unexpectedByte, at: self.offset) }
            let nameOffset = self.offset
            let name = try self.string()
            try self.advance(to: JSONLexer.afterColon(self.text, self.offset))
            let value = try self.value(depth: depth)
            guard object.appendIfNew(name, value) else { throw JSONError(.duplicateMember, at: nameOffset) }
        } while try self.goesOn(closing: ASCII.closeBrace)
        return object
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= self.depthMax else { throw JSONError(.tooDeep, at: self.offset) }
        var elements: [JSONValue] = []
        guard try self.open(closing: ASCII.closeBracket) else { return elements }
        repeat {
            elements.append(try self.value(depth: depth))
        } while try self.goesOn(closing: ASCII.closeBracket)
        return elements
    }

    /// An integer if it is one that 64 bits hold and that is written back as it was (`-0` is not).
    private mutating func number() throws(JSONError) -> JSONValue {
        let start = self.offset
        try self.advance(to: JSONLexer.afterNumber(self.text, start))
        let digits = String(decoding: self.text[start..<self.offset], as: UTF8.self)
        if digits != "-0", let integer = Int64(digits) { return .integer(integer) }
        return .number(digits)
    }

    private mutating func string() throws(JSONError) -> String {
        let start = self.offset + 1
        let end = JSONLexer.closingQuote(self.text, from: start)
        try self.advance(to: end)
        self.offset += 1
        return JSONText.decode(UnsafeRawBufferPointer(rebasing: self.text[start..<end]))
    }

    // MARK: - Steps

    /// Over an opening bracket; `false` if the container is empty, which it then has left.
    private mutating func open(closing: UInt8) throws(JSONError) -> Bool {
        self.offset += 1
        self.skipSpace()
        guard try self.peek() == closing else { return true }
        self.offset += 1
        return false
    }

    /// Over a comma (`true`) or the closing bracket (`false`).
    private mutating func goesOn(closing: UInt8) throws(JSONError) -> Bool {
        self.skipSpace()
        let byte = try self.peek()
        guard byte == ASCII.comma || byte == closing else {
            throw JSONError(.unexpectedByte, at: self.offset)
        }
        self.offset += 1
        guard byte == ASCII.comma else { return false }
        self.skipSpace()
        return true
    }

    private mutating func skipSpace() {
        self.offset = JSONLexer.afterSpace(self.text, self.offset)
    }

    private func peek() throws(JSONError) -> UInt8 {
        guard self.offset < self.text.count else { throw JSONError(.unexpectedEnd, at: self.offset) }
        return self.text[self.offset]
    }

    private mutating func advance(to result: Int) throws(JSONError) {
        if result < 0 {
            throw JSONError(JSONError.Fault(rawValue: -result) ?? .unexpectedByte, at: self.offset)
        }
        self.offset = result
    }
}
