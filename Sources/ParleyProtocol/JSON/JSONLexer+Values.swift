extension JSONLexer {
    /// From the first byte of any value to the byte after it, with everything inside checked.
    ///
    /// - Parameter depthMax: how many arrays and objects may be nested, this one included; at most 64.
    @inline(__always)
    static func afterValue(_ text: UnsafeRawBufferPointer, _ start: Int, depthMax: Int) -> Int {
        guard start < text.count else { return self.failure(.unexpectedEnd) }
        let byte = text[start]
        if byte == ASCII.quote {
            let quote = self.closingQuote(text, from: start &+ 1)
            return quote < 0 ? quote : quote &+ 1
        }
        if byte == ASCII.openBrace || byte == ASCII.openBracket {
            return self.afterContainer(text, start, depthMax: depthMax)
        }
        return self.afterNumberOrLiteral(text, start)
    }

    @inline(__always)
    private static func afterNumberOrLiteral(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        switch text[start] {
        case 0x74, 0x66, 0x6E: self.afterLiteral(text, start)
        case ASCII.minus, ASCII.zero...ASCII.nine: self.afterNumber(text, start)
        default: self.failure(.unexpectedByte)
        }
    }

    /// Without recursion: the kinds of the open containers are the bits of one word, the innermost
    /// being the lowest, 1 for an object.
    private static func afterContainer(_ text: UnsafeRawBufferPointer, _ start: Int, depthMax: Int) -> Int {
        assert(depthMax <= 64)
        var objects: UInt64 = 0
        var depth = 0
        var offset = start
        while true {
            guard offset < text.count else { return self.failure(.unexpectedEnd) }
            let byte = text[offset]
            let opensObject = byte == ASCII.openBrace
            if opensObject || byte == ASCII.openBracket {
                depth &+= 1
                guard depth <= depthMax else { return self.failure(.tooDeep) }
                objects = objects &<< 1 | (opensObject ? 1 : 0)
                offset = self.afterSpace(text, offset &+ 1)
                guard offset < text.count else { return self.failure(.unexpectedEnd) }
                let isEmpty = text[offset] == (opensObject ? ASCII.closeBrace : ASCII.closeBracket)
                if !isEmpty {
                    if opensObject { offset = self.afterName(text, offset) }
                    if offset < 0 { return offset }
                    continue
                }
            } else {
                offset = self.afterScalar(text, offset)
                if offset < 0 { return offset }
            }
            offset = self.afterClosings(text, offset, &objects, &depth)
            if depth == 0 || offset < 0 { return offset }
        }
    }

    /// From after a value, over the brackets that it was the last in, to the next value.
    /// `depth` is 0 if there is none: then the outermost container has ended.
    @inline(__always)
    private static func afterClosings(
        _ text: UnsafeRawBufferPointer,
        _ start: Int,
        _ objects: inout UInt64,
        _ depth: inout Int
    ) -> Int {
        var offset = start
        while depth > 0 {
            offset = self.afterSpace(text, offset)
            guard offset < text.count else { return self.failure(.unexpectedEnd) }
            let inObject = objects & 1 == 1
            switch text[offset] {
            case ASCII.comma:
                offset = self.afterSpace(text, offset &+ 1)
                return inObject ? self.afterName(text, offset) : offset
            case ASCII.closeBrace where inObject, ASCII.closeBracket where !inObject:
                objects &>>= 1
                depth &-= 1
                offset &+= 1
            default: return self.failure(.unexpectedByte)
            }
        }
        return offset
    }

    @inline(__always)
    private static func afterScalar(_ text: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        guard text[offset] == ASCII.quote else { return self.afterNumberOrLiteral(text, offset) }
        let quote = self.closingQuote(text, from: offset &+ 1)
        return quote < 0 ? quote : quote &+ 1
    }

    /// From the opening quote of a member name to the first byte of its value.
    private static func afterName(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        guard start < text.count else { return self.failure(.unexpectedEnd) }
        guard text[start] == ASCII.quote else { return self.failure(.unexpectedByte) }
        let quote = self.closingQuote(text, from: start &+ 1)
        return quote < 0 ? quote : self.afterColon(text, quote &+ 1)
    }

    /// From after a member name's closing quote to the first byte of its value.
    @inline(__always)
    static func afterColon(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        let offset = self.afterSpace(text, start)
        guard offset < text.count else { return self.failure(.unexpectedEnd) }
        guard text[offset] == ASCII.colon else { return self.failure(.unexpectedByte) }
        return self.afterSpace(text, offset &+ 1)
    }
}
