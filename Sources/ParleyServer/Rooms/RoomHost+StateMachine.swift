import DequeModule
package import ParleyEngine
package import ParleyProtocol
package import ParleyRooms

/// A room's replica on this node, and the loop that appends to its log.
///
/// ```
///             read                flush                       appended, or the own
/// loading ----------->  idle  ------------->  appending  ----------------------------> idle
///                      |    ^                    |   |         uid was seen; conflict
///                      | gap|                    |   | ambiguous: may or may not be in the log
///                      v    | read               |   v
/// healing <-------> reading(nothing) <-----------+ reading(the flight) ---> idle
///         engine behind     ^ retry timer        |
///                           +---- waiting <------+ unavailable, another life of the engine
/// ```
///
/// Rules: one append in flight, with everything that waits (within limits). A command is decided against
/// the room with the earlier commands of its batch; nothing is told before the batch is in the log.
/// A conflict brings what was missed, and the batch is decided again at once. An append whose
/// outcome is unknown is looked for, never sent again.
///
/// An engine that began another life may have lost its newest entries. For a while nobody appends, so that the
/// replica that has seen most can give them back (``Healing/behind(top:)``) before another history begins.
///
/// A host that loses again and again, because it is far from the engine and others are near, asks them for a turn
/// (`RoomHost+StateMachine+Turns.swift`). Refusals are known to the node that gave them, and to others only with the
/// participant's next accepted command.
package struct RoomHostStateMachine: Sendable {
    /// What is or may be in the log.
    struct Flight: Sendable {
        let append: RoomAppend
        private(set) var submissions: [Submission]
        /// In the order of ``submissions``; told when the flight has landed.
        private(set) var outcomes: [Outcome]
        /// The room with the flight's events.
        let room: Room
        let patches: [StatePatches]
        let origins: [EventOrigin]
        let refused: [ParticipantID: RefusedCommands]

        init(
            _ append: RoomAppend,
            _ submissions: [Submission],
            _ batch: Batch
        ) {
            self.append = append
            self.submissions = submissions
            self.outcomes = batch.outcomes(append.position)
            self.room = batch.room
            self.patches = batch.patches
            self.origins = batch.origins
            self.refused = batch.refused
        }

        /// The same without submissions that have their outcome by another way.
        func without(_ isSettled: (Submission) -> Bool) -> Flight {
            var flight = self
            flight.submissions.removeAll(where: isSettled)
            flight.outcomes = zip(self.submissions, self.outcomes).filter { !isSettled($0.0) }.map(\.1)
            return flight
        }
    }

    enum Phase: Sendable {
        case loading
        case idle
        indirect case appending(Flight)
        /// With the flight whose outcome is looked for.
        indirect case reading(Flight?)
        /// With the flight whose outcome will be looked for.
        indirect case waiting(Flight?)
        /// The log is behind; nothing can be decided.
        case healing
        case finished
    }

    package private(set) var node: NodeID
    private let sharedLimits: Shared<Limits>
    var limits: Limits { _read { yield self.sharedLimits.value } }
    let mechanisms: Mechanisms
    package private(set) var incarnation: EngineIncarnation
    /// The life of the engine in which its log was last seen to hold ``position``.
    var confirmedIn: EngineIncarnation
    /// The engine has begun another life, and the time to repair its loss is not over.
    var isBarred = false
    private let hasBarrier: Bool
    package internal(set) var room: Room
    package internal(set) var position = Position.start
    /// The newest places of this replica's history, the present one last. How far back a loss can be told from another
    /// history: beyond that it is taken for a loss.
    var ancestors: Deque<Position> = []
    var phase = Phase.loading
    var pending: [Submission] = []
    /// The refusals of each participant since its last accepted command. Those in the log are the
    /// room's.
    var refused: [ParticipantID: RefusedCommands] = [:]
    /// The log was heard to be there; read when nothing is in flight.
    var gap: Position?
    /// Where the replica stood when the read under way began.
    var readFrom = Position.start
    /// Of submissions whose earlier append may still arrive: they are decided again, never given up.
    var uncertain: Set<Submission.ID> = []
    var failures = 0
    var bytesSinceSnapshot = 0
    var commandsPerEntry: Int
    var turns = Turns()

    /// Times between attempts, in milliseconds. The first is short because most trouble is; the second lets
    /// the most advanced replica repair an engine that has lost data before anybody writes.
    package static let retryMilliseconds: Int64 = 250
    package static let barrierMilliseconds: Int64 = 1_500
    /// So many failures in a row, and what waits is refused with `engine-unavailable`.
    package static let failuresMax = 20
    /// How long an ended room can still be read: until it is retired, and if nobody retires it.
    package static let endedMilliseconds: Int64 = 10_000
    package static let endedRetentionMilliseconds: Int64 = 60_000
    /// How many entries before a snapshot are kept for replicas and clients that are a little behind.
    package static let keptEntries: UInt64 = 256
    static let ancestorsMax = 32

    /// - Parameter room: a room that does not exist yet, as the first join shall create it.
    package init(
        node: NodeID,
        room: Room,
        incarnation: EngineIncarnation,
        limits: Shared<Limits> = Shared(Limits()),
        mechanisms: Mechanisms = .all
    ) {
        self.confirmedIn = incarnation
        self.hasBarrier = mechanisms.contains(.barrier)
        self.mechanisms = mechanisms
        self.node = node
        self.room = room
        self.incarnation = incarnation
        self.sharedLimits = limits
        self.commandsPerEntry = limits.value.commandsPerEntryMax
    }

    /// Whether the log has been read once.
    package var isLoaded: Bool {
        switch self.phase {
        case .loading, .healing: false
        case .idle, .appending, .reading, .waiting, .finished: true
        }
    }

    /// For whoever looks from outside.
    var waitsFor: String {
        let phase =
            switch self.phase {
            case .loading: "the first read"
            case .idle: self.isBarred ? "the end of the barrier" : "nothing"
            case .appending: "an append"
            case .reading: "a read"
            case .waiting: "another try"
            case .healing: "healing"
            case .finished: "its end"
            }
        return "\(phase), with \(self.pending.count) commands"
    }

    /// Whether ``flush(uid:_:)`` has something to do.
    package var wantsAppend: Bool {
        switch self.phase {
        case .idle: !self.pending.isEmpty && !self.isBarred && !self.turns.isWaiting
        case .loading, .appending, .reading, .waiting, .healing, .finished: false
        }
    }
}

