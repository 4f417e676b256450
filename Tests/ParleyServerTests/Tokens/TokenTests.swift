import JWTKit
import ParleyProtocol
import ParleyServer
import Testing

@Suite("Tokens: what is believed, and what not")
struct TokenTests {
    static let now = Instant(milliseconds: 1_795_226_400_000)
    static let secret = Array("a secret of at least thirty-two characters".utf8)

    static func claims(_ changes: JSONObject = JSONObject(), without: [String] = []) -> JSONObject {
        var claims: JSONObject = [
            "sub": "ada", "name": "Ada", "iat": .integer(1_795_226_300), "exp": .integer(1_795_230_000),
            "jti": "t1", "parley": ["room": "blue-fox"],
        ]
        for (name, value) in changes.members { claims[name] = value }
        for name in without { claims[name] = nil }
        return claims
    }

    static func judge(_ issuers: [TokenIssuer]? = nil) async throws -> TokenJudge {
        let usual = TokenIssuer(algorithms: [.hs256], keys: .fixed([try await TokenKey(secret: self.secret)]))
        return TokenJudge(issuers: issuers ?? [usual])
    }

    static func token(_ claims: JSONObject, secret: [UInt8] = secret) async throws -> String {
        try await TokenKey(secret: secret).token(claims, by: .hs256)
    }

    /// The outcome as text: a fault's case, or what is granted.
    static func outcome(_ token: String, _ judge: TokenJudge, at now: Instant = now) async -> String {
        do throws(TokenFault) {
            let authorization = try await judge.judge(token, at: now)
            return String(decoding: authorization.grant.json.encoded, as: UTF8.self)
        } catch {
            return "\(error)"
        }
    }

    static func outcome(of claims: JSONObject, at now: Instant = now) async throws -> String {
        await Self.outcome(try await Self.token(claims), try await Self.judge(), at: now)
    }

    // MARK: - Good ones

    @Test func `a good token says who somebody is and what they may`() async throws {
        let text = try await Self.token(Self.claims(["parley": ["room": ["a-*", "blue-fox"], "role": "speaker"]]))
        let authorization = try await Self.judge().judge(text, at: Self.now)
        #expect(authorization.identity == TokenJudge.identity(issuer: nil, subject: "ada"))
        #expect(authorization.name?.text == "Ada")
        #expect(authorization.grant.rooms == ["a-*", "blue-fox"])
        #expect(authorization.grant.role == .speaker)
        #expect(authorization.expiresAt == Instant(milliseconds: 1_795_230_000_000))
        #expect(authorization.token != nil)
    }

