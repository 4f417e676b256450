import JWTKit
import ParleyProtocol
import ParleyServer
import Testing

@Suite("Tokens: kinds of keys, each for its own algorithms")
struct TokenKeyTests {
    static let pems = TokenTestKeys.pems

    @Test func `there is a pair for each algorithm of two halves`() {
        #expect(Set(Self.pems.map(\.0)) == [.rs256, .ps256, .es256, .es384, .edDSA])
    }

    static func judge(_ key: TokenKey, _ algorithms: [TokenAlgorithm]) -> TokenJudge {
        TokenJudge(issuers: [TokenIssuer(algorithms: algorithms, keys: .fixed([key]))])
    }

    @Test(arguments: pems)
    func `a key in a file signs, and its public half verifies`(
        algorithm: TokenAlgorithm,
        private: String,
        public: String
    ) async throws {
        let signing = try await TokenKey(pem: `private`)
        let token = try signing.token(TokenTests.claims(), by: algorithm)
        let verifying = try await TokenKey(pem: `public`)
        #expect(await TokenTests.outcome(token, Self.judge(verifying, [algorithm])) == #"{"room":"blue-fox"}"#)
        // The list of the issuer decides, not the token.
        let others = TokenAlgorithm.allCases.filter { $0 != algorithm }
        #expect(
            await TokenTests.outcome(token, Self.judge(verifying, others))
                == "\(TokenFault.algorithmNotAllowed(algorithm.rawValue))"
        )
        #expect(throws: TokenKeyError.notForSignatures) { try verifying.token(TokenTests.claims(), by: algorithm) }
    }

    /// Whoever has a public key, and everybody has, signs by HS256 with its text as the secret (RFC 8725, section 2.1).
    @Test(arguments: pems)
    func `a public key is never a secret`(algorithm: TokenAlgorithm, private: String, public: String) async throws {
        let forger = try await TokenKey(secret: Array(`public`.utf8))
        let forged = try forger.token(TokenTests.claims(), by: .hs256)
        let judge = Self.judge(try await TokenKey(pem: `public`), [algorithm, .hs256])
        #expect(await TokenTests.outcome(forged, judge) == "\(TokenFault.algorithmNotAllowed("HS256"))")
    }

    @Test func `longer secrets have longer algorithms`() async throws {
        let key = try await TokenKey(secret: Array(repeating: 7, count: 64))
        for algorithm in [TokenAlgorithm.hs256, .hs384, .hs512] {
            let token = try key.token(TokenTests.claims(), by: algorithm)
            #expect(await TokenTests.outcome(token, Self.judge(key, [algorithm])) == #"{"room":"blue-fox"}"#)
        }
        let short = try await TokenKey(secret: Array(repeating: 7, count: 47))
        #expect(short.algorithmsInUse == [.hs256])
    }

    // MARK: - JWK

    /// RFC 7517, appendix A.1; RFC 8037, appendix A.2.
    static let p256: JSONValue = [
        "kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM", "use": "enc", "kid": "1",
    ]
    static let edwards: JSONValue = [
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    ]

    @Test func `of a set only what is for signatures is taken`() async throws {
        let set: JSONValue = [
            "keys": [
                Self.p256, Self.edwards, ["kty": "oct", "k": "c2VjcmV0"], ["kty": "RSA", "n": "AQAB", "e": "AQAB"],
            ]
        ]
        let keys = try #require(await TokenKey.set(set))
        #expect(keys.map(\.algorithmsInUse) == [[.edDSA]])
        #expect(await TokenKey.set(["keys": "none"]) == nil)
        await #expect(throws: TokenKeyError.tooWeak) {
            try await TokenKey(jwk: ["kty": "RSA", "n": "AQAB", "e": "AQAB"])
        }
        await #expect(throws: TokenKeyError.notForSignatures) { try await TokenKey(jwk: Self.p256) }
    }

    @Test func `of a large set the first are taken`() async throws {
        let count = Limits().keysPerIssuerMax
        let keys = try #require(await TokenKey.set(["keys": .array(Array(repeating: Self.edwards, count: count + 1))]))
        #expect(keys.count == count)
    }

    /// RFC 8037, appendix A.4: its payload is no token, so only the signature is looked at.
    @Test func `the signature of the standard's example is right`() async throws {
        let key = try await TokenKey(jwk: Self.edwards)
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        let signature = try #require(
            Base64URL.bytes(
                "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg".utf8
            )
        )
        let algorithm = try #require(key.algorithm(.edDSA))
        #expect(try algorithm.verify(signature, signs: Array(signed.utf8)))
        #expect(try algorithm.verify(signature, signs: Array("\(signed).".utf8)) == false)
    }

    @Test func `a token that names a key means that one`() async throws {
        let one = try await TokenKey(secret: Array(repeating: 1, count: 32), id: "one")
        let two = try await TokenKey(secret: Array(repeating: 2, count: 32), id: "two")
        let nameless = try await TokenKey(secret: Array(repeating: 2, count: 32))
        let judge = TokenJudge(issuers: [TokenIssuer(algorithms: [.hs256], keys: .fixed([one, two]))])
        let good = #"{"room":"blue-fox"}"#
        #expect(await TokenTests.outcome(try two.token(TokenTests.claims(), by: .hs256), judge) == good)
        #expect(
            await TokenTests.outcome(try nameless.token(TokenTests.claims(), by: .hs256), judge)
                == "\(TokenFault.unknownKey(nil))"
        )
        let three = try await TokenKey(secret: Array(repeating: 1, count: 32), id: "../../etc/passwd")
        #expect(
            await TokenTests.outcome(try three.token(TokenTests.claims(), by: .hs256), judge)
                == "\(TokenFault.unknownKey("../../etc/passwd"))"
        )
    }
}
