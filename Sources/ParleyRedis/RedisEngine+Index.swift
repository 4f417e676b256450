public import NIOCore
public import ParleyEngine
import ParleyProtocol
import Synchronization

/// An index beside the logs, in another slot: it may name logs that are gone, and is asked with that in mind.
extension RedisEngine {
    public func list(
        _ kind: LogKind,
        after: String?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[LogID]> {
        guard limit > 0 else { return self.succeed([], on: eventLoop) }
        return self.list(kind, after: after, limit: limit, found: [], on: eventLoop)
    }

    private func list(
        _ kind: LogKind,
        after: String?,
        limit: Int,
        found: [LogID],
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[LogID]> {
        let key = self.keys.index(of: kind)[0]
        let page = min(limit - found.count, self.limits.redisListedMax)
        let start = after.map { "(\($0)" } ?? "-"
        let command = RedisCommand(
            "ZRANGEBYLEX",
            [key] + [start, "+", "LIMIT", "0", "\(page)"].map { ByteBuffer(string: $0) }
        )
        let asked = self.servers.send(command, key: RedisKey(key), on: eventLoop)
        return self.answer(asked, about: key) { value in
            value.elements?.map { $0.text ?? "" }
        }.flatMap { ids in
            let logs = ids.map { LogID(kind, $0) }
            return self.heads(logs, on: eventLoop).flatMap { tops in
                let gone = zip(logs, tops).filter { $0.1 == .start }.map { $0.0 }
                if !gone.isEmpty { _ = self.forget(gone, on: eventLoop) }
                let found = found + zip(logs, tops).filter { $0.1 != .start }.map { $0.0 }
                guard ids.count == page, found.count < limit else { return eventLoop.makeSucceededFuture(found) }
                return self.list(kind, after: ids.last, limit: limit, found: found, on: eventLoop)
            }
        }
    }

    /// Before the log is there, so that none is missing in the index. In a Cluster the index may be out of reach while
    /// the log is not: then it is noted later.
    func note(_ log: LogID, _ lifetime: ByteBuffer, on eventLoop: any EventLoop) {
        let keys = self.keys.index(of: log.kind)
        let forgotten = StoredForms.text(self.limits.redisForgottenMax)
        let arguments = [ByteBuffer(string: log.id), lifetime, forgotten]
        let asked = self.servers.run(NodeScripts.note, keys: keys, arguments: arguments, on: eventLoop)
        self.answer(asked, about: keys[0]) { $0 }.whenFailure { _ in
            self.unnoted.withLock { unnoted in
                if unnoted.count < self.limits.redisUnlistedMax { unnoted[log] = lifetime }
            }
        }
    }

    func noteAgain(on eventLoop: any EventLoop) {
        let logs = self.unnoted.withLock { unnoted in
            defer { unnoted = [:] }
            return unnoted
        }
        for (log, lifetime) in logs.sorted(by: { ($0.key.kind.rawValue, $0.key.id) < ($1.key.kind.rawValue, $1.key.id) }
        ) {
            self.note(log, lifetime, on: eventLoop)
        }
    }

    /// Logs that are gone. One that has begun again meanwhile is noted again.
    func forget(_ logs: [LogID], on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        guard let kind = logs.first?.kind else { return eventLoop.makeSucceededVoidFuture() }
        let keys = self.keys.index(of: kind)
        let ids = logs.map { ByteBuffer(string: $0.id) }
        let asked = self.servers.run(NodeScripts.forget, keys: keys, arguments: ids, on: eventLoop)
        return self.answer(asked, about: keys[0]) { $0 }.flatMap { _ in self.heads(logs, on: eventLoop) }.map { tops in
            for (log, top) in zip(logs, tops) where top != .start { self.note(log, Self.untilRetired, on: eventLoop) }
        }
    }
}
