import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite struct UTF8ValidationTests {
    /// Every sequence of up to three bytes whose first is not ASCII, and the interesting ones of four,
    /// each at the end of a text and inside one.
    @Test func agreesWithTheStandardLibrary() {
        let edges: [UInt8] = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xED, 0xF0, 0xFF]
        for first in UInt8(0x80)...0xFF {
            self.check([first])
            for second in edges {
                self.check([first, second])
                for third in edges {
                    self.check([first, second, third])
                    for fourth in edges { self.check([first, second, third, fourth]) }
                }
            }
        }
    }

    @Test func findsAFaultAtEveryPlaceOfABlock() {
        for place in 0..<50 {
            var bytes = [UInt8](repeating: 0x61, count: 50)
            bytes[place] = 0xFF
            self.check(bytes)
        }
    }

    private func check(_ bytes: [UInt8]) {
        let expected = String(validating: bytes, as: UTF8.self) != nil
        #expect(bytes.withUnsafeBytes { validateUTF8($0) } == expected, "\(bytes)")
    }
}
