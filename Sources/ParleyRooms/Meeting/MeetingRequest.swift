public import ParleyProtocol

/// Who asks something of a meeting, and when.
struct MeetingRequest {
    let by: ParticipantID
    let at: Instant
    /// Named by the first event that follows; `nil` if an operator asks.
    let cause: RoomEvent.Cause?
    let isOperators: Bool

    init(_ command: RoomCommand, _ cause: RoomEvent.Cause?) {
        self.by = command.participant
        self.at = command.at
        self.cause = cause
        self.isOperators = command.isOperators
    }

    /// The events of one request: the first one acknowledges it.
    ///
    /// - Parameter consequences: what follows from them in the same entry.
    func events(_ facts: [MeetingFact], and consequences: [RoomEvent] = []) -> Decision {
        let events = facts.enumerated().map { index, fact in
            RoomEvent(.meeting(fact), cause: index == 0 ? self.cause : nil)
        }
        return .events(events + consequences)
    }
}

extension RoomCommand {
    /// Of nobody in the room: an operator's, by the HTTP API.
    static let nobody = ParticipantID(high: 0, low: 0)

    /// Whether it needs no permission.
    var isOperators: Bool {
        guard case .meeting = self.action else { return false }
        return self.participant == Self.nobody && self.number == nil
    }

    /// What an operator asks of a room.
    public init(operators action: MeetingAction, by name: String? = nil, at instant: Instant) {
        self.init(participant: Self.nobody, number: nil, at: instant, action: .meeting(action))
        self.operatorName = name
    }

    /// A room that an operator makes.
    public init(operators create: Create, by name: String? = nil, at instant: Instant) {
        self.init(participant: Self.nobody, number: nil, at: instant, action: .create(create))
        self.operatorName = name
    }

    /// A deadline of the room has passed.
    public init(deadlineAt instant: Instant) {
        self.init(participant: Self.nobody, number: nil, at: instant, action: .deadline)
    }
}

extension Room {
    /// Judges what is asked by somebody in the room, or by an operator.
    func decide(_ action: MeetingAction, _ request: MeetingRequest) -> Decision {
        guard self.lifecycle.isLive else { return .rejected(.unknownRoom) }
        guard self.kind.allows(action) else { return .rejected(.unsupportedKind) }
        switch action {
        case .lifecycle(let action): return self.decide(action, request)
        case .admission(let action): return self.decide(action, request)
        case .role(let action): return self.decide(action, request)
        case .attribute(let action): return self.decide(action, request)
        case .breakout(let action): return self.decide(action, request)
        case .device(let action): return self.decide(action, request)
        case .floor(let action): return self.decide(action, request)
        case .consent(let action): return self.decide(action, request)
        case .recording(let action): return self.decide(action, request)
        case .moderation(let action): return self.decide(action, request)
        case .ring(let action): return self.decide(action, request)
        case .line(let action): return self.decide(action, request)
        case .queue(let action): return self.decide(action, request)
        }
    }

    func permits(_ request: MeetingRequest, _ permission: Permission) -> Bool {
        request.isOperators || self.permits(request.by, permission)
    }

    public func permits(_ id: ParticipantID, _ permission: Permission) -> Bool {
        guard let participant = self.people[id] else { return false }
        return self.permits(participant, permission)
    }

    /// By their token, or else by their role.
    func permits(_ participant: Participant, _ permission: Permission) -> Bool {
        participant.permissions.permits(permission) ?? self.roles.permits(participant.role, permission)
    }

    /// What somebody may see, by the permissions of the role.
    public func view(of id: ParticipantID) -> View {
        guard let participant = self.people[id] else { return .waiting }
        // Observers see what moderators see: they could not see themselves otherwise.
        if participant.role == .observer { return .moderator }
        if [.admit, .remove, .roles].contains(where: { self.permits(participant, $0) }) { return .moderator }
        return self.permits(participant, .roster) ? .participant : .audience
    }
}

// MARK: - What follows by itself

