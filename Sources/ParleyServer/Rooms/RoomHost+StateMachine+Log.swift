import ParleyEngine
import ParleyProtocol
import ParleyRooms

// MARK: - Entries

extension RoomHostStateMachine {
    /// - Returns: `false` if the entry does not follow what is held here, and is not known either.
    mutating func apply(_ entry: RoomEntry, _ effects: inout [RoomHostEffect]) -> Bool {
        if entry.position == self.position { return true }
        // An entry of the past; that it is one of *this* past is checked by whoever reads.
        if entry.position.generation == self.position.generation,
            entry.position.sequence < self.position.sequence
        {
            return true
        }
        guard entry.after == self.position, entry.position.sequence == self.position.sequence + 1 else {
            return false
        }
        switch self.phase {
        case .appending(let flight) where flight.append.position == entry.position,
            .reading(.some(let flight)) where flight.append.position == entry.position,
            .waiting(.some(let flight)) where flight.append.position == entry.position:
            self.land(flight, &effects)
        case .loading, .idle, .appending, .reading, .waiting, .healing, .finished:
            self.applyForeign(entry, &effects)
        }
        return true
    }

    private mutating func applyForeign(_ entry: RoomEntry, _ effects: inout [RoomHostEffect]) {
        var patches: [StatePatches] = []
        for event in entry.events {
            patches.append(self.room.evolve(event))
            self.refused.forget(event)
        }
        self.deliver(entry, patches, &effects)
        self.settle(entry, &effects)
    }

    /// The own entry is in the log.
    mutating func land(_ flight: Flight, _ effects: inout [RoomHostEffect]) {
        switch self.phase {
        case .appending: self.phase = .idle
        // The read that is under way still ends.
        case .reading: self.phase = .reading(nil)
        case .waiting: self.phase = .waiting(nil)
        case .loading, .idle, .healing, .finished: assertionFailure("nothing was in flight")
        }
        assert(flight.append.after == self.position)
        self.room = flight.room
        self.refused = flight.refused
        let entry = RoomEntry(
            position: flight.append.position,
            after: flight.append.after,
            author: self.node,
            events: flight.append.events
        )
        self.deliver(entry, flight.patches, &effects)
        for submission in flight.submissions { self.uncertain.remove(submission.id) }
        self.tell(flight.outcomes, of: flight.submissions, &effects)
    }

    private mutating func deliver(
        _ entry: RoomEntry,
        _ patches: [StatePatches],
        _ effects: inout [RoomHostEffect]
    ) {
        self.position = entry.position
        effects.append(.deliver(RoomDelivery(entry: entry, patches: patches, room: self.room)))
        self.bytesSinceSnapshot += entry.events.reduce(0) { $0 + $1.bytesMax }
        if self.room.lifecycle.isEnded {
            self.end(author: entry.author, &effects)
        } else if self.bytesSinceSnapshot > max(65_536, self.room.count * 768) {
            // More log than room: reading it all would cost more than a snapshot does.
            self.bytesSinceSnapshot = 0
            guard entry.author == self.node else { return }
            let sequence = self.position.sequence
            effects.append(
                .writeSnapshot(
                    RoomRead.Snapshot(position: self.position, room: self.room),
                    keepFrom: sequence > Self.keptEntries ? sequence - Self.keptEntries : 0
                )
            )
        }
    }

    /// Who wrote the end retires the log after a while; the others are done.
    private func end(author: NodeID, _ effects: inout [RoomHostEffect]) {
        if author == self.node {
            effects.append(.scheduleRetire(milliseconds: Self.endedMilliseconds))
        } else {
            effects.append(.finished)
        }
    }

    /// Waiting commands that an entry names are accepted: an append of this node arrived late, or another
    /// node has had the same command.
    private mutating func settle(_ entry: RoomEntry, _ effects: inout [RoomHostEffect]) {
        guard !self.pending.isEmpty else { return }
        let causes = Set(entry.events.compactMap { $0.cause.map { CommandName(by: $0.by, number: $0.number) } })
        guard !causes.isEmpty else { return }
        self.pending.removeAll { submission in
            guard let number = submission.command.number,
                causes.contains(CommandName(by: submission.command.participant, number: number))
            else { return false }
            self.uncertain.remove(submission.id)
            effects.append(.outcome(submission.id, .accepted(entry.position)))
            return true
        }
    }

    private struct CommandName: Hashable {
        let by: ParticipantID
        let number: UInt64
    }

    /// An entry further on is a gap; one of an older generation is a straggler.
    mutating func noteGap(_ position: Position) {
        if position.generation >= self.position.generation { self.hasGap = true }
    }

    mutating func readIfIdle(_ effects: inout [RoomHostEffect]) {
        switch self.phase {
        case .idle where self.hasGap:
            self.phase = .reading(nil)
            effects.append(.read(after: self.position))
        case .loading, .idle, .appending, .reading, .waiting, .healing, .finished:
            return
        }
    }
}

