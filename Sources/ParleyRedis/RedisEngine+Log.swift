public import NIOCore
public import ParleyEngine
public import ParleyProtocol

extension RedisEngine {
    static let untilRetired = StoredForms.text(0)

    public func append(
        _ entry: LogEntry,
        to log: LogID,
        retention: Retention,
        in incarnation: EngineIncarnation,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<AppendResult> {
        guard entry.chains else { return self.fail(.invalid, on: eventLoop) }
        guard entry.payload.readableBytes <= self.limits.entryBytesMax else {
            return self.fail(.tooLarge, on: eventLoop)
        }
        // The servers' part of it is compared once more on the very connection that carries the entry.
        let life = self.servers.incarnation
        let current = self.incarnation(life)
        guard incarnation == current else { return self.succeed(.engineChanged(current), on: eventLoop) }
        let lifetime = Self.lifetime(retention)
        if entry.after == .start || retention != .untilRetired { self.note(log, lifetime, on: eventLoop) }
        let keys = self.keysWithLife(of: log)
        let arguments = [
            ByteBuffer(entry.after), ByteBuffer(stored: entry), self.keys.channel(of: log), lifetime,
            StoredForms.text(self.limits.conflictEntriesMax), self.lives.newName(),
        ]
        let asked = self.servers.run(
            LogScripts.append,
            keys: keys,
            arguments: arguments,
            in: life,
            on: eventLoop
        )
        return self.answer(asked, about: keys[0]) { value in
            if case .integer(1) = value { return .appended }
            guard case .array(let parts) = value, parts.count == 3,
                let top = parts[0].bytes.flatMap({ Position(stored: $0) })
            else { return nil }
            self.saw(parts[2], at: keys[2])
            if case .null = parts[1] { return .conflict(LogConflict(top: top, tail: nil)) }
            guard let tail = Self.entries(parts[1]) else { return nil }
            return .conflict(LogConflict(top: top, tail: tail))
        }
    }

    public func read(_ log: LogID, after: Position?, on eventLoop: any EventLoop) -> EventLoopFuture<LogRead> {
        let keys = self.keysWithLife(of: log)
        let arguments = [after.map { ByteBuffer($0) } ?? ByteBuffer(), self.lives.newName()]
        let asked = self.servers.run(LogScripts.read, keys: keys, arguments: arguments, on: eventLoop)
        return self.answer(asked, about: keys[0]) { value in
            guard case .array(let parts) = value, parts.count == 5, case .integer(let continues) = parts[0],
                let top = parts[1].bytes.flatMap({ Position(stored: $0) }), let entries = Self.entries(parts[3])
            else { return nil }
            self.saw(parts[4], at: keys[2])
            var snapshot: LogSnapshot?
            if let bytes = parts[2].bytes {
                guard let held = LogSnapshot(stored: bytes) else { return nil }
                snapshot = held
            }
            return LogRead(continues: continues == 1, snapshot: snapshot, entries: entries, top: top)
        }
    }

    public func writeSnapshot(
        _ snapshot: LogSnapshot,
        keepFrom: UInt64,
        to log: LogID,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<SnapshotResult> {
        guard snapshot.position != .start else { return self.succeed(.ignored, on: eventLoop) }
        let keys = self.keys.log(log)
        let arguments = [
            ByteBuffer(snapshot.position), ByteBuffer(stored: snapshot), ByteBuffer(integer: keepFrom),
        ]
        let asked = self.servers.run(LogScripts.writeSnapshot, keys: keys, arguments: arguments, on: eventLoop)
        return self.answer(asked, about: keys[0]) { value in
            guard case .integer(let isWritten) = value else { return nil }
            return isWritten == 1 ? .written : .ignored
        }
    }

    public func reseed(
        _ log: LogID,
        observed: Position,
        snapshot: LogSnapshot,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<CompareResult> {
        guard snapshot.position.generation > observed.generation,
            snapshot.position.sequence > observed.sequence
        else { return self.fail(.invalid, on: eventLoop) }
        self.note(log, Self.untilRetired, on: eventLoop)
        let keys = self.keys.log(log)
        let arguments = [
            ByteBuffer(observed), ByteBuffer(snapshot.position), ByteBuffer(stored: snapshot),
            self.keys.channel(of: log),
        ]
        let asked = self.servers.run(LogScripts.reseed, keys: keys, arguments: arguments, on: eventLoop)
        return self.answer(asked, about: keys[0], Self.comparison)
    }

    public func heads(_ logs: [LogID], on eventLoop: any EventLoop) -> EventLoopFuture<[Position]> {
        guard !logs.isEmpty else { return self.succeed([], on: eventLoop) }
        let heads = logs.map { log in
            let keys = self.keysWithLife(of: log)
            let name = self.lives.newName()
            let asked = self.servers.run(LogScripts.head, keys: keys, arguments: [name], on: eventLoop)
            return self.answer(asked, about: keys[0]) { value -> Position? in
                guard case .array(let parts) = value, parts.count == 2 else { return nil }
                self.saw(parts[1], at: keys[2])
                return parts[0].bytes.flatMap { Position(stored: $0) }
            }
        }
        return EventLoopFuture.whenAllSucceed(heads, on: eventLoop)
    }

    public func retire(
        _ log: LogID,
        expecting expected: Position,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<CompareResult> {
        let keys = self.keys.log(log) + [self.keys.mailboxes(of: log)]
        let arguments =
            [ByteBuffer(expected), self.keys.channel(of: log)] + self.keys.mailboxPrefixes(of: log)
        let asked = self.servers.run(LogScripts.retire, keys: keys, arguments: arguments, on: eventLoop)
        return self.answer(asked, about: keys[0], Self.comparison).flatMap { result in
            guard result == .done else { return eventLoop.makeSucceededFuture(result) }
            // Whether the index is tidy does not decide anything.
            return self.forget([log], on: eventLoop).map { result }.flatMapErrorWithEventLoop { _, eventLoop in
                eventLoop.makeSucceededFuture(result)
            }
        }
    }

    private func keysWithLife(of log: LogID) -> [ByteBuffer] {
        let keys = self.keys.log(log)
        return keys + [self.lives.key(besides: keys[0])]
    }

    /// Whoever asked sees the new incarnation when the answer comes.
    private func saw(_ life: RESPValue, at key: ByteBuffer) {
        if let name = life.bytes { self.lives.saw(name, at: key) }
    }

    private static let comparison: @Sendable (RESPValue) -> CompareResult? = { value in
        if case .integer(1) = value { return .done }
        return value.bytes.flatMap { Position(stored: $0) }.map { .conflict($0) }
    }

    private static func entries(_ value: RESPValue) -> [LogEntry]? {
        guard case .array(let values) = value else { return nil }
        var entries: [LogEntry] = []
        entries.reserveCapacity(values.count)
        for value in values {
            guard let entry = value.bytes.flatMap({ LogEntry(stored: $0) }) else { return nil }
            entries.append(entry)
        }
        return entries
    }

    /// Milliseconds; 0: until retired.
    private static func lifetime(_ retention: Retention) -> ByteBuffer {
        switch retention {
        case .untilRetired: Self.untilRetired
        // Nothing that was appended is gone before somebody could read it.
        case .milliseconds(let milliseconds): StoredForms.text(max(1, milliseconds))
        }
    }
}
