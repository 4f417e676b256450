package import ParleyProtocol

/// Which relays somebody may use, and until when.
package struct TurnLease: Hashable, Sendable {
    package let servers: [ICEServer]
    /// `nil`: nothing in it ends.
    package let expiresAt: Instant?
    /// When its holder is to have the next one: at 70 % of its life.
    package let renewAt: Instant?
    /// A vendor is to add something that is not there yet.
    package let lacksVendor: Bool

    /// What is nearly over is not renewed more often than this.
    private static let pauseMilliseconds: Int64 = 2_000

    package init(_ servers: [ICEServer], since now: Instant, until expiresAt: Instant?, lacksVendor: Bool = false) {
        self.servers = servers
        self.expiresAt = expiresAt
        self.lacksVendor = lacksVendor
        self.renewAt = expiresAt.map { end in
            let life = (end.milliseconds - now.milliseconds) * 7 / 10
            return Instant(milliseconds: now.milliseconds + max(life, Self.pauseMilliseconds))
        }
    }
}

/// Lends relays to those who are in a room.
///
/// A lease is computed, not kept: what a session remembers of its newest one is when the next one is due.
package struct TurnLending {
    private let fixed: [ICEServer]
    private let servers: [String]
    private var secrets: [TurnSecret]
    private let lifetimeMilliseconds: Int
    package var chain: VendorChain

    /// - Parameter fixed: what everybody is told in the same words.
    package init(fixed: [ICEServer], _ configuration: TurnConfiguration) {
        self.fixed = fixed
        self.servers = configuration.servers
        self.secrets = configuration.secrets
        self.lifetimeMilliseconds = min(configuration.lifetimeMilliseconds, TurnConfiguration.lifetimeMillisecondsMax)
        self.chain = VendorChain(vendors: configuration.vendors.count)
    }

    /// What needs no credential: for those who are not in a room.
    package var openServers: [ICEServer] { self.fixed.filter(\.isOpen) }

    /// Whether those in a room are told more than the others.
    package var isLending: Bool {
        self.fixed.contains { !$0.isOpen } || !(self.servers.isEmpty || self.secrets.isEmpty) || !self.chain.isEmpty
    }

    /// - Parameter id: opaque; the servers read it.
    package func lend(to id: String, now: Instant) -> TurnLease {
        var servers = self.fixed
        var end: Instant?
        if let credential = self.credential(of: id, now: now) {
            servers.append(
                ICEServer(urls: self.servers, username: credential.username, credential: credential.password)
            )
            end = credential.expiresAt
        }
        let loan = self.chain.loan(at: now)
        if let loan {
            servers += loan.servers
            end = min(end ?? loan.expiresAt, loan.expiresAt)
        }
        return TurnLease(servers, since: now, until: end, lacksVendor: loan == nil && !self.chain.isEmpty)
    }

    /// For a media server.
    package func grant(to id: String, now: Instant) -> TurnGrant? {
        self.credential(of: id, now: now).map {
            TurnGrant(credential: $0, seconds: self.lifetimeMilliseconds / 1_000, addresses: self.servers)
        }
    }

    private func credential(of id: String, now: Instant) -> TurnCredential? {
        guard !self.servers.isEmpty, let secret = self.secrets.first else { return nil }
        return TurnCredential(
            of: id,
            until: now.advanced(milliseconds: self.lifetimeMilliseconds),
            signedWith: secret
        )
    }

    /// The operator has other secrets now.
    ///
    /// - Returns: whether another one signs: then leases that the old one has signed should be renewed soon, since the
    ///   servers will not believe it for ever.
    package mutating func adopt(_ secrets: [TurnSecret]) -> Bool {
        let before = self.secrets.first
        self.secrets = secrets
        return before != secrets.first
    }
}
