import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
package import ParleyRooms

/// What this node makes of the others: whose people it has to speak for.
extension Gateway {
    /// A node that has been silent for longer counts as dead, by the engine's clock.
    static let leaseMilliseconds: Int64 = 4_000

    var semanticsOfNewRooms: RoomSemantics {
        .ofNewRooms(newest: self.configuration.newestSemantics, knownToAll: self.semanticsOfAll)
    }

    /// What this node says of itself.
    var lease: NodeLease {
        NodeLease(
            node: self.node,
            address: self.configuration.advertisedAddress ?? "",
            // Those of one process are told apart.
            name: self.nodeName,
            isDraining: self.drain.isDraining,
            semantics: Int(clamping: self.configuration.newestSemantics.rawValue),
            clients: self.connections.count
        )
    }

    private var nodeName: String {
        let name = self.configuration.nodeName
        return self.loop == 0 || name.isEmpty ? name : "\(name)#\(self.loop)"
    }

    /// After each heartbeat that the engine has answered.
    func judge(_ view: NodeView) {
        let now = self.eventLoop.now
        let alive = Set(view.nodes.filter { $0.ageMilliseconds <= Self.leaseMilliseconds }.map(\.lease.node))
        self.nodesAlive = alive
        let known = view.nodes.filter { alive.contains($0.lease.node) }.map { Int64($0.lease.semantics) }.min()
        self.semanticsOfAll = known.map { RoomSemantics(rawValue: $0) }
        self.elsewhere = self.places(in: view)
        guard self.nodeWatch.answered(view.incarnation, now: now.uptimeNanoseconds) else { return }
        self.warnOfNamesakes(view)
        self.directory.speakForPeople(whoseNodesAreNot: alive, now: now)
        self.searchOrphans(alive: alive)
    }

    /// Two nodes with one name do no harm, since ids are random; whoever reads logs would take them for one. Whoever
    /// was started anew is not meant: its former self does not renew its lease.
    private func warnOfNamesakes(_ view: NodeView) {
        let mine = self.nodeName
        guard !mine.isEmpty else { return }
        let others = view.nodes.filter {
            $0.lease.name == mine && $0.lease.node != self.node && $0.ageMilliseconds <= Self.leaseMilliseconds
        }
        let namesakes = Set(others.map(\.lease.node))
        for node in namesakes.subtracting(self.namesakes).sorted() {
            self.logger.warning(
                "Another node has the same name: give each its own (--node-name).",
                metadata: ["name": "\(mine)", "node": "\(self.node)", "other": "\(node)"]
            )
        }
        self.namesakes = namesakes
    }
}

extension RoomSemantics {
    /// What all nodes know, so that any of them can hold a room that begins now.
    ///
    /// - Parameter all: `nil` as long as nobody has been seen: there may be nodes of the version before.
    package static func ofNewRooms(newest: RoomSemantics, knownToAll all: RoomSemantics?) -> RoomSemantics {
        max(.oldest, min(newest, all ?? .oldest))
    }
}

extension RoomHost {
    /// Nobody else can say that the connections of a dead node's people are lost, and that their time is over. Every
    /// node that holds the room says it; the log takes it once.
    func speakForPeople(whoseNodesAreNot alive: Set<NodeID>, now: NIODeadline) {
        let room = self.room
        var away: Set<ParticipantID> = []
        let atDoor = room.door.waiting.keys.filter { self.seats[$0] == nil }
        for id in self.peopleElsewhere.union(atDoor).sorted() {
            guard let connection = room.connection(of: id), let membership = room.membership(id),
                // Also those of this node who have no seat: a loss has brought them back.
                !alive.contains(membership.node) || membership.node == self.gateway.node
            else { continue }
            switch connection {
            case .connected:
                self.speak(of: id, .interrupt(epoch: membership.epoch))
            case .interrupted(let since):
                away.insert(id)
                let absence = AbsenceClock.Absence(
                    heardMilliseconds: self.gateway.now.milliseconds(since: since),
                    graceMilliseconds: room.graceMilliseconds
                )
                guard self.absences.isOver(absence, of: id, now: now.uptimeNanoseconds) else { continue }
                self.speak(of: id, .expire(epoch: membership.epoch))
            }
        }
        self.absences.forget(allBut: away)
    }

    private func speak(of id: ParticipantID, _ action: RoomCommand.Action) {
        self.submit(RoomCommand(participant: id, number: nil, at: self.gateway.now, action: action), seat: nil)
    }
}
