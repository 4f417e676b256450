import Logging
import ParleyProtocol
import ParleyServer
import Synchronization
import Testing

@Suite("Tokens: keys that are fetched")
struct KeySetTests {
    static let now = TokenTests.now

    static func key(_ id: String) async throws -> TokenKey {
        try await TokenKey(secret: Array(repeating: 1, count: 32), id: id)
    }

    /// What an answer says, in a word.
    static func word(_ answer: KeySetStateMachine.Answer) -> String {
        switch answer {
        case .key(let key): "key \(key.id ?? "-")"
        case .keyAndFetch(let key): "key \(key.id ?? "-") and fetch"
        case .fetch: "fetch"
        case .wait: "wait"
        case .fault(let fault): "\(fault)"
        }
    }

    @Test func `an unknown key is fetched for once, and then not for ten seconds`() async throws {
        var set = KeySetStateMachine()
        func after(_ milliseconds: Int) -> Instant { Self.now.advanced(milliseconds: milliseconds) }
        #expect(Self.word(set.lookup("a", at: after(0))) == "fetch")
        #expect(Self.word(set.lookup("a", at: after(1))) == "wait")
        set.fetched([try await Self.key("a"), try await Self.key("b")], at: after(2))
        #expect(Self.word(set.lookup("a", at: after(2), isSecond: true)) == "key a")
        // Made-up ids cost the issuer nothing.
        #expect(Self.word(set.lookup("x", at: after(3))) == "\(TokenFault.unknownKey("x"))")
        #expect(Self.word(set.lookup("x", at: after(9_999))) == "\(TokenFault.unknownKey("x"))")
        #expect(Self.word(set.lookup("x", at: after(10_000))) == "fetch")
        set.failed()
        #expect(Self.word(set.lookup("x", at: after(10_001), isSecond: true)) == "\(TokenFault.unknownKey("x"))")
        #expect(Self.word(set.lookup("a", at: after(10_002))) == "key a")
    }

    @Test func `old keys are used while new ones are fetched, and for as long as none come`() async throws {
        var set = KeySetStateMachine()
        func after(_ milliseconds: Int) -> Instant { Self.now.advanced(milliseconds: milliseconds) }
        #expect(Self.word(set.lookup("a", at: after(0))) == "fetch")
        set.fetched([try await Self.key("a")], at: after(0))
        #expect(Self.word(set.lookup("a", at: after(599_999))) == "key a")
        #expect(Self.word(set.lookup("a", at: after(600_000))) == "key a and fetch")
        #expect(Self.word(set.lookup("a", at: after(600_001))) == "key a")
        set.failed()
        #expect(Self.word(set.lookup("a", at: after(605_000))) == "key a")
        #expect(Self.word(set.lookup("a", at: after(610_000))) == "key a and fetch")
        set.fetched([try await Self.key("b")], at: after(610_001))
        // The issuer has taken it back.
        #expect(Self.word(set.lookup("a", at: after(610_002))) == "\(TokenFault.unknownKey("a"))")
        #expect(Self.word(set.lookup("b", at: after(610_003))) == "key b")
    }

    @Test func `before any key was had, nobody's token is called wrong`() async throws {
        var set = KeySetStateMachine()
        #expect(Self.word(set.lookup("a", at: Self.now)) == "fetch")
        set.failed()
        #expect(Self.word(set.lookup("a", at: Self.now, isSecond: true)) == "\(TokenFault.keysUnavailable)")
        #expect(Self.word(set.lookup("a", at: Self.now.advanced(milliseconds: 1))) == "\(TokenFault.keysUnavailable)")
    }

    @Test func `a hundred who ask at once are answered by one fetch`() async throws {
        let fetches = Mutex(0)
        let set = KeySet(
            url: "https://example.org/keys",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) {
            #expect($0 == "https://example.org/keys")
            fetches.withLock { $0 += 1 }
            return JSONValue.object(["keys": [TokenKeyTests.edwards]]).encoded
        }
        try await withThrowingTaskGroup(of: [TokenAlgorithm].self) { tasks in
            for _ in 0..<100 {
                tasks.addTask { try await set.key(nil, at: Self.now).algorithmsInUse }
            }
            for try await algorithms in tasks { #expect(algorithms == [.edDSA]) }
        }
        #expect(fetches.withLock(\.self) == 1)
    }
}
