import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// Holds one room's replica on this node and performs what its state machine decides: the machine thinks, this acts.
///
/// Confined to the gateway's event loop. Everybody of the room who is connected here has a seat.
final class RoomHost {
    let id: RoomID
    /// How the room came by its alias; retired with the room, so that the word is free again.
    var claim: AliasClaim?
    let gateway: Gateway
    private let log: LogID
    private var machine: RoomHostStateMachine
    private(set) var seats: [ParticipantID: Seat] = [:]
    /// Those of them who are in the room, by arrival.
    private(set) var present: [Seat] = []
    /// Those who wait to be let in, likewise.
    var waitingSeats: [Seat] = []
    /// While an entry is delivered: by who leaves with it, those here of whom either has signalled to the other. They
    /// alone have something to forget, so that a departure costs nothing to the rest of a large room.
    var acquaintances: [ParticipantID: [Seat]] = [:]
    /// Whether anybody here was on another node before: then this node has not seen who signalled to whom.
    var hasMovers = false
    /// Those in the room whose connections other nodes have.
    var peopleElsewhere: Set<ParticipantID> = []
    /// Of those of them whose node is dead and who are interrupted.
    var absences = AbsenceClock()
    private var subscription: Subscription?
    /// What is told to whom.
    var streams: ViewStreams
    /// `nil` as long as nobody writes or asks.
    var chat: ChatHost?
    /// The greatest `joinedAt` of those who have come: what is written from now on is written later.
    var latestArrival = Instant(milliseconds: 0)
    /// Whose round trip is told next, by place in `present`.
    var nextRoundTrip = 0
    var differenceLogged: NIODeadline?
    var speaker = ActiveSpeaker()
    /// Whether it is one of ``Gateway/speakingRooms``.
    var isListenedTo = false
    /// When the room's next deadline is looked at.
    var deadline: (instant: Instant, timer: Scheduled<Void>)?
    /// What the stage hears of the pulses of those beyond it.
    var audiencePulses: RateLimit
    /// What everybody in it may command.
    var commands: RateLimit
    /// Nobody has been in it yet, and whoever comes first has made it.
    var isNew = false
    /// On whose account it is.
    var maker: IdentityID?
    /// Who guesses the PIN.
    var guesses: GuessLimit
    /// While a step is performed, and if somebody wants an audit: the room as it was before what is performed.
    @Apart private var audited: Room? = nil

    private struct Waiting {
        let seat: Seat?
        let number: UInt64?
        let type: String
        let then: ((Outcome) -> Void)?
    }
    /// Whose command is on its way, by submission.
    private var waiting: [Submission.ID: Waiting] = [:]
    private var submissions: UInt64 = 0
    private var isFlushScheduled = false
    private(set) var isOver = false { didSet { if self.isOver { self.beat?.letGo() } } }
    /// See ``Gateway/beatingRooms``.
    var beat: RoomReferenceUntilOver?
    /// Since when nobody here needs this replica.
    private var unneededSince: NIODeadline?
    private static let keptUnneeded = TimeAmount.seconds(30)
    /// Who waits for the replica to have come so far.
    private struct Wait {
        let top: Position
        /// The replica has been replaced since, by what the log is.
        var isReplaced = false
        let then: (Bool) -> Void
    }
    private var waitingForPosition: [Wait] = []

    init(id: RoomID, claim: AliasClaim?, gateway: Gateway) {
        self.id = id
        self.claim = claim
        self.gateway = gateway
        self.log = LogID(room: id)
        self.machine = RoomHostStateMachine(
            node: gateway.node,
            room: Room(
                id: id,
                alias: claim?.alias.person == nil ? claim?.alias : nil,
                capacity: gateway.limits.participantsPerRoomMax,
                graceMilliseconds: gateway.limits.graceMilliseconds,
                roles: gateway.configuration.roles,
                stageMax: gateway.limits.operatorsStageMax,
                semantics: gateway.semanticsOfNewRooms
            ),
            incarnation: gateway.engine.incarnation,
            limits: gateway.sharedLimits,
            mechanisms: gateway.configuration.mechanisms
        )
        self.streams = ViewStreams(
            emptyRing: ReplayRing(
                limits: gateway.limits,
                comparesUID: gateway.configuration.mechanisms.contains(.positionUID)
            )
        )
        self.guesses = GuessLimit(limits: gateway.sharedLimits)
        let pulses = gateway.limits.audiencePulsesPerSecond
        self.commands = RateLimit(
            perSecond: gateway.limits.commandsPerRoomPerSecond,
            burst: gateway.limits.commandsPerRoomBurst,
            now: gateway.eventLoop.now.uptimeNanoseconds
        )
        self.audiencePulses = RateLimit(perSecond: pulses, burst: pulses, now: 0)
        self.subscribe()
        gateway.startBeat(of: self)
    }

