import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms

/// An engine that has lost what it had acknowledged gets it back from a replica that still has it.
extension RoomHost {
    func heal(_ healing: Healing) {
        let gateway = self.gateway
        gateway.counters.healings += 1
        gateway.logger.error(
            "A room's log and its replica disagree.",
            metadata: ["room": "\(self.id)", "healing": "\(healing)"]
        )
        switch healing {
        case .replaced(let before):
            // The engine's history won; everybody here has been given it.
            gateway.recordReplacement(of: self.id, before: before)
        case .behind(let top):
            // A host that was closed has a replica of its last day: others have the room now.
            guard !self.isOver else { return }
            guard gateway.configuration.mechanisms.contains(.healing) else { return self.reloadLater() }
            self.reseed(observed: top)
        }
    }

    /// A new generation begins with this replica. If another node's was first, that one counts, and clients send
    /// again what it does not show.
    private func reseed(observed: Position) {
        let gateway = self.gateway
        let position = Position(
            generation: max(observed.generation, self.position.generation) + 1,
            sequence: max(observed.sequence, self.position.sequence) + 1,
            uid: gateway.makeEntryUID()
        )
        gateway.engine.reseed(
            LogID(room: self.id),
            observed: observed,
            snapshot: LogSnapshot(position: position, payload: self.room.payload),
            on: gateway.eventLoop
        ).assumeIsolated().whenComplete { result in
            switch result {
            case .success: self.reload()
            // Whatever became of it, the log tells.
            case .failure: self.reloadLater()
            }
        }
    }

    private func reloadLater() {
        self.gateway.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(100)) { self.reload() }
    }
}
