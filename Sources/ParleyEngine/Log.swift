public import NIOCore
public import ParleyProtocol

/// Ordered logs with an exact compare-and-append: the one place where races are decided.
///
/// C1: an append is atomic and succeeds if and only if the top equals ``LogEntry/after`` in generation,
/// sequence *and* uid. C2: one total order, dense numbers. C3: subscriptions are hints. C4: a node reads what
/// it has appended. C5: payloads come back byte for byte. C7: a reseed compares too. C8: after a loss no
/// position equals a lost one, because a uid is never used twice.
public protocol Log: Sendable {
    /// Appends after ``LogEntry/after``, which is `Position.start` for a log that must not exist yet.
    ///
    /// - Parameter incarnation: the life of the engine that the caller has seen. In another one nothing is
    ///   appended: the caller waits and reads first, so that the most advanced replica can repair a loss.
    /// - Throws (in the future): `ambiguous`, `unavailable`, `invalid` (the entry does not chain), `tooLarge`.
    func append(
        _ entry: LogEntry,
        to log: LogID,
        retention: Retention,
        in incarnation: EngineIncarnation,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<AppendResult>

    /// The entries after a position, or everything if that is `nil` or not a part of this log's history.
    func read(_ log: LogID, after: Position?, on eventLoop: any EventLoop) -> EventLoopFuture<LogRead>

    /// Keeps a snapshot and lets go of the entries with a sequence below `keepFrom` (never of one that the
    /// snapshot does not cover, and never of the newest).
    func writeSnapshot(
        _ snapshot: LogSnapshot,
        keepFrom: UInt64,
        to log: LogID,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<SnapshotResult>

    /// Starts a new generation from a replica after the engine lost data, if its top still is `observed`
    /// (`Position.start`: the log is missing).
    ///
    /// - Parameter snapshot: its position has a greater generation and a greater sequence than `observed`.
    func reseed(
        _ log: LogID,
        observed: Position,
        snapshot: LogSnapshot,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<CompareResult>

    /// The tops of many logs in one round trip, in the order of the question; `Position.start`: no such log.
    func heads(_ logs: [LogID], on eventLoop: any EventLoop) -> EventLoopFuture<[Position]>

    /// Removes a log whose top is `expected`, and with a room's log all mailboxes of that room. A later
    /// append after `Position.start` begins a new log, which shares no position with the old one.
    func retire(
        _ log: LogID,
        expecting expected: Position,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<CompareResult>

    /// Names of existing logs by ascending id, at most `limit`, beginning behind `after`.
    func list(
        _ kind: LogKind,
        after: String?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[LogID]>

    /// Calls the handler on the loop for what happens to a log. Hints only: they may be lost, come twice, or
    /// come late. So: subscribe, wait for the future, *then* read; and look at the heads now and then.
    ///
    /// - Parameter node: who asks; it gets no ``LogHint/mail(_:)`` for what it has appended itself.
    func subscribe(
        to log: LogID,
        as node: NodeID,
        on eventLoop: any EventLoop,
        handler: @escaping LogHandler
    ) -> EventLoopFuture<Subscription>

    /// No handler call follows once the future has completed.
    func unsubscribe(_ subscription: Subscription, on eventLoop: any EventLoop) -> EventLoopFuture<Void>

    /// Says something to all subscribers of a log, the sender's own included, and forgets it.
    func publishEphemeral(_ bytes: ByteBuffer, to log: LogID)
}

/// Runs on the event loop that the subscription named.
public typealias LogHandler = @Sendable (LogHint) -> Void

/// Something that probably happened to a log; the log itself is the truth.
public enum LogHint: Hashable, Sendable {
    /// Only ever an entry that is in the log.
    case committed(LogEntry)
    /// A new generation begins here: read the snapshot.
    case reseeded(Position)
    /// The log is gone; this was its top.
    case retired(Position)
    /// Somebody else's signals wait in these mailboxes of the room.
    case mail([ParticipantID])
    case ephemeral(ByteBuffer)
}

public enum AppendResult: Hashable, Sendable {
    case appended
    case conflict(LogConflict)
    /// The engine lives another life than the caller thought; nothing was compared.
    case engineChanged(EngineIncarnation)
}

/// Somebody else was first, or the engine's history is another one.
public struct LogConflict: Hashable, Sendable {
    /// `Position.start`: there is no such log.
    public let top: Position
    /// What the caller is missing, oldest first, if what it expected is an ancestor of ``top``: not
    /// necessarily all of it. `nil`: it is no ancestor (any more); only a read can tell more.
    public let tail: [LogEntry]?

    public init(top: Position, tail: [LogEntry]?) {
        self.top = top
        self.tail = tail
    }
}

public enum SnapshotResult: Hashable, Sendable {
    case written
    /// Not on this history, or not newer than the snapshot that is there. Harmless.
    case ignored
}

/// The outcome of a reseed or a retirement.
public enum CompareResult: Hashable, Sendable {
    case done
    /// The top is this one; nothing was changed.
    case conflict(Position)
}
