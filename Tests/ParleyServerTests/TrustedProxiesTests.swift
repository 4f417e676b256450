import ParleyProtocol
import ParleyServer
import ParleyTransport
import Testing

@Suite("Who a request comes from")
struct TrustedProxiesTests {
    /// `nil` for an address that cannot be had; `!name` for a refusal.
    private func client(
        _ peer: String,
        proxied: String? = nil,
        trusting: [String] = ["10.0.0.0/8", "2001:db8::/32"],
        _ headers: (String, String)...
    ) -> ClientOrigin? {
        let proxies = TrustedProxies(trusting.compactMap { AddressRange($0) })
        let source = ConnectionSource(peer: ClientAddress(peer), proxied: proxied.flatMap { ClientAddress($0) })
        return try? proxies.origin(of: source, headers: headers.map { (name: $0.0, value: $0.1) }, hopsMax: 4)
    }

    private func refusal(_ peer: String, proxied: String? = nil, _ headers: (String, String)...) -> ConnectionRefusal? {
        let proxies = TrustedProxies([AddressRange("10.0.0.0/8")].compactMap { $0 })
        let source = ConnectionSource(peer: ClientAddress(peer), proxied: proxied.flatMap { ClientAddress($0) })
        do throws(ConnectionRefusal) {
            _ = try proxies.origin(of: source, headers: headers.map { (name: $0.0, value: $0.1) }, hopsMax: 4)
            return nil
        } catch {
            return error
        }
    }

    @Test("the name by which somebody asked, as the last proxy has it")
    func host() {
        func host(_ headers: (String, String)...) -> String? {
            let proxies = TrustedProxies([AddressRange("10.0.0.0/8")].compactMap { $0 })
            let source = ConnectionSource(peer: ClientAddress("10.0.0.1"))
            return try? proxies.origin(of: source, headers: headers.map { (name: $0.0, value: $0.1) }, hopsMax: 4).host
        }
        #expect(host(("X-Forwarded-Host", "evil.example, example.org")) == "example.org")
        #expect(host(("Forwarded", "for=192.0.2.1;host=example.org")) == "example.org")
        #expect(host(("X-Forwarded-For", "192.0.2.1")) == nil)
    }

    @Test("so many proxies in a row are believed, and one more is refused")
    func hops() {
        let max = Limits().proxyHopsMax
        let proxies = TrustedProxies([AddressRange("10.0.0.0/8")].compactMap { $0 })
        func client(_ hops: Int) -> ClientAddress? {
            let list = (["192.0.2.7"] + Array(repeating: "10.0.0.2", count: hops - 1)).joined(separator: ", ")
            let source = ConnectionSource(peer: ClientAddress("10.0.0.1"))
            return try? proxies.origin(of: source, headers: [(name: "x-forwarded-for", value: list)], hopsMax: max)
                .address
        }
        #expect(client(max) == ClientAddress("192.0.2.7"))
        #expect(client(max + 1) == nil)
    }

    @Test("without proxies, what a request says about them is not looked at")
    func none() {
        let origin = self.client(
            "192.0.2.1",
            trusting: [],
            ("X-Forwarded-For", "1.2.3.4"),
            ("Forwarded", "for=1.2.3.4")
        )
        #expect(origin == ClientOrigin(address: ClientAddress("192.0.2.1")))
    }

