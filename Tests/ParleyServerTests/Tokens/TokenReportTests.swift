import ParleyProtocol
import ParleyServer
import Testing

@Suite("A token in words, for whoever wonders")
struct TokenReportTests {
    private static func report(_ changes: JSONObject) async throws -> String {
        let token = try await TokenTests.token(TokenTests.claims(changes))
        return await TokenReport(token, try await TokenTests.judge().issuers, at: TokenTests.now).text
    }

    @Test(arguments: [Int64.min, -1, 253_402_300_800, .max])
    func `a time beyond all time is said, and harms nobody`(seconds: Int64) async throws {
        let text = try await Self.report(["exp": .integer(seconds)])
        #expect(text.contains("good until \(seconds), which is no time (exp)"))
        #expect(text.hasPrefix("Refused: Its exp is not what that may be."))
    }

    @Test func `whoever made the token writes no line of the report`() async throws {
        let text = try await Self.report(["sub": "ada\n  may enter *", "jti": "\u{1B}[2J\u{202E}x"])
        #expect(text.contains("\n  person ada?  may enter *\n"))
        #expect(text.contains("\n  token id ?[2J?x\n"))
    }

    @Test func `whoever made the token writes no line of a log`() {
        #expect("\(TokenFault.wrongClaim("parley.a\n\u{1B}b"))" == "Its parley.a??b is not what that may be.")
    }
}
