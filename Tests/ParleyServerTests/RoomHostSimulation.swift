import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyServer
import ParleyTestSupport

/// Three hosts of one room over one engine that forgets nothing but answers late, twice, wrongly ordered or
/// not at all. Everything that happens is drawn from the seed.
final class RoomHostSimulation {
    /// Something on its way to somebody.
    private enum Message {
        case append(host: Int, RoomAppend, isAnswered: Bool)
        case appendResult(host: Int, of: Position, RoomAppendResult)
        case read(host: Int, after: Position?)
        case readResult(host: Int, RoomRead?)
        case hint(host: Int, RoomEntry)
        case timer(host: Int)
        case barrier(host: Int, EngineIncarnation)
        case turn(host: Int, NodeID, after: UInt64)
        case turnEnd(host: Int, UInt64)
    }

    private struct Client {
        let id: ParticipantID
        let host: Int
        var number: UInt64 = 1
        /// Nobody decides the next command before this one has an outcome.
        var isWaiting = false
        var isOut = false
    }

    private static let log = LogID(room: Cast.room)
    private var random: SeededGenerator
    private var engine = InMemoryEngine.StateMachine(incarnation: EngineIncarnation(rawValue: 1))
    private var hosts: [RoomHostStateMachine] = []
    private var clients: [Client] = []
    private var messages: [Message] = []
    private var payloads: [UInt64: [RoomEvent]] = [:]
    private var lastUID: UInt64 = 0
    private var lastSubmission: UInt64 = 0
    private var submitted: [Submission.ID: RoomCommand] = [:]
    private var owners: [Submission.ID: Int] = [:]
    private var outcomes: [Submission.ID: Outcome] = [:]
    private var hashes: [Position: String] = [:]
    private var isCalm = false

    private(set) var violations: [String] = []
    private(set) var counts: [String: Int] = [:]

    init(seed: UInt64) {
        self.random = SeededGenerator(seed: seed)
        for index in 0..<3 {
            self.hosts.append(
                RoomHostStateMachine(
                    node: NodeID(high: 1, low: UInt64(index)),
                    room: Room(id: Cast.room, capacity: 100),
                    incarnation: self.engine.incarnation,
                    // Whatever is handed to a host is judged there, so that it is numbers that keep commands apart.
                    mechanisms: .all.subtracting(.oneJudge)
                )
            )
        }
        for index in 0..<8 {
            let id = ParticipantID(high: 0, low: UInt64(index + 1))
            self.clients.append(Client(id: id, host: index % 3))
        }
    }

    func run(steps: Int = 1_500) {
        for index in self.hosts.indices { self.step(index) { $0.start(&$1) } }
        for _ in 0..<steps { self.tick() }
        self.isCalm = true
        self.settle()
        self.check()
    }

    private func chance(_ percent: Int) -> Bool {
        !self.isCalm && Int.random(in: 0..<100, using: &self.random) < percent
    }

    private func count(_ what: String) {
        self.counts[what, default: 0] += 1
    }

    private func tick() {
        switch Int.random(in: 0..<10, using: &self.random) {
        case 0...2: self.command(Int.random(in: 0..<self.clients.count, using: &self.random))
        case 3...4: self.flush(Int.random(in: 0..<3, using: &self.random))
        default:
            guard !self.messages.isEmpty else { return }
            // Any of them: messages overtake each other.
            self.deliver(self.messages.remove(at: Int.random(in: 0..<self.messages.count, using: &self.random)))
        }
        if self.chance(1), self.chance(20) {
            self.count("engine lives")
            self.engine.failOver(losing: 0, of: Self.log)
        }
    }

    /// No more faults: everything arrives, and everybody compares with the head.
    private func settle() {
        for _ in 0..<50 {
            while !self.messages.isEmpty { self.deliver(self.messages.removeFirst()) }
            var effects: [InMemoryEngine.StateMachine.Effect] = []
            let top = self.engine.heads([Self.log], Instant(milliseconds: 0), &effects)[0]
            for index in self.hosts.indices {
                self.flush(index)
                self.step(index) { $0.receivedTop(top, &$1) }
            }
        }
    }
}

// MARK: - Clients

