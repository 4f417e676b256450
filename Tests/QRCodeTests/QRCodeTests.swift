import QRCode
import Testing

/// Every length was also read by a real reader (ZXing); what `parley serve --try` prints is read by it in the
/// end-to-end tests.
struct QRCodeTests {
    @Test(
        "The smallest version that holds the text is taken",
        arguments: [
            (1, 21), (17, 21), (18, 25), (32, 25), (33, 29), (53, 29), (54, 33), (78, 33), (79, 37), (106, 37),
            (107, 41), (134, 41), (135, 45), (154, 45), (155, 49), (192, 49), (193, 53), (230, 53), (231, 57),
            (271, 57),
        ]
    )
    func smallestVersion(bytes: Int, size: Int) throws {
        let code = try #require(QRCode(String(repeating: "x", count: bytes)))
        #expect(code.size == size)
        #expect(code.modules.allSatisfy { $0.count == size })
    }

    @Test("What does not fit has no code")
    func tooLong() {
        #expect(QRCode(String(repeating: "x", count: QRCode.bytesMax)) != nil)
        #expect(QRCode(String(repeating: "x", count: QRCode.bytesMax + 1)) == nil)
    }

    @Test("Text is counted in bytes, not in characters")
    func bytes() throws {
        // 14 bytes are the most that the smallest one holds with the better correction, and 17 with the other.
        #expect(try #require(QRCode("éééééééé")).size == 21)
        #expect(try #require(QRCode("ééééééééé")).size == 25)
    }

    @Test("Each symbol is read back: all data and correction agree", arguments: 0...271)
    func readBack(count: Int) throws {
        let text = String((0..<count).map { Character(UnicodeScalar(UInt8(33 + ($0 * 7 + count) % 90))) })
        let code = try #require(QRCode(text))
        let reader = try #require(SymbolReader(code.modules))
        #expect(reader.areBlocksWhole)
        #expect(reader.text == text)
    }

    @Test("A terminal gets two rows to a line, and a quiet zone")
    func terminal() throws {
        let code = try #require(QRCode("https://192.168.1.7:8080/#try?ticket=AAAAAAAAAAAAAAAAAAAAAA"))
        let lines = code.terminalLines
        #expect(lines.count == (code.size + 8 + 1) / 2)
        let plain = lines.map { $0.drop(while: { $0 != "m" }).dropFirst().prefix(while: { $0 != "\u{1B}" }) }
        #expect(plain.allSatisfy { $0.count == code.size + 8 })
        #expect(plain.prefix(2).allSatisfy { $0.allSatisfy { $0 == "█" } })
        #expect(plain[2].hasPrefix("████ ▄▄▄▄▄ █"))
    }
}
