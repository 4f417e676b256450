public import NIOCore
public import ParleyEngine
public import ParleyProtocol

// MARK: - Log

extension SQLiteEngine {
    public func append(
        _ entry: LogEntry,
        to log: LogID,
        retention: Retention,
        in incarnation: EngineIncarnation,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<AppendResult> {
        self.step(on: eventLoop) { machine, now, effects throws(EngineError) in
            try machine.append(entry, to: log, retention: retention, in: incarnation, now, &effects)
        }
    }

    public func read(
        _ log: LogID,
        after: Position?,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<LogRead> {
        self.step(on: eventLoop) { $0.read(log, after: after, $1, &$2) }
    }

    public func writeSnapshot(
        _ snapshot: LogSnapshot,
        keepFrom: UInt64,
        to log: LogID,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<SnapshotResult> {
        self.step(on: eventLoop) { machine, _, _ in
            machine.writeSnapshot(snapshot, keepFrom: keepFrom, to: log)
        }
    }

    public func reseed(
        _ log: LogID,
        observed: Position,
        snapshot: LogSnapshot,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<CompareResult> {
        self.step(on: eventLoop) { machine, now, effects throws(EngineError) in
            try machine.reseed(log, observed: observed, snapshot: snapshot, now, &effects)
        }
    }

    public func heads(_ logs: [LogID], on eventLoop: any EventLoop) -> EventLoopFuture<[Position]> {
        self.step(on: eventLoop) { $0.heads(logs, $1, &$2) }
    }

    public func retire(
        _ log: LogID,
        expecting expected: Position,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<CompareResult> {
        self.step(on: eventLoop) { $0.retire(log, expecting: expected, $1, &$2) }
    }

    public func list(
        _ kind: LogKind,
        after: String?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[LogID]> {
        self.step(on: eventLoop) { $0.list(kind, after: after, limit: limit, $1, &$2) }
    }

    public func subscribe(
        to log: LogID,
        as node: NodeID,
        on eventLoop: any EventLoop,
        handler: @escaping LogHandler
    ) -> EventLoopFuture<Subscription> {
        self.start(.log(handler), on: eventLoop) { $0.subscribe(to: log, as: node) }
    }

    public func unsubscribe(
        _ subscription: Subscription,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        self.end(subscription, on: eventLoop) { $0.unsubscribe(subscription) }
    }

    public func publishEphemeral(_ bytes: ByteBuffer, to log: LogID) {
        self.tell { $0.tell(.ephemeral(bytes), of: log, &$1) }
    }
}

// MARK: - Mailboxes

extension SQLiteEngine {
    public func append(
        _ batch: MailboxBatch,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[MailboxVerdict]> {
        self.step(on: eventLoop) { machine, _, effects in machine.append(batch, &effects) }
    }

    public func read(_ mailbox: MailboxID, on eventLoop: any EventLoop) -> EventLoopFuture<[StoredSignal]> {
        self.step(on: eventLoop) { machine, _, _ in machine.read(mailbox) }
    }

    public func acknowledge(
        _ batch: [MailboxAcknowledgement],
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[UInt64]> {
        self.step(on: eventLoop) { machine, _, _ in machine.acknowledge(batch) }
    }

    public func marks(
        from sender: ParticipantID,
        in mailbox: MailboxID,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<MailboxMarks> {
        self.step(on: eventLoop) { machine, _, _ in machine.marks(from: sender, in: mailbox) }
    }

    public func drop(_ mailbox: MailboxID, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        self.step(on: eventLoop) { machine, _, _ in machine.drop(mailbox) }
    }
}

// MARK: - Nodes

extension SQLiteEngine {
    public func heartbeat(_ lease: NodeLease, on eventLoop: any EventLoop) -> EventLoopFuture<NodeView> {
        // Who is there is in no file.
        self.step(on: eventLoop, needsFile: false) { $0.heartbeat(lease, $1, &$2) }
    }

    public func release(_ node: NodeID, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        self.step(on: eventLoop, needsFile: false) { machine, _, _ in machine.release(node) }
    }

    public func send(_ bytes: ByteBuffer, to node: NodeID) {
        self.tell { $0.send(bytes, to: node, &$1) }
    }

    public func receive(
        as node: NodeID,
        on eventLoop: any EventLoop,
        handler: @escaping @Sendable (ByteBuffer) -> Void
    ) -> EventLoopFuture<Subscription> {
        self.start(.node(handler), on: eventLoop) { $0.receive(as: node) }
    }

    public func stopReceiving(
        _ subscription: Subscription,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        self.end(subscription, on: eventLoop) { $0.stopReceiving(subscription) }
    }
}