// MARK: - Input

extension RoomHostStateMachine {
    /// Once, after the subscription is active: a subscription before the read, so that nothing falls between.
    ///
    /// - Parameter semantics: those of the room if there is none yet.
    package mutating func start(asNew semantics: RoomSemantics, _ effects: inout [RoomHostEffect]) {
        if self.position == .start { self.room.begin(under: semantics) }
        self.start(&effects)
    }

    package mutating func start(_ effects: inout [RoomHostEffect]) {
        effects.append(.read(after: nil))
    }

    package mutating func submit(_ submission: Submission, _ effects: inout [RoomHostEffect]) {
        switch self.phase {
        case .finished:
            effects.append(.outcome(submission.id, .rejected(.roomEnded)))
        case .loading, .idle, .appending, .reading, .waiting, .healing:
            guard self.pending.count < self.limits.pendingCommandsPerRoomMax else {
                effects.append(.outcome(submission.id, .rejected(.busy)))
                return
            }
            self.pending.append(submission)
        }
    }

    /// A hint that an entry was committed. It may be lost, come twice, late, or before the own append's
    /// result.
    package mutating func received(_ entry: RoomEntry, _ effects: inout [RoomHostEffect]) {
        switch self.phase {
        case .healing, .finished:
            return
        case .loading:
            // The read under way may have been earlier.
            self.noteGap(entry.position)
        case .idle, .appending, .reading, .waiting:
            if !self.apply(entry, &effects) { self.noteGap(entry.position) }
            self.readIfIdle(&effects)
        }
    }

    /// A hint that the log is somewhere else: a head check, a reseed, a retirement.
    package mutating func receivedTop(_ top: Position, _ effects: inout [RoomHostEffect]) {
        switch self.phase {
        case .healing, .finished: return
        case .loading, .idle, .appending, .reading, .waiting:
            // What has ended is retired: that it is gone is no news.
            guard top != self.position, !self.room.lifecycle.isEnded else { return }
            self.gap = top
            self.readIfIdle(&effects)
        }
    }

    /// - Parameter position: that of the append which has this result.
    package mutating func appendCompleted(
        _ result: RoomAppendResult,
        of position: Position,
        _ effects: inout [RoomHostEffect]
    ) {
        guard case .appending(let flight) = self.phase, flight.append.position == position else {
            // A hint was faster than the result: the flight has landed, or the room is over.
            return
        }
        switch result {
        case .appended:
            self.failures = 0
            self.turns.won()
            self.confirmedIn = flight.append.incarnation
            self.commandsPerEntry = self.limits.commandsPerEntryMax
            self.land(flight, &effects)
        case .conflict(let top, let tail):
            self.failures = 0
            self.takeBack(flight)
            for entry in tail ?? [] where !self.apply(entry, &effects) { break }
            if self.position != top { self.gap = top }
            if self.turns.lost() { effects.append(.askForTurn(after: self.position.sequence)) }
        case .engineChanged(let incarnation):
            self.takeBack(flight)
            self.engineChanged(incarnation, &effects)
        case .failed(.ambiguous):
            self.read(flight, &effects)
        case .failed(.tooLarge):
            self.shrink(flight, &effects)
        case .failed(.unavailable), .failed(.invalid):
            self.takeBack(flight)
            self.fail(nil, &effects)
        }
        self.readIfIdle(&effects)
    }

