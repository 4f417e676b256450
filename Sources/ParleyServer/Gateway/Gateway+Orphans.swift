import NIOCore
import ParleyEngine
import ParleyProtocol

/// Rooms that nobody holds any more, because the nodes of all their people have died: their people would stay for
/// ever, and so would the rooms.
///
/// Whenever a node has died, and once after its own beginning, each node walks over the engine's rooms, a page with
/// each heartbeat, and takes those that fall to it and that it does not have. Then it speaks for their people as for
/// all others, or lets go of the room again. That two take the same room does no harm.
///
/// Cost: one list of names per page, and one read per room, shared by the nodes.
extension Gateway {
    static let orphansPerPage = 256

    /// Where the walk stands.
    struct OrphanSearch {
        /// The nodes that were alive when it began.
        var alive: Set<NodeID>
        /// `nil`: at the beginning.
        var after: String?
        var isOver = false
    }

    /// With each heartbeat that may say who is dead.
    func searchOrphans(alive: Set<NodeID>) {
        if self.orphanSearch.map({ !$0.alive.isSubset(of: alive) }) ?? true {
            self.orphanSearch = OrphanSearch(alive: alive)
        }
        self.orphanSearch?.alive.formUnion(alive)
        guard let search = self.orphanSearch, !search.isOver else { return }
        let page = self.engine.list(.room, after: search.after, limit: Self.orphansPerPage, on: self.eventLoop)
        page.assumeIsolated().whenSuccess { logs in
            // Begun anew meanwhile, or answered already.
            guard let present = self.orphanSearch, present.after == search.after, !present.isOver else { return }
            for log in logs {
                guard let id = RoomID(log.id), self.isNearest(id, among: alive) else { continue }
                self.directory.hold(id)
            }
            self.orphanSearch?.after = logs.last?.id ?? search.after
            self.orphanSearch?.isOver = logs.count < Self.orphansPerPage
        }
    }

    /// Highest random weight: each room falls to one of the nodes that live, and all of them know to which.
    private func isNearest(_ room: RoomID, among alive: Set<NodeID>) -> Bool {
        let mine = Self.weight(room, self.node)
        return alive.allSatisfy { $0 == self.node || Self.weight(room, $0) < mine }
    }

    /// The finalizer of SplitMix64 (Steele, Lea, Flood, 2014).
    private static func weight(_ room: RoomID, _ node: NodeID) -> UInt64 {
        var mixed = room.low ^ node.low
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
