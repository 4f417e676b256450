/// What can go wrong, by name.
package enum FaultKind: String, CaseIterable, Sendable {
    // Clients and their networks.
    case tornWire
    case sleep
    case slowReader
    case reload
    case leaveAndRejoin
    case noAcknowledgements
    case networkChange
    case doubt
    // Server processes.
    case nodePause
    case nodeKill
    case engineCut
    case drain
    // The engine.
    case failover
    case rollback
    case wipe
    // A Redis, and the connections to it.
    /// It stands still; what was asked is done afterwards, also what nobody waits for any more.
    case engineHang
    /// It takes no writes: no memory, no disk, no replicas.
    case engineRefusal
    /// A node's connection breaks: what was on its way is done or is not, and nobody learns which.
    case engineReset
    /// A node, or all of them, hear nothing of channels for a while.
    case engineDeaf

    /// What one node with an engine that remembers has to bear.
    package static let ofClients: [FaultKind] = [
        .tornWire, .tornWire, .tornWire, .sleep, .slowReader, .reload, .leaveAndRejoin, .noAcknowledgements,
        .networkChange, .doubt,
    ]
    package static let ofOneNode: [FaultKind] = Self.ofClients + [.nodePause, .engineCut, .failover]
    package static let all: [FaultKind] =
        Self.ofOneNode + [.nodePause, .nodeKill, .nodeKill, .engineCut, .drain, .rollback, .rollback]
    package static let withWipes: [FaultKind] = Self.all + [.wipe]
    package static let ofRedis: [FaultKind] = [
        .engineHang, .engineRefusal, .engineReset, .engineDeaf, .failover, .rollback, .wipe,
    ]
    package static let withRedis: [FaultKind] =
        Self.ofClients + Self.ofRedis + Self.ofRedis + [.nodePause, .nodeKill, .engineCut, .drain]
}
