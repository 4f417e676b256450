import ParleyClient
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import Testing

/// The bounds of one session, and of all of them, over real sockets.
@Suite("Limits of sessions", .timeLimit(.minutes(patience)))
struct SessionLimitTests {
    private func limits(_ change: (inout Limits) -> Void) -> Limits {
        var limits = Limits()
        change(&limits)
        return limits
    }

    @Test("so many sessions wait for their people; one more ends the one that has waited longest")
    func sessions() async throws {
        // Nobody leaves because of the time.
        let limits = self.limits { ($0.sessionsMax, $0.graceMilliseconds) = (2, 600_000) }
        try await withServer(limits: limits) { server in
            let ada = try await Writer.join(server, "Ada")
            var lost: [Writer] = []
            for name in ["Bob", "Cleo", "Dan"] { lost.append(try await Writer.join(server, name)) }
            for writer in lost {
                writer.client.close(code: 3_000)
                _ = try await writer.client.rest()
            }
            let left = try #require(await ada.event("left"))
            #expect(left["participant"]?.string == lost[0].id.description)
            for writer in lost.dropFirst() { _ = try await writer.comeBack(server) }
        }
    }

    @Test("elsewhere a resume secret is good for so long, and then names nobody")
    func resumeSecret() async throws {
        // The nodes' clocks may differ by a second here.
        for (milliseconds, isGood) in [(60_000, true), (-5_000, false)] {
            try await withServer(limits: self.limits { $0.resumeSecretMilliseconds = milliseconds }) { first in
                try await withServer(engine: first.engine) { second in
                    let bob = try await Writer.join(first, "Bob")
                    var hello = Hello()
                    hello.identity = IdentityProof(session: bob.welcome.session, secret: bob.welcome.resumeSecret)
                    let (_, welcome) = try await greeted(second, hello)
                    #expect((welcome.identity == bob.welcome.identity) == isGood)
                }
            }
        }
    }

    @Test("a secret that nobody knows is forgiven for so long after the start, and then blamed on its address")
    func secrets() async throws {
        for (milliseconds, isForgiven) in [(600_000, true), (0, false)] {
            let limits = self.limits {
                ($0.secretsForgivenMilliseconds, $0.failuresFree, $0.failuresMax) = (milliseconds, 0, 1)
            }
            try await withServer(limits: limits, change: { $0.limitsLoopback = true }) { server in
                var hello = Hello()
                var random = SystemRandomNumberGenerator()
                hello.resume = Hello.Resume(session: SessionID(using: &random), secret: "made up", rooms: [])
                let (_, welcome) = try await greeted(server, hello)
                #expect(welcome.resumeRefused == .unknown)
                let next = try await RawSocket.open(server)
                await next.send(RawSocket.upgrade(server))
                let status = await next.heard(until: "\r\n\r\n")
                #expect(status.contains(isForgiven ? "HTTP/1.1 101 " : "HTTP/1.1 429 "))
            }
        }
    }

    // MARK: Rates

    /// The answer to what was one too many.
    private func refusal(_ client: RawClient, of type: String) async throws {
        let rejected = await client.first { if case .rejected(let rejected) = $0 { rejected } else { nil } }
        #expect(rejected?.of == type)
        #expect(rejected?.knownCode == .rateLimited)
        #expect(try #require(rejected?.retryAfterMilliseconds) > 0)
    }

    @Test("changes of network")
    func networkChanges() async throws {
        let limits = self.limits { ($0.networkChangeBurst, $0.networkChangesPerSecond) = (2, 1) }
        try await withServer(limits: limits) { server in
            let (client, _) = try await greeted(server)
            for _ in 1...3 { client.send(.networkChanged) }
            try await self.refusal(client, of: "network-changed")
        }
    }

    @Test("tokens that are shown")
    func authentications() async throws {
        let limits = self.limits { ($0.authenticationBurst, $0.authenticationsPerSecond) = (2, 1) }
        let key = try await TokenKey(secret: TokenTests.secret)
        try await withServer(
            limits: limits,
            issuers: [TokenIssuer(algorithms: [.hs256], keys: .fixed([key]))]
        ) { server in
            let token = try await TokenTests.token(TokenTests.claims())
            var hello = Hello()
            hello.token = token
            let (client, _) = try await greeted(server, hello)
            for _ in 1...3 { client.send(.authenticate(token: token)) }
            // The refusal does not wait for those that are judged.
            var authenticated = 0
            var refused: RejectedMessage?
            for await message in client.messages {
                if case .authenticated = message { authenticated += 1 }
                if case .rejected(let rejected) = message { refused = rejected }
                if authenticated == 2, refused != nil { break }
            }
            #expect(refused?.knownCode == .rateLimited)
        }
    }

    @Test("pulses: one too many is dropped without a word")
    func pulses() async throws {
        let limits = self.limits { ($0.pulseBurst, $0.pulsesPerSecond) = (2, 1) }
        try await withServer(limits: limits) { server in
            let ada = try await Writer.join(server, "Ada")
            let bob = try await Writer.join(server, "Bob")
            for number in 1...4 {
                bob.client.send(.pulse(OutboundPulse(room: bob.room, kind: "x", data: .integer(Int64(number)))))
            }
            try bob.say("the end")
            var pulses: [JSONValue?] = []
            for await message in ada.client.messages {
                if case .pulse(let pulse) = message { pulses.append(pulse.data) }
                if case .chat = message { break }
            }
            #expect(pulses == [1, 2])
        }
    }

    @Test("questions for the chat's history")
    func histories() async throws {
        let limits = self.limits { ($0.chatHistoryBurst, $0.chatHistoriesPerSecond) = (2, 1) }
        try await withServer(limits: limits) { server in
            let ada = try await Writer.join(server, "Ada")
            for _ in 1...3 { ada.client.send(.chatHistory(ChatHistoryRequest(room: ada.room, limit: 1))) }
            try await self.refusal(ada.client, of: "chat-history")
        }
    }

    @Test("questions for the audience, whose pages are as long as is usual")
    func roster() async throws {
        let limits = self.limits { ($0.rosterBurst, $0.rosterPageUsual, $0.stageUsual) = (2, 2, 1) }
        try await withServer(limits: limits) { server in
            let ada = try await Writer.join(server, "Ada")
            for name in ["Bob", "Cleo", "Dan"] { _ = try await Writer.join(server, name) }
            for _ in 1...3 { ada.client.send(.roster(RosterRequest(room: ada.room))) }
            let page = await ada.client.first { if case .roster(let page) = $0 { page } else { nil } }
            #expect(page?.people.object?.count == 2)
            try await self.refusal(ada.client, of: "roster")
        }
    }
}