extension Room {
    /// What happens in the same entry, behind `left`, because somebody has gone: of every subject in a fixed order.
    /// Judged before it is applied: each subject leaves those participants out of account.
    ///
    /// Not asked for the last one, with whom the room ends.
    func consequences(
        ofLeaving leaving: [ParticipantID],
        _ reason: RoomEvent.LeaveReason,
        _ cause: RoomEvent.Cause?,
        at instant: Instant
    ) -> [RoomEvent] {
        self.stageConsequences(ofLeaving: leaving, at: instant) + self.breakoutConsequences(ofLeaving: leaving)
            + self.succession(afterLeaving: leaving, reason, cause, at: instant)
    }

    /// The same where the newest device of the person takes their place in the same entry.
    func consequences(ofReplacing replaced: [ParticipantID], at instant: Instant) -> [RoomEvent] {
        guard !replaced.isEmpty else { return [] }
        return self.stageConsequences(ofLeaving: replaced, at: instant)
            + self.breakoutConsequences(ofLeaving: replaced)
    }

    /// What happens behind `joined`: of every subject in a fixed order.
    ///
    /// - Parameter replaced: those of the same identity who leave in the same entry.
    func consequences(ofJoining joining: RoomEvent.Joining, replacing replaced: [ParticipantID]) -> [RoomEvent] {
        self.succession(afterJoining: joining, replacing: replaced)
    }

    /// What happens in the same entry, behind `resumed`.
    func consequences(ofReturning id: ParticipantID, at instant: Instant) -> [RoomEvent] {
        self.stageConsequences(ofReturning: id, at: instant)
    }

    /// What happens behind `role-changed`, because somebody may do less now: of every subject in a fixed order. One
    /// call for all changes of an entry.
    func consequences(
        ofChanging changes: [(id: ParticipantID, role: Role)],
        by muter: Muter,
        at instant: Instant
    ) -> [RoomEvent] {
        self.silenced(by: changes, in: self.roles, muter)
            + changes.flatMap { self.stageConsequences(ofRoleOf: $0.id, $0.role, in: self.roles, at: instant) }
    }

    /// What happens behind `configured`, where the room's roles become others. O(n).
    func consequences(ofChanging table: RoleTable, by muter: Muter, at instant: Instant) -> [RoomEvent] {
        let people = self.participants.map { (id: $0.id, role: $0.role) }
        return self.silenced(by: people, in: table, muter)
            + people.flatMap { self.stageConsequences(ofRoleOf: $0.id, $0.role, in: table, at: instant) }
    }
}

// MARK: - Deadlines

extension Room {
    /// When something will be due; `nil`: nothing. Whoever holds the room sends a ``RoomCommand/Action/deadline`` then,
    /// and the log takes the first.
    public var nextDeadline: Instant? {
        guard self.lifecycle.isLive else { return nil }
        return self.deadlines.min()
    }

    /// Of every subject that has any.
    private var deadlines: [Instant] {
        self.lifecycleDeadlines + self.doorDeadlines
            + [self.floors.nextDeadline, self.consents.nextDeadline, self.standing.vacantUntil, self.audience.dueAt]
            .compactMap(\.self)
            + self.breakoutDeadlines + self.ringDeadlines + self.lineDeadlines + self.queueDeadlines
    }

    /// What is due by now, of every subject in a fixed order. What nobody waits for any more is a legal race.
    func decideDeadline(at now: Instant) -> Decision {
        guard self.lifecycle.isLive else { return .rejected(.noChange) }
        let due = self.dueLifecycle(at: now)
        if !due.isEmpty { return .events(due) }
        // By itself: who comes in depends on who is host.
        let succession = self.dueSuccession(at: now)
        if !succession.isEmpty { return .events(succession) }
        let events =
            self.dueOnStage(at: now) + self.dueBreakouts(at: now) + self.dueAudience(at: now)
            + self.decideDoor(at: now) + self.dueRings(at: now) + self.dueLine(at: now) + self.dueQueue(at: now)
        return events.isEmpty ? .rejected(.noChange) : .events(events)
    }
}
