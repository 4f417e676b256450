import NIOCore
import ParleyEngine
import ParleyProtocol

extension EngineLink: Engine {
    // MARK: Log

    func append(
        _ entry: LogEntry,
        to log: LogID,
        retention: Retention,
        in incarnation: EngineIncarnation,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<AppendResult> {
        self.call(on: eventLoop, grows: true, changes: { $0 == .appended }) {
            [cluster] machine, now, effects throws(EngineError) in
            let (accepted, incarnation) = cluster.weaken(entry, log, incarnation, machine, now)
            let result = try machine.append(accepted, to: log, retention: retention, in: incarnation, now, &effects)
            if result == .appended { cluster.onRecord(.appended(log, accepted)) }
            return result
        }
    }

    func read(_ log: LogID, after: Position?, on eventLoop: any EventLoop) -> EventLoopFuture<LogRead> {
        self.call(on: eventLoop) { machine, now, effects in machine.read(log, after: after, now, &effects) }
    }

    func writeSnapshot(
        _ snapshot: LogSnapshot,
        keepFrom: UInt64,
        to log: LogID,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<SnapshotResult> {
        self.call(on: eventLoop, grows: true, changes: { $0 == .written }) { machine, _, _ in
            machine.writeSnapshot(snapshot, keepFrom: keepFrom, to: log)
        }
    }

    func reseed(
        _ log: LogID,
        observed: Position,
        snapshot: LogSnapshot,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<CompareResult> {
        let base = self.replicaPosition(log)
        return self.call(on: eventLoop, grows: true, changes: { $0 == .done }) {
            [cluster] machine, now, effects throws(EngineError) in
            let result = try machine.reseed(log, observed: observed, snapshot: snapshot, now, &effects)
            if result == .done { cluster.onRecord(.reseeded(log, snapshot.position, base: base)) }
            return result
        }
    }

    func heads(_ logs: [LogID], on eventLoop: any EventLoop) -> EventLoopFuture<[Position]> {
        self.call(on: eventLoop) { machine, now, effects in machine.heads(logs, now, &effects) }
    }

    func retire(
        _ log: LogID,
        expecting expected: Position,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<CompareResult> {
        self.call(on: eventLoop, changes: { $0 == .done }) { [cluster] machine, now, effects in
            let result = machine.retire(log, expecting: expected, now, &effects)
            if result == .done { cluster.onRecord(.retired(log, expected)) }
            return result
        }
    }

    func list(
        _ kind: LogKind,
        after: String?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[LogID]> {
        self.call(on: eventLoop) { machine, now, effects in
            machine.list(kind, after: after, limit: limit, now, &effects)
        }
    }

    func subscribe(
        to log: LogID,
        as node: NodeID,
        on eventLoop: any EventLoop,
        handler: @escaping LogHandler
    ) -> EventLoopFuture<Subscription> {
        var made: Subscription?
        var isGivenUp = false
        let answer = self.call(on: eventLoop) { machine, _, _ in
            let subscription = machine.subscribe(to: log, as: node)
            if isGivenUp {
                machine.unsubscribe(subscription)
                return subscription
            }
            self.cluster.add(subscription, .init(link: self, handler: .log(handler)))
            made = subscription
            return subscription
        }
        // Whose answer is lost has a subscription that nobody knows, until its connection ends.
        answer.assumeIsolated().whenFailure { _ in
            isGivenUp = true
            made.map(self.cluster.end)
        }
        return answer
    }

    func unsubscribe(_ subscription: Subscription, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        // Nothing is told from now on, however long the engine takes. It ends with the connection, if not by this.
        self.cluster.end(subscription)
        return self.call(on: eventLoop) { _, _, _ in () }
    }

    func publishEphemeral(_ bytes: ByteBuffer, to log: LogID) {
        self.say { machine, _, effects in machine.tell(.ephemeral(bytes), of: log, &effects) }
    }

    // MARK: Mailboxes

    func append(_ batch: MailboxBatch, on eventLoop: any EventLoop) -> EventLoopFuture<[MailboxVerdict]> {
        self.call(on: eventLoop, grows: true, changes: { $0.contains(.stored) }) { machine, _, effects in
            machine.append(batch, &effects)
        }
    }

    func read(_ mailbox: MailboxID, on eventLoop: any EventLoop) -> EventLoopFuture<[StoredSignal]> {
        self.call(on: eventLoop) { machine, _, _ in machine.read(mailbox) }
    }

    func acknowledge(
        _ batch: [MailboxAcknowledgement],
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[UInt64]> {
        self.call(on: eventLoop, changes: { _ in true }) { machine, _, _ in machine.acknowledge(batch) }
    }

    func marks(
        from sender: ParticipantID,
        in mailbox: MailboxID,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<MailboxMarks> {
        self.call(on: eventLoop) { machine, _, _ in machine.marks(from: sender, in: mailbox) }
    }

    func drop(_ mailbox: MailboxID, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        self.call(on: eventLoop, changes: { _ in true }) { machine, _, _ in machine.drop(mailbox) }
    }

    // MARK: Nodes

    func heartbeat(_ lease: NodeLease, on eventLoop: any EventLoop) -> EventLoopFuture<NodeView> {
        self.call(on: eventLoop, grows: true) { machine, now, effects in machine.heartbeat(lease, now, &effects) }
    }

    func release(_ node: NodeID, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        self.call(on: eventLoop) { machine, _, _ in machine.release(node) }
    }

    func send(_ bytes: ByteBuffer, to node: NodeID) {
        self.say { machine, _, effects in machine.send(bytes, to: node, &effects) }
    }

    func receive(
        as node: NodeID,
        on eventLoop: any EventLoop,
        handler: @escaping @Sendable (ByteBuffer) -> Void
    ) -> EventLoopFuture<Subscription> {
        self.call(on: eventLoop) { machine, _, _ in
            let subscription = machine.receive(as: node)
            self.cluster.add(subscription, .init(link: self, handler: .node(handler)))
            return subscription
        }
    }

    func stopReceiving(_ subscription: Subscription, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        self.cluster.end(subscription)
        return self.call(on: eventLoop) { _, _, _ in () }
    }
}