    /// - Parameters:
    ///   - incarnation: the newest life of the engine that is known now; the one that has answered is not newer.
    ///   - asked: the one that was known when it was asked, if that is another one: the answer may be older than the
    ///     present life, and proves nothing of it.
    package mutating func readCompleted(
        _ read: RoomRead,
        in incarnation: EngineIncarnation? = nil,
        askedIn asked: EngineIncarnation? = nil,
        _ effects: inout [RoomHostEffect]
    ) {
        switch self.phase {
        case .loading:
            self.phase = .idle
            self.confirmedIn = asked ?? incarnation ?? self.confirmedIn
            self.load(read, &effects)
            self.readIfIdle(&effects)
        case .reading(let flight):
            self.failures = 0
            self.phase = .idle
            let present = incarnation ?? self.incarnation
            self.catchUp(read, flight, present, askedIn: asked ?? present, &effects)
            self.readIfIdle(&effects)
        case .finished:
            // The room was over before its log was read.
            return
        case .idle, .appending, .waiting, .healing: assertionFailure("a result without a read")
        }
    }

    package mutating func readFailed(_ error: EngineError, _ effects: inout [RoomHostEffect]) {
        switch self.phase {
        case .loading: self.fail(nil, &effects, isLoading: true)
        case .reading(let flight): self.fail(flight, &effects)
        case .finished: return
        case .idle, .appending, .waiting, .healing: assertionFailure("a result without a read")
        }
    }

    package mutating func retryTimerFired(_ effects: inout [RoomHostEffect]) {
        switch self.phase {
        case .loading:
            effects.append(.read(after: nil))
        case .waiting(let flight):
            self.read(flight, &effects)
        case .finished: return
        case .idle, .appending, .reading, .healing: assertionFailure("a timer that nobody has set")
        }
    }

    /// The engine lives another life, which may have been heard before.
    package mutating func engineChanged(_ incarnation: EngineIncarnation, _ effects: inout [RoomHostEffect]) {
        switch self.phase {
        case .finished: return
        case .loading, .idle, .appending, .reading, .waiting, .healing:
            guard incarnation != self.incarnation else { return }
            self.incarnation = incarnation
            if self.hasBarrier {
                self.isBarred = true
                effects.append(.scheduleBarrier(milliseconds: Self.barrierMilliseconds))
            }
            // Who has seen more than is left says so at once.
            self.gap = self.gap ?? self.position
            self.readIfIdle(&effects)
        }
    }

    /// - Parameter incarnation: for whose beginning the timer was set.
    package mutating func barrierTimerFired(_ incarnation: EngineIncarnation, _ effects: inout [RoomHostEffect]) {
        // A later life has a barrier of its own.
        guard incarnation == self.incarnation else { return }
        self.isBarred = false
        self.gap = self.gap ?? self.position
        self.readIfIdle(&effects)
    }

    /// What waits is refused, as far as a client has said it: it says it again. What the server says of people it would
    /// have to say again as well.
    package mutating func engineWentAway(_ effects: inout [RoomHostEffect]) {
        let refused = self.pending.filter { $0.command.number != nil && !self.uncertain.contains($0.id) }
        let ids = Set(refused.map(\.id))
        self.pending.removeAll { ids.contains($0.id) }
        for submission in refused { effects.append(.outcome(submission.id, .rejected(.engineUnavailable))) }
    }

    /// This node cannot hold the room. What it has in flight is the log's matter.
    package mutating func abandon(_ code: RejectionCode, _ effects: inout [RoomHostEffect]) {
        switch self.phase {
        case .appending(let flight), .reading(.some(let flight)), .waiting(.some(let flight)):
            self.takeBack(flight)
        case .loading, .idle, .reading, .waiting, .healing: break
        case .finished: return
        }
        self.phase = .finished
        self.uncertain.removeAll()
        self.refusePending(code, &effects)
    }

    /// From now on this replica is that of another node. What is in flight was sent by the former one: the log has it
    /// or not, as ever.
    package mutating func becomeAnotherNode(_ node: NodeID) {
        self.node = node
    }

    /// The engine has been healed, by this node or another one: see what it has now.
    package mutating func reload(_ effects: inout [RoomHostEffect]) {
        guard case .healing = self.phase else { return }
        self.read(nil, &effects)
    }

    package mutating func retireTimerFired(_ effects: inout [RoomHostEffect]) {
        effects.append(.retire(expecting: self.position))
    }

    /// A conflict is impossible (nothing follows an end) or another node's work: either way it is done.
    package mutating func retireCompleted(_ effects: inout [RoomHostEffect]) {
        self.finish(&effects)
    }
}
