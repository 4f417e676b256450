import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms

/// That an alias means a room: the entry of the alias's log that says so.
struct AliasClaim: Hashable {
    let alias: RoomAlias
    let position: Position
}

/// Finds the room that a join names, on this node or in the engine.
///
/// An alias is a log of its own, whose first append wins: two people who open the same new alias at once, on
/// whatever nodes, are in the same room. When the room is over, its alias log is retired and the word is free.
final class RoomDirectory {
    typealias Answer = (Result<RoomHost, RejectionCode>) -> Void

    private unowned let gateway: Gateway
    private(set) var hosts: [RoomID: RoomHost] = [:]
    private var aliases: [RoomAlias: RoomHost] = [:]
    /// Those who wait for the same alias are answered together. Bounded: each waiting join holds its connection.
    private var waiting: [RoomAlias: [Answer]] = [:]
    /// How many of the rooms here each identity has made.
    private var made: [IdentityID: Int] = [:]

    init(gateway: Gateway) {
        self.gateway = gateway
    }

    var roomCount: Int { self.hosts.count }

    /// Answers at once if the room is here, else after the engine has been asked.
    ///
    /// - Parameter mayBegin: whether a room of that id may be yet to begin.
    func find(_ reference: RoomReference, mayBegin: Bool = false, _ answer: @escaping Answer) {
        switch reference {
        case .new:
            answer(self.makeHost(id: RoomID(using: &self.gateway.random), claim: nil, isNew: true))
        case .id(let id):
            if let host = self.hosts[id] { return answer(.success(host)) }
            self.load(id, mayBegin: mayBegin, answer)
        case .alias(let alias):
            if let host = self.aliases[alias] { return answer(.success(host)) }
            let isFirst = self.waiting[alias] == nil
            self.waiting[alias, default: []].append(answer)
            if isFirst { self.resolve(alias) }
        }
    }

