import ParleyTransport
import Testing

struct HandshakeKeyTests {
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        (
            String(repeating: "01234567", count: 80), "dea356a2cddd90c7a7ecedc5ebb563934f460452"
        ),
    ])
    func `The vectors of RFC 3174`(message: String, digest: String) {
        let hex = SHA1.digest(Array(message.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == digest)
    }

    /// Where the padding takes one more block: 55 bytes fit, 56 do not, 64 fill one.
    @Test func `Every length around a block has an own digest of 20 bytes`() {
        let digests = (0...130).map { SHA1.digest(Array(repeating: 0x61, count: $0)) }
        #expect(digests.allSatisfy { $0.count == 20 })
        #expect(Set(digests).count == 131)
    }

    @Test func `The accepted key is the one of RFC 6455, section 1.3`() {
        #expect(WebSocketKey.accept(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
    func `The vectors of RFC 4648`(plain: String, encoded: String) {
        #expect(WebSocketKey.base64(Array(plain.utf8)) == encoded)
    }

    @Test(arguments: [
        ("dGhlIHNhbXBsZSBub25jZQ==", true), ("AAAAAAAAAAAAAAAAAAAAAA==", true), ("", false),
        ("dGhlIHNhbXBsZSBub25jZQ=", false), ("dGhlIHNhbXBsZSBub25jZQ", false),
        ("dGhlIHNhbXBsZSBub25jZTE=", false), ("dGhlIHNhbXBsZSBub25=ZQ==", false),
        ("dGhlIHNhbXBsZSBub25j-Q==", false), ("dGhlIHNhbXBsZSBub25jZQ==dGhl", false),
    ])
    func `A key is the base64 of 16 bytes`(key: String, isValid: Bool) {
        #expect(WebSocketKey.isValid(key) == isValid)
    }
}
