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
        self.settle(entry, &effects)
        self.deliver(entry, patches, entry.events.namedOrigins, &effects)
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
        guard flight.append.after == self.position else {
            assertionFailure("an engine appended after an entry that was not its newest")
            self.takeBack(flight)
            self.gap = flight.append.position
            return
        }
        self.room = flight.room
        self.refused = flight.refused
        let entry = RoomEntry(
            position: flight.append.position,
            after: flight.append.after,
            author: self.node,
            events: flight.append.events
        )
        self.deliver(entry, flight.patches, flight.origins, &effects)
        self.tell(flight.outcomes, of: flight.submissions, &effects)
    }

    private mutating func deliver(
        _ entry: RoomEntry,
        _ patches: [StatePatches],
        _ origins: [EventOrigin],
        _ effects: inout [RoomHostEffect]
    ) {
        self.stand(at: entry.position)
        if entry.author != self.node { self.turns.heard(entry.position.sequence, by: entry.author) }
        effects.append(.deliver(RoomDelivery(entry: entry, patches: patches, origins: origins, room: self.room)))
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
    private mutating func end(author: NodeID, _ effects: inout [RoomHostEffect]) {
        if author == self.node {
            effects.append(.scheduleRetire(milliseconds: Self.endedMilliseconds))
        } else {
            self.finish(&effects)
        }
    }

    /// Nothing follows an end, so what is in flight or was uncertain is not in the log and never will be.
    mutating func finish(_ effects: inout [RoomHostEffect]) {
        switch self.phase {
        case .appending(let flight), .reading(.some(let flight)), .waiting(.some(let flight)):
            self.takeBack(flight)
        case .loading, .idle, .reading, .waiting, .healing: break
        case .finished: return
        }
        self.phase = .finished
        self.uncertain.removeAll()
        self.refusePending(.roomEnded, &effects)
        effects.append(.finished)
    }

    /// Commands that an entry names are accepted: an append of this node arrived late, or another node has
    /// had the same command. Also those in flight, which cannot land any more: decided again, somebody
    /// who has left would be told that there was nobody to leave.
    private mutating func settle(_ entry: RoomEntry, _ effects: inout [RoomHostEffect]) {
        let causes = Set(entry.events.compactMap { $0.cause.map { CommandName(by: $0.by, number: $0.number) } })
        guard !causes.isEmpty else { return }
        let isSettled = { (submission: Submission) in
            submission.command.number.map {
                causes.contains(CommandName(by: submission.command.participant, number: $0))
            } ?? false
        }
        var settled: [Submission] = []
        switch self.phase {
        case .appending(let flight):
            settled = flight.submissions.filter(isSettled)
            self.phase = .appending(flight.without(isSettled))
        case .reading(.some(let flight)):
            settled = flight.submissions.filter(isSettled)
            self.phase = .reading(flight.without(isSettled))
        case .waiting(.some(let flight)):
            settled = flight.submissions.filter(isSettled)
            self.phase = .waiting(flight.without(isSettled))
        case .loading, .idle, .reading, .waiting, .healing, .finished: break
        }
        settled += self.pending.filter(isSettled)
        self.pending.removeAll(where: isSettled)
        self.tell(settled.map { _ in .accepted(entry.position) }, of: settled, &effects)
    }

    private struct CommandName: Hashable {
        let by: ParticipantID
        let number: UInt64
    }

    /// An entry further on is a gap; one of an older generation is a straggler.
    mutating func noteGap(_ position: Position) {
        guard position.generation >= self.position.generation else { return }
        if position.sequence > self.gap?.sequence ?? 0 { self.gap = position }
    }

    mutating func readIfIdle(_ effects: inout [RoomHostEffect]) {
        switch self.phase {
        case .idle where self.gap != nil: self.read(nil, &effects)
        case .loading, .idle, .appending, .reading, .waiting, .healing, .finished: return
        }
    }

    mutating func read(_ flight: Flight?, _ effects: inout [RoomHostEffect]) {
        self.phase = .reading(flight)
        self.gap = nil
        self.readFrom = self.position
        effects.append(.read(after: self.position))
    }
}

