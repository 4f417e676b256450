/// RFC 8259 read slowly, one function per rule of the grammar: what the fast readers are held against.
/// Shares nothing with them.
struct SlowJSON {
    struct Document {
        var isObject = false
        /// Some object, at whatever depth, has a name twice.
        var hasDuplicate = false
        /// The names of the outermost object, decoded.
        var names: [[UInt32]] = []
    }

    private struct Refusal: Error {}

    private let bytes: [UInt8]
    private var position = 0
    private let depthMax: Int
    private var document = Document()

    /// - Parameter bytes: UTF-8.
    static func read(_ bytes: [UInt8], depthMax: Int = 32) -> Document? {
        var reader = SlowJSON(bytes: bytes, depthMax: depthMax)
        do {
            reader.space()
            reader.document.isObject = reader.next == UInt8(ascii: "{")
            try reader.value(depth: 0)
            reader.space()
            return reader.position == bytes.count ? reader.document : nil
        } catch {
            return nil
        }
    }

    private init(bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    private var next: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    private mutating func take(_ text: String) -> Bool {
        guard self.bytes[self.position...].starts(with: text.utf8) else { return false }
        self.position += text.utf8.count
        return true
    }

    private mutating func expect(_ text: String) throws {
        guard self.take(text) else { throw Refusal() }
    }

    private mutating func space() {
        while self.take(" ") || self.take("\t") || self.take("\n") || self.take("\r") {}
    }

    private mutating func value(depth: Int) throws {
        switch self.next {
        case UInt8(ascii: "{"): try self.object(depth: depth + 1)
        case UInt8(ascii: "["): try self.array(depth: depth + 1)
        case UInt8(ascii: "\""): _ = try self.string()
        default:
            if !(self.take("true") || self.take("false") || self.take("null")) { try self.number() }
        }
    }

    private mutating func object(depth: Int) throws {
        guard depth <= self.depthMax else { throw Refusal() }
        var names: [[UInt32]] = []
        try self.expect("{")
        self.space()
        if !self.take("}") {
            repeat {
                self.space()
                names.append(try self.string())
                self.space()
                try self.expect(":")
                self.space()
                try self.value(depth: depth)
                self.space()
            } while self.take(",")
            try self.expect("}")
        }
        if Set(names).count < names.count { self.document.hasDuplicate = true }
        if depth == 1 { self.document.names = names }
    }

    private mutating func array(depth: Int) throws {
        guard depth <= self.depthMax else { throw Refusal() }
        try self.expect("[")
        self.space()
        if self.take("]") { return }
        repeat {
            self.space()
            try self.value(depth: depth)
            self.space()
        } while self.take(",")
        try self.expect("]")
    }

    /// The scalars.
    private mutating func string() throws -> [UInt32] {
        try self.expect("\"")
        var units: [UInt16] = []
        while !self.take("\"") {
            guard let byte = self.next else { throw Refusal() }
            if self.take("\\") {
                units.append(try self.escape())
            } else {
                guard byte >= 0x20 else { throw Refusal() }
                var length = 1
                while self.position + length < self.bytes.count, self.bytes[self.position + length] >> 6 == 2 {
                    length += 1
                }
                let character = self.bytes[self.position..<(self.position + length)]
                units.append(contentsOf: String(decoding: character, as: UTF8.self).utf16)
                self.position += length
            }
        }
        guard let text = String(validating: units, as: UTF16.self) else { throw Refusal() }
        return text.unicodeScalars.map { $0.value }
    }

    private mutating func escape() throws -> UInt16 {
        for (name, unit) in Self.escapes where self.take(name) { return unit }
        try self.expect("u")
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = self.next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw Refusal()
            }
            unit = unit * 16 + UInt16(digit)
            self.position += 1
        }
        return unit
    }

    private static let escapes: [(String, UInt16)] = [
        ("\"", 0x22), ("\\", 0x5C), ("/", 0x2F), ("b", 8), ("f", 12), ("n", 10), ("r", 13), ("t", 9),
    ]

    private mutating func number() throws {
        _ = self.take("-")
        if !self.take("0") { try self.digits() }
        if self.take(".") { try self.digits() }
        if self.take("e") || self.take("E") {
            if !self.take("+") { _ = self.take("-") }
            try self.digits()
        }
    }

    private mutating func digits() throws {
        let start = self.position
        while let byte = self.next, (0x30...0x39).contains(byte) { self.position += 1 }
        guard self.position > start else { throw Refusal() }
    }
}
