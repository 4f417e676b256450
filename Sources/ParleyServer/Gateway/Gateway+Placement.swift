import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms

/// Where else clients may go, as the leases say. Advice only: any node serves any session.
extension Gateway {
    /// So many are named in a `welcome`.
    static let endpointsNamed = 4

    /// The other nodes that take clients, those with the fewest first; of several loops of a process the address once.
    func places(in view: NodeView) -> [NodeLease] {
        let own = self.configuration.advertisedAddress
        var places: [NodeLease] = []
        let leases = view.nodes.filter { $0.ageMilliseconds <= Self.leaseMilliseconds }.map(\.lease)
        for lease in leases.sorted(by: { ($0.clients, $0.node) < ($1.clients, $1.node) }) {
            guard !lease.isDraining, !lease.address.isEmpty, lease.address != own,
                !places.contains(where: { $0.address == lease.address })
            else { continue }
            places.append(lease)
        }
        return places
    }

    var endpoints: [String] { self.elsewhere.prefix(Self.endpointsNamed).map(\.address) }

    /// Where the most of those are with whom the session shares its rooms, so that rooms gather on few nodes; else the
    /// emptier one of two, so that not all go to the same.
    func bestPlace(for session: GatewaySession) -> String? {
        guard !self.elsewhere.isEmpty else { return nil }
        var counts: [NodeID: Int] = [:]
        for seat in session.seats where seat.isInRoom {
            for id in seat.host.peopleElsewhere {
                guard let node = seat.host.room.membership(id)?.node else { continue }
                counts[node, default: 0] += 1
            }
        }
        let known = self.elsewhere.filter { counts[$0.node] != nil }
        if let most = known.max(by: { counts[$0.node, default: 0] < counts[$1.node, default: 0] }) {
            return most.address
        }
        let last = self.elsewhere.count - 1
        let first = Int.random(in: 0...last, using: &self.random)
        return self.elsewhere[min(first, Int.random(in: 0...last, using: &self.random))].address
    }
}
