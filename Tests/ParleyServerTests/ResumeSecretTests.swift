import Crypto
import ParleyProtocol
import ParleyServer
import Testing

@Suite("What a client shows in order to be who it was")
struct ResumeSecretTests {
    private let session = SessionID(high: 1, low: 2)
    private let secret = ResumeSecret(
        session: SessionID(high: 1, low: 2),
        identity: IdentityID(high: .max, low: 4),
        number: 7,
        expiresAt: Instant(milliseconds: 1_795_226_400_000)
    )

    private func keys(_ bytes: UInt8...) -> ResumeKeys {
        var keys = ResumeKeys()
        for byte in bytes { keys.adopt(SymmetricKey(data: [UInt8](repeating: byte, count: 32))) }
        return keys
    }

    @Test("is read by every node that has the key")
    func roundTrip() {
        let text = self.keys(1).sign(self.secret)
        #expect(self.keys(1).open(text, of: self.session) == self.secret)
        #expect(text.utf8.count <= 80)
        #expect(text.utf8.allSatisfy { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") })
    }

    @Test("is good for no other session, and with no other key")
    func foreign() {
        let text = self.keys(1).sign(self.secret)
        #expect(self.keys(1).open(text, of: SessionID(high: 1, low: 3)) == nil)
        #expect(self.keys(2).open(text, of: self.session) == nil)
        #expect(ResumeKeys().open(text, of: self.session) == nil)
    }

    @Test("outlives a change of keys, for a while")
    func rotation() {
        let text = self.keys(1).sign(self.secret)
        #expect(self.keys(1, 2).open(text, of: self.session) == self.secret)
        #expect(self.keys(1, 2, 3, 4).open(text, of: self.session) == self.secret)
        #expect(self.keys(1, 2, 3, 4, 5).open(text, of: self.session) == nil)
        #expect(self.keys(1, 2, 3, 4, 1).all.first == [UInt8](repeating: 1, count: 32))
    }

    @Test("is worth nothing with any bit changed, cut anywhere, or with anything behind it")
    func forged() {
        let keys = self.keys(1)
        let text = Array(keys.sign(self.secret).utf8)
        for index in text.indices {
            for replacement in ["A", "B", "-", "_", "/", "=", " ", "\n"].flatMap({ Array($0.utf8) })
            where replacement != text[index] {
                var forged = text
                forged[index] = replacement
                // The last letter carries two bits that mean nothing.
                guard index != text.endIndex - 1 else { continue }
                #expect(keys.open(String(decoding: forged, as: UTF8.self), of: self.session) == nil)
            }
            #expect(keys.open(String(decoding: text[..<index], as: UTF8.self), of: self.session) == nil)
        }
        let whole = String(decoding: text, as: UTF8.self)
        for tail in ["A", "AAAA", "=", "é", String(repeating: "A", count: 10_000)] {
            #expect(keys.open(whole + tail, of: self.session) == nil)
        }
        #expect(keys.open("", of: self.session) == nil)
    }
}
