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

    /// What one node with an engine that remembers has to bear.
    package static let ofClients: [FaultKind] = [
        .tornWire, .tornWire, .tornWire, .sleep, .slowReader, .reload, .leaveAndRejoin, .noAcknowledgements,
        .networkChange, .doubt,
    ]
    package static let ofOneNode: [FaultKind] = Self.ofClients + [.nodePause, .engineCut, .failover]
    package static let all: [FaultKind] =
        Self.ofOneNode + [.nodePause, .nodeKill, .nodeKill, .engineCut, .drain, .rollback, .rollback]
    package static let withWipes: [FaultKind] = Self.all + [.wipe]
}
