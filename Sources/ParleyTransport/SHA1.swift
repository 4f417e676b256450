/// SHA-1 (RFC 3174). Only the handshake of RFC 6455 wants it, where it proves understanding, not identity.
package enum SHA1 {
    /// The digest: 20 bytes, big-endian.
    package static func digest(_ message: [UInt8]) -> [UInt8] {
        var state = SIMD8<UInt32>(0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0, 0, 0, 0)
        var words = [UInt32](repeating: 0, count: 80)
        let padded = self.padded(message)
        for start in stride(from: 0, to: padded.count, by: 64) {
            self.mix(padded[start..<(start + 64)], into: &state, words: &words)
        }
        return (0..<20).map { UInt8(truncatingIfNeeded: state[$0 / 4] >> UInt32(24 - 8 * ($0 % 4))) }
    }

    /// The message, one 1 bit, zeros, and the length in bits as eight bytes: a multiple of 64 bytes.
    private static func padded(_ message: [UInt8]) -> [UInt8] {
        var padded = message
        padded.append(0x80)
        let zeros = (56 - padded.count % 64 + 64) % 64
        padded.append(contentsOf: repeatElement(0, count: zeros))
        let bits = UInt64(message.count) * 8
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            padded.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
        return padded
    }

    private static func mix(_ block: ArraySlice<UInt8>, into state: inout SIMD8<UInt32>, words: inout [UInt32]) {
        for index in 0..<16 {
            let start = block.startIndex + 4 * index
            words[index] = block[start..<(start + 4)].reduce(0) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<80 {
            words[index] = rotated(
                words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16],
                by: 1
            )
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for index in 0..<80 {
            let (f, k): (UInt32, UInt32) =
                switch index {
                case 0..<20: ((b & c) | (~b & d), 0x5A82_7999)
                case 20..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case 40..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = self.rotated(a, by: 5) &+ f &+ e &+ k &+ words[index]
            (e, d, c, b, a) = (d, c, self.rotated(b, by: 30), a, next)
        }
        state = state &+ SIMD8(a, b, c, d, e, 0, 0, 0)
    }

    private static func rotated(_ word: UInt32, by count: UInt32) -> UInt32 {
        word << count | word >> (32 - count)
    }
}
