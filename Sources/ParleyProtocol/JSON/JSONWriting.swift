extension JSONValue {
    /// Appends the compact text: members in their order, no space, only the escapes that must be.
    /// What ``JSONParser`` has read from such a text is written back byte for byte.
    public func encode(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.write("null")
        case .bool(let value): bytes.write(value ? "true" : "false")
        case .integer(let value): bytes.write(integer: value)
        case .number(let text): bytes.append(text: text)
        case .string(let text): bytes.write(string: text)
        case .array(let elements):
            bytes.append(ASCII.openBracket)
            for index in elements.indices {
                if index > 0 { bytes.append(ASCII.comma) }
                elements[index].encode(into: &bytes)
            }
            bytes.append(ASCII.closeBracket)
        case .object(let object): object.encode(into: &bytes)
        }
    }

    /// The compact text as bytes; see ``encode(into:)``.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        self.encode(into: &bytes)
        return bytes
    }
}

extension JSONObject {
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(ASCII.openBrace)
        var isFirst = true
        for (name, value) in self.members {
            if !isFirst { bytes.append(ASCII.comma) }
            isFirst = false
            bytes.write(string: name)
            bytes.append(ASCII.colon)
            value.encode(into: &bytes)
        }
        bytes.append(ASCII.closeBrace)
    }
}

/// The words from which messages are written without building a `JSONValue` first.
extension [UInt8] {
    /// The text's bytes as they are, copied at once: as a sequence they are added one by one.
    mutating func append(text: String) {
        var copy = text
        copy.withUTF8 { self.append(contentsOf: $0) }
    }

    package mutating func write(_ text: StaticString) {
        self.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package mutating func write(integer value: some FixedWidthInteger) {
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            if value < 0 { self.append(ASCII.minus) }
            let count = Decimal.write(UInt64(value.magnitude), to: digits)
            self.append(contentsOf: digits[..<count])
        }
    }

    /// A string with its quotes. Runs without escapes are copied whole.
    package mutating func write(string text: String) {
        var copy = text
        copy.withUTF8 { utf8 in
            self.append(ASCII.quote)
            var start = 0
            for index in 0..<utf8.count {
                let byte = utf8[index]
                guard byte < ASCII.space || byte == ASCII.quote || byte == ASCII.backslash else { continue }
                self.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
                self.write(escapeFor: byte)
                start = index + 1
            }
            self.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
            self.append(ASCII.quote)
        }
    }

    package mutating func write(_ identifier: Identifier<some IdentifierKind>) {
        withUnsafeTemporaryAllocation(byteCount: 26, alignment: 1) { buffer in
            buffer[0] = ASCII.quote
            identifier.write(to: UnsafeMutableRawBufferPointer(rebasing: buffer[1..<25]))
            buffer[25] = ASCII.quote
            self.append(contentsOf: buffer)
        }
    }

    private mutating func write(escapeFor byte: UInt8) {
        self.append(ASCII.backslash)
        switch byte {
        case 0x08: self.append(0x62)
        case 0x0C: self.append(0x66)
        case 0x0A: self.append(0x6E)
        case 0x0D: self.append(0x72)
        case 0x09: self.append(0x74)
        case ASCII.quote, ASCII.backslash: self.append(byte)
        default:
            self.write("u00")
            self.append(ASCII.hexadecimalDigit(byte >> 4))
            self.append(ASCII.hexadecimalDigit(byte))
        }
    }
}

/// Decimal digits without a string in between.
enum Decimal {
    /// How many digits ``write(_:to:)`` will write: 1 to 20.
    @inline(__always)
    static func count(_ value: UInt64) -> Int {
        var rest = value
        var count = 1
        while rest >= 10 {
            rest /= 10
            count &+= 1
        }
        return count
    }

    /// Writes the digits and returns how many they are.
    @inline(__always)
    static func write(_ value: UInt64, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = self.count(value)
        var rest = value
        for index in stride(from: count &- 1, through: 0, by: -1) {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            buffer[index] = ASCII.zero &+ UInt8(truncatingIfNeeded: remainder)
            rest = quotient
        }
        return count
    }
}
