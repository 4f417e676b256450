import ParleyClient
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import Testing

@Suite("Revocations on two servers", .timeLimit(.minutes(patience)))
struct RevocationTests {
    private static func issuer() async throws -> TokenIssuer {
        TokenIssuer(algorithms: [.hs256], keys: .fixed([try await TokenKey(secret: TokenTests.secret)]))
    }

    private static func connect(_ server: RunningServer, _ name: String) async throws -> ParleyClient {
        var options = ClientOptions()
        let claims: JSONObject = [
            "sub": .string(name), "jti": .string("token of \(name)"), "parley": ["room": "*", "create": true],
        ]
        options.token = try await TokenTests.token(TokenTests.claims(claims))
        return try await server.connect(to: [server.address], options)
    }

    /// What an operator says to one of the servers.
    private static func post(_ server: RunningServer, _ body: JSONObject) async throws -> JSONValue {
        let client = OutboundClient()
        let url = "http://127.0.0.1:\(server.port)/v1/revocations"
        let answer = try await client.post(url, json: JSONValue.object(body).encoded, timeoutMilliseconds: 10_000)
        try await client.end()
        #expect(answer.status == 201)
        return try JSONParser.parse(answer.body)
    }

    private static func isRefused(_ server: RunningServer, _ name: String) async -> Bool {
        do {
            _ = try await Self.connect(server, name)
            return false
        } catch {
            return (error as? ClientError) == .closed(code: CloseCode.revoked.rawValue)
        }
    }

    @Test("whoever is revoked on one is gone from the other, once, and comes to none, also not to a later one")
    func elsewhere() async throws {
        let issuers = [try await Self.issuer()]
        try await withServer(issuers: issuers) { first in
            try await withServer(engine: first.engine, issuers: issuers) { second in
                let ada = try await Self.connect(first, "ada")
                let room = try await ada.join(alias("blue-fox"))
                let eve = try await Self.connect(second, "eve")
                _ = try await eve.join(alias("blue-fox"))
                _ = await ada.nextRoomEvent("joined")
                let said = try await Self.post(first, ["token": "token of eve"])
                // She is on the other one.
                #expect(said["sessions"] == 0)
                let left = try #require(await ada.nextRoomEvent("left"))
                #expect(left.notice.json["reason"] == "unauthorized")
                let end = await eve.first { if case .ended(let error) = $0 { error } else { nil } }
                #expect(end == .closed(code: CloseCode.revoked.rawValue))
                for server in [first, second] { #expect(await Self.isRefused(server, "eve")) }
                try await withServer(engine: first.engine, issuers: issuers) { third in
                    #expect(await Self.isRefused(third, "eve"))
                    let bob = try await Self.connect(third, "bob")
                    _ = try await bob.join(.id(room.id))
                    // Between her leaving and his coming there was no second one.
                    let next = await ada.first { event in
                        if case .room(let notice, _) = event { notice.type } else { nil }
                    }
                    #expect(next == "joined")
                }
            }
        }
    }
}
