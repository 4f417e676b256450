package import NIOCore
package import ParleyProtocol

extension InMemoryEngine {
    /// The executable specification: what every engine must do, as a value. Time and ids are arguments,
    /// what others are to be told is an effect.
    package struct StateMachine {
        package enum Effect: Hashable {
            case hint(Subscription, LogHint)
            case message(Subscription, ByteBuffer)
        }

        struct Subscriber {
            let id: Subscription
            let node: NodeID
        }

        /// What one room has besides its log.
        struct RoomMail {
            var mailboxes: [ParticipantID: StoredMailbox] = [:]
            /// Those of the room's log, in order of subscription: mail is told there.
            var subscribers: [Subscriber] = []

            var isEmpty: Bool { self.mailboxes.isEmpty && self.subscribers.isEmpty }
        }

        struct Lease {
            let lease: NodeLease
            let renewedAt: Instant
        }

        let sharedLimits: Shared<Limits>
        var limits: Limits { _read { yield self.sharedLimits.value } }
        package internal(set) var incarnation: EngineIncarnation
        var logs: [LogID: StoredLog] = [:]
        /// Logs that end by themselves.
        var expiring: Set<LogID> = []
        var subscribers: [LogID: [Subscriber]] = [:]
        var subscriptions: [Subscription: LogID] = [:]
        var rooms: [RoomID: RoomMail] = [:]
        var spare = SpareQueues()
        var leases: [NodeID: Lease] = [:]
        var receivers: [NodeID: [Subscription]] = [:]
        var receiving: [Subscription: NodeID] = [:]
        private var lastSubscription: UInt64 = 0
        /// See ``takeChanges()``.
        let keepsChanges: Bool
        var changes: [Change] = []

        package init(limits: Limits = Limits(), incarnation: EngineIncarnation, keepsChanges: Bool = false) {
            self.sharedLimits = Shared(limits)
            self.incarnation = incarnation
            self.keepsChanges = keepsChanges
        }

        mutating func nextSubscription() -> Subscription {
            self.lastSubscription += 1
            return Subscription(rawValue: self.lastSubscription)
        }

        package func tell(_ hint: LogHint, of log: LogID, _ effects: inout [Effect]) {
            for subscriber in self.subscribers[log] ?? [] {
                effects.append(.hint(subscriber.id, hint))
            }
        }
    }
}

// MARK: - Logs

extension InMemoryEngine.StateMachine {
    package mutating func append(
        _ entry: LogEntry,
        to log: LogID,
        retention: Retention,
        in incarnation: EngineIncarnation,
        _ now: Instant,
        _ effects: inout [Effect]
    ) throws(EngineError) -> AppendResult {
        guard entry.chains else { throw .invalid }
        guard entry.payload.readableBytes <= self.limits.entryBytesMax else { throw .tooLarge }
        guard incarnation == self.incarnation else { return .engineChanged(self.incarnation) }
        self.expire(log, now, &effects)
        let stored = self.logs[log]
        let top = stored?.top ?? .start
        guard entry.after == top else {
            let tail = stored?.tail(after: entry.after)?.prefix(self.limits.conflictEntriesMax)
            return .conflict(LogConflict(top: top, tail: tail.map { Array($0) }))
        }
        self.logs[log, default: StoredLog(now)].append(entry, now)
        self.logs[log]?.retention = retention
        if retention == .untilRetired { self.expiring.remove(log) } else { self.expiring.insert(log) }
        if self.keepsChanges { self.changes.append(.appended(entry, to: log, retention: retention, at: now)) }
        self.tell(.committed(entry), of: log, &effects)
        return .appended
    }

    package mutating func read(
        _ log: LogID,
        after: Position?,
        _ now: Instant,
        _ effects: inout [Effect]
    ) -> LogRead {
        self.expire(log, now, &effects)
        return (self.logs[log] ?? StoredLog(now)).read(after: after)
    }

    package mutating func writeSnapshot(
        _ snapshot: LogSnapshot,
        keepFrom: UInt64,
        to log: LogID
    ) -> SnapshotResult {
        let result = self.logs[log]?.write(snapshot, keepFrom: keepFrom) ?? .ignored
        if self.keepsChanges, result == .written, let first = self.logs[log]?.firstSequence {
            self.changes.append(.snapshot(snapshot, of: log, keptFrom: first))
        }
        return result
    }

