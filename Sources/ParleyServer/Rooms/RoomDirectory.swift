import NIOCore
import ParleyEngine
import ParleyProtocol

/// Finds the room that a join names, on this node or in the engine.
///
/// An alias is a log of its own, whose first append wins: two people who open the same new alias at once, on
/// whatever nodes, are in the same room. When the room is over, its alias log is retired and the word is free.
final class RoomDirectory {
    typealias Answer = (Result<RoomHost, RejectionCode>) -> Void

    private unowned let gateway: Gateway
    private var hosts: [RoomID: RoomHost] = [:]
    private var aliases: [RoomAlias: RoomHost] = [:]
    /// Those who wait for the same alias are answered together. Bounded: each waiting join holds its connection.
    private var waiting: [RoomAlias: [Answer]] = [:]

    init(gateway: Gateway) {
        self.gateway = gateway
    }

    var roomCount: Int { self.hosts.count }

    /// Answers at once if the room is here, else after the engine has been asked.
    func find(_ reference: RoomReference, _ answer: @escaping Answer) {
        switch reference {
        case .new:
            answer(self.makeHost(id: RoomID(using: &self.gateway.random), alias: nil))
        case .id(let id):
            if let host = self.hosts[id] { return answer(.success(host)) }
            self.load(id, answer)
        case .alias(let alias):
            if let host = self.aliases[alias] { return answer(.success(host)) }
            let isFirst = self.waiting[alias] == nil
            self.waiting[alias, default: []].append(answer)
            if isFirst { self.resolve(alias) }
        }
    }

    /// The room is over: who comes now gets a new one, even while the engine is still being told.
    func remove(_ host: RoomHost) {
        self.hosts[host.id] = nil
        if let alias = host.alias, self.aliases[alias] === host { self.aliases[alias] = nil }
    }

    /// The word means nothing any more, if it still means that room.
    func free(_ alias: RoomAlias, of room: RoomID) {
        let gateway = self.gateway
        let log = LogID(.alias, alias.text)
        gateway.engine.read(log, after: nil, on: gateway.eventLoop).assumeIsolated().whenSuccess { read in
            guard let entry = read.entries.last, Self.room(in: entry) == room else { return }
            _ = gateway.engine.retire(log, expecting: read.top, on: gateway.eventLoop)
        }
    }

    // MARK: By id

    private func load(_ id: RoomID, _ answer: @escaping Answer) {
        let gateway = self.gateway
        gateway.engine.heads([LogID(room: id)], on: gateway.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let tops) where tops.first == .start: answer(.failure(.unknownRoom))
            case .success: answer(self.host(of: id, alias: nil))
            case .failure: answer(.failure(.engineUnavailable))
            }
        }
    }

    /// The host of a room that the engine has; somebody else may have begun to hold it meanwhile.
    private func host(of id: RoomID, alias: RoomAlias?) -> Result<RoomHost, RejectionCode> {
        if let host = self.hosts[id] { return .success(host) }
        return self.makeHost(id: id, alias: alias)
    }

    private func makeHost(id: RoomID, alias: RoomAlias?) -> Result<RoomHost, RejectionCode> {
        guard self.hosts.count < self.gateway.limits.roomsMax else { return .failure(.serverFull) }
        let host = RoomHost(id: id, alias: alias, gateway: self.gateway)
        self.hosts[id] = host
        if let alias { self.aliases[alias] = host }
        return .success(host)
    }

    // MARK: By alias

    private func resolve(_ alias: RoomAlias) {
        let gateway = self.gateway
        let log = LogID(.alias, alias.text)
        gateway.engine.read(log, after: nil, on: gateway.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let read):
                if let entry = read.entries.last, let id = Self.room(in: entry) {
                    self.settle(alias, id: id, isNew: false)
                } else {
                    self.claim(alias, log)
                }
            case .failure:
                self.finish(alias, .failure(.engineUnavailable))
            }
        }
    }

    /// Nobody has the alias: whoever appends first gives it its room.
    private func claim(_ alias: RoomAlias, _ log: LogID) {
        let gateway = self.gateway
        let id = RoomID(using: &gateway.random)
        let entry = LogEntry(
            after: .start,
            uid: gateway.makeEntryUID(),
            author: gateway.node,
            payload: ByteBuffer(string: id.description)
        )
        gateway.engine.append(
            entry,
            to: log,
            retention: .untilRetired,
            in: gateway.engine.incarnation,
            on: gateway.eventLoop
        ).assumeIsolated().whenComplete { result in
            switch result {
            case .success(.appended): self.settle(alias, id: id, isNew: true)
            case .success(.conflict(let conflict)):
                if let winner = conflict.tail?.last.flatMap(Self.room(in:)) {
                    self.settle(alias, id: winner, isNew: false)
                } else {
                    self.resolve(alias)
                }
            case .success(.engineChanged), .failure(EngineError.ambiguous): self.resolve(alias)
            case .failure: self.finish(alias, .failure(.engineUnavailable))
            }
        }
    }

    /// The alias names a room; if that room is over and only its alias was left behind, the alias is freed first.
    private func settle(_ alias: RoomAlias, id: RoomID, isNew: Bool) {
        guard !isNew else { return self.finish(alias, self.makeHost(id: id, alias: alias)) }
        if let host = self.hosts[id] {
            self.aliases[alias] = host
            return self.finish(alias, .success(host))
        }
        let gateway = self.gateway
        let logs = [LogID(room: id), LogID(.alias, alias.text)]
        gateway.engine.heads(logs, on: gateway.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let tops) where tops.first == .start:
                // Its creator's first join is still on its way, or the room has ended: it is ours to begin.
                self.finish(alias, self.makeHost(id: id, alias: alias))
            case .success:
                let found = self.host(of: id, alias: alias)
                if case .success(let host) = found { self.aliases[alias] = host }
                self.finish(alias, found)
            case .failure:
                self.finish(alias, .failure(.engineUnavailable))
            }
        }
    }

    private func finish(_ alias: RoomAlias, _ result: Result<RoomHost, RejectionCode>) {
        for answer in self.waiting.removeValue(forKey: alias) ?? [] { answer(result) }
    }

    private static func room(in entry: LogEntry) -> RoomID? {
        RoomID(String(buffer: entry.payload))
    }
}
