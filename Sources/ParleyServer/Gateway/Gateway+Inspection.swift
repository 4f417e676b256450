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
        /// Where somebody stands who was told everything in that view, for each that somebody here has.
        package let shown: [View: Position]
    }

    /// By ascending room id.
    package var replicas: [Replica] {
        self.directory.hosts.values.sorted { $0.id < $1.id }.map { host in
            Replica(
                position: host.position,
                room: host.room,
                waitsFor: host.waitsFor,
                shown: host.streams.views.reduce(into: [:]) { $0[$1] = host.streams[$1]?.position }
            )
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
