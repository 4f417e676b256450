import ParleyProtocol
import ParleyServer
import Testing

@Suite("What an authorization service is asked, and what its answer means")
struct AuthorizationWebhookTests {
    static let now = Instant(milliseconds: 1_795_226_400_000)

    private static func outcome(_ status: Int, _ body: String) async throws -> String {
        let judge = TokenJudge(issuers: [])
        do throws(TokenFault) {
            let claims = try AuthorizationAnswer.claims(status, Array(body.utf8))
            let authorization = try judge.judge(answer: claims, at: Self.now)
            return String(decoding: authorization.grant.json.encoded, as: UTF8.self)
        } catch {
            return "\(error.rejection.rawValue): \(error)"
        }
    }

    /// Made with Python's `hmac`.
    @Test func `a question is signed over its time and its bytes`() async throws {
        let client = OutboundClient()
        let webhook = AuthorizationWebhook(
            url: "http://127.0.0.1/",
            secret: "a secret of at least thirty-two characters",
            timeoutMilliseconds: 1_000,
            client: client
        )
        let question = AuthorizationWebhook.Question(credential: "c\"1", room: "fox", address: "192.0.2.7")
        let body = question.body(at: Self.now)
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"version":1,"time":1795226400000,"credential":"c\"1","room":"fox","address":"192.0.2.7"}"#
        )
        #expect(webhook.signature(of: body, at: Self.now) == Self.signature)
        try await client.end()
    }

    static let signature = "edc3e5a84503c09fa5e6c245187176ddab7e1f9262d049e0aa479af3e74d470d"

    @Test(arguments: [
        (200, #"{"exp":1795230000,"sub":"ada","parley":{"room":"fox"}}"#, #"{"room":"fox"}"#),
        (200, #"{"exp":1795220000,"parley":{}}"#, "token-expired: "),
        (200, #"{"parley":{}}"#, "authorization-unavailable: "),
        (200, #"{"exp":1795230000}"#, "authorization-unavailable: "),
        (200, #"{"exp":1795230000,"parley":{"creaet":true}}"#, "authorization-unavailable: "),
        (200, #"{"exp":1795230000,"exp":1795230001,"parley":{}}"#, "authorization-unavailable: "),
        (200, "[]", "authorization-unavailable: "), (200, "", "authorization-unavailable: "),
        (401, "", "invalid-token: "),
        (403, #"{"reason":"no such badge"}"#, #"invalid-token: The authorization service"#),
        (204, "", "authorization-unavailable: "), (302, "", "authorization-unavailable: "),
        (404, "", "authorization-unavailable: "), (500, "", "authorization-unavailable: "),
    ])
    func `a grant, a no, or neither`(status: Int, body: String, meaning: String) async throws {
        let outcome = try await Self.outcome(status, body)
        #expect(outcome.hasPrefix(meaning), "\(outcome)")
    }
}