    /// The same, but a word that means no room stays free.
    func look(for reference: RoomReference, _ answer: @escaping Answer) {
        guard case .alias(let alias) = reference else { return self.find(reference, answer) }
        if let host = self.aliases[alias] { return answer(.success(host)) }
        let gateway = self.gateway
        let log = LogID(.alias, alias.text)
        gateway.engine.read(log, after: nil, on: gateway.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let read):
                guard let entry = read.entries.last, let id = Self.room(in: entry) else {
                    return answer(.failure(.unknownRoom))
                }
                if let host = self.hosts[id] { return answer(.success(host)) }
                self.load(id, mayBegin: false, answer)
            case .failure: answer(.failure(.engineUnavailable))
            }
        }
    }

    /// A person's line, to which no word leads that anybody could say.
    func findLine(of person: IdentityID, mayMake: Bool, _ answer: @escaping Answer) {
        let reference = RoomReference.alias(RoomAlias(lineOf: person))
        mayMake ? self.find(reference, answer) : self.look(for: reference, answer)
    }

    /// A room that was found by its id has told its alias: the word leads here, whatever the engine remembers of it.
    func learnAlias(of host: RoomHost) {
        guard let alias = host.word, self.aliases[alias] == nil, self.hosts[host.id] === host else { return }
        self.aliases[alias] = host
    }

    /// The room goes on without this node.
    func forget(_ host: RoomHost) {
        if let maker = host.maker {
            host.maker = nil
            let count = self.made[maker] ?? 1
            self.made[maker] = count > 1 ? count - 1 : nil
        }
        self.hosts[host.id] = nil
        guard let alias = host.alias, self.aliases[alias] === host else { return }
        self.aliases[alias] = nil
    }

    /// The room is over: who comes now gets a new one, even while the engine is still being told.
    func remove(_ host: RoomHost) {
        self.forget(host)
        if let claim = host.claim {
            self.free(claim, of: host.id)
        } else if let alias = host.word {
            self.free(alias, of: host.id)
        }
    }

    /// What is asked of the alias after this is answered after this. Until the engine has answered, it is asked again.
    /// If the word means another room by now, the position tells, and nothing happens; if it means this room by another
    /// entry (an engine that had forgotten it was told again), the log tells.
    private func free(_ claim: AliasClaim, of id: RoomID) {
        let gateway = self.gateway
        let log = LogID(.alias, claim.alias.text)
        gateway.engine.retire(log, expecting: claim.position, on: gateway.eventLoop).assumeIsolated().whenComplete {
            switch $0 {
            case .success(.done), .success(.conflict(.start)): break
            case .success(.conflict): self.free(claim.alias, of: id)
            case .failure: self.later { $0.free(claim, of: id) }
            }
        }
    }

    /// What the room claimed is in the alias's log.
    private func free(_ alias: RoomAlias, of id: RoomID) {
        let gateway = self.gateway
        let log = LogID(.alias, alias.text)
        gateway.engine.read(log, after: nil, on: gateway.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let read):
                guard let entry = read.entries.last, Self.room(in: entry) == id else { return }
                self.free(AliasClaim(alias: alias, position: entry.position), of: id)
            case .failure: self.later { $0.free(alias, of: id) }
            }
        }
    }

    /// In a second.
    private func later(_ body: @escaping (RoomDirectory) -> Void) {
        let gateway = self.gateway
        gateway.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { body(gateway.directory) }
    }

    /// See `Gateway.dismantle`.
    func dismantle() {
        for host in self.hosts.values { host.dismantle() }
        self.hosts = [:]
        self.aliases = [:]
        self.waiting = [:]
    }

    // MARK: The engine

    /// Hints get lost: what other nodes have written is asked for now and then.
    func check() {
        let hosts = self.hosts.values.sorted { $0.id < $1.id }
        guard !hosts.isEmpty else { return }
        let gateway = self.gateway
        let logs = hosts.map { LogID(room: $0.id) }
        gateway.engine.heads(logs, on: gateway.eventLoop).assumeIsolated().whenSuccess { tops in
            for (host, top) in zip(hosts, tops) where top != .start { host.heard(top: top) }
        }
        for host in hosts {
            host.checkMail()
            host.checkChat()
            host.reconcile()
            host.closeIfUnneeded(alive: gateway.nodesAlive)
        }
    }

    func speakForPeople(whoseNodesAreNot alive: Set<NodeID>, now: NIODeadline) {
        for host in self.hosts.values.sorted(by: { $0.id < $1.id }) {
            host.speakForPeople(whoseNodesAreNot: alive, now: now)
        }
    }

    /// The engine lives another life: what it has forgotten of this node's rooms it hears again.
    func engineChanged(_ incarnation: EngineIncarnation) {
        for host in self.hosts.values.sorted(by: { $0.id < $1.id }) {
            host.engineChanged(incarnation)
            if let alias = host.alias { self.renew(alias, of: host) }
        }
    }

    /// The word still means this room, unless somebody has been given it meanwhile. Whatever cannot be found out now is
    /// tried again, as long as the room is here and the engine lives the same life.
    private func renew(_ alias: RoomAlias, of host: RoomHost) {
        let gateway = self.gateway
        let incarnation = gateway.engine.incarnation
        let again: () -> Void = {
            self.later {
                guard $0.hosts[host.id] === host, gateway.engine.incarnation == incarnation else { return }
                $0.renew(alias, of: host)
            }
        }
        let log = LogID(.alias, alias.text)
        gateway.engine.read(log, after: nil, on: gateway.eventLoop).assumeIsolated().whenComplete { result in
            guard case .success(let read) = result else { return again() }
            guard self.hosts[host.id] === host else { return }
            guard read.top == .start else { return self.adopt(read, alias, of: host) }
            let entry = LogEntry(
                after: .start,
                uid: gateway.makeEntryUID(),
                author: gateway.node,
                payload: ByteBuffer(string: host.id.description)
            )
            gateway.engine.append(
                entry,
                to: log,
                retention: .untilRetired,
                in: gateway.engine.incarnation,
                on: gateway.eventLoop
            ).assumeIsolated().whenComplete { result in
                switch result {
                case .success(.appended): host.claim = AliasClaim(alias: alias, position: entry.position)
                // Another node of the same room was first, or nobody knows yet: the log tells.
                case .success(.conflict), .success(.engineChanged), .failure: again()
                }
            }
        }
    }

    private func adopt(_ read: LogRead, _ alias: RoomAlias, of host: RoomHost) {
        guard let entry = read.entries.last, Self.room(in: entry) == host.id else { return }
        host.claim = AliasClaim(alias: alias, position: entry.position)
    }

    /// Somebody comes to a room; if it is a new one, they have made it.
    ///
    /// - Returns: `false` if they have made too many.
    func enter(_ host: RoomHost, _ identity: IdentityID) -> Bool {
        guard host.isNew else { return true }
        let count = self.made[identity] ?? 0
        guard count < self.gateway.limits.roomsMadePerIdentityMax else { return false }
        self.made[identity] = count + 1
        host.maker = identity
        host.isNew = false
        return true
    }

    // MARK: By id

    private func load(_ id: RoomID, mayBegin: Bool, _ answer: @escaping Answer) {
        let gateway = self.gateway
        gateway.engine.heads([LogID(room: id)], on: gateway.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let tops) where tops.first == .start && !mayBegin:
                // An engine that has forgotten it may still be told: whoever comes back is not to be sent away.
                answer(.failure(gateway.isEngineSettled ? .unknownRoom : .engineUnavailable))
            case .success: answer(self.host(of: id, claim: nil))
            case .failure: answer(.failure(.engineUnavailable))
            }
        }
    }

    /// Has a replica of a room that the engine has, as long as it is of use here.
    func hold(_ id: RoomID) {
        if self.hosts[id] == nil { _ = self.makeHost(id: id, claim: nil) }
    }

    /// The host of a room that the engine has; somebody else may have begun to hold it meanwhile.
    private func host(of id: RoomID, claim: AliasClaim?) -> Result<RoomHost, RejectionCode> {
        guard let host = self.hosts[id] else { return self.makeHost(id: id, claim: claim) }
        if let claim {
            host.claim = claim
            self.aliases[claim.alias] = host
        }
        return .success(host)
    }

    private func makeHost(id: RoomID, claim: AliasClaim?, isNew: Bool = false) -> Result<RoomHost, RejectionCode> {
        guard self.hosts.count < self.gateway.limits.roomsMax else { return .failure(.serverFull) }
        let host = RoomHost(id: id, claim: claim, gateway: self.gateway)
        host.isNew = isNew
        self.hosts[id] = host
        if let claim { self.aliases[claim.alias] = host }
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
                    self.settle(AliasClaim(alias: alias, position: entry.position), id: id)
                } else {
                    self.claim(alias, log)
                }
            case .failure:
                self.finish(alias, .failure(.engineUnavailable))
            }
        }
    }

    /// Nobody has the alias: whoever appends first gives it its room. Not while those who know what an engine has
    /// forgotten may still be telling it.
    private func claim(_ alias: RoomAlias, _ log: LogID) {
        let gateway = self.gateway
        guard gateway.isEngineSettled else { return self.later { $0.resolve(alias) } }
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
            case .success(.appended):
                let claim = AliasClaim(alias: alias, position: entry.position)
                self.finish(alias, self.makeHost(id: id, claim: claim, isNew: true))
            case .success(.conflict(let conflict)):
                if let winner = conflict.tail?.last, let id = Self.room(in: winner) {
                    self.settle(AliasClaim(alias: alias, position: winner.position), id: id)
                } else {
                    self.resolve(alias)
                }
            case .success(.engineChanged), .failure(EngineError.ambiguous): self.resolve(alias)
            case .failure: self.finish(alias, .failure(.engineUnavailable))
            }
        }
    }

    /// The alias names a room. If that has no log, it is still to begin: somebody claimed the alias just now, or
    /// left it behind before the first join.
    private func settle(_ claim: AliasClaim, id: RoomID) {
        self.finish(claim.alias, self.host(of: id, claim: claim))
    }

    private func finish(_ alias: RoomAlias, _ result: Result<RoomHost, RejectionCode>) {
        for answer in self.waiting.removeValue(forKey: alias) ?? [] {
            if case .success(let host) = result, host.isOver {
                // Whoever was answered before has gone meanwhile, and took with them a room that nobody had joined.
                self.find(.alias(alias), answer)
            } else {
                answer(result)
            }
        }
    }

    private static func room(in entry: LogEntry) -> RoomID? {
        RoomID(String(buffer: entry.payload))
    }
}