    var room: Room { self.machine.room }
    var position: Position { self.machine.position }
    var waitsFor: String { self.machine.waitsFor }
    var alias: RoomAlias? { self.claim?.alias ?? self.word }
    /// The word that leads here, as the room itself knows it.
    var word: RoomAlias? { self.room.alias ?? self.room.ownerOfLine.map { RoomAlias(lineOf: $0) } }

    // MARK: Input

    /// - Parameters:
    ///   - seat: who is told of the outcome; `nil` if the server itself commands.
    ///   - then: called with the outcome, before anybody is told.
    func submit(_ command: RoomCommand, seat: Seat?, _ then: ((Outcome) -> Void)? = nil) {
        if let seat, command.participant == seat.id, seat.phase == .joining {
            self.seats[seat.id] = seat
            seat.nextMessage = self.chat?.nextNumber
        }
        self.submissions += 1
        let id = Submission.ID(rawValue: self.submissions)
        self.waiting[id] = Waiting(seat: seat, number: command.number, type: command.type, then: then)
        self.perform { $0.submit(Submission(id: id, command: command), &$1) }
    }

    /// Nobody ever got in: a room that never was leaves nothing behind.
    func endIfUnused() {
        guard self.machine.position == .start, self.waiting.isEmpty, self.seats.isEmpty else { return }
        self.end()
    }

    /// One step of the machine, then its effects; then, once per tick, the commands that wait.
    private func perform(_ step: (inout RoomHostStateMachine, inout [RoomHostEffect]) -> Void) {
        var effects: [RoomHostEffect] = []
        self.audited = self.gateway.audit == nil ? nil : self.machine.room
        step(&self.machine, &effects)
        // Outcomes behind all deliveries: whoever acts on one finds that everybody here was told of everything.
        let deliveries = effects.lastIndex { $0.isDelivery }.map { effects[...$0] } ?? []
        for effect in deliveries where !effect.isOutcome { self.perform(effect) }
        for effect in deliveries where effect.isOutcome { self.perform(effect) }
        for effect in effects[deliveries.endIndex...] { self.perform(effect) }
        self.audited = nil
        self.answerWhoWaits()
        self.scheduleFlush()
    }

