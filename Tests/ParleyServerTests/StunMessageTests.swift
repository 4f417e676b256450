import ParleyServer
import Testing

/// The bytes of a hexadecimal text with blanks in it.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

/// RFC 5769.
private enum Sample {
    static let password = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)
    static let transaction = hex("b7e7a701 bc34d686 fa87dfae")
    /// Section 2.1.
    static let request = hex(
        """
        00010058 2112a442 b7e7a701 bc34d686 fa87dfae
        80220010 5354554e 20746573 7420636c 69656e74
        00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020
        00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf
        """
    )
    /// Section 2.2.
    static let response = hex(
        """
        0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220
        00200008 0001a147 e112a643
        00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96
        """
    )
    /// Section 2.3.
    static let response6 = hex(
        """
        01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220
        00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
        00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004 c8fb0b4c
        """
    )
    /// Section 2.4.
    static let longTerm = hex(
        """
        00010060 2112a442 78ad3433 c6ad72c0 29da412e
        00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
        0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341
        0014000b 6578616d 706c652e 6f726700
        00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666
        """
    )
}

@Suite("STUN messages, by the samples of RFC 5769")
struct StunMessageTests {
    @Test("a request")
    func request() throws {
        let message = try StunMessage(Sample.request)
        #expect(message.method == .binding)
        #expect(message.kind == .request)
        #expect(message.transaction == Sample.transaction)
        #expect(message.text(of: .software) == "STUN test client")
        #expect(message.text(of: .username) == "evtj:h6vY")
        #expect(StunMessage.isSigned(Sample.request, with: Sample.password) == true)
        #expect(StunMessage.isSigned(Sample.request, with: Array("wrong".utf8)) == false)
    }

    @Test("responses with addresses of IPv4 and IPv6")
    func responses() throws {
        let addresses = try [Sample.response, Sample.response6].map { bytes in
            let message = try StunMessage(bytes)
            #expect(message.kind == .success)
            #expect(message.text(of: .software) == "test vector")
            #expect(StunMessage.isSigned(bytes, with: Sample.password) == true)
            let value = try #require(message.value(of: .mappedAddress))
            let address = try #require(StunAddress(masked: value, transaction: message.transaction))
            #expect(address.masked(transaction: message.transaction) == value)
            return address.description
        }
        #expect(addresses == ["192.0.2.1:32853", "[2001:db8:1234:5678:11:2233:4455:6677]:32853"])
    }

    @Test("a request with long-term credentials, and its bytes again")
    func longTerm() throws {
        let message = try StunMessage(Sample.longTerm)
        let (name, realm) = ("\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}", "example.org")
        #expect(message.text(of: .username) == name)
        #expect(message.text(of: .realm) == realm)
        #expect(message.text(of: .nonce) == "f//499k954d6OL34oL9FSTvy64sA")
        // As SASLprep leaves it.
        let key = StunMessage.longTermKey(username: name, realm: realm, password: "TheMatrIX")
        #expect(StunMessage.isSigned(Sample.longTerm, with: key) == true)
        #expect(message.encoded(key: key, hasFingerprint: false) == Sample.longTerm)
    }

    @Test("what is encoded is decoded, with and without signature and fingerprint", arguments: [true, false])
    func again(hasFingerprint: Bool) throws {
        let kinds: [StunMessage.Kind] = [.request, .indication, .success, .failure]
        for (method, kind) in [0x001, 0x003, 0x0F0, 0xFFF].flatMap({ method in kinds.map { (method, $0) } }) {
            let message = StunMessage(
                StunMessage.Method(rawValue: UInt16(method)),
                kind,
                transaction: Sample.transaction,
                attributes: [.udp, .lifetime(600), StunAttribute(.realm, "abcde")]
            )
            for key in [nil, Sample.password] {
                let bytes = message.encoded(key: key, hasFingerprint: hasFingerprint)
                #expect(try StunMessage(bytes) == message)
                #expect(StunMessage.isSigned(bytes, with: Sample.password) == (key == nil ? nil : true))
            }
        }
    }

    @Test("every bit that is wrong is noticed by the fingerprint or the signature")
    func bits() {
        // But for the type of the fingerprint itself: with another one it stands behind the signature, and is nobody's.
        for index in Sample.request.indices where !(100...101).contains(index) {
            var bytes = Sample.request
            bytes[index] ^= 0x10
            let isWhole = (try? StunMessage(bytes)) != nil
            #expect(!isWhole || StunMessage.isSigned(bytes, with: Sample.password) != true, "byte \(index)")
        }
    }

    @Test("what is cut short or too long is no message")
    func lengths() {
        for count in 0..<Sample.request.count {
            #expect(throws: StunError.self) { try StunMessage(Array(Sample.request.prefix(count))) }
        }
        #expect(throws: StunError.wrongLength) { try StunMessage(Sample.request + [0, 0, 0, 0]) }
        #expect(throws: StunError.notSTUN) { try StunMessage(Array("HTTP/1.1 400 Bad Request\r\n".utf8)) }
        var bytes = StunMessage(.binding, .request, transaction: Sample.transaction).encoded()
        bytes[23] = 200
        #expect(throws: StunError.wrongLength) { try StunMessage(bytes) }
    }

    @Test("what stands behind a signature is nobody's")
    func behind() throws {
        let message = StunMessage(.allocate, .success, transaction: Sample.transaction)
        var bytes = message.encoded(key: Sample.password, hasFingerprint: false)
        bytes += [0x80, 0x22, 0, 4] + Array("evil".utf8)
        bytes[3] = UInt8(bytes.count - 20)
        #expect(try StunMessage(bytes).text(of: .software) == nil)
    }

    @Test("errors have a class, a number and words")
    func failures() {
        #expect(StunFailure([0, 0, 4, 38] + Array("Stale".utf8)) == StunFailure(code: 438, reason: "Stale"))
        #expect(StunFailure([0, 0, 2, 0]) == nil)
        #expect(StunFailure([0, 0, 4, 100]) == nil)
        #expect(StunFailure([0, 0, 4]) == nil)
    }
}

@Suite("Addresses of STUN and TURN servers")
struct TurnAddressTests {
    @Test(
        "host, port and transport",
        arguments: [
            ("turn:turn.example.org", "turn.example.org 3478 udp"),
            ("turn:turn.example.org:80?transport=tcp", "turn.example.org 80 tcp"),
            ("turns:turn.example.org", "turn.example.org 5349 tls"),
            ("turns:turn.example.org:443?transport=tcp", "turn.example.org 443 tls"),
            ("turns:turn.example.org?transport=udp", "turn.example.org 5349 dtls"),
            ("turn:[2001:db8::1]:3478", "2001:db8::1 3478 udp"),
            ("TURN:192.0.2.1?transport=udp", "192.0.2.1 3478 udp"),
        ]
    )
    func good(text: String, expected: String) throws {
        let address = try #require(TurnAddress(text))
        #expect("\(address.host) \(address.port) \(address.transport.rawValue)" == expected)
        #expect(address.isRelay)
    }

    @Test("a STUN server is no relay")
    func stun() throws {
        #expect(try #require(TurnAddress("stun:stun.example.org:19302")).isRelay == false)
    }

    @Test(
        "what is no address",
        arguments: [
            "", "turn", "turn:", "http://a", "turn::3478", "turn:a:0", "turn:a:65536", "turn:a:b", "turn:[::1",
            "turn:[::1]x",
            "turn:a?transport=sctp", "turn:a?foo",
        ]
    )
    func bad(text: String) {
        #expect(TurnAddress(text) == nil)
    }
}
