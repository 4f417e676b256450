/// The words of RFC 8259, found but not kept: what the parser and the envelope scanner share.
///
/// Each function takes an offset and returns the offset after what it names. A negative result is a
/// fault (`-Fault.rawValue`): in the relay path a thrown error or an optional would cost more than the
/// scanning itself. The text is taken to be UTF-8; whoever calls has checked that.
enum JSONLexer {
    @inline(__always)
    static func failure(_ fault: JSONError.Fault) -> Int { -fault.rawValue }

    /// The first byte at or after `offset` that is no white space (section 2).
    @inline(__always)
    static func afterSpace(_ text: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        var offset = offset
        while offset < text.count {
            let byte = text[offset]
            guard byte <= ASCII.space, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
                break
            }
            offset &+= 1
        }
        return offset
    }

    // MARK: - Strings

    /// From the byte after the opening quote to the closing quote.
    ///
    /// Names and words end within the first eight bytes or so; then thirty-two at a time. A session description has an
    /// escape every forty bytes or so, and pairs of them (`\r\n`), so a run of escapes is walked without going back to
    /// the words.
    static func closingQuote(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        let count = text.count
        var offset = start
        while true {
            while offset &+ 8 <= count {
                let word = text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let special = self.specialBytes(in: UInt64(littleEndian: word))
                guard special == 0 else {
                    offset &+= special.trailingZeroBitCount &>> 3
                    break
                }
                offset = self.afterPlainBlocks(text, offset &+ 8)
            }
            guard offset < count else { return self.failure(.unexpectedEnd) }
            let byte = text[offset]
            if byte == ASCII.quote { return offset }
            if byte == ASCII.backslash {
                repeat {
                    offset = self.afterEscape(text, offset)
                    if offset < 0 { return offset }
                } while offset < count && text[offset] == ASCII.backslash
            } else if byte < ASCII.space {
                return self.failure(.controlCharacter)
            } else {
                offset &+= 1
            }
        }
    }

    /// As far as blocks of 32 bytes hold nothing special.
    ///
    /// Arithmetic on four words at once, no masks: the standard library's operations on masks are partly generic code
    /// that is not specialised here, and then cost a hundred times as much.
    @inline(__always)
    private static func afterPlainBlocks(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        let quotes = SIMD4<UInt64>(repeating: 0x0202_0202_0202_0202)
        let below = SIMD4<UInt64>(repeating: 0x2121_2121_2121_2121)
        let backslashes = SIMD4<UInt64>(repeating: 0x5C5C_5C5C_5C5C_5C5C)
        let ones = SIMD4<UInt64>(repeating: 0x0101_0101_0101_0101)
        let all = SIMD4<UInt64>(repeating: .max)
        var offset = start
        while offset &+ 32 <= text.count {
            let block = text.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
            let found = (((block ^ quotes) &- below) | ((block ^ backslashes) &- ones)) & (block ^ all)
            guard (found[0] | found[1] | found[2] | found[3]) & 0x8080_8080_8080_8080 == 0 else { break }
            offset &+= 32
        }
        return offset
    }

    /// Bit 7 of the first byte that is a quote, a backslash or a control character, 0 if there is none.
    /// Higher bits mean nothing: a borrow may have set them.
    ///
    /// With bit 1 turned over, the quote (0x22) is 0x20, and what was below stays below: one subtraction finds both. A
    /// byte that is not ASCII is neither, whatever the subtractions make of it.
    @inline(__always)
    private static func specialBytes(in word: UInt64) -> UInt64 {
        let quotes = (word ^ 0x0202_0202_0202_0202) &- 0x2121_2121_2121_2121
        let backslashes = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101
        return (quotes | backslashes) & ~word & 0x8080_8080_8080_8080
    }

    /// From a backslash to the byte after the escape, both halves of a surrogate pair being one escape.
    private static func afterEscape(_ text: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        guard offset &+ 1 < text.count else { return self.failure(.unexpectedEnd) }
        switch text[offset &+ 1] {
        case 0x6E, 0x72, 0x22, 0x5C, 0x2F, 0x74, 0x62, 0x66: return offset &+ 2
        case 0x75:
            let unit = self.codeUnit(text, offset &+ 2)
            if unit < 0 { return unit }
            guard unit & 0xF800 == 0xD800 else { return offset &+ 6 }
            // The second half can only complete a first one, which comes before it.
            guard unit < 0xDC00, offset &+ 7 < text.count, text[offset &+ 6] == ASCII.backslash,
                text[offset &+ 7] == 0x75
            else { return self.failure(.loneSurrogate) }
            let second = self.codeUnit(text, offset &+ 8)
            if second < 0 { return second }
            return second & 0xFC00 == 0xDC00 ? offset &+ 12 : self.failure(.loneSurrogate)
        default: return self.failure(.invalidEscape)
        }
    }

    /// The value of the four hexadecimal digits at `offset`.
    static func codeUnit(_ text: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        guard offset &+ 4 <= text.count else { return self.failure(.unexpectedEnd) }
        var unit: UInt32 = 0
        for index in offset..<(offset &+ 4) {
            guard let digit = ASCII.hexadecimalValue(text[index]) else { return self.failure(.invalidEscape) }
            unit = unit &<< 4 | digit
        }
        return Int(unit)
    }

    // MARK: - Numbers and literals

    /// From a `-` or digit to the byte after the number (section 6).
    static func afterNumber(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var offset = start
        if text[offset] == ASCII.minus { offset &+= 1 }
        let integer = self.afterDigits(text, offset)
        guard integer > offset, text[offset] != ASCII.zero || integer == offset &+ 1 else {
            return self.failure(.invalidNumber)
        }
        offset = integer
        if offset < text.count, text[offset] == 0x2E {
            let fraction = self.afterDigits(text, offset &+ 1)
            guard fraction > offset &+ 1 else { return self.failure(.invalidNumber) }
            offset = fraction
        }
        if offset < text.count, text[offset] | 0x20 == 0x65 {
            offset &+= 1
            if offset < text.count, text[offset] == 0x2B || text[offset] == ASCII.minus { offset &+= 1 }
            let exponent = self.afterDigits(text, offset)
            guard exponent > offset else { return self.failure(.invalidNumber) }
            offset = exponent
        }
        return offset
    }

    @inline(__always)
    private static func afterDigits(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var offset = start
        while offset < text.count, ASCII.isDigit(text[offset]) { offset &+= 1 }
        return offset
    }

    /// From the `t`, `f` or `n` to the byte after `true`, `false` or `null`.
    static func afterLiteral(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        let literal: StaticString =
            switch text[start] {
            case 0x74: "true"
            case 0x66: "false"
            default: "null"
            }
        guard start &+ literal.utf8CodeUnitCount <= text.count else { return self.failure(.unexpectedEnd) }
        return text.holds(literal, at: start)
            ? start &+ literal.utf8CodeUnitCount : self.failure(.unexpectedByte)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes stand at `offset`, which leaves room for them.
    @inline(__always)
    func holds(_ word: StaticString, at offset: Int) -> Bool {
        let bytes = word.utf8Start
        for index in 0..<word.utf8CodeUnitCount where self[offset &+ index] != bytes[index] { return false }
        return true
    }
}
