import ParleyProtocol
import ParleyRooms

/// Media comes back without starting over: both ends of a pair hear which of them restarts ICE, and with which servers.
///
/// ```
/// resume, behind the missed signals ---+
///                                      +--->  to the other end: ice-servers, restarter
/// network-changed: ice-servers --------+      to this end: restarter
/// ```
///
/// Nobody is asked whether the connection is up: the server cannot know, and who hears this does. An end that has
/// no socket hears it after its own return.
extension Gateway {
    /// The device may have another address now.
    func networkChanged(_ session: GatewaySession) {
        self.sendServers(to: session)
        self.nameRestarters(of: session.seats)
    }

    /// For each pair that has something to restart.
    func nameRestarters(of seats: [Seat]) {
        // One session can be the other end in several rooms.
        var supplied: Set<SessionID> = []
        // A seat that still gets its missed signals is told behind them, and its peers with it.
        for seat in seats where seat.phase == .present && !seat.awaitsRestarters {
            for peer in seat.negotiators {
                let restarter = Self.restarter(seat, peer)
                if let there = self.participants[peer.id] {
                    guard !there.awaitsRestarters else { continue }
                    if supplied.insert(there.session.id).inserted {
                        self.sendServers(to: there.session)
                    }
                    self.tell(there, of: seat.id, restarter)
                } else {
                    seat.host.publish(.restarter(to: peer.id, peer: seat.id, restarter))
                }
                self.tell(seat, of: peer.id, restarter)
            }
        }
    }

    /// Another node names it to somebody here.
    func heard(restarter: ParticipantID?, of peer: ParticipantID, to seat: Seat) {
        guard !seat.awaitsRestarters else { return }
        self.sendServers(to: seat.session)
        self.tell(seat, of: peer, restarter)
    }

    private static func restarter(_ seat: Seat, _ peer: Participant) -> ParticipantID? {
        let side = PairNegotiation.Side(joined: seat.joined, peerJoined: peer.joined)
        let restarter = PairNegotiation.restarter(of: seat.session.abilities, on: side, peer: peer.abilities)
        return restarter.map { $0 == side ? seat.id : peer.id }
    }

    private func tell(_ seat: Seat, of peer: ParticipantID, _ restarter: ParticipantID?) {
        let message = Restarter(room: seat.host.id, peer: peer, restarter: restarter)
        seat.session.send(.restarter(message), counters: &self.counters)
    }
}
