import ParleyEngine
import ParleyProtocol
package import ParleyRooms

extension RoomHostStateMachine {
    /// Decides what waits and appends the events. Call it once per tick while ``wantsAppend`` is set, so
    /// that the commands of one tick share an entry.
    ///
    /// Cost: one copy of the room per entry (the replica must not change before the log has spoken).
    ///
    /// - Parameter uid: used for no other entry by any node, ever.
    package mutating func flush(uid: UInt64, _ effects: inout [RoomHostEffect]) {
        while self.wantsAppend {
            var batch = Batch(room: self.room, refused: self.refused, node: self.node, mechanisms: self.mechanisms)
            let count = self.decide(&batch)
            let submissions = Array(self.pending.prefix(count))
            // A list that has become empty keeps its memory, of every room.
            if count == self.pending.count { self.pending = [] } else { self.pending.removeFirst(count) }
            if batch.events.isEmpty {
                // Nothing to wait for: all of it was decided against the log's room.
                self.refused = batch.refused
                self.tell(batch.outcomes(.start), of: submissions, &effects)
            } else {
                self.send(batch, submissions, uid, &effects)
            }
        }
    }

    private func decide(_ batch: inout Batch) -> Int {
        var count = 0
        for submission in self.pending.prefix(self.commandsPerEntry) {
            guard batch.add(submission.command, bytesMax: self.limits.entryBytesMax) else { break }
            count += 1
        }
        return count
    }

    private mutating func send(
        _ batch: Batch,
        _ submissions: [Submission],
        _ uid: UInt64,
        _ effects: inout [RoomHostEffect]
    ) {
        let position = Position(
            generation: max(self.position.generation, 1),
            sequence: self.position.sequence + 1,
            uid: uid
        )
        let ends = batch.room.lifecycle.isEnded
        let append = RoomAppend(
            position: position,
            after: self.position,
            events: batch.events,
            retention: ends ? .milliseconds(Self.endedRetentionMilliseconds) : .untilRetired,
            incarnation: self.incarnation
        )
        self.phase = .appending(Flight(append, submissions, batch))
        effects.append(.append(append))
    }

    mutating func tell(
        _ outcomes: [Outcome],
        of submissions: [Submission],
        _ effects: inout [RoomHostEffect]
    ) {
        for (submission, outcome) in zip(submissions, outcomes) {
            self.uncertain.remove(submission.id)
            effects.append(.outcome(submission.id, outcome))
        }
    }
}

/// Commands that are decided one after the other, as if each one before were in the log.
struct Batch {
    private enum Judgement {
        case accepted
        case other(Outcome)
    }

    private(set) var room: Room
    private(set) var refused: [ParticipantID: RefusedCommands]
    private(set) var events: [RoomEvent] = []
    private(set) var patches: [StatePatches] = []
    /// Of each event.
    private(set) var origins: [EventOrigin] = []
    private var judgements: [Judgement] = []
    private var bytes = 0
    private let node: NodeID
    private let mechanisms: Mechanisms

    init(room: Room, refused: [ParticipantID: RefusedCommands], node: NodeID, mechanisms: Mechanisms) {
        self.room = room
        self.refused = refused
        self.node = node
        self.mechanisms = mechanisms
    }

    func outcomes(_ position: Position) -> [Outcome] {
        self.judgements.map {
            switch $0 {
            case .accepted: .accepted(position)
            case .other(let outcome): outcome
            }
        }
    }

    /// - Returns: `false` if the batch has no place for it.
    mutating func add(_ original: RoomCommand, bytesMax: Int) -> Bool {
        guard !self.isElsewheres(original) else {
            self.judgements.append(.other(.rejected(.engineUnavailable)))
            return true
        }
        var command = original
        command.rejectedSince = self.rejectedSince(original)
        if !self.mechanisms.contains(.epochs) { command.forgetEpoch(in: self.room) }
        switch self.room.decide(command, judgesNumber: self.mechanisms.contains(.commandDeduplication)) {
        case .events(let events):
            let bytes = events.reduce(0) { $0 + $1.bytesMax }
            guard self.events.isEmpty || self.bytes + bytes <= bytesMax else { return false }
            self.bytes += bytes
            for event in events {
                self.patches.append(self.room.evolve(event))
                self.events.append(event)
                self.origins.append(command.origin)
                self.refused.forget(event)
            }
            self.judgements.append(.accepted)
        case .duplicate(let code):
            self.judgements.append(.other(.duplicate(code)))
        case .rejected(let code):
            self.remember(command, code)
            self.judgements.append(.other(.rejected(code)))
        }
        return true
    }