    private func scheduleFlush() {
        guard self.machine.wantsAppend, !self.isFlushScheduled else { return }
        self.isFlushScheduled = true
        self.gateway.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            let uid = self.gateway.makeEntryUID()
            self.perform { $0.flush(uid: uid, &$1) }
        }
    }

    // MARK: Effects

    private func perform(_ effect: RoomHostEffect) {
        switch effect {
        case .read(let position): self.read(after: position)
        case .append(let append): self.append(append)
        case .deliver(let delivery):
            self.audit(delivery)
            self.deliver(delivery)
            self.follow(delivery.entry.events)
            self.scheduleDeadline()
            self.gateway.noteBreakouts(of: self)
            self.gateway.countCalls(in: delivery)
            self.gateway.callsChanged(in: self)
        case .reset(let snapshot):
            self.reset(snapshot)
            for index in self.waitingForPosition.indices { self.waitingForPosition[index].isReplaced = true }
            self.recountElsewhere()
            self.scheduleDeadline()
            self.gateway.noteBreakouts(of: self)
            self.gateway.directory.learnAlias(of: self)
            self.gateway.callsChanged(in: self)
        case .outcome(let id, let outcome): self.tell(outcome, of: id)
        case .scheduleRetry(let milliseconds):
            self.schedule(milliseconds) { $0.retryTimerFired(&$1) }
        case .scheduleBarrier(let milliseconds):
            let incarnation = self.machine.incarnation
            self.schedule(milliseconds) { $0.barrierTimerFired(incarnation, &$1) }
        case .askForTurn(let sequence): self.publish(.turn(after: sequence))
        case .scheduleTurnEnd(let milliseconds, let number):
            self.schedule(milliseconds) { $0.turnTimerFired(number, &$1) }
        case .writeSnapshot(let snapshot, let keepFrom):
            let encoded = LogSnapshot(position: snapshot.position, payload: snapshot.room.payload)
            _ = self.gateway.engine.writeSnapshot(
                encoded,
                keepFrom: keepFrom,
                to: self.log,
                on: self.gateway.eventLoop
            )
        case .scheduleRetire(let milliseconds):
            self.end()
            self.schedule(milliseconds) { $0.retireTimerFired(&$1) }
        case .retire(let position):
            self.gateway.engine.retire(self.log, expecting: position, on: self.gateway.eventLoop)
                .assumeIsolated().whenComplete { _ in self.perform { $0.retireCompleted(&$1) } }
        case .finished: self.end()
        case .heal(let healing): self.heal(healing)
        }
    }

    private func schedule(
        _ milliseconds: Int64,
        _ step: @escaping (inout RoomHostStateMachine, inout [RoomHostEffect]) -> Void
    ) {
        self.gateway.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) { self.perform(step) }
    }

    private func audit(_ delivery: RoomDelivery) {
        guard let before = self.audited else { return }
        self.gateway.record(delivery, from: before, of: self)
        self.audited = delivery.room
    }

    // MARK: The engine

    /// Before the first read, so that nothing falls between.
    private func subscribe() {
        let gateway = self.gateway
        let bound = NIOLoopBound(self, eventLoop: gateway.eventLoop)
        gateway.engine.subscribe(to: self.log, as: gateway.node, on: gateway.eventLoop) { hint in
            bound.value.hear(hint)
        }.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let subscription):
                self.subscription = subscription
                if self.isOver { self.unsubscribe() }
                // The answer to this node's first heartbeat may have come meanwhile.
                self.perform { $0.start(asNew: gateway.semanticsOfNewRooms, &$1) }
            case .failure:
                self.gateway.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(250)) { self.subscribe() }
            }
        }
    }

    private func hear(_ hint: LogHint) {
        switch hint {
        case .committed(let entry):
            // The own append's result says the same.
            guard entry.author != self.gateway.node, let decoded = RoomEntry(entry) else { return }
            guard self.knows(decoded) else { return self.letGoOfForeign() }
            self.perform { $0.received(decoded, &$1) }
        case .reseeded(let top), .retired(let top):
            self.perform { $0.receivedTop(top, &$1) }
        case .mail(let recipients): self.hear(mailFor: recipients)
        case .ephemeral(let bytes): self.hear(ephemeral: bytes)
        }
    }

    private func read(after position: Position?) {
        let gateway = self.gateway
        let asked = gateway.engine.incarnation
        gateway.engine.read(self.log, after: position, on: gateway.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let read):
                guard let decoded = RoomRead(read), self.knows(decoded) else { return self.letGoOfForeign() }
                let incarnation = gateway.engine.incarnation
                self.perform { $0.readCompleted(decoded, in: incarnation, askedIn: asked, &$1) }
            case .failure(let error):
                self.perform { $0.readFailed(error as? EngineError ?? .unavailable, &$1) }
            }
        }
    }

    private func append(_ append: RoomAppend) {
        let gateway = self.gateway
        let entry = LogEntry(
            position: append.position,
            after: append.after,
            author: gateway.node,
            payload: append.events.payload
        )
        gateway.engine.append(
            entry,
            to: self.log,
            retention: append.retention,
            in: append.incarnation,
            on: gateway.eventLoop
        ).assumeIsolated().whenComplete { result in
            let decoded = RoomAppendResult(result)
            if case .conflict(_, let tail) = decoded {
                gateway.counters.appendConflicts += 1
                guard tail?.allSatisfy({ self.knows($0) }) ?? true else { return self.letGoOfForeign() }
            }
            self.perform { $0.appendCompleted(decoded, of: append.position, &$1) }
        }
    }

    // MARK: Keeping up

    func heardTurn(of node: NodeID, after sequence: UInt64) {
        self.perform { $0.heardTurn(of: node, after: sequence, &$1) }
    }

    func engineWentAway() {
        self.perform { $0.engineWentAway(&$1) }
    }

    /// Its people of this node were let go of. It listens under the new name from now on, and looks what it has missed.
    func becomeAnotherNode() {
        let node = self.gateway.node
        self.perform { machine, _ in machine.becomeAnotherNode(node) }
        guard self.subscription != nil else { return }
        self.unsubscribe()
        self.listenAgain()
    }

    private func listenAgain() {
        let gateway = self.gateway
        let bound = NIOLoopBound(self, eventLoop: gateway.eventLoop)
        gateway.engine.subscribe(to: self.log, as: gateway.node, on: gateway.eventLoop) { hint in
            bound.value.hear(hint)
        }.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let subscription):
                self.subscription = subscription
                self.isOver ? self.unsubscribe() : self.whenCurrent { _ in }
            case .failure:
                gateway.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(250)) {
                    if !self.isOver, self.subscription == nil { self.listenAgain() }
                }
            }
        }
    }

    func heard(top: Position) {
        self.perform { $0.receivedTop(top, &$1) }
    }

    /// The engine lives another life, and may have forgotten.
    func engineChanged(_ incarnation: EngineIncarnation) {
        self.perform { $0.engineChanged(incarnation, &$1) }
    }

    func reload() {
        self.perform { $0.reload(&$1) }
    }

    func wait(until top: Position, _ then: @escaping (_ isCurrent: Bool) -> Void) {
        self.waitingForPosition.append(Wait(top: top, then: then))
    }

    private func answerWhoWaits() {
        guard !self.waitingForPosition.isEmpty else { return }
        let machine = self.machine
        var answers: [(Bool) -> Void] = []
        self.waitingForPosition.removeAll { waiting in
            let isThere = machine.isLoaded && (waiting.isReplaced || machine.hasReached(waiting.top))
            guard isThere || self.isOver else { return false }
            answers.append(waiting.then)
            return true
        }
        // After this step's effects, outside of the machine.
        for answer in answers { self.gateway.eventLoop.assumeIsolated().execute { answer(!self.isOver) } }
    }

    // MARK: The end

    /// The alias is free before the log is gone: whoever reads the one never finds the other without it.
    private func end() {
        guard !self.isOver else { return }
        self.isOver = true
        self.scheduleDeadline()
        self.gateway.directory.remove(self)
        self.unsubscribe()
        self.endChat()
        self.gateway.callsChanged(in: self)
        // Those who are still joining hear it as the outcome of their join.
        for seat in self.present + self.waitingSeats {
            self.remove(seat)
            // The others have ended it while this node was cut off: nobody here has seen the end.
            if !self.room.lifecycle.isEnded { self.gateway.refuse(.init(room: self.id, at: nil), seat.session) }
        }
        self.answerWhoWaits()
    }

    /// Everybody is at home on other nodes, which live: they have replicas of their own, and nobody here needs one. For
    /// the people of a node that has died somebody has to speak.
    ///
    /// Not at once: an engine that loses its newest entries may bring back people of this node, of whom nobody else
    /// would say that they are gone.
    func closeIfUnneeded(alive: Set<NodeID>) {
        guard self.isUnused, !self.isNeeded(alive) else {
            self.unneededSince = nil
            return
        }
        guard self.position != .start else { return self.endIfUnused() }
        let now = self.gateway.eventLoop.now
        let since = self.unneededSince ?? now
        self.unneededSince = since
        guard now - since >= Self.keptUnneeded else { return }
        self.letGo()
    }

    /// - Returns: `false`: somebody here has to do with it.
    func letGoIfUnused() -> Bool {
        guard self.isUnused else { return false }
        self.letGo()
        return true
    }

    private var isUnused: Bool {
        !self.isOver && self.seats.isEmpty && self.waiting.isEmpty && self.waitingForPosition.isEmpty
            && self.machine.isLoaded && !self.gateway.needs(self)
    }

    /// The room is not over, but this node has nothing to do with it any more.
    func letGo() {
        self.isOver = true
        self.scheduleDeadline()
        self.gateway.directory.forget(self)
        self.unsubscribe()
        self.closeChat()
    }

    /// Nothing is decided here any more.
    func abandon(_ code: RejectionCode) {
        self.perform { $0.abandon(code, &$1) }
        for seat in self.present + self.waitingSeats { self.remove(seat) }
    }

    /// Who is said to be here and is not: nobody else would say so.
    private func isNeeded(_ alive: Set<NodeID>) -> Bool {
        guard self.position != .start else { return false }
        return self.peopleElsewhere.isEmpty
            || !self.peopleElsewhere.allSatisfy { id in
                self.room.membership(id).map { $0.node != self.gateway.node && alive.contains($0.node) } ?? false
            }
    }

    /// See `Gateway.dismantle`.
    func dismantle() {
        self.isOver = true
        for seat in self.seats.values { seat.end(isElsewhere: false) }
        self.seats = [:]
        self.present = []
        self.waitingSeats = []
        self.waiting = [:]
        self.waitingForPosition = []
    }

    private func unsubscribe() {
        guard let subscription = self.subscription else { return }
        self.subscription = nil
        _ = self.gateway.engine.unsubscribe(subscription, on: self.gateway.eventLoop)
    }

    func remove(_ seat: Seat, isElsewhere: Bool = false) {
        self.seats[seat.id] = nil
        if seat.phase == .present, self.room.line != nil { self.gateway.counters.devicesOnline -= 1 }
        self.removePresent(seat)
        self.waitingSeats.removeAll { $0 === seat }
        self.gateway.participants[seat.id] = nil
        seat.end(isElsewhere: isElsewhere)
        if self.room.parent != nil { self.gateway.followBreakout(seat.session) }
        if self.room.line == nil { self.gateway.followCalls(seat.session) }
    }

    /// They are in order of arrival on this node, which is that of the room but for those who have moved here.
    private func removePresent(_ seat: Seat) {
        guard seat.phase == .present else { return }
        var (low, high) = (0, self.present.count)
        while low < high, !self.hasMovers {
            let middle = (low + high) / 2
            if self.present[middle].joined < seat.joined { low = middle + 1 } else { high = middle }
        }
        let isThere = low < self.present.count && self.present[low] === seat
        if let index = isThere ? low : self.present.firstIndex(where: { $0 === seat }) {
            self.present.remove(at: index)
        }
    }

    func put(_ seat: Seat) {
        self.seats[seat.id] = seat
    }

    // MARK: Outcomes

    private func tell(_ outcome: Outcome, of id: Submission.ID) {
        guard let waiting = self.waiting.removeValue(forKey: id) else { return }
        if self.waiting.isEmpty { self.waiting = [:] }
        waiting.then?(outcome)
        guard let seat = waiting.seat, let number = waiting.number else { return }
        seat.secrets[number] = nil
        switch outcome {
        case .accepted:
            self.gateway.counters.commandsAccepted += 1
            self.acknowledgeBesideStream(number, seat)
            if seat.phase != .gone { seat.commands.accepted(number) }
        case .duplicate(nil):
            // An append whose outcome was unknown is in the log after all.
            if seat.phase != .gone { seat.commands.accepted(number) }
        case .duplicate(let code?):
            seat.commands.refused(number, code)
            self.reject(code, waiting.type, number, seat)
        case .rejected(let code):
            if code == .busy || code == .engineUnavailable {
                seat.commands.postponed(number)
            } else if code == .commandGap, seat.isInRoom {
                // The room knows of fewer commands than this seat: an engine has forgotten some.
                seat.commands = CommandSequence(resuming: self.room.membership(seat.id))
            } else {
                seat.commands.refused(number, code)
            }
            if seat.phase == .joining { return self.refuseJoin(code, seat) }
            self.reject(code, waiting.type, number, seat)
        }
    }

    func add(_ seat: Seat, joined: UInt64) {
        seat.becomePresent(joined: joined)
        self.present.append(seat)
        self.streams.somebodyCame(to: seat.view)
        self.gateway.participants[seat.id] = seat
        // Nobody needs a relay to be online.
        if self.room.line == nil {
            self.gateway.admitted(seat.session)
        } else {
            self.gateway.counters.devicesOnline += 1
        }
        self.chat?.seated(seat)
        if self.room.parent != nil { self.gateway.followBreakout(seat.session) }
        self.gateway.followQueues(seat.session)
    }

    /// Nobody finds the way to somebody at the door: no signals, no pulses.
    func addWaiting(_ seat: Seat) {
        seat.wait()
        self.waitingSeats.append(seat)
        self.gateway.followQueues(seat.session)
    }
}

