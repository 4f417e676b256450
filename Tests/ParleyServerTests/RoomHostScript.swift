import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyServer

/// People of the transcripts.
enum Cast {
    static let room = RoomID(high: 5, low: 5)
    static let node = NodeID(high: 1, low: 1)
    static let other = NodeID(high: 2, low: 2)
    static func identity(_ n: UInt64) -> IdentityID { IdentityID(high: 8, low: n) }
    static let ada = ParticipantID(high: 0, low: 1)
    static let bob = ParticipantID(high: 0, low: 2)

    static func session(_ n: UInt64) -> SessionID { SessionID(high: 6, low: n) }
}

extension RoomCommand {
    static func join(_ id: ParticipantID) -> RoomCommand {
        let join = Join(
            session: Cast.session(id.low),
            node: Cast.node,
            identity: Cast.identity(id.low),
            abilities: Abilities()
        )
        return RoomCommand(participant: id, number: 1, at: Instant(milliseconds: 7), action: .join(join))
    }

    static func media(
        _ id: ParticipantID,
        _ number: UInt64,
        audio: Bool? = nil,
        video: Bool? = nil,
        after rejectedSince: RefusedCommands = []
    ) -> RoomCommand {
        RoomCommand(
            participant: id,
            number: number,
            rejectedSince: rejectedSince,
            at: Instant(milliseconds: 7),
            action: .media(.init(audio: audio, video: video))
        )
    }

    static func attach(_ id: ParticipantID, to node: NodeID) -> RoomCommand {
        let attach = Attach(node: node, attempt: 0)
        return RoomCommand(participant: id, number: nil, at: Instant(milliseconds: 7), action: .attach(attach))
    }

    static func leave(_ id: ParticipantID, _ number: UInt64) -> RoomCommand {
        RoomCommand(participant: id, number: number, at: Instant(milliseconds: 7), action: .leave)
    }
}

/// A host whose engine is the test.
final class Script {
    var machine: RoomHostStateMachine

    init(capacity: Int = 100, limits: Limits = Limits()) {
        self.machine = RoomHostStateMachine(
            node: Cast.node,
            room: Room(id: Cast.room, capacity: capacity),
            incarnation: EngineIncarnation(rawValue: 1),
            limits: Shared(limits)
        )
    }

    /// Ada is in the room, at sequence 1.
    static func withAda() throws -> Script {
        let host = Script()
        _ = host.load()
        _ = host.submit(1, .join(Cast.ada))
        if let append = host.flush(uid: 1) { _ = host.complete(append, .appended) }
        return host
    }

    /// The first read finds nothing.
    func load() -> [RoomHostEffect] {
        var effects: [RoomHostEffect] = []
        self.machine.start(&effects)
        assert(effects == [.read(after: nil)])
        return self.loaded(RoomRead(continues: false, snapshot: nil, entries: [], top: .start))
    }

    func loaded(
        _ read: RoomRead,
        in life: EngineIncarnation? = nil,
        askedIn asked: EngineIncarnation? = nil
    ) -> [RoomHostEffect] {
        self.step { $0.readCompleted(read, in: life, askedIn: asked, &$1) }
    }

    func read(_ entries: [RoomEntry], top: Position) -> [RoomHostEffect] {
        self.loaded(RoomRead(continues: true, snapshot: nil, entries: entries, top: top))
    }

    func failRead() -> [RoomHostEffect] {
        self.step { $0.readFailed(.unavailable, &$1) }
    }

    func submit(_ id: UInt64, _ command: RoomCommand) -> [RoomHostEffect] {
        self.step { $0.submit(Submission(id: .init(rawValue: id), command: command), &$1) }
    }

    func flushEffects(uid: UInt64) -> [RoomHostEffect] {
        self.step { $0.flush(uid: uid, &$1) }
    }

    func flush(uid: UInt64) -> RoomAppend? {
        for case .append(let append) in self.flushEffects(uid: uid) { return append }
        return nil
    }

    func complete(_ append: RoomAppend, _ result: RoomAppendResult) -> [RoomHostEffect] {
        self.step { $0.appendCompleted(result, of: append.position, &$1) }
    }

    func hear(_ entry: RoomEntry) -> [RoomHostEffect] {
        self.step { $0.received(entry, &$1) }
    }

    func learn(top: Position) -> [RoomHostEffect] {
        self.step { $0.receivedTop(top, &$1) }
    }

    func fireRetry() -> [RoomHostEffect] {
        self.step { $0.retryTimerFired(&$1) }
    }

    func change(_ life: EngineIncarnation) -> [RoomHostEffect] {
        self.step { $0.engineChanged(life, &$1) }
    }

    func fireBarrier(_ life: EngineIncarnation) -> [RoomHostEffect] {
        self.step { $0.barrierTimerFired(life, &$1) }
    }

    func reload() -> [RoomHostEffect] {
        self.step { $0.reload(&$1) }
    }

    func step(
        _ body: (inout RoomHostStateMachine, inout [RoomHostEffect]) -> Void
    ) -> [RoomHostEffect] {
        var effects: [RoomHostEffect] = []
        body(&self.machine, &effects)
        return effects
    }

    /// The entry that an append of this host becomes.
    func entry(_ append: RoomAppend) -> RoomEntry {
        RoomEntry(position: append.position, after: append.after, author: Cast.node, events: append.events)
    }

    /// What another node would append after this host's replica, or after another such entry.
    func foreign(uid: UInt64, after before: RoomEntry? = nil, _ commands: [RoomCommand]) -> RoomEntry {
        var room = self.machine.room
        for event in before?.events ?? [] { room.evolve(event) }
        var events: [RoomEvent] = []
        for command in commands {
            guard case .events(let decided) = room.decide(command) else { continue }
            for event in decided { room.evolve(event) }
            events += decided
        }
        let after = before?.position ?? self.machine.position
        let position = Position(generation: 1, sequence: after.sequence + 1, uid: uid)
        return RoomEntry(position: position, after: after, author: Cast.other, events: events)
    }
}

extension [RoomHostEffect] {
    var deliveries: [RoomDelivery] {
        self.compactMap { if case .deliver(let delivery) = $0 { delivery } else { nil } }
    }

    /// By submission; none has two.
    var outcomes: [UInt64: Outcome] {
        var outcomes: [UInt64: Outcome] = [:]
        for case .outcome(let id, let outcome) in self {
            assert(outcomes[id.rawValue] == nil)
            outcomes[id.rawValue] = outcome
        }
        return outcomes
    }
}
