import ParleyProtocol
import ParleyRooms

/// Who a person is that somebody has named, and whether they may know.
extension Gateway {
    /// The same person has the same identity on every node: a name is that of a token's `sub` by the same issuer.
    func identity(of name: String, for session: GatewaySession) -> IdentityID {
        if let identity = IdentityID(name) { return identity }
        guard self.wantsTokens else { return Self.identity(inDevelopment: name) }
        return TokenJudge.identity(issuer: session.authorization?.authorization.issuer, subject: name)
    }

    /// Where nobody has to show who they are.
    static func identity(inDevelopment user: String) -> IdentityID {
        TokenJudge.identity(issuer: "parley development", subject: user)
    }

    /// What somebody says in `hello` of who they are counts where nobody has to show it.
    func identity(saidIn hello: Hello) -> IdentityID? {
        guard !self.wantsTokens, let user = hello.user else { return nil }
        return Self.identity(inDevelopment: user)
    }

    /// What is known without a look at the person's line.
    func judge(_ session: GatewaySession, mayKnow person: IdentityID) -> PeopleRule.Judgement {
        let rule = self.configuration.people ?? (self.wantsTokens ? .contacts : .all)
        return rule.judge(
            session.identity,
            of: person,
            isContact: rule.heedsContacts && session.contacts.contains(person),
            organisation: session.grant?.organisation
        )
    }

    /// Whoever blocks somebody is nobody to them.
    ///
    /// - Parameter line: of the person.
    func mayKnow(_ session: GatewaySession, _ person: IdentityID, line: Room) -> Bool {
        guard let line = line.line, line.blocked[session.identity] == nil else { return false }
        switch self.judge(session, mayKnow: person) {
        case .allowed: return true
        case .forbidden: return false
        case .ifOf(let organisation): return line.organisation == organisation
        }
    }

    /// With who that is, and on what condition.
    func found(_ callee: Callee, for session: GatewaySession) -> Callee {
        var callee = callee
        let person = self.identity(of: callee.text, for: session)
        callee.identity = person
        switch self.judge(session, mayKnow: person) {
        case .allowed: callee.onlyOf = nil
        case .forbidden: callee.onlyOf = ""
        case .ifOf(let organisation): callee.onlyOf = organisation
        }
        return callee
    }

    func found(_ request: RingRequest, for session: GatewaySession) -> RingRequest {
        var request = request
        request.people = request.people.map { self.found($0, for: session) }
        request.user = session.user
        request.issuer = session.authorization?.authorization.issuer
        return request
    }
}

extension GatewaySession {
    /// Of whom their token says that they may know.
    var contacts: Set<IdentityID> {
        guard let authorization = self.authorization?.authorization else { return [] }
        return Set(
            authorization.grant.contacts.map {
                $0.identity ?? TokenJudge.identity(issuer: authorization.issuer, subject: $0.text)
            }
        )
    }

    /// What their app calls them.
    var user: String? { self.authorization?.authorization.subject ?? self.saidUser }
}
