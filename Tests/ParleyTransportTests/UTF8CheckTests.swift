import ParleyTestSupport
import ParleyTransport
import Testing

struct UTF8CheckTests {
    private func check(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes(isUTF8) }

    /// The character alone, and at every distance from a block of 16.
    private func checkEverywhere(_ bytes: [UInt8]) -> Set<Bool> {
        Set((0...17).map { self.check(Array(repeating: 0x61, count: $0) + bytes + Array(repeating: 0x7A, count: 17)) })
            .union([self.check(bytes)])
    }

    @Test func `Every character that there is`() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array(UTF8.encode(scalar).map(Array.init) ?? [])
            if self.check(bytes) == false {
                Issue.record("U+\(String(value, radix: 16)) was refused")
            }
        }
    }

    @Test(
        arguments: [
            // First and last of each length.
            [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xEF, 0xBF, 0xBF],
            [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
            // Around the surrogates.
            [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
        ] as [[UInt8]]
    )
    func `The boundaries from inside`(bytes: [UInt8]) {
        #expect(self.checkEverywhere(bytes) == [true])
    }

    @Test(
        arguments: [
            // Continuations of nothing, and bytes that never occur.
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
            // Overlong.
            [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            // Surrogates, and above U+10FFFF.
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            // Broken off, in front of ASCII and at the end.
            [0xC2], [0xE0, 0xA0], [0xE1, 0x80], [0xF0, 0x90, 0x80], [0xF1, 0x80], [0xC2, 0x41],
            [0xE1, 0x80, 0x41], [0xF1, 0x80, 0x80, 0x41], [0xE1, 0xC0, 0x80], [0xF1, 0x80, 0xC0, 0x80],
        ] as [[UInt8]]
    )
    func `The boundaries from outside`(bytes: [UInt8]) {
        #expect(self.checkEverywhere(bytes) == [false])
    }

    @Test func `The standard library agrees on random bytes`() {
        var random = SeededGenerator(seed: 1)
        let favourites: [UInt8] = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xED, 0xF0, 0xF4]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                favourites.randomElement(using: &random) ?? 0
            }
            #expect(self.check(bytes) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }
}
