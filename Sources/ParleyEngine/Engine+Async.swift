public import NIOCore
public import ParleyProtocol

// The contract for tests and tools, which want to `await`. Not for the message path: each call hops.

extension Log {
    public func append(
        _ entry: LogEntry,
        to log: LogID,
        retention: Retention = .untilRetired,
        in incarnation: EngineIncarnation,
        via eventLoop: any EventLoop
    ) async throws(EngineError) -> AppendResult {
        try await self.append(entry, to: log, retention: retention, in: incarnation, on: eventLoop).answer()
    }

    public func read(
        _ log: LogID,
        after: Position? = nil,
        via eventLoop: any EventLoop
    ) async throws(EngineError) -> LogRead {
        try await self.read(log, after: after, on: eventLoop).answer()
    }

    public func writeSnapshot(
        _ snapshot: LogSnapshot,
        keepFrom: UInt64,
        to log: LogID,
        via eventLoop: any EventLoop
    ) async throws(EngineError) -> SnapshotResult {
        try await self.writeSnapshot(snapshot, keepFrom: keepFrom, to: log, on: eventLoop).answer()
    }

    public func reseed(
        _ log: LogID,
        observed: Position,
        snapshot: LogSnapshot,
        via eventLoop: any EventLoop
    ) async throws(EngineError) -> CompareResult {
        try await self.reseed(log, observed: observed, snapshot: snapshot, on: eventLoop).answer()
    }

    public func heads(
        _ logs: [LogID],
        via eventLoop: any EventLoop
    ) async throws(EngineError) -> [Position] {
        try await self.heads(logs, on: eventLoop).answer()
    }

    public func retire(
        _ log: LogID,
        expecting expected: Position,
        via eventLoop: any EventLoop
    ) async throws(EngineError) -> CompareResult {
        try await self.retire(log, expecting: expected, on: eventLoop).answer()
    }

    public func list(
        _ kind: LogKind,
        after: String? = nil,
        limit: Int,
        via eventLoop: any EventLoop
    ) async throws(EngineError) -> [LogID] {
        try await self.list(kind, after: after, limit: limit, on: eventLoop).answer()
    }

    public func subscribe(
        to log: LogID,
        as node: NodeID,
        via eventLoop: any EventLoop,
        handler: @escaping LogHandler
    ) async throws(EngineError) -> Subscription {
        try await self.subscribe(to: log, as: node, on: eventLoop, handler: handler).answer()
    }

    public func unsubscribe(
        _ subscription: Subscription,
        via eventLoop: any EventLoop
    ) async throws(EngineError) {
        try await self.unsubscribe(subscription, on: eventLoop).answer()
    }
}

extension Mailboxes {
    public func append(
        _ batch: MailboxBatch,
        via eventLoop: any EventLoop
    ) async throws(EngineError) -> [MailboxVerdict] {
        try await self.append(batch, on: eventLoop).answer()
    }

    public func read(
        _ mailbox: MailboxID,
        via eventLoop: any EventLoop
    ) async throws(EngineError) -> [StoredSignal] {
        try await self.read(mailbox, on: eventLoop).answer()
    }

    public func acknowledge(
        _ batch: [MailboxAcknowledgement],
        via eventLoop: any EventLoop
    ) async throws(EngineError) -> [UInt64] {
        try await self.acknowledge(batch, on: eventLoop).answer()
    }

    public func marks(
        from sender: ParticipantID,
        in mailbox: MailboxID,
        via eventLoop: any EventLoop
    ) async throws(EngineError) -> MailboxMarks {
        try await self.marks(from: sender, in: mailbox, on: eventLoop).answer()
    }

    public func drop(_ mailbox: MailboxID, via eventLoop: any EventLoop) async throws(EngineError) {
        try await self.drop(mailbox, on: eventLoop).answer()
    }
}

extension Nodes {
    public func heartbeat(
        _ lease: NodeLease,
        via eventLoop: any EventLoop
    ) async throws(EngineError) -> NodeView {
        try await self.heartbeat(lease, on: eventLoop).answer()
    }

    public func release(_ node: NodeID, via eventLoop: any EventLoop) async throws(EngineError) {
        try await self.release(node, on: eventLoop).answer()
    }

    public func receive(
        as node: NodeID,
        via eventLoop: any EventLoop,
        handler: @escaping @Sendable (ByteBuffer) -> Void
    ) async throws(EngineError) -> Subscription {
        try await self.receive(as: node, on: eventLoop, handler: handler).answer()
    }

    public func stopReceiving(
        _ subscription: Subscription,
        via eventLoop: any EventLoop
    ) async throws(EngineError) {
        try await self.stopReceiving(subscription, on: eventLoop).answer()
    }
}

extension EventLoopFuture where Value: Sendable {
    /// The value, or the ``EngineError`` that the contract promises.
    fileprivate func answer() async throws(EngineError) -> Value {
        do {
            return try await self.get()
        } catch let error as EngineError {
            throw error
        } catch {
            // A loop that is shut down fails its futures with an error of its own.
            throw .unavailable
        }
    }
}
