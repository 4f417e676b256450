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
        session.send(.iceServers(self.iceServersMessage), counters: &self.counters)
        self.nameRestarters(of: session.seats)
    }

    /// For each pair that has something to restart.
    func nameRestarters(of seats: [Seat]) {
        // One session can be the other end in several rooms.
        var supplied: Set<SessionID> = []
        // A seat that still gets its missed signals is told behind them, and its peers with it.
        for seat in seats where seat.phase == .present && seat.held == nil {
            for (peer, pair) in seat.pairs where pair.negotiation.isOpen && peer.held == nil {
                if supplied.insert(peer.session.id).inserted {
                    peer.session.send(.iceServers(self.iceServersMessage), counters: &self.counters)
                }
                let restarter = Self.restarter(seat, peer)
                self.tell(peer, of: seat, restarter)
                self.tell(seat, of: peer, restarter)
            }
        }
    }

    private static func restarter(_ seat: Seat, _ peer: Seat) -> ParticipantID? {
        let side = PairNegotiation.Side(joined: seat.joined, peerJoined: peer.joined)
        let restarter = PairNegotiation.restarter(
            of: seat.session.abilities,
            on: side,
            peer: peer.session.abilities
        )
        return restarter.map { $0 == side ? seat.id : peer.id }
    }

    private func tell(_ seat: Seat, of peer: Seat, _ restarter: ParticipantID?) {
        let message = Restarter(room: seat.host.id, peer: peer.id, restarter: restarter)
        seat.session.send(.restarter(message), counters: &self.counters)
    }

    private var iceServersMessage: ICEServersMessage {
        ICEServersMessage(iceServers: .array(self.configuration.iceServers.map(\.json)))
    }
}