    @Test(
        "the last one who is no proxy",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("1.2.3.4, 192.0.2.7", "192.0.2.7"), ("192.0.2.7, 10.1.1.1", "192.0.2.7"),
            ("evil, 192.0.2.7,10.1.1.1 , 10.2.2.2", "192.0.2.7"), ("192.0.2.7:4711", "192.0.2.7"),
            ("[2001:db9::1]:4711", "2001:db9::1"), ("2001:db9::1", "2001:db9::1"), ("[2001:db9::1]", "2001:db9::1"),
            ("10.9.9.9", "10.9.9.9"), ("1.2.3.4, unknown", "10.0.0.1"), ("1.2.3.4, _x, 10.3.3.3", "10.3.3.3"),
            ("\"1.2.3.4, 192.0.2.7", "192.0.2.7"),
        ]
    )
    func forwardedFor(_ list: String, _ client: String) {
        let origin = self.client("10.0.0.1", ("x-forwarded-for", list))
        #expect(origin == ClientOrigin(address: ClientAddress(client), isProxied: true))
    }

    @Test(
        "the same in the words of RFC 7239",
        arguments: [
            ("for=192.0.2.7", "192.0.2.7", false), ("For=\"192.0.2.7:80\";proto=https", "192.0.2.7", true),
            ("for=1.2.3.4;proto=https, for=192.0.2.7;proto=http;by=10.0.0.1", "192.0.2.7", false),
            ("for=\"[2001:db9::1]:4711\"; proto=https", "2001:db9::1", true),
            ("for=192.0.2.7, for=10.1.1.1", "192.0.2.7", false),
            ("for=1.2.3.4, for=unknown", "10.0.0.1", false), ("for=1.2.3.4, proto=https", "10.0.0.1", true),
            ("for=\"\\\", for=192.0.2.7", "192.0.2.7", false),
        ]
    )
    func forwarded(_ list: String, _ client: String, _ isEncrypted: Bool) {
        let origin = self.client("10.0.0.1", ("Forwarded", list))
        #expect(origin == ClientOrigin(address: ClientAddress(client), isProxied: true, isEncrypted: isEncrypted))
    }

    @Test("several lines are one list, and the proxy's word on TLS is the last one")
    func lines() {
        let origin = self.client(
            "2001:db8::1",
            ("X-Forwarded-For", "1.2.3.4"),
            ("X-Forwarded-Proto", "http, https"),
            ("X-Forwarded-For", "192.0.2.7")
        )
        #expect(origin == ClientOrigin(address: ClientAddress("192.0.2.7"), isProxied: true, isEncrypted: true))
    }

    @Test("a proxy that asks for itself, and a stranger who says nothing")
    func silence() {
        #expect(self.client("10.0.0.1") == ClientOrigin(address: ClientAddress("10.0.0.1")))
        #expect(self.client("192.0.2.1") == ClientOrigin(address: ClientAddress("192.0.2.1")))
    }

    @Test("whom the PROXY protocol names has said the rest himself")
    func proxyProtocol() {
        let origin = self.client("10.0.0.1", proxied: "192.0.2.7")
        #expect(origin == ClientOrigin(address: ClientAddress("192.0.2.7"), isProxied: true))
        #expect(self.refusal("10.0.0.1", proxied: "192.0.2.7", ("X-Forwarded-For", "1.2.3.4")) == .proxyNotTrusted)
    }

    @Test(
        "nobody else speaks for others",
        arguments: [
            "X-Forwarded-For", "x-forwarded-proto", "X-FORWARDED-HOST", "X-Real-IP", "Forwarded",
        ]
    )
    func strangers(_ name: String) {
        #expect(self.refusal("192.0.2.1", (name, "x")) == .proxyNotTrusted)
        #expect(self.refusal("192.0.2.1", ("X-Other", "x")) == nil)
    }

    @Test(
        "what cannot be read, contradicts itself, or has no end",
        arguments: [
            [("X-Forwarded-For", "nonsense")], [("X-Forwarded-For", "192.0.2.7:x")],
            [("X-Forwarded-For", "[192.0.2.7]")],
            [("X-Forwarded-For", "1:2:3:4:5")], [("Forwarded", "for=\"192.0.2.7")],
            [("Forwarded", "for=\"x, for=192.0.2.7")],
            [("X-Forwarded-For", "192.0.2.7"), ("Forwarded", "for=192.0.2.8")],
            [("X-Forwarded-For", "192.0.2.7, 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4")],
        ]
    )
    func unreadable(_ headers: [(String, String)]) {
        let source = ConnectionSource(peer: ClientAddress("10.0.0.1"))
        let proxies = TrustedProxies([AddressRange("10.0.0.0/8")].compactMap { $0 })
        #expect(throws: ConnectionRefusal.forwardedInvalid) {
            try proxies.origin(of: source, headers: headers.map { (name: $0.0, value: $0.1) }, hopsMax: 4)
        }
    }
}

@Suite("Which pages may connect")
struct PageTests {
    private func judge(_ origin: String?, _ host: String?, _ reach: ConnectionAccess.Reach) -> ConnectionRefusal? {
        ConnectionAccess().judge(origin: origin, host: host, reach: reach, connections: 0, connectionsMax: 1)
    }

    @Test("in development mode those of this machine, by its own names")
    func development() {
        #expect(self.judge(nil, "localhost:8080", .thisMachine) == nil)
        #expect(self.judge("http://127.0.0.1:3000", "[::1]:8080", .thisMachine) == nil)
        #expect(self.judge("https://example.org", "localhost", .thisMachine) == .originNotAllowed)
        #expect(self.judge(nil, "example.org", .thisMachine) == .hostNotAllowed)
        #expect(self.judge("http://example.org", "example.org", .thisMachine) == .hostNotAllowed)
    }

    @Test("in a network those that come from the server, whatever its name is")
    func network() {
        for (origin, host) in [
            ("https://example.org", "example.org"), ("https://example.org", "EXAMPLE.org:443"),
            ("http://example.org", "example.org:80"), ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443"), (nil, "x"),
        ] as [(String?, String)] {
            #expect(self.judge(origin, host, .network) == nil, "\(origin ?? "-") \(host)")
        }
        for (origin, host) in [
            ("https://evil.example", "example.org"), ("https://example.org:8443", "example.org"), ("null", "null"),
            ("https://example.org", "example.org:8443"), ("ftp://example.org", "example.org"),
            ("https://", "example.org"),
            ("http://localhost", "example.org"), ("https://example.org.evil.example", "example.org"),
        ] {
            #expect(self.judge(origin, host, .network) == .originNotAllowed, "\(origin) \(host)")
        }
        #expect(self.judge(nil, nil, .network) == .hostNotAllowed)
    }

    @Test("those that the operator names may, besides")
    func allowed() {
        let access = ConnectionAccess(allowed: [AllowedOrigin("https://app.example.com")].compactMap { $0 })
        func judge(_ origin: String, _ host: String, _ reach: ConnectionAccess.Reach) -> ConnectionRefusal? {
            access.judge(origin: origin, host: host, reach: reach, connections: 0, connectionsMax: 1)
        }
        #expect(judge("https://app.example.com", "example.org", .network) == nil)
        #expect(judge("https://example.org", "example.org", .network) == nil)
        #expect(judge("https://other.example.com", "example.org", .network) == .originNotAllowed)
        #expect(judge("https://app.example.com", "localhost:8080", .thisMachine) == nil)
        #expect(judge("https://app.example.com", "evil.example", .thisMachine) == .hostNotAllowed)
    }

    @Test("where everybody comes by TLS, a page that did not is a stranger's")
    func encrypted() {
        func allows(_ origin: String, isEncrypted: Bool) -> Bool {
            ConnectionAccess().allows(origin: origin, host: "example.org", reach: .network, isEncrypted: isEncrypted)
        }
        #expect(allows("https://example.org", isEncrypted: true))
        #expect(!allows("http://example.org", isEncrypted: true))
        #expect(allows("http://example.org", isEncrypted: false))
    }
}
