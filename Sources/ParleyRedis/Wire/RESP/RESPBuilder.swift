import NIOCore

/// Makes a value of bytes that are known to be whole.
enum RESPBuilder {
    static func value(_ bytes: inout ByteBuffer) throws(RESPViolation) -> RESPValue {
        guard let kind = bytes.readInteger(as: UInt8.self), let line = self.line(&bytes) else { throw .malformed }
        switch kind {
        case UInt8(ascii: "+"): return .string(line)
        case UInt8(ascii: "-"): return .error(line)
        case UInt8(ascii: "("): return try self.bigNumber(line)
        case UInt8(ascii: ":"):
            guard let number = Int64(String(buffer: line)) else { throw .malformed }
            return .integer(number)
        case UInt8(ascii: ","):
            guard let number = Double(String(buffer: line)) else { throw .malformed }
            return .double(number)
        case UInt8(ascii: "#"):
            switch String(buffer: line) {
            case "t": return .boolean(true)
            case "f": return .boolean(false)
            default: throw .malformed
            }
        case UInt8(ascii: "_"):
            guard line.readableBytes == 0 else { throw .malformed }
            return .null
        case UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "!"): return try self.text(kind, line, &bytes)
        default: return try self.values(kind, line, &bytes)
        }
    }

    private static func text(
        _ kind: UInt8,
        _ line: ByteBuffer,
        _ bytes: inout ByteBuffer
    ) throws(RESPViolation) -> RESPValue {
        let length = try RESPHeader.length(line.readableBytesView, canBeNull: kind == UInt8(ascii: "$"))
        guard length >= 0 else { return .null }
        guard var text = bytes.readSlice(length: length), bytes.readInteger(as: UInt16.self) == 0x0D0A else {
            throw .malformed
        }
        if kind == UInt8(ascii: "!") { return .error(text) }
        if kind == UInt8(ascii: "=") {
            // `txt:` or `mkd:` says how a human wants to see it.
            guard let head = text.readInteger(as: UInt32.self), head & 0xFF == UInt8(ascii: ":") else {
                throw .malformed
            }
        }
        return .string(text)
    }

    private static func values(
        _ kind: UInt8,
        _ line: ByteBuffer,
        _ bytes: inout ByteBuffer
    ) throws(RESPViolation) -> RESPValue {
        let count = try RESPHeader.length(line.readableBytesView, canBeNull: kind == UInt8(ascii: "*"))
        guard count >= 0 else { return .null }
        let isPaired = kind == UInt8(ascii: "%") || kind == UInt8(ascii: "|")
        var values: [RESPValue] = []
        values.reserveCapacity(min(isPaired ? count * 2 : count, 1_024))
        for _ in 0..<(isPaired ? count * 2 : count) { values.append(try self.value(&bytes)) }
        switch kind {
        case UInt8(ascii: "*"), UInt8(ascii: "~"): return .array(values)
        case UInt8(ascii: ">"): return .push(values)
        case UInt8(ascii: "%"): return .map(values)
        case UInt8(ascii: "|"): return try self.value(&bytes)
        default: throw .malformed
        }
    }

    private static func bigNumber(_ line: ByteBuffer) throws(RESPViolation) -> RESPValue {
        if let number = Int64(String(buffer: line)) { return .integer(number) }
        var digits = line.readableBytesView[...]
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { digits.removeFirst() }
        guard !digits.isEmpty, digits.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) else {
            throw .malformed
        }
        return .string(line)
    }

    /// Up to the next CR LF, which is taken as well.
    private static func line(_ bytes: inout ByteBuffer) -> ByteBuffer? {
        let view = bytes.readableBytesView
        guard let newline = view.firstIndex(of: UInt8(ascii: "\n")), newline > view.startIndex else { return nil }
        defer { bytes.moveReaderIndex(forwardBy: 2) }
        return bytes.readSlice(length: newline - view.startIndex - 1)
    }
}
