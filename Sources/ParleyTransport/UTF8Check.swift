/// Whether `bytes` are UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF.
///
/// Thirty-two ASCII bytes a step; beyond ASCII, one character a step.
package func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let count = bytes.count
    var index = 0
    while index < count {
        while index &+ 32 <= count {
            let block = bytes.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
            guard (block[0] | block[1] | block[2] | block[3]) & 0x8080_8080_8080_8080 == 0 else { break }
            index &+= 32
        }
        while index &+ 8 <= count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard word & 0x8080_8080_8080_8080 == 0 else { break }
            index &+= 8
        }
        guard index < count else { break }
        // Less than a word is left: the last word of all, without the bytes before.
        if count &- index < 8, count >= 8 {
            let word = bytes.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            if UInt64(littleEndian: word) &>> UInt64(8 &* (8 &- (count &- index))) & 0x8080_8080_8080_8080 == 0 {
                break
            }
        }
        guard let length = lengthOfCharacter(in: bytes, at: index) else {
            return false
        }
        index += length
    }
    return true
}

/// How many bytes the character at `index` takes; nil if it is none. The table of RFC 3629, section 4: only
/// the second byte has a range that depends on the first.
private func lengthOfCharacter(in bytes: UnsafeRawBufferPointer, at index: Int) -> Int? {
    let length: Int
    let second: ClosedRange<UInt8>
    switch bytes[index] {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard index + length <= bytes.count, second.contains(bytes[index + 1]) else {
        return nil
    }
    for offset in 2..<max(length, 2) where bytes[index + offset] & 0xC0 != 0x80 {
        return nil
    }
    return length
}
