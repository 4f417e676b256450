public import NIOCore
public import ParleyProtocol

/// How a client behaves; the defaults suit an app with a person in front of it.
public struct ClientOptions: Sendable {
    public var abilities = Abilities(rollback: true, trickle: true, restart: true)
    /// For the operator's statistics.
    public var name = "parley-swift"
    public var version = "0.1.0"
    /// The `Origin` header; browsers send one, others need none.
    public var origin: String?
    /// The session of an earlier run of this app, which has lost its memory since: the same identity in a new
    /// session. The earlier session ends, and its participants leave.
    public var saved: SavedSession?
    /// A session of another device of the same person, which goes on: the same identity in a new session.
    public var identity: SavedSession?
    /// What the app's own service has signed for this person, if the server wants one.
    public var token: String?
    /// What the app calls this person, for a server that wants no tokens (it believes it): the same word is the same
    /// person on each of their devices.
    public var user: String?
    /// Who the app's own service says that this person is, and by which key: opaque to the server, and shown to
    /// everybody in the rooms that are joined.
    public var assertion: String?
    /// In place of a token: what `POST /v1/tickets` has given for one. It stands in the address and is good once; the
    /// session that it begins comes back without another one.
    public var ticket: String?
    /// Whose certificates are believed, in PEM; absent: those that the system trusts. For addresses with `wss:`.
    public var trustedCertificates: String?
    /// `false`: the first loss ends the session here, for load tests and scripts.
    public var reconnects = true
    /// Where the sockets live; absent: the process's own group.
    public var group: (any EventLoopGroup)?

    public init() {}
}

extension ClientOptions {
    func setup(_ addresses: [ServerAddress]) throws(ClientError) -> ClientSetup {
        var setup = ClientSetup(endpoints: addresses.count)
        setup.addresses = addresses.map(\.full)
        setup.isInsecure = !addresses.contains(where: \.isSecure)
        setup.reconnects = self.reconnects
        setup.abilities = self.abilities
        setup.name = self.name
        setup.version = self.version
        setup.token = self.token
        setup.user = self.user
        setup.ticket = self.ticket
        setup.assertion = self.assertion
        if let saved = self.saved {
            setup.saved = ClientStateMachine.Session(id: try saved.id, secret: saved.secret)
        }
        if let identity = self.identity {
            setup.identity = IdentityProof(session: try identity.id, secret: identity.secret)
        }
        return setup
    }
}

extension SavedSession {
    fileprivate var id: SessionID {
        get throws(ClientError) {
            guard let id = SessionID(self.session) else { throw .protocolViolation("A saved session has no valid id.") }
            return id
        }
    }
}
