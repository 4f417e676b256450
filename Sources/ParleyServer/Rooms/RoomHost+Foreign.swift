import Logging
import ParleyProtocol
import ParleyRooms

/// Rooms that another version of Parley has made: with other rules, or with events that this one cannot read.
extension RoomHost {
    func knows(_ read: RoomRead) -> Bool {
        (read.snapshot.map { self.knows($0.room.semantics) } ?? true) && read.entries.allSatisfy { self.knows($0) }
    }

    func knows(_ entry: RoomEntry) -> Bool {
        entry.events.allSatisfy { event in
            switch event.fact {
            case .created(let creation): self.knows(creation.semantics)
            case .joined, .mediaChanged, .interrupted, .attached, .left, .ended, .meeting: true
            }
        }
    }

    private func knows(_ semantics: RoomSemantics) -> Bool {
        semantics >= .oldest && semantics <= self.gateway.configuration.newestSemantics
    }

    /// With other rules this replica would become another room than those of the nodes that know it. Nothing is
    /// written, and whoever waits hears why; the room lives on elsewhere.
    func letGoOfForeign() {
        self.gateway.logger.error(
            "A room was made by another version: this node does not hold it.",
            metadata: ["room": "\(self.id)", "knows": "\(self.gateway.configuration.newestSemantics.rawValue)"]
        )
        self.letGo()
        self.abandon(.roomTooNew)
    }
}
