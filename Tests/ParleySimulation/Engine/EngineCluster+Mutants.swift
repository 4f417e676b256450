import ParleyEngine
import ParleyProtocol

/// An engine that compares less than the contract says, as plain commands of real engines do.
extension EngineCluster {
    /// - Returns: the append as this engine understands it.
    func weaken(
        _ entry: LogEntry,
        _ log: LogID,
        _ incarnation: EngineIncarnation,
        _ machine: InMemoryEngine.StateMachine,
        _ now: Instant
    ) -> (LogEntry, EngineIncarnation) {
        guard self.mechanisms != .all else { return (entry, incarnation) }
        let incarnation = self.mechanisms.contains(.barrier) ? incarnation : machine.incarnation
        var copy = machine
        var effects: [InMemoryEngine.StateMachine.Effect] = []
        let top = copy.heads([log], now, &effects)[0]
        guard self.accepts(entry, top) else { return (entry, incarnation) }
        // What it stores follows what it has, whatever the node thought.
        let stored = LogEntry(after: top, uid: entry.position.uid, author: entry.author, payload: entry.payload)
        return (stored, incarnation)
    }

    private func accepts(_ entry: LogEntry, _ top: Position) -> Bool {
        if !self.mechanisms.contains(.exactCompare) { return entry.position.sequence > top.sequence }
        guard !self.mechanisms.contains(.uidCompare) else { return false }
        return entry.after.generation == top.generation && entry.after.sequence == top.sequence
    }
}