// MARK: - Reads

extension RoomHostStateMachine {
    /// The first read: whatever there is.
    mutating func load(_ read: RoomRead, _ effects: inout [RoomHostEffect]) {
        self.failures = 0
        guard read.top != .start else { return }
        self.replace(read, &effects)
    }

    mutating func catchUp(_ read: RoomRead, _ flight: Flight?, _ effects: inout [RoomHostEffect]) {
        if let flight { self.lookFor(flight, in: read, &effects) }
        if read.continues || read.entries.first?.after == self.position {
            for entry in read.entries where !self.apply(entry, &effects) { break }
            return
        }
        guard read.top != self.position else { return }
        let mine = self.position
        if read.top.generation > mine.generation
            || (read.top.generation == mine.generation && read.top.sequence > mine.sequence)
        {
            self.replace(read, &effects)
            effects.append(.heal(.replaced(before: mine)))
        } else if read.top.sequence < mine.sequence {
            // Hints may have been faster than this read: then it tells of the past, not of a loss.
            self.phase = .healing
            self.refusePending(.engineUnavailable, &effects)
            effects.append(.heal(.behind(top: read.top)))
        } else {
            self.replace(read, &effects)
            effects.append(.heal(.replaced(before: mine)))
        }
    }

    /// Is what was in flight in the log?
    private mutating func lookFor(
        _ flight: Flight,
        in read: RoomRead,
        _ effects: inout [RoomHostEffect]
    ) {
        if read.entries.contains(where: { $0.position == flight.append.position }) {
            // ``apply(_:_:)`` lands it in its turn.
            self.phase = .reading(flight)
        } else {
            self.uncertain.formUnion(flight.submissions.map(\.id))
            self.takeBack(flight)
        }
    }

    private mutating func replace(_ read: RoomRead, _ effects: inout [RoomHostEffect]) {
        self.room = read.snapshot?.room ?? Room(id: self.room.id)
        self.position = read.snapshot?.position ?? .start
        self.bytesSinceSnapshot = 0
        self.refused.removeAll()
        for entry in read.entries {
            guard entry.after == self.position else {
                assertionFailure("entries of one read chain")
                break
            }
            for event in entry.events { self.room.evolve(event) }
            self.position = entry.position
            self.bytesSinceSnapshot += entry.events.reduce(0) { $0 + $1.bytesMax }
        }
        effects.append(.reset(RoomRead.Snapshot(position: self.position, room: self.room)))
        if self.room.lifecycle.isEnded { effects.append(.finished) }
    }
}

// MARK: - Trouble

extension RoomHostStateMachine {
    /// Not in the log as far as we know: what it held is decided again, before everything else.
    mutating func takeBack(_ flight: Flight) {
        self.pending.insert(contentsOf: flight.submissions, at: 0)
        self.phase = .idle
    }

    mutating func wait(_ flight: Flight?, _ milliseconds: Int64, _ effects: inout [RoomHostEffect]) {
        self.phase = .waiting(flight)
        effects.append(.scheduleRetry(milliseconds: milliseconds))
    }

    mutating func fail(_ flight: Flight?, _ effects: inout [RoomHostEffect], isLoading: Bool = false) {
        self.failures += 1
        if self.failures >= Self.failuresMax { self.refusePending(.engineUnavailable, &effects) }
        if isLoading {
            effects.append(.scheduleRetry(milliseconds: Self.retryMilliseconds))
        } else {
            self.wait(flight, Self.retryMilliseconds, &effects)
        }
    }

    /// The estimate was too low, which it should never be: fewer commands until they fit.
    mutating func shrink(_ flight: Flight, _ effects: inout [RoomHostEffect]) {
        self.takeBack(flight)
        if flight.submissions.count > 1 {
            self.commandsPerEntry = max(1, flight.submissions.count / 2)
        } else {
            self.pending.removeFirst(flight.submissions.count)
            let refusal = [Outcome](repeating: .rejected(.engineUnavailable), count: flight.submissions.count)
            self.tell(refusal, of: flight.submissions, &effects)
        }
    }

    /// What may have been appended after all is not refused: it stays until it is known.
    mutating func refusePending(_ code: RejectionCode, _ effects: inout [RoomHostEffect]) {
        let refused = self.pending.filter { !self.uncertain.contains($0.id) }
        self.pending.removeAll { !self.uncertain.contains($0.id) }
        for submission in refused { effects.append(.outcome(submission.id, .rejected(code))) }
    }

    func isPast(_ result: RoomAppendResult) -> Bool {
        switch result {
        case .appended, .failed(.ambiguous): true
        case .conflict, .engineChanged, .failed: false
        }
    }
}
