import ParleyServer
import Testing

@Suite("Asking a TURN server")
struct TurnProbeTests {
    private static let name = "1795226400:x"
    private static let relay = StunAddress([192, 0, 2, 7], port: 50_000)
    private static let loopback = StunAddress([127, 0, 0, 1], port: 9)
    private static let cloud = StunAddress([169, 254, 169, 254], port: 80)

    private var probe = TurnProbe(
        .allocate(username: name, password: "word"),
        forbidden: [loopback, cloud],
        transaction: [UInt8](repeating: 1, count: 12)
    )
    private let key = StunMessage.longTermKey(username: name, realm: "test", password: "word")
    private var count: UInt8 = 1

    /// What the probe asks now, as a server reads it.
    private func question(_ effects: [TurnProbe.Effect]) throws -> (message: StunMessage, bytes: [UInt8]) {
        guard effects.count == 1, case .send(let bytes) = effects[0] else {
            Issue.record("no question: \(effects)")
            throw StunError.notSTUN
        }
        return (try StunMessage(bytes), bytes)
    }

    private mutating func answer(
        _ question: StunMessage,
        _ attributes: [StunAttribute] = [],
        failure: Int? = nil,
        key: [UInt8]? = nil
    ) -> [TurnProbe.Effect] {
        var message = StunMessage(
            question.method,
            failure == nil ? .success : .failure,
            transaction: question.transaction,
            attributes: attributes
        )
        if let failure {
            message.attributes.append(.init(.errorCode, [0, 0, UInt8(failure / 100), UInt8(failure % 100)]))
        }
        self.count += 1
        return self.probe.received(message.encoded(key: key), next: [UInt8](repeating: self.count, count: 12))
    }

    private static func challenge(_ nonce: String) -> [StunAttribute] {
        [StunAttribute(.realm, "test"), StunAttribute(.nonce, nonce)]
    }

    private static func relayed(_ question: StunMessage) -> [StunAttribute] {
        [StunAttribute(.relayedAddress, relay.masked(transaction: question.transaction))]
    }

    /// Up to the first question that is signed.
    private mutating func login() throws -> StunMessage {
        let first = try self.question(self.probe.begin())
        #expect(first.message.method == .allocate)
        #expect(first.message.value(of: .username) == nil)
        let second = try self.question(self.answer(first.message, Self.challenge("one"), failure: 401))
        #expect(second.message.text(of: .nonce) == "one")
        #expect(second.message.text(of: .username) == Self.name)
        #expect(StunMessage.isSigned(second.bytes, with: self.key) == true)
        #expect(second.message.transaction != first.message.transaction)
        return second.message
    }

    @Test("a relay, which of the forbidden addresses it reaches, and that it is given back")
    mutating func whole() throws {
        let allocate = try self.login()
        let first = try self.question(self.answer(allocate, Self.relayed(allocate), key: self.key)).message
        #expect(first.method == .createPermission)
        #expect(first.value(of: .peerAddress) == Self.loopback.masked(transaction: first.transaction))
        let second = try self.question(self.answer(first, failure: 403)).message
        #expect(second.value(of: .peerAddress) == Self.cloud.masked(transaction: second.transaction))
        let free = try self.question(self.answer(second, key: self.key)).message
        #expect(free.method == .refresh)
        #expect(free.value(of: .lifetime) == [0, 0, 0, 0])
        let end = self.answer(free, key: self.key)
        #expect(end == [.done(.relays(by: Self.relay, reaches: [Self.cloud]))])
        #expect(self.probe.silence() == [])
    }

    @Test("a nonce that is too old is replaced once")
    mutating func stale() throws {
        let allocate = try self.login()
        let again = try self.question(self.answer(allocate, Self.challenge("two"), failure: 438)).message
        #expect(again.text(of: .nonce) == "two")
        let end = self.answer(again, Self.challenge("three"), failure: 438)
        #expect(end == [.done(.refused(StunFailure(code: 438, reason: "")))])
    }

    @Test("the name or the password is not taken")
    mutating func unauthorized() throws {
        let allocate = try self.login()
        #expect(self.answer(allocate, Self.challenge("two"), failure: 401) == [.done(.unauthorized)])
    }

    @Test("other refusals keep their number", arguments: [403, 437, 486, 508])
    mutating func refused(code: Int) throws {
        let allocate = try self.login()
        #expect(self.answer(allocate, failure: code) == [.done(.refused(StunFailure(code: code, reason: "")))])
    }

    @Test("an answer that somebody else has signed")
    mutating func unsigned() throws {
        let allocate = try self.login()
        #expect(self.answer(allocate, Self.relayed(allocate), key: Array("other".utf8)) == [.done(.unsigned)])
    }

    @Test("a server that asks nobody who they are")
    mutating func open() throws {
        let first = try self.question(self.probe.begin()).message
        #expect(self.answer(first, Self.relayed(first)) == [.done(.openToAnybody(Self.relay))])
    }

    @Test("an answer that came twice, or to nobody's question, is ignored")
    mutating func twice() throws {
        let first = try self.question(self.probe.begin()).message
        _ = self.answer(first, Self.challenge("one"), failure: 401)
        #expect(self.answer(first, Self.challenge("one"), failure: 401) == [])
        let stray = StunMessage(.binding, .success, transaction: [UInt8](repeating: 99, count: 12))
        #expect(self.answer(stray) == [])
    }

    @Test("no answer, before and after there was a relay")
    mutating func silence() throws {
        #expect(self.probe.silence() == [.done(.noAnswer)])
        #expect(self.probe.silence() == [])
        var other = self
        other.probe = TurnProbe(
            .allocate(username: Self.name, password: "word"),
            forbidden: [Self.loopback],
            transaction: [UInt8](repeating: 1, count: 12)
        )
        let allocate = try other.login()
        _ = other.answer(allocate, Self.relayed(allocate), key: self.key)
        #expect(other.probe.silence() == [.done(.relays(by: Self.relay, reaches: []))])
    }

    @Test(
        "what is no answer of such a server",
        arguments: [
            Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8),
            StunMessage(.allocate, .failure, transaction: [UInt8](repeating: 1, count: 12)).encoded(),
        ]
    )
    mutating func nonsense(bytes: [UInt8]) {
        let end = self.probe.received(bytes, next: [UInt8](repeating: 2, count: 12))
        #expect(end == [.done(.nonsense)])
        #expect(self.probe.received(bytes, next: [UInt8](repeating: 3, count: 12)) == [])
    }

    @Test("a challenge without a nonce is no challenge")
    mutating func bareChallenge() throws {
        let first = try self.question(self.probe.begin()).message
        #expect(self.answer(first, failure: 401) == [.done(.nonsense)])
    }

    @Test("a STUN server says where it sees us")
    mutating func bind() throws {
        self.probe = TurnProbe(.bind, forbidden: [], transaction: [UInt8](repeating: 1, count: 12))
        let question = try self.question(self.probe.begin()).message
        #expect(question.method == .binding)
        let seen = [StunAttribute(.mappedAddress, Self.relay.masked(transaction: question.transaction))]
        #expect(self.answer(question, seen) == [.done(.answers(seenAt: Self.relay))])
    }
}