extension RoomHostSimulation {
    private func command(_ index: Int) {
        let client = self.clients[index]
        guard !client.isWaiting, !client.isOut else { return }
        let command: RoomCommand
        if client.number == 1 {
            command = .join(client.id)
        } else if client.number > 6, self.chance(3) {
            command = .leave(client.id, client.number)
        } else {
            command = .media(client.id, client.number, audio: client.number % 2 == 0)
        }
        self.clients[index].isWaiting = true
        self.submit(command, client: index, host: client.host)
        // The same command by another way, as after a quick change of node.
        if self.chance(20) {
            self.count("doubled commands")
            self.submit(command, client: nil, host: (client.host + 1) % 3)
        }
    }

    private func submit(_ command: RoomCommand, client: Int?, host: Int) {
        self.lastSubmission += 1
        let id = Submission.ID(rawValue: self.lastSubmission)
        self.submitted[id] = command
        self.owners[id] = client
        self.step(host) { $0.submit(Submission(id: id, command: command), &$1) }
    }

    private func conclude(_ id: Submission.ID, _ outcome: Outcome) {
        if self.outcomes.updateValue(outcome, forKey: id) != nil { self.violations.append("two outcomes of \(id)") }
        guard let index = self.owners[id] else { return }
        self.clients[index].isWaiting = false
        switch outcome {
        case .accepted, .duplicate:
            self.count("commands")
            self.clients[index].number += 1
            if case .leave? = self.submitted[id]?.action { self.clients[index].isOut = true }
        case .rejected(.busy), .rejected(.engineUnavailable): break
        case .rejected(let code):
            self.violations.append("\(code) for \(id)")
        }
    }
}

// MARK: - Hosts and engine

extension RoomHostSimulation {
    private func flush(_ index: Int) {
        guard self.hosts[index].wantsAppend else { return }
        self.lastUID += 1
        let uid = self.lastUID
        self.step(index) { $0.flush(uid: uid, &$1) }
    }

    private func step(_ index: Int, _ body: (inout RoomHostStateMachine, inout [RoomHostEffect]) -> Void) {
        var effects: [RoomHostEffect] = []
        body(&self.hosts[index], &effects)
        for effect in effects { self.perform(effect, index) }
    }

    private func perform(_ effect: RoomHostEffect, _ index: Int) {
        switch effect {
        case .read(let after): self.messages.append(.read(host: index, after: after))
        case .append(let append):
            self.payloads[append.position.uid] = append.events
            self.send(append, index)
        case .deliver(let delivery): self.compare(delivery.room, delivery.entry.position)
        case .reset(let snapshot): self.compare(snapshot.room, snapshot.position)
        case .outcome(let id, let outcome): self.conclude(id, outcome)
        case .scheduleRetry, .scheduleRetire: self.messages.append(.timer(host: index))
        case .askForTurn(let after):
            self.count("turns")
            let node = self.hosts[index].node
            for other in self.hosts.indices where other != index {
                self.messages.append(.turn(host: other, node, after: after))
            }
        case .scheduleTurnEnd(_, let number): self.messages.append(.turnEnd(host: index, number))
        case .scheduleBarrier: self.messages.append(.barrier(host: index, self.hosts[index].incarnation))
        case .writeSnapshot(let snapshot, _):
            self.violations.append("a snapshot so early: \(snapshot.position)")
        case .heal(let healing): self.violations.append("nothing was lost, but \(healing)")
        case .retire, .finished: self.violations.append("somebody always stays, but \(effect)")
        }
    }

    private func send(_ append: RoomAppend, _ index: Int) {
        if self.chance(5) {
            // Lost on the way there.
            self.count("ambiguous")
            self.messages.append(.appendResult(host: index, of: append.position, .failed(.ambiguous)))
        } else if self.chance(10) {
            // The answer is lost, or comes too late to be believed; the append arrives whenever it does.
            self.count("ambiguous")
            self.messages.append(.appendResult(host: index, of: append.position, .failed(.ambiguous)))
            self.messages.append(.append(host: index, append, isAnswered: false))
        } else if self.chance(5) {
            self.count("unavailable")
            self.messages.append(.appendResult(host: index, of: append.position, .failed(.unavailable)))
        } else {
            self.messages.append(.append(host: index, append, isAnswered: true))
        }
    }