// MARK: - Reads

extension RoomHostStateMachine {
    /// The first read: whatever there is.
    mutating func load(_ read: RoomRead, _ effects: inout [RoomHostEffect]) {
        self.failures = 0
        if read.top != .start { self.replace(read, &effects) }
        self.closeGap()
    }

    mutating func catchUp(
        _ read: RoomRead,
        _ flight: Flight?,
        _ incarnation: EngineIncarnation,
        askedIn asked: EngineIncarnation,
        _ effects: inout [RoomHostEffect]
    ) {
        if read.continues {
            self.confirmedIn = asked
            self.follow(read.entries, flight, &effects)
            return self.closeGap()
        }
        if let flight { self.giveUp(flight) }
        if self.position != self.readFrom {
            // Hints were faster: what was read is about a place where the replica no longer stands.
            self.gap = read.top
            return
        }
        self.gap = nil
        let mine = self.position
        if read.top.generation <= mine.generation, read.top.sequence < mine.sequence, self.isAncestor(read.top) {
            // A log that is gone although the engine has forgotten nothing was retired: the room is over.
            if read.top == .start, incarnation == self.confirmedIn { return self.finish(&effects) }
            self.phase = .healing
            effects.append(.heal(.behind(top: read.top)))
        } else {
            self.confirmedIn = asked
            effects.append(.heal(.replaced(before: mine)))
            self.replace(read, &effects)
        }
    }

    private mutating func follow(
        _ entries: [RoomEntry],
        _ flight: Flight?,
        _ effects: inout [RoomHostEffect]
    ) {
        if let flight {
            // ``apply(_:_:)`` lands it in its turn.
            self.phase = .appending(flight)
        }
        for entry in entries where !self.apply(entry, &effects) { break }
        if case .appending(let flight) = self.phase { self.giveUp(flight) }
    }

    /// Not in the log, but its append may still be on its way: whichever comes first makes the other one
    /// conflict, and command numbers tell what was done.
    private mutating func giveUp(_ flight: Flight) {
        self.uncertain.formUnion(flight.submissions.map(\.id))
        self.takeBack(flight)
    }

    /// What was heard of while the read was under way may be newer than its result.
    private mutating func closeGap() {
        if let gap = self.gap, gap.sequence <= self.position.sequence { self.gap = nil }
    }

    /// Whether this replica stands there, or further on in the same history.
    func hasReached(_ top: Position) -> Bool {
        top == self.position || self.position.generation > top.generation || self.ancestors.contains(top)
    }

    /// Whether this replica has come from there: a log that ends there has lost what follows. One that ends elsewhere
    /// has another history, which somebody has been told of already, and which therefore counts.
    private func isAncestor(_ top: Position) -> Bool {
        guard let oldest = self.ancestors.first, top.sequence >= oldest.sequence else { return true }
        return self.ancestors.contains(top)
    }

    private mutating func stand(at position: Position) {
        self.position = position
        self.ancestors.append(position)
        if self.ancestors.count > Self.ancestorsMax { self.ancestors.removeFirst() }
    }

    private mutating func replace(_ read: RoomRead, _ effects: inout [RoomHostEffect]) {
        self.room = read.snapshot?.room ?? Room(id: self.room.id)
        self.ancestors.removeAll()
        self.stand(at: read.snapshot?.position ?? .start)
        self.bytesSinceSnapshot = 0
        self.refused.removeAll()
        for entry in read.entries {
            guard entry.after == self.position else {
                assertionFailure("entries of one read chain")
                break
            }
            for event in entry.events { self.room.evolve(event) }
            self.stand(at: entry.position)
            self.bytesSinceSnapshot += entry.events.reduce(0) { $0 + $1.bytesMax }
        }
        effects.append(.reset(RoomRead.Snapshot(position: self.position, room: self.room)))
        if self.room.lifecycle.isEnded { self.finish(&effects) }
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
}
