import Dispatch
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyTestSupport
import Synchronization

/// A way to an engine that a test takes away and gives back.
final class AbsentEngine: Engine {
    enum Way: Sendable {
        case open
        /// Every call fails at once.
        case refusing
        /// No call is answered until the way is open again; then those that were made meanwhile fail.
        case silent
    }

    private struct State {
        var way = Way.open
        var unanswered: [@Sendable () -> Void] = []
        var health = EngineHealth.well
        var loops: [any EventLoop] = []
    }

    private let engine: InMemoryEngine
    private let state = Mutex(State())
    /// What heartbeats through here have seen.
    let views: AsyncStream<NodeView>
    private let seen: AsyncStream<NodeView>.Continuation

    init(_ engine: InMemoryEngine) {
        self.engine = engine
        (self.views, self.seen) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
    }

    var incarnation: EngineIncarnation { self.engine.incarnation }
    var health: EngineHealth { self.state.withLock { $0.health } }

    func becomes(_ way: Way) {
        let unanswered = self.state.withLock { state in
            state.way = way
            defer { if case .open = way { state.unanswered = [] } }
            if case .open = way { return state.unanswered }
            return []
        }
        for fail in unanswered { fail() }
    }

    func says(_ health: EngineHealth) { self.state.withLock { $0.health = health } }

    /// The loops that have asked stand still while `body` runs, as those of a process do that was stopped.
    func withStoppedLoops(_ body: () async throws -> Void) async rethrows {
        let loops = self.state.withLock { $0.loops }
        let goOn = DispatchSemaphore(value: 0)
        for loop in loops { loop.execute { _ = goOn.wait(timeout: .now() + .seconds(30 * patience)) } }
        defer { for _ in loops { goOn.signal() } }
        try await body()
    }

    /// Until it has been heard to live for so long.
    func beats(for duration: Duration) async {
        let start = ContinuousClock.now
        for await _ in self.views where ContinuousClock.now - start >= duration { return }
    }

    deinit {
        for fail in self.state.withLock({ $0.unanswered }) { fail() }
    }

    private func call<Value: Sendable>(
        on eventLoop: any EventLoop,
        _ body: () -> EventLoopFuture<Value>
    ) -> EventLoopFuture<Value> {
        let way = self.state.withLock { state in
            if !state.loops.contains(where: { $0 === eventLoop }) { state.loops.append(eventLoop) }
            return state.way
        }
        if case .open = way { return body() }
        let promise = eventLoop.makePromise(of: Value.self)
        switch way {
        case .open: break
        case .refusing: eventLoop.execute { promise.fail(EngineError.unavailable) }
        case .silent:
            self.state.withLock { $0.unanswered.append { promise.fail(EngineError.ambiguous) } }
        }
        return promise.futureResult
    }

    private var isOpen: Bool {
        self.state.withLock { if case .open = $0.way { true } else { false } }
    }
}

extension AbsentEngine {
    func append(
        _ entry: LogEntry,
        to log: LogID,
        retention: Retention,
        in incarnation: EngineIncarnation,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<AppendResult> {
        self.call(on: eventLoop) {
            self.engine.append(entry, to: log, retention: retention, in: incarnation, on: eventLoop)
        }
    }

    func read(_ log: LogID, after: Position?, on eventLoop: any EventLoop) -> EventLoopFuture<LogRead> {
        self.call(on: eventLoop) { self.engine.read(log, after: after, on: eventLoop) }
    }

    func writeSnapshot(
        _ snapshot: LogSnapshot,
        keepFrom: UInt64,
        to log: LogID,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<SnapshotResult> {
        self.call(on: eventLoop) { self.engine.writeSnapshot(snapshot, keepFrom: keepFrom, to: log, on: eventLoop) }
    }

    func reseed(
        _ log: LogID,
        observed: Position,
        snapshot: LogSnapshot,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<CompareResult> {
        self.call(on: eventLoop) { self.engine.reseed(log, observed: observed, snapshot: snapshot, on: eventLoop) }
    }

    func heads(_ logs: [LogID], on eventLoop: any EventLoop) -> EventLoopFuture<[Position]> {
        self.call(on: eventLoop) { self.engine.heads(logs, on: eventLoop) }
    }

    func retire(
        _ log: LogID,
        expecting expected: Position,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<CompareResult> {
        self.call(on: eventLoop) { self.engine.retire(log, expecting: expected, on: eventLoop) }
    }

    func list(
        _ kind: LogKind,
        after: String?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[LogID]> {
        self.call(on: eventLoop) { self.engine.list(kind, after: after, limit: limit, on: eventLoop) }
    }

    func subscribe(
        to log: LogID,
        as node: NodeID,
        on eventLoop: any EventLoop,
        handler: @escaping LogHandler
    ) -> EventLoopFuture<Subscription> {
        self.call(on: eventLoop) {
            self.engine.subscribe(to: log, as: node, on: eventLoop) { hint in if self.isOpen { handler(hint) } }
        }
    }

    func unsubscribe(_ subscription: Subscription, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        self.call(on: eventLoop) { self.engine.unsubscribe(subscription, on: eventLoop) }
    }

    func publishEphemeral(_ bytes: ByteBuffer, to log: LogID) {
        if self.isOpen { self.engine.publishEphemeral(bytes, to: log) }
    }

    func append(_ batch: MailboxBatch, on eventLoop: any EventLoop) -> EventLoopFuture<[MailboxVerdict]> {
        self.call(on: eventLoop) { self.engine.append(batch, on: eventLoop) }
    }

    func read(_ mailbox: MailboxID, on eventLoop: any EventLoop) -> EventLoopFuture<[StoredSignal]> {
        self.call(on: eventLoop) { self.engine.read(mailbox, on: eventLoop) }
    }

    func acknowledge(_ batch: [MailboxAcknowledgement], on eventLoop: any EventLoop) -> EventLoopFuture<[UInt64]> {
        self.call(on: eventLoop) { self.engine.acknowledge(batch, on: eventLoop) }
    }

    func marks(
        from sender: ParticipantID,
        in mailbox: MailboxID,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<MailboxMarks> {
        self.call(on: eventLoop) { self.engine.marks(from: sender, in: mailbox, on: eventLoop) }
    }

    func drop(_ mailbox: MailboxID, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        self.call(on: eventLoop) { self.engine.drop(mailbox, on: eventLoop) }
    }

    func heartbeat(_ lease: NodeLease, on eventLoop: any EventLoop) -> EventLoopFuture<NodeView> {
        let view = self.call(on: eventLoop) { self.engine.heartbeat(lease, on: eventLoop) }
        view.whenSuccess { [seen] in seen.yield($0) }
        return view
    }

    func release(_ node: NodeID, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        self.call(on: eventLoop) { self.engine.release(node, on: eventLoop) }
    }

    func send(_ bytes: ByteBuffer, to node: NodeID) {
        if self.isOpen { self.engine.send(bytes, to: node) }
    }

    func receive(
        as node: NodeID,
        on eventLoop: any EventLoop,
        handler: @escaping @Sendable (ByteBuffer) -> Void
    ) -> EventLoopFuture<Subscription> {
        self.call(on: eventLoop) {
            self.engine.receive(as: node, on: eventLoop) { bytes in if self.isOpen { handler(bytes) } }
        }
    }

    func stopReceiving(_ subscription: Subscription, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        self.call(on: eventLoop) { self.engine.stopReceiving(subscription, on: eventLoop) }
    }
}
