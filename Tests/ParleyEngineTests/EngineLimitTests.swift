import NIOCore
import ParleyEngine
import ParleyProtocol
import Testing

/// What every engine bounds, on the one that is their specification.
struct EngineLimitTests {
    private func machine(_ change: (inout Limits) -> Void) -> InMemoryEngine.StateMachine {
        var limits = Limits()
        change(&limits)
        return InMemoryEngine.StateMachine(limits: limits, incarnation: EngineIncarnation(rawValue: 1))
    }

    @Test("a conflict names so many of the entries that were missed", arguments: [(2, 2), (1, 3)])
    func conflict(_ after: Int, _ missed: Int) throws {
        var machine = self.machine { $0.conflictEntriesMax = 2 }
        var effects: [InMemoryEngine.StateMachine.Effect] = []
        var positions = [Position.start]
        func entry(after: Position, uid: UInt64) -> LogEntry {
            LogEntry(after: after, uid: uid, author: EngineConformance.node, payload: ByteBuffer(string: "\(uid)"))
        }
        func append(_ entry: LogEntry) throws -> AppendResult {
            let (log, life) = (EngineConformance.log, machine.incarnation)
            let now = Instant(milliseconds: 0)
            return try machine.append(entry, to: log, retention: .untilRetired, in: life, now, &effects)
        }
        for uid: UInt64 in 1...4 {
            let next = entry(after: positions[positions.count - 1], uid: uid)
            #expect(try append(next) == .appended)
            positions.append(next.position)
        }
        #expect(positions.count - 1 - after == missed)
        guard case .conflict(let conflict) = try append(entry(after: positions[after], uid: 77)) else {
            Issue.record("no conflict")
            return
        }
        #expect(conflict.tail?.map(\.position) == Array(positions[(after + 1)...(after + 2)]))
    }

    @Test("a node that is silent for so long is forgotten", arguments: [(59_999, 2), (60_000, 1)])
    func forgotten(_ milliseconds: Int64, _ known: Int) {
        var machine = self.machine { $0.forgottenNodeMilliseconds = 60_000 }
        var effects: [InMemoryEngine.StateMachine.Effect] = []
        _ = machine.heartbeat(
            NodeLease(node: EngineConformance.other, address: ""),
            Instant(milliseconds: 0),
            &effects
        )
        let lease = NodeLease(node: EngineConformance.node, address: "")
        #expect(machine.heartbeat(lease, Instant(milliseconds: milliseconds), &effects).nodes.count == known)
    }
}
