import ParleyClient
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import Testing

@Suite("Tickets on two servers", .timeLimit(.minutes(patience)))
struct TicketsOnTwoServersTests {
    /// What the page of somebody with a token fetches from one of the servers.
    private static func ticket(_ server: RunningServer) async throws -> String {
        let token = try await TokenTests.token(TokenTests.claims(["parley": ["room": "*", "create": true]]))
        let client = OutboundClient()
        let answer = try await client.post(
            "http://127.0.0.1:\(server.port)/v1/tickets",
            json: [],
            headers: [("authorization", "Bearer \(token)")],
            timeoutMilliseconds: 10_000
        )
        try await client.end()
        #expect(answer.status == 201)
        return try #require(try JSONParser.parse(answer.body)["ticket"]?.string)
    }

    private static func connect(_ server: RunningServer, _ ticket: String) async throws -> ParleyClient {
        var options = ClientOptions()
        options.ticket = ticket
        return try await server.connect(to: [server.address], options)
    }

    private static func isRefused(_ server: RunningServer, _ ticket: String) async -> Bool {
        do {
            _ = try await Self.connect(server, ticket)
            return false
        } catch {
            return (error as? ClientError) == .closed(code: CloseCode.unauthorized.rawValue)
        }
    }

    @Test("one that was made by one of them is good at the other, and then at neither")
    func elsewhere() async throws {
        let keys = TokenIssuer.Keys.fixed([try await TokenKey(secret: TokenTests.secret)])
        let issuers = [TokenIssuer(algorithms: [.hs256], keys: keys)]
        try await withServer(issuers: issuers) { first in
            try await withServer(engine: first.engine, issuers: issuers) { second in
                let ticket = try await Self.ticket(first)
                let ada = try await Self.connect(second, ticket)
                let identity = TokenJudge.identity(issuer: nil, subject: "ada")
                #expect(await ada.welcome?.identity == identity)
                #expect(try await ada.join(alias("blue-fox"), name: nil).people.count == 1)
                for server in [first, second] { #expect(await Self.isRefused(server, ticket)) }

                // Whoever is first, and nobody else, however many come at once.
                let contested = try await Self.ticket(second)
                let winners = try await withThrowingTaskGroup(of: Bool.self) { tasks in
                    for index in 0..<8 {
                        tasks.addTask { await !Self.isRefused(index.isMultiple(of: 2) ? first : second, contested) }
                    }
                    return try await tasks.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(winners == 1)
            }
        }
    }
}
