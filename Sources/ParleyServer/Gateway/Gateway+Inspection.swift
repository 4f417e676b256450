package import ParleyProtocol
package import ParleyRooms
import ParleyTransport

/// What a simulation looks at from outside, between two events.
extension Gateway {
    /// A room as this node holds it.
    package struct Replica {
        package let position: Position
        package let room: Room
        /// What its append loop waits for.
        package let waitsFor: String
    }

    /// By ascending room id.
    package var replicas: [Replica] {
        self.directory.hosts.values.sorted { $0.id < $1.id }.map {
            Replica(position: $0.position, room: $0.room, waitsFor: $0.waitsFor)
        }
    }

    /// Everything that must be empty when everybody is gone, by name.
    package var gauges: [(name: String, count: Int)] {
        [
            ("connections", self.transport.connectionCount),
            ("sessions", self.sessions.count),
            ("detached sessions", self.detachedSessions.count),
            ("participants", self.participants.count),
            ("rooms", self.directory.roomCount),
        ]
    }
}