extension Limits {
    /// `nil`: as usual.
    fileprivate var operatorsStageMax: Int? { self.stageUsual == Limits().stageUsual ? nil : self.stageUsual }

    /// What the operator has made the usual in rooms, by the names of settings; the rest is as usual.
    var operatorsNumbers: [(name: String, value: Int)] {
        let capacity =
            self.participantsPerRoomMax == Limits().participantsPerRoomMax ? nil : self.participantsPerRoomMax
        let numbers = [("capacity", capacity), ("stageMax", self.operatorsStageMax)]
        return numbers.compactMap { name, value in value.map { (name, $0) } }
    }
}

extension RoomHostEffect {
    fileprivate var isDelivery: Bool {
        switch self {
        case .deliver, .reset: true
        default: false
        }
    }

    fileprivate var isOutcome: Bool {
        if case .outcome = self { true } else { false }
    }
}

extension RoomCommand {
    /// The `type` of the message that asked for it.
    fileprivate var type: String {
        switch self.action {
        case .join: "join"
        case .leave, .disconnect, .expire: "leave"
        case .interrupt, .attach: "resume"
        case .media: "media"
        case .meeting(let action): action.type
        case .skip(_, let type): type
        case .deadline: "deadline"
        case .call: "call"
        case .create: "create"
        }
    }
}