    package mutating func reseed(
        _ log: LogID,
        observed: Position,
        snapshot: LogSnapshot,
        _ now: Instant,
        _ effects: inout [Effect]
    ) throws(EngineError) -> CompareResult {
        guard snapshot.position.generation > observed.generation,
            snapshot.position.sequence > observed.sequence
        else { throw .invalid }
        self.expire(log, now, &effects)
        let top = self.logs[log]?.top ?? .start
        guard observed == top else { return .conflict(top) }
        self.logs[log, default: StoredLog(now)].reseed(snapshot, now)
        if self.keepsChanges { self.changes.append(.reseeded(log, snapshot, at: now)) }
        self.tell(.reseeded(snapshot.position), of: log, &effects)
        return .done
    }

    package mutating func heads(_ logs: [LogID], _ now: Instant, _ effects: inout [Effect]) -> [Position] {
        logs.map {
            self.expire($0, now, &effects)
            return self.logs[$0]?.top ?? .start
        }
    }

    package mutating func retire(
        _ log: LogID,
        expecting expected: Position,
        _ now: Instant,
        _ effects: inout [Effect]
    ) -> CompareResult {
        self.expire(log, now, &effects)
        let top = self.logs[log]?.top ?? .start
        guard expected == top else { return .conflict(top) }
        self.remove(log, &effects)
        return .done
    }

    /// Cost: all logs of the kind; it is for operators and sweepers.
    package mutating func list(
        _ kind: LogKind,
        after: String?,
        limit: Int,
        _ now: Instant,
        _ effects: inout [Effect]
    ) -> [LogID] {
        self.expireAll(now, &effects)
        let ids = self.logs.keys.filter { $0.kind == kind && (after.map { [id = $0.id] in id > $0 } ?? true) }
        return Array(ids.sorted { $0.id < $1.id }.prefix(max(0, limit)))
    }

    package mutating func subscribe(to log: LogID, as node: NodeID) -> Subscription {
        let subscriber = Subscriber(id: self.nextSubscription(), node: node)
        self.subscriptions[subscriber.id] = log
        self.subscribers[log, default: []].append(subscriber)
        if let room = log.room { self.rooms[room, default: RoomMail()].subscribers.append(subscriber) }
        return subscriber.id
    }

    /// Ending a subscription that has ended is a legal race: two owners may close it.
    package mutating func unsubscribe(_ subscription: Subscription) {
        guard let log = self.subscriptions.removeValue(forKey: subscription) else { return }
        self.subscribers[log]?.removeAll { $0.id == subscription }
        if self.subscribers[log]?.isEmpty == true { self.subscribers[log] = nil }
        guard let room = log.room else { return }
        self.rooms[room]?.subscribers.removeAll { $0.id == subscription }
        if self.rooms[room]?.isEmpty == true { self.rooms[room] = nil }
    }

    private mutating func remove(_ log: LogID, _ effects: inout [Effect]) {
        self.expiring.remove(log)
        if let room = log.room { self.dropMailboxes(of: room) }
        guard let stored = self.logs.removeValue(forKey: log) else { return }
        if self.keepsChanges { self.changes.append(.removed(log)) }
        self.tell(.retired(stored.top), of: log, &effects)
    }

    private mutating func expire(_ log: LogID, _ now: Instant, _ effects: inout [Effect]) {
        if self.logs[log]?.isExpired(now) == true { self.remove(log, &effects) }
    }

    /// Cost: all logs that end by themselves. Sorted, so that the effects come in one order.
    mutating func expireAll(_ now: Instant, _ effects: inout [Effect]) {
        let expired = self.expiring.filter { self.logs[$0]?.isExpired(now) == true }
        for log in expired.sorted(by: { ($0.kind.rawValue, $0.id) < ($1.kind.rawValue, $1.id) }) {
            self.remove(log, &effects)
        }
    }
}

extension LogID {
    /// The room whose log this is.
    var room: RoomID? {
        self.kind == .room ? RoomID(self.id) : nil
    }
}
