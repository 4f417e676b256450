import ParleyServer
import Testing

@Suite("Pages that an operator lets connect")
struct AllowedOriginTests {
    @Test(
        "one origin, in whatever spelling",
        arguments: [
            ("https://app.example.org", "https://app.example.org", true),
            ("https://APP.example.org:443", "https://app.example.org", true),
            ("https://app.example.org", "https://app.example.org:8443", false),
            ("https://app.example.org", "http://app.example.org", false),
            ("https://app.example.org", "https://app.example.org.evil.example", false),
            ("https://app.example.org", "https://evilapp.example.org", false),
            ("https://app.example.org", "null", false),
            ("http://localhost:3000", "http://localhost:3000", true),
            ("http://localhost:3000", "http://localhost:3001", false),
            ("capacitor://localhost", "capacitor://localhost", true),
            ("http://[2001:db8::1]:8080", "http://[2001:db8::1]:8080", true),
        ]
    )
    func exact(_ allowed: String, _ origin: String, _ isAllowed: Bool) throws {
        #expect(try #require(AllowedOrigin(allowed)).allows(origin) == isAllowed)
    }

    @Test(
        "everything below a name, and not the name",
        arguments: [
            ("https://a.example.org", true), ("https://a.b.example.org", true), ("https://A.EXAMPLE.ORG", true),
            ("https://example.org", false), ("https://.example.org.evil.example", false),
            ("https://evilexample.org", false), ("http://a.example.org", false), ("https://a.example.org:8443", false),
        ]
    )
    func wildcard(_ origin: String, _ isAllowed: Bool) throws {
        #expect(try #require(AllowedOrigin("https://*.example.org")).allows(origin) == isAllowed)
    }

    @Test(
        "what is no origin is refused",
        arguments: [
            "*", "https://*", "https://*.org", "https://*.*.example.org", "https://a.*.org", "example.org",
            "https://example.org/", "https://example.org/path", "https://example.org:port", "https://", "null", "",
            "https://user@example.org", "https://example.org:70000", "https://[::1", "https://*example.org",
        ]
    )
    func nothing(_ text: String) {
        #expect(AllowedOrigin(text) == nil)
    }
}