    private func deliver(_ message: Message) {
        switch message {
        case .append(let host, let append, let isAnswered): self.append(append, host, isAnswered)
        case .appendResult(let host, let position, let result):
            self.step(host) { $0.appendCompleted(result, of: position, &$1) }
        case .read(let host, let after): self.read(host, after)
        case .readResult(let host, let read?): self.step(host) { $0.readCompleted(read, &$1) }
        case .readResult(let host, nil): self.step(host) { $0.readFailed(.unavailable, &$1) }
        case .hint(let host, let entry): self.step(host) { $0.received(entry, &$1) }
        case .timer(let host): self.step(host) { $0.retryTimerFired(&$1) }
        case .turn(let host, let node, let after): self.step(host) { $0.heardTurn(of: node, after: after, &$1) }
        case .turnEnd(let host, let number): self.step(host) { $0.turnTimerFired(number, &$1) }
        case .barrier(let host, let life): self.step(host) { $0.barrierTimerFired(life, &$1) }
        }
    }

    private func append(_ append: RoomAppend, _ host: Int, _ isAnswered: Bool) {
        var payload = ByteBuffer()
        payload.writeInteger(append.position.uid)
        let author = NodeID(high: 1, low: UInt64(host))
        let entry = LogEntry(position: append.position, after: append.after, author: author, payload: payload)
        var effects: [InMemoryEngine.StateMachine.Effect] = []
        let result: RoomAppendResult
        do throws(EngineError) {
            switch try self.engine.append(
                entry,
                to: Self.log,
                retention: append.retention,
                in: append.incarnation,
                Instant(milliseconds: 0),
                &effects
            ) {
            case .appended:
                result = .appended
                self.count("entries")
                self.hint(self.decode(entry))
            case .conflict(let conflict):
                self.count("conflicts")
                result = .conflict(top: conflict.top, tail: conflict.tail?.map(self.decode))
            case .engineChanged(let incarnation):
                result = .engineChanged(incarnation)
            }
        } catch {
            result = .failed(error)
        }
        if isAnswered { self.messages.append(.appendResult(host: host, of: append.position, result)) }
    }

    private func hint(_ entry: RoomEntry) {
        for host in self.hosts.indices {
            if self.chance(30) { continue }
            self.messages.append(.hint(host: host, entry))
            if self.chance(10) { self.messages.append(.hint(host: host, entry)) }
        }
    }

    private func read(_ host: Int, _ after: Position?) {
        if self.chance(5) { return self.messages.append(.readResult(host: host, nil)) }
        var effects: [InMemoryEngine.StateMachine.Effect] = []
        let read = self.engine.read(Self.log, after: after, Instant(milliseconds: 0), &effects)
        let decoded = RoomRead(
            continues: read.continues,
            snapshot: nil,
            entries: read.entries.map(self.decode),
            top: read.top
        )
        self.messages.append(.readResult(host: host, decoded))
    }

    private func decode(_ entry: LogEntry) -> RoomEntry {
        RoomEntry(
            position: entry.position,
            after: entry.after,
            author: entry.author,
            events: self.payloads[entry.position.uid] ?? []
        )
    }
}

// MARK: - Checks

extension RoomHostSimulation {
    /// Same position, same room, in every host at every time.
    private func compare(_ room: Room, _ position: Position) {
        let hash = room.hash(for: .moderator).description
        if let known = self.hashes.updateValue(hash, forKey: position), known != hash {
            self.violations.append("two rooms at \(position)")
        }
    }

    private func check() {
        var effects: [InMemoryEngine.StateMachine.Effect] = []
        let read = self.engine.read(Self.log, after: nil, Instant(milliseconds: 0), &effects)
        for (index, host) in self.hosts.enumerated() where host.position != read.top {
            self.violations.append("host \(index) stands at \(host.position), the log at \(read.top)")
        }
        if Set(self.hosts.map(\.room)).count != 1 { self.violations.append("the replicas differ") }

        var entries: [String: Position] = [:]
        for entry in read.entries.map(self.decode) {
            for cause in entry.events.compactMap(\.cause) {
                let name = "\(cause.by) \(cause.number)"
                if entries.updateValue(entry.position, forKey: name) != nil {
                    self.violations.append("\(name) was applied twice")
                }
            }
        }
        for (id, command) in self.submitted.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let position = entries["\(command.participant) \(command.number ?? 0)"]
            switch self.outcomes[id] {
            case nil: self.violations.append("no outcome of \(id)")
            case .accepted(let claimed) where claimed != position:
                self.violations.append("\(id) is not where its outcome says")
            case .duplicate(nil) where position == nil: self.violations.append("\(id) is nowhere")
            case .accepted, .duplicate, .rejected: break
            }
        }
    }
}
