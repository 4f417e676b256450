import NIOCore
import ParleyTransport
import Testing

@Suite("Addresses of clients, and ranges of them")
struct AddressTests {
    @Test(
        "an address is read and written in one way",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("2001:db8::1", "2001:db8::1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"), ("::1", "::1"),
            ("1::", "1::"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("::ffff:192.0.2.1", "192.0.2.1"),
            ("fe80:1:2:3:4:5:6:0", "fe80:1:2:3:4:5:6:0"),
        ]
    )
    func texts(_ text: String, _ written: String) throws {
        let address = try #require(ClientAddress(text))
        #expect(address.description == written)
        #expect(ClientAddress(written) == address)
    }

    @Test(
        "what is no address is none",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4:80", "[::1]", "::1%eth0", ":::", "localhost",
            "1.2.3.4 ",
            String(repeating: "1:", count: 40),
        ]
    )
    func noAddress(_ text: String) {
        #expect(ClientAddress(text) == nil)
    }

    @Test("limits count an IPv6 network as one")
    func limitKeys() throws {
        func key(_ text: String) throws -> ClientAddress { try #require(ClientAddress(text)).limitKey }
        #expect(try key("2001:db8:1:2::3") == key("2001:db8:1:2:ffff::"))
        #expect(try key("2001:db8:1:2::3") != key("2001:db8:1:3::3"))
        #expect(try key("192.0.2.1") != key("192.0.2.2"))
    }

    @Test("what a socket says")
    func sockets() throws {
        for text in ["192.0.2.1", "2001:db8::1"] {
            #expect(ClientAddress(try SocketAddress(ipAddress: text, port: 80)) == ClientAddress(text))
        }
        #expect(ClientAddress(try SocketAddress(ipAddress: "::ffff:10.0.0.1", port: 80))?.description == "10.0.0.1")
        #expect(ClientAddress(try SocketAddress(unixDomainSocketPath: "/x")) == nil)
        for text in ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"] {
            #expect(ClientAddress(text)?.isLoopback == true)
        }
        for text in ["10.0.0.1", "::", "::2", "128.0.0.1"] { #expect(ClientAddress(text)?.isLoopback == false) }
    }

    @Test("a range holds what begins as it does")
    func ranges() throws {
        func holds(_ range: String, _ address: String) throws -> Bool {
            try #require(AddressRange(range)).contains(try #require(ClientAddress(address)))
        }
        #expect(try holds("10.0.0.0/8", "10.255.0.1"))
        #expect(try !holds("10.0.0.0/8", "11.0.0.0"))
        #expect(try holds("192.0.2.128/25", "192.0.2.255"))
        #expect(try !holds("192.0.2.128/25", "192.0.2.127"))
        #expect(try holds("192.0.2.1", "192.0.2.1"))
        #expect(try !holds("192.0.2.1", "192.0.2.0"))
        #expect(try holds("0.0.0.0/0", "1.2.3.4"))
        #expect(try !holds("0.0.0.0/0", "::1"))
        #expect(try holds("::/0", "2001:db8::"))
        #expect(try !holds("::/0", "1.2.3.4"))
        #expect(try holds("2001:db8::/33", "2001:db8:7fff::1"))
        #expect(try !holds("2001:db8::/33", "2001:db8:8000::1"))
        #expect(try holds("2001:db8::8000:0:0:0/65", "2001:db8::8000:0:0:1"))
        #expect(try !holds("2001:db8::8000:0:0:0/65", "2001:db8::1"))
        #expect(try holds("::1/128", "::1"))
        #expect(try holds("10.0.0.0/8", "::ffff:10.1.1.1"))
    }

    @Test(
        "what is no range is none",
        arguments: [
            "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.1/8", "::1/127",
            "::/129", "10.0.0.0/8/8", "10.0.0.0 /8", "all",
        ]
    )
    func noRange(_ text: String) {
        #expect(AddressRange(text) == nil)
    }
}

@Suite("What a proxy writes in front of a connection")
struct ProxyHeaderTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    private static func header(_ kind: UInt8, _ family: UInt8, _ body: [UInt8]) -> [UInt8] {
        self.signature + [kind, family] + bigEndian(UInt16(body.count)) + body
    }

    private func read(_ bytes: [UInt8]) -> ProxyHeader.Reading {
        bytes.withUnsafeBytes { ProxyHeader.read($0, bytesMax: 300) }
    }

    private static let ipv4: [UInt8] = [192, 0, 2, 1, 10, 0, 0, 1, 0xC0, 0, 0, 80]
    private static let ipv6: [UInt8] =
        [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1] + [UInt8](repeating: 0, count: 20)

    @Test("the client's address, with and without what a proxy adds")
    func addresses() {
        for (body, family, text) in [(Self.ipv4, UInt8(0x11), "192.0.2.1"), (Self.ipv6, 0x21, "2001:db8::1")] {
            for extra in [[], [UInt8](repeating: 7, count: 100)] {
                let header = Self.header(0x21, family, body + extra)
                let expected = ProxyHeader.Reading.header(
                    ProxyHeader(source: ClientAddress(text), length: header.count)
                )
                #expect(self.read(header) == expected)
                #expect(self.read(header + Array("GET /".utf8)) == expected)
                for length in 0..<header.count { #expect(self.read(Array(header.prefix(length))) == .incomplete) }
            }
        }
    }

    @Test("a proxy that speaks for itself, or for nobody with an IP address")
    func itself() {
        for (kind, family, body) in [
            (UInt8(0x20), UInt8(0), []), (0x20, 0x11, Self.ipv4), (0x21, 0, []), (0x21, 0x31, [1]),
        ] {
            let header = Self.header(kind, family, body)
            #expect(self.read(header) == .header(ProxyHeader(source: nil, length: header.count)))
        }
    }

    @Test("what is no header")
    func others() {
        for text in ["GET / HTTP/1.1\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", "\r\n\r\n\u{1}", "\u{16}\u{3}\u{1}"] {
            #expect(self.read(Array(text.utf8)) == .absent)
        }
        // Version 1 in the binary form, an unknown command, an unknown family, too short, too long.
        for header in [
            Self.header(0x11, 0x11, Self.ipv4), Self.header(0x22, 0x11, Self.ipv4), Self.header(0x21, 0x41, Self.ipv4),
            Self.header(0x21, 0x11, Array(Self.ipv4.dropLast())), Self.header(0x21, 0x21, Self.ipv4),
            Self.header(0x21, 0x11, [UInt8](repeating: 0, count: 285)),
        ] {
            #expect(self.read(header) == .invalid)
        }
    }
}
