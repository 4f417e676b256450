/// Whether these bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
///
/// Sixteen bytes at a time while they are ASCII, which signaling nearly always is.
public func validateUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let count = bytes.count
    var offset = 0
    while true {
        while offset &+ 16 <= count {
            let first = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let second = bytes.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self)
            guard (first | second) & 0x8080_8080_8080_8080 == 0 else { break }
            offset &+= 16
        }
        guard offset < count else { return true }
        if bytes[offset] < 0x80 {
            offset &+= 1
        } else {
            let length = lengthOfSequence(bytes, at: offset)
            guard length > 0 else { return false }
            offset &+= length
        }
    }
}

/// The length of the multi-byte sequence at `offset`, 0 if it is none (RFC 3629, section 4).
private func lengthOfSequence(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
    func isContinuation(_ distance: Int, from low: UInt8 = 0x80, through high: UInt8 = 0xBF) -> Bool {
        offset &+ distance < bytes.count && bytes[offset &+ distance] >= low
            && bytes[offset &+ distance] <= high
    }
    switch bytes[offset] {
    case 0xC2...0xDF:
        return isContinuation(1) ? 2 : 0
    case 0xE0:
        return isContinuation(1, from: 0xA0) && isContinuation(2) ? 3 : 0
    case 0xED:
        return isContinuation(1, through: 0x9F) && isContinuation(2) ? 3 : 0
    case 0xE1...0xEF:
        return isContinuation(1) && isContinuation(2) ? 3 : 0
    case 0xF0:
        return isContinuation(1, from: 0x90) && isContinuation(2) && isContinuation(3) ? 4 : 0
    case 0xF4:
        return isContinuation(1, through: 0x8F) && isContinuation(2) && isContinuation(3) ? 4 : 0
    case 0xF1...0xF3:
        return isContinuation(1) && isContinuation(2) && isContinuation(3) ? 4 : 0
    default:
        return 0
    }
}
