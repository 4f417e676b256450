import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms

/// What this node makes of the others: whose people it has to speak for.
extension Gateway {
    /// A node that has been silent for longer counts as dead, by the engine's clock.
    static let leaseMilliseconds: Int64 = 4_000

    /// After each heartbeat that the engine has answered.
    func judge(_ view: NodeView) {
        let now = self.eventLoop.now
        let alive = Set(view.nodes.filter { $0.ageMilliseconds <= Self.leaseMilliseconds }.map(\.lease.node))
        self.nodesAlive = alive
        // Leases are gone when the engine begins another life, and this node cannot tell who is dead when it has just
        // been away itself: for two leases nobody is.
        if let last = self.lastView, last.incarnation == view.incarnation, now - last.at < .seconds(2) {
            self.lastView = SeenNodes(at: now, since: last.since, incarnation: view.incarnation)
        } else {
            self.lastView = SeenNodes(at: now, since: now, incarnation: view.incarnation)
        }
        guard let seen = self.lastView, now - seen.since >= .milliseconds(2 * Self.leaseMilliseconds) else { return }
        self.directory.speakForPeople(whoseNodesAreNot: alive, now: now)
        self.searchOrphans(alive: alive)
    }

    /// How long this node has been seeing the others without a gap.
    struct SeenNodes {
        let at: NIODeadline
        let since: NIODeadline
        let incarnation: EngineIncarnation
    }
}

extension RoomHost {
    /// Nobody else can say that the connections of a dead node's people are lost, and that their time is over. Every
    /// node that holds the room says it; the log takes it once. Times are this node's own, since it has seen them away.
    func speakForPeople(whoseNodesAreNot alive: Set<NodeID>, now: NIODeadline) {
        let room = self.room
        var away: [ParticipantID: NIODeadline] = [:]
        let atDoor = room.door.waiting.keys.filter { self.seats[$0] == nil }
        for id in self.peopleElsewhere.union(atDoor).sorted() {
            guard let connection = room.connection(of: id), let membership = room.membership(id),
                // Also those of this node who have no seat: a loss has brought them back.
                !alive.contains(membership.node) || membership.node == self.gateway.node
            else { continue }
            switch connection {
            case .connected:
                self.speak(of: id, .interrupt(epoch: membership.epoch))
            case .interrupted:
                let since = self.awaySince[id] ?? now
                away[id] = since
                guard now - since >= .milliseconds(Int64(room.graceMilliseconds)) else { continue }
                self.speak(of: id, .expire(epoch: membership.epoch))
            }
        }
        self.awaySince = away
    }

    private func speak(of id: ParticipantID, _ action: RoomCommand.Action) {
        self.submit(RoomCommand(participant: id, number: nil, at: self.gateway.now, action: action), seat: nil)
    }
}
