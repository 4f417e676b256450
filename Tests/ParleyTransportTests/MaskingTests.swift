import ParleyTransport
import Testing

struct MaskingTests {
    @Test func `Every length, at every alignment, and back in place`() {
        let mask: [UInt8] = [0x01, 0x80, 0xFF, 0x5A]
        let word = mask.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
        for length in 0...140 {
            for offset in 0..<5 {
                let source = (0..<(offset + length)).map { UInt8(truncatingIfNeeded: $0 * 7) }
                let plain = Array(source[offset...])
                var target = Array(repeating: UInt8(0xEE), count: length + 1)
                source.withUnsafeBytes { from in
                    target.withUnsafeMutableBytes { to in
                        guard let base = to.baseAddress else { return }
                        copyMasked(UnsafeRawBufferPointer(rebasing: from[offset...]), to: base, mask: word)
                    }
                }
                #expect(Array(target[..<length]) == plain.enumerated().map { $1 ^ mask[$0 % 4] })
                #expect(target[length] == 0xEE, "nothing is written behind the end")
                target.withUnsafeMutableBytes { bytes in
                    guard let base = bytes.baseAddress else { return }
                    copyMasked(UnsafeRawBufferPointer(rebasing: bytes[..<length]), to: base, mask: word)
                }
                #expect(Array(target[..<length]) == plain)
            }
        }
    }
}