    /// Whose connection is at another node says there again what it has not heard of, and that node alone judges it:
    /// of a refusal that it gives the log knows nothing, and here the same command might be accepted. If the seat is
    /// here all the same (an engine has forgotten that it moved), its client is asked to send it again later.
    private func isElsewheres(_ command: RoomCommand) -> Bool {
        guard self.mechanisms.contains(.oneJudge), let number = command.number,
            let membership = self.room.membership(command.participant)
        else { return false }
        return number > membership.lastCommand && membership.node != self.node
    }

    /// What the host remembers wins: a command that was submitted while an earlier one was undecided
    /// cannot know of its refusal.
    private func rejectedSince(_ command: RoomCommand) -> RefusedCommands {
        if let refused = self.refused[command.participant] { return refused }
        let last = self.room.membership(command.participant)?.lastCommand ?? 0
        let newest = command.rejectedSince.remembered.last?.number ?? 0
        return newest > last ? command.rejectedSince : []
    }

    /// Only of people in the room, so that the memory is bounded by them. A number that was too high is
    /// not used up.
    private mutating func remember(_ command: RoomCommand, _ code: RejectionCode) {
        guard let number = command.number, code != .commandGap else { return }
        guard self.mechanisms.contains(.rememberedRejections) else { return }
        guard self.room.membership(command.participant) != nil else { return }
        var refused = command.rejectedSince
        refused.append(number, code)
        self.refused[command.participant] = refused
    }
}

extension [ParticipantID: RefusedCommands] {
    /// The log has them now, or nobody will ask any more.
    mutating func forget(_ event: RoomEvent) {
        if let cause = event.cause { self[cause.by] = nil }
        switch event.fact {
        case .left(let participant, _): self[participant] = nil
        case .ended: self.removeAll()
        case .meeting(.admission(.denied(let participant, _))): self[participant] = nil
        case .created, .joined, .mediaChanged, .interrupted, .attached, .meeting: break
        }
    }
}

extension RoomEvent {
    /// At least as much as the event takes in the log; cheaper than writing it twice.
    package var bytesMax: Int {
        // A remembered refusal is a number and a code of at most 20 letters.
        let cause = 96 + (self.cause?.rejected.count ?? 0) * 64
        return switch self.fact {
        // In a string a quotation mark or a backslash becomes two bytes.
        case .created(let creation):
            cause + 256 + creation.roles.bytesMax + creation.parameters.bytesMax + 2
                * (creation.alias?.text.utf8.count ?? 0)
        case .joined(let joining):
            cause + 480 + 2 * (joining.name?.text.utf8.count ?? 0) + (joining.media?.bytesMax ?? 0)
                + joining.grantBytesMax
        case .mediaChanged: cause + 160
        case .attached: cause + 192
        case .meeting(let fact): cause + 96 + fact.bytesMax
        case .interrupted, .left, .ended: cause + 128
        }
    }
}

extension RoomCommand {
    /// For a simulation without epochs: a report about whatever connection is one about the present one.
    fileprivate mutating func forgetEpoch(in room: Room) {
        guard let present = room.membership(self.participant)?.epoch else { return }
        switch self.action {
        case .interrupt: self.action = .interrupt(epoch: present)
        case .expire: self.action = .expire(epoch: present)
        case .disconnect(let reason, _): self.action = .disconnect(reason, epoch: present)
        case .attach(var attach):
            attach.epoch = nil
            self.action = .attach(attach)
        case .join, .leave, .media, .meeting, .skip, .deadline, .create, .call: break
        }
    }
}

extension Room.Lifecycle {
    var isEnded: Bool {
        switch self {
        case .absent, .scheduled, .open, .locked: false
        case .ended: true
        }
    }
}
