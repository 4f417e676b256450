/// The text of JSON strings: from escapes to characters.
enum JSONText {
    /// The characters of a string whose bytes, without the quotes, ``JSONLexer`` has accepted.
    static func decode(_ raw: UnsafeRawBufferPointer) -> String {
        guard raw.contains(ASCII.backslash) else { return String(decoding: raw, as: UTF8.self) }
        // An escape is never shorter than what it stands for.
        return String(unsafeUninitializedCapacity: raw.count) { target in
            self.unescape(raw, into: UnsafeMutableRawBufferPointer(target))
        }
    }

    /// Gives the characters of a short string to `read`, without a `String` in between. What is longer than
    /// `bytesMax` arrives cut at one byte more than that, so that it equals nothing.
    static func withPlain<Result>(
        _ raw: UnsafeRawBufferPointer,
        bytesMax: Int,
        _ read: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        guard raw.contains(ASCII.backslash) else { return read(raw) }
        return withUnsafeTemporaryAllocation(byteCount: bytesMax + 1, alignment: 1) { plain in
            let count = self.unescape(raw, into: plain)
            return read(UnsafeRawBufferPointer(rebasing: plain[..<count]))
        }
    }

    /// Writes what `raw` stands for and returns how many bytes that is, at most `raw.count`; stops
    /// where `target` is full.
    static func unescape(_ raw: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int {
        var source = 0
        var written = 0
        while source < raw.count, written < target.count {
            guard raw[source] == ASCII.backslash else {
                target[written] = raw[source]
                written += 1
                source += 1
                continue
            }
            let (scalar, length) = self.escape(in: raw, at: source)
            source += length
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                guard written < target.count else { return written }
                target[written] = byte
                written += 1
            }
        }
        return written
    }

    private static func escape(in raw: UnsafeRawBufferPointer, at offset: Int) -> (Unicode.Scalar, Int) {
        switch raw[offset + 1] {
        case 0x62: return ("\u{8}", 2)
        case 0x66: return ("\u{C}", 2)
        case 0x6E: return ("\n", 2)
        case 0x72: return ("\r", 2)
        case 0x74: return ("\t", 2)
        case 0x75:
            let first = UInt32(truncatingIfNeeded: JSONLexer.codeUnit(raw, offset + 2))
            guard first & 0xF800 == 0xD800 else { return (Unicode.Scalar(first) ?? "\u{FFFD}", 6) }
            let second = UInt32(truncatingIfNeeded: JSONLexer.codeUnit(raw, offset + 8))
            let value = 0x10000 &+ (first & 0x3FF) &<< 10 &+ second & 0x3FF
            return (Unicode.Scalar(value) ?? "\u{FFFD}", 12)
        default: return (Unicode.Scalar(raw[offset + 1]), 2)
        }
    }
}
