import Logging
import ParleyProtocol
import ParleyRooms

/// Relays are lent to those who are in a room, and to nobody else (docs/decisions/0011).
///
/// ```
///        admitted, 70 % of its life, network-changed, before a restarter
/// session ------------------------------------------------------------> ice-servers: a new lease
///        resumed, in a room
/// session ------------------------------------------------------------> welcome: a new lease
/// ```
extension Gateway {
    /// The newest list for that session; in a room it is a lease, which begins now.
    func lendServers(to session: GatewaySession) -> ICEServersMessage {
        guard session.seats.contains(where: { $0.phase == .present }) else {
            session.forgetLease()
            return ICEServersMessage(iceServers: .array(self.lending.openServers.map(\.json)))
        }
        let lease = self.lending.lend(to: session.id.opaqueText, now: self.now)
        session.hasLease = true
        session.leaseRenewsAt = lease.renewAt
        session.lacksVendor = lease.lacksVendor
        if let renewAt = lease.renewAt { self.renewals.lent(renewAt: renewAt) }
        if self.lending.isLending { self.counters.leases += 1 }
        return ICEServersMessage(iceServers: .array(lease.servers.map(\.json)), expireAt: lease.expiresAt)
    }

    func sendServers(to session: GatewaySession) {
        session.send(.iceServers(self.lendServers(to: session)), counters: &self.counters)
    }

    /// Somebody is in a room from now on: before they see it, they can reach the others.
    func admitted(_ session: GatewaySession) {
        // A second room needs no second lease, and whoever has no connection is told with the next one.
        guard self.lending.isLending, !session.hasLease, session.connection != nil else { return }
        self.sendServers(to: session)
    }

    /// A few times a second.
    func renewLeases() {
        let due = self.renewals.due(at: self.now) {
            self.sessions.values.compactMap { session in
                session.leaseRenewsAt.map { TurnRenewals.Candidate(session.id, renewAt: $0) }
            }
        }
        for id in due {
            guard let session = self.sessions[id] else { continue }
            // Whoever is away is told with the return, and who is in no room any more has nobody to reach.
            guard session.connection != nil, session.seats.contains(where: { $0.phase == .present }) else {
                session.forgetLease()
                continue
            }
            self.sendServers(to: session)
        }
    }

    /// The operator has other secrets. What the old one has signed is renewed as fast as ``Limits/leasesPerSweep``
    /// allows: the sooner everybody has the new one, the sooner the servers can forget the old one.
    package func adopt(turnSecrets secrets: [TurnSecret]) {
        guard self.lending.adopt(secrets) else { return }
        self.logger.notice("Another TURN secret signs from now on.", metadata: ["secrets": "\(secrets.count)"])
        let now = self.now
        for session in self.sessions.values where session.leaseRenewsAt != nil { session.leaseRenewsAt = now }
        self.renewals.lent(renewAt: now)
    }
}

extension Gateway {
    /// For a media server, which is known by its key.
    ///
    /// - Parameter id: what it calls whomever it asks for.
    func lend(toServer id: String?) -> TurnGrant? {
        let id = id ?? SessionID(using: &self.random).opaqueText
        let grant = self.lending.grant(to: id, now: self.now)
        if grant != nil { self.counters.leases += 1 }
        return grant
    }
}

extension GatewaySession {
    fileprivate func forgetLease() {
        self.hasLease = false
        self.leaseRenewsAt = nil
        self.lacksVendor = false
    }
}

extension SessionID {
    /// Without the letter that says of what kind it is.
    fileprivate var opaqueText: String { String(self.description.dropFirst(2)) }
}
