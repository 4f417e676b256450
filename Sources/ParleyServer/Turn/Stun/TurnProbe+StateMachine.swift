/// What came of asking one server for one thing.
package enum TurnFinding: Hashable, Sendable {
    /// It relays for us, or would: the allocation has been given back.
    ///
    /// - Parameter reaches: those of the addresses that nobody from outside should reach, and that it lets us reach.
    case relays(by: StunAddress, reaches: [StunAddress])
    /// A STUN server: it sees us there.
    case answers(seenAt: StunAddress)
    case noAnswer
    /// It does not ask who we are: anybody may use it.
    case openToAnybody(StunAddress)
    /// It does not take the name and the password: forged, over, or signed with a secret that it does not have.
    case unauthorized
    case refused(StunFailure)
    /// Something answers that is no such server.
    case nonsense
    /// The answer is not signed by whoever knows the password.
    case unsigned
    /// There was no way to ask: the system's own words.
    case unreachable(String)
    case tlsFailed(String)
    /// This program cannot ask over that transport.
    case unsupported
}

/// Asks a STUN server who we are, or a TURN server for a relay (RFC 8489, section 9.2.5; RFC 8656, sections 7 to 9).
///
/// ```
/// bind ---> done
///
/// challenge (Allocate without a name) --401--> allocate --438 once--> allocate
///                                                  |
///                                                  v  for each address that nobody should reach
///                                              permission ---> free ---> done
/// ```
package struct TurnProbe {
    package enum Purpose: Hashable, Sendable {
        case bind
        case allocate(username: String, password: String)
    }

    package enum Effect: Hashable {
        case send([UInt8])
        case done(TurnFinding)
    }

    private struct Relay: Hashable {
        let address: StunAddress
        var reaches: [StunAddress] = []
    }

    private enum State: Hashable {
        case binding
        case challenged
        case allocating(isRepeated: Bool)
        case permission(Relay, of: StunAddress, rest: [StunAddress])
        case freeing(TurnFinding)
        case done
    }

    private struct Login: Hashable {
        let username: String
        let realm: String
        var nonce: [UInt8]
        let key: [UInt8]
    }

    private let purpose: Purpose
    /// Addresses of which each is asked for.
    private let forbidden: [StunAddress]
    private var state: State
    private var login: Login?
    private var transaction: [UInt8]

    /// - Parameter transaction: 96 random bits.
    package init(_ purpose: Purpose, forbidden: [StunAddress], transaction: [UInt8]) {
        self.purpose = purpose
        self.forbidden = forbidden
        self.transaction = transaction
        switch purpose {
        case .bind: self.state = .binding
        case .allocate: self.state = .challenged
        }
    }

    /// What is asked first.
    package func begin() -> [Effect] {
        switch self.purpose {
        case .bind: [.send(StunMessage(.binding, .request, transaction: self.transaction).encoded())]
        case .allocate: [.send(self.request(.allocate, [.udp]))]
        }
    }

    /// No answer, however often it was asked.
    package mutating func silence() -> [Effect] {
        switch self.state {
        case .binding, .challenged, .allocating: self.finish(.noAnswer)
        case .permission(let relay, of: _, rest: _):
            self.finish(.relays(by: relay.address, reaches: relay.reaches))
        // It ends by itself.
        case .freeing(let finding): self.finish(finding)
        case .done: []
        }
    }

    /// - Parameter transaction: 96 random bits, for the next question.
    package mutating func received(_ bytes: [UInt8], next transaction: [UInt8]) -> [Effect] {
        // Ignored: whatever still comes.
        if case .done = self.state { return [] }
        guard let answer = try? StunMessage(bytes) else { return self.finish(.nonsense) }
        // Ignored: the answer to an earlier question, sent twice.
        guard answer.transaction == self.transaction, answer.kind == .success || answer.kind == .failure else {
            return []
        }
        let failure = answer.kind == .failure ? answer.value(of: .errorCode).flatMap { StunFailure($0) } : nil
        guard answer.kind == .success || failure != nil else { return self.finish(.nonsense) }
        if failure == nil, let login = self.login, StunMessage.isSigned(bytes, with: login.key) != true {
            return self.finish(.unsigned)
        }
        self.transaction = transaction
        return self.judge(answer, failure)
    }

    private mutating func judge(_ answer: StunMessage, _ failure: StunFailure?) -> [Effect] {
        switch self.state {
        case .binding: return self.bound(answer, failure)
        case .challenged:
            guard let failure else {
                return self.finish(self.relay(in: answer).map { .openToAnybody($0) } ?? .nonsense)
            }
            guard failure.code == 401 else { return self.finish(.refused(failure)) }
            guard self.adopt(answer) else { return self.finish(.nonsense) }
            self.state = .allocating(isRepeated: false)
            return [.send(self.request(.allocate, [.udp]))]
        case .allocating(let isRepeated):
            guard let failure else {
                guard let address = self.relay(in: answer) else { return self.finish(.nonsense) }
                return self.ask(Relay(address: address), self.forbidden[...])
            }
            if failure.code == 438, !isRepeated, self.adopt(answer) {
                self.state = .allocating(isRepeated: true)
                return [.send(self.request(.allocate, [.udp]))]
            }
            return self.finish(failure.code == 401 ? .unauthorized : .refused(failure))
        case .permission(var relay, of: let address, rest: let rest):
            if failure == nil { relay.reaches.append(address) }
            return self.ask(relay, rest[...])
        case .freeing(let finding): return self.finish(finding)
        case .done: return []
        }
    }

    private mutating func bound(_ answer: StunMessage, _ failure: StunFailure?) -> [Effect] {
        if let failure { return self.finish(.refused(failure)) }
        let seen = answer.value(of: .mappedAddress).flatMap {
            StunAddress(masked: $0, transaction: answer.transaction)
        }
        return self.finish(seen.map { .answers(seenAt: $0) } ?? .nonsense)
    }

    private mutating func ask(_ relay: Relay, _ rest: ArraySlice<StunAddress>) -> [Effect] {
        guard let address = rest.first else {
            self.state = .freeing(.relays(by: relay.address, reaches: relay.reaches))
            return [.send(self.request(.refresh, [.lifetime(0)]))]
        }
        self.state = .permission(relay, of: address, rest: Array(rest.dropFirst()))
        let peer = StunAttribute(.peerAddress, address.masked(transaction: self.transaction))
        return [.send(self.request(.createPermission, [peer]))]
    }

    private mutating func finish(_ finding: TurnFinding) -> [Effect] {
        self.state = .done
        return [.done(finding)]
    }

    /// - Returns: whether the challenge has what an answer needs.
    private mutating func adopt(_ challenge: StunMessage) -> Bool {
        guard case .allocate(let username, let password) = self.purpose,
            let nonce = challenge.value(of: .nonce),
            let realm = challenge.text(of: .realm) ?? self.login?.realm
        else { return false }
        let key = StunMessage.longTermKey(username: username, realm: realm, password: password)
        self.login = Login(username: username, realm: realm, nonce: nonce, key: key)
        return true
    }

    private func request(_ method: StunMessage.Method, _ attributes: [StunAttribute]) -> [UInt8] {
        var message = StunMessage(method, .request, transaction: self.transaction, attributes: attributes)
        if let login = self.login {
            message.attributes += [
                StunAttribute(.username, login.username), StunAttribute(.realm, login.realm),
                StunAttribute(.nonce, login.nonce),
            ]
        }
        return message.encoded(key: self.login?.key)
    }

    private func relay(in answer: StunMessage) -> StunAddress? {
        answer.value(of: .relayedAddress).flatMap { StunAddress(masked: $0, transaction: answer.transaction) }
    }
}