    /// RFC 7515, appendix A.1: somebody else's token by somebody else's key.
    @Test func `the example of the standard is read as it is meant`() async throws {
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
        let token =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
            + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let bytes = try #require(Base64URL.bytes(key.utf8))
        let issuer = TokenIssuer(
            name: "joe",
            algorithms: [.hs256],
            keys: .fixed([try await TokenKey(secret: bytes)]),
            grant: try Grant(json: ["room": "*"], limits: Limits())
        )
        let judge = TokenJudge(issuers: [issuer])
        let before = Instant(milliseconds: 1_300_819_000_000)
        #expect(await Self.outcome(token, judge, at: before) == #"{"room":"*"}"#)
        #expect(
            await Self.outcome(token, judge) == "\(TokenFault.expired(at: Instant(milliseconds: 1_300_819_380_000)))"
        )
        let changed = token.replacing("dBjft", with: "dBjfu")
        #expect(await Self.outcome(changed, judge, at: before) == "\(TokenFault.wrongSignature)")
    }

    // MARK: - Bad ones

    static let wrongClaims: [(JSONObject, [String], TokenFault)] = [
        (["exp": .integer(1_795_226_370)], [], .expired(at: Instant(milliseconds: 1_795_226_370_000))),
        ([:], ["exp"], .missing("exp")),
        (["exp": "tomorrow"], [], .wrongClaim("exp")),
        (["exp": .integer(-1)], [], .wrongClaim("exp")),
        (["exp": .number("1e300")], [], .wrongClaim("exp")),
        (["nbf": .integer(1_795_226_431)], [], .notYet(from: Instant(milliseconds: 1_795_226_431_000))),
        (["iat": .integer(1_795_226_431)], [], .notYet(from: Instant(milliseconds: 1_795_226_431_000))),
        (["aud": "another"], [], .wrongAudience),
        (["sub": .integer(7)], [], .wrongClaim("sub")),
        (["jti": .bool(true)], [], .wrongClaim("jti")),
        (["name": "line\nbreak"], [], .wrongClaim("name")),
        ([:], ["parley"], .missing("parley")),
        (["parley": .array([])], [], .wrongClaim("parley")),
        (["parley": ["rooom": "blue-fox"]], [], .wrongClaim("parley.rooom")),
        (["parley": ["room": "Blue Fox"]], [], .wrongClaim("parley.room")),
        (["parley": ["room": "blue-*-fox"]], [], .wrongClaim("parley.room")),
        (["parley": ["role": "king"]], [], .wrongClaim("parley.role")),
        (["parley": ["permissions": ["fly": true]]], [], .wrongClaim("parley.permissions")),
        (["parley": ["create": "yes"]], [], .wrongClaim("parley.create")),
        (["parley": ["domain": "-x.org"]], [], .wrongClaim("parley.domain")),
        (["parley": ["sessionSeconds": .integer(604_801)]], [], .wrongClaim("parley.sessionSeconds")),
    ]

    @Test(arguments: wrongClaims)
    func `a wrong claim is refused by its name`(changes: JSONObject, without: [String], fault: TokenFault) async throws
    {
        #expect(try await Self.outcome(of: Self.claims(changes, without: without)) == "\(fault)")
    }

    @Test func `clocks may differ by half a minute`() async throws {
        let good = #"{"room":"blue-fox"}"#
        let leeway = Int64(Limits().tokenLeewayMilliseconds / 1_000)
        let now = Self.now.milliseconds / 1_000
        for (name, instant) in [("exp", now - leeway + 1), ("nbf", now + leeway)] {
            #expect(try await Self.outcome(of: Self.claims([name: .integer(instant)])) == good)
        }
        for (name, instant) in [("exp", now - leeway), ("nbf", now + leeway + 1)] {
            #expect(try await Self.outcome(of: Self.claims([name: .integer(instant)])) != good)
        }
    }

    @Test func `a token is so long, and no longer`() async throws {
        let judge = try await Self.judge()
        let max = Limits().tokenBytesMax
        for (bytes, isTooLong) in [(max, false), (max + 1, true)] {
            let outcome = await Self.outcome(String(repeating: "a", count: bytes), judge)
            #expect((outcome == "\(TokenFault.tooLong)") == isTooLong)
        }
    }

    @Test func `what is no token is refused`() async throws {
        let judge = try await Self.judge()
        let good = try await Self.token(Self.claims())
        let parts = good.split(separator: ".").map(String.init)
        let none = Base64URL.text(#"{"alg":"none"}"#.utf8)
        let twice = Base64URL.text(#"{"sub":"ada","sub":"eve","exp":1795230000,"parley":{"room":"*"}}"#.utf8)
        for bad in [
            "", ".", "..", "a.b.c", parts[0], "\(parts[0]).\(parts[1])", "\(good).\(parts[2])", "\(good)=", " \(good)",
            "\(parts[0]).\(parts[1]).", "\(none).\(parts[1]).", "\(none).\(parts[1]).\(parts[2])",
            "\(parts[0]).\(twice).\(parts[2])", String(repeating: "a", count: 10_000),
        ] {
            let outcome = await Self.outcome(bad, judge)
            #expect(outcome.hasPrefix("It "), "\(bad.prefix(40)): \(outcome)")
        }
        // A claim that comes twice is refused even where the signature is right.
        let signed = "\(parts[0]).\(twice)"
        let mac = try await TokenKey(secret: Self.secret).signature(of: signed)
        #expect(
            await Self.outcome("\(signed).\(mac)", judge)
                == "\(TokenFault.malformed("the second part is not a JSON object"))"
        )
    }

    @Test func `another secret, or one changed byte, is another signature`() async throws {
        let judge = try await Self.judge()
        let other = try await Self.token(
            Self.claims(),
            secret: Array("b secret of at least thirty-two characters".utf8)
        )
        #expect(await Self.outcome(other, judge) == "\(TokenFault.wrongSignature)")
        let good = try await Self.token(Self.claims())
        let parts = good.split(separator: ".").map(String.init)
        let eve = Base64URL.text(JSONValue.object(Self.claims(["sub": "eve"])).encoded)
        #expect(await Self.outcome("\(parts[0]).\(eve).\(parts[2])", judge) == "\(TokenFault.wrongSignature)")
    }

    @Test func `a header that asks for more than is known is refused`() async throws {
        let header = Base64URL.text(#"{"alg":"HS256","crit":["exp"]}"#.utf8)
        let payload = Base64URL.text(JSONValue.object(Self.claims()).encoded)
        let key = try await TokenKey(secret: Self.secret)
        let token = "\(header).\(payload).\(try key.signature(of: "\(header).\(payload)"))"
        #expect(await Self.outcome(token, try await Self.judge()) == "\(TokenFault.criticalHeader)")
    }

    @Test func `a short secret is none`() async {
        await #expect(throws: TokenKeyError.secretTooShort(31)) {
            try await TokenKey(secret: Array(Self.secret.prefix(31)))
        }
    }

    // MARK: - Issuers and audiences

    @Test func `each issuer is believed with its own keys and for its own audience`() async throws {
        let other = Array("the secret of somebody else, which is long".utf8)
        let judge = try await Self.judge([
            TokenIssuer(name: "a", algorithms: [.hs256], keys: .fixed([try await TokenKey(secret: Self.secret)])),
            TokenIssuer(
                name: "b",
                audience: "parley",
                algorithms: [.hs256],
                keys: .fixed([try await TokenKey(secret: other)])
            ),
        ])
        let good = #"{"room":"blue-fox"}"#
        func outcome(_ changes: JSONObject, _ secret: [UInt8]) async throws -> String {
            await Self.outcome(try await Self.token(Self.claims(changes), secret: secret), judge)
        }
        #expect(try await outcome(["iss": "a"], Self.secret) == good)
        #expect(try await outcome(["iss": "b", "aud": "parley"], other) == good)
        #expect(try await outcome(["iss": "b", "aud": ["x", "parley"]], other) == good)
        #expect(try await outcome(["iss": "a"], other) == "\(TokenFault.wrongSignature)")
        #expect(try await outcome(["iss": "b"], other) == "\(TokenFault.wrongAudience)")
        #expect(try await outcome(["iss": "a", "aud": "parley"], Self.secret) == "\(TokenFault.wrongAudience)")
        #expect(try await outcome(["iss": "c"], Self.secret) == "\(TokenFault.unknownIssuer("c"))")
        #expect(try await outcome([:], Self.secret) == "\(TokenFault.unknownIssuer(nil))")
    }

    @Test func `the same person of another issuer is somebody else`() {
        let ids = [
            TokenJudge.identity(issuer: nil, subject: "ada"), TokenJudge.identity(issuer: "a", subject: "ada"),
            TokenJudge.identity(issuer: "a", subject: "bob"), TokenJudge.identity(issuer: "a\nb", subject: "c"),
            TokenJudge.identity(issuer: "a", subject: "b\nc"),
        ]
        #expect(Set(ids).count == ids.count)
        #expect(TokenJudge.identity(issuer: nil, subject: "ada") == ids[0])
    }

    @Test func `an address that was verified tells a domain, and no other does`() async throws {
        func domain(_ changes: JSONObject) async throws -> String? {
            try await Self.judge().judge(try await Self.token(Self.claims(changes)), at: Self.now).grant.domain
        }
        #expect(try await domain(["email": "ada@Example.org", "email_verified": true]) == "example.org")
        #expect(try await domain(["email": "ada@example.org", "email_verified": false]) == nil)
        #expect(try await domain(["email": "ada@example.org"]) == nil)
        #expect(try await domain(["email": "ada@exa mple.org", "email_verified": true]) == nil)
        #expect(
            try await domain(["email": "a@b.org", "email_verified": true, "parley": ["domain": "c.org"]]) == "c.org"
        )
    }
}

extension TokenKey {
    /// Of anything: to sign what no honest issuer would.
    func signature(of text: String) throws -> String {
        let signer = try #require(self.algorithm(.hs256))
        return Base64URL.text(try signer.sign(Array(text.utf8)))
    }
}
