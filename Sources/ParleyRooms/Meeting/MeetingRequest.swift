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
    func events(_ facts: [MeetingFact]) -> Decision {
        .events(
            facts.enumerated().map { index, fact in
                RoomEvent(.meeting(fact), cause: index == 0 ? self.cause : nil)
            }
        )
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
    public init(operators action: MeetingAction, at instant: Instant) {
        self.init(participant: Self.nobody, number: nil, at: instant, action: .meeting(action))
    }

    /// A room that an operator makes.
    public init(operators create: Create, at instant: Instant) {
        self.init(participant: Self.nobody, number: nil, at: instant, action: .create(create))
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
        }
    }

    func permits(_ request: MeetingRequest, _ permission: Permission) -> Bool {
        request.isOperators || self.permits(request.by, permission)
    }

    public func permits(_ id: ParticipantID, _ permission: Permission) -> Bool {
        guard let participant = self.people[id] else { return false }
        return self.roles.permits(participant.role, permission)
    }

    /// What somebody may see, by the permissions of the role.
    public func view(of id: ParticipantID) -> View {
        guard let participant = self.people[id] else { return .waiting }
        let permissions = self.roles[participant.role]
        // Observers see what moderators see: they could not see themselves otherwise.
        if participant.role == .observer { return .moderator }
        if permissions.contains(.admit) || permissions.contains(.remove) || permissions.contains(.roles) {
            return .moderator
        }
        return permissions.contains(.roster) ? .participant : .audience
    }
}

// MARK: - What follows by itself

extension Room {
    /// What happens in the same entry, behind `left`, because somebody has gone: of every subject in a fixed order.
    /// Judged before it is applied: each subject leaves that participant out of account.
    ///
    /// Not asked for the last one, with whom the room ends.
    func consequences(ofLeaving ids: [ParticipantID], at instant: Instant) -> [RoomEvent] {
        self.stageConsequences(ofLeaving: ids, at: instant) + self.breakoutConsequences(ofLeaving: ids)
    }

    /// What happens in the same entry, behind `resumed`.
    func consequences(ofReturning id: ParticipantID, at instant: Instant) -> [RoomEvent] {
        self.stageConsequences(ofReturning: id, at: instant)
    }

    /// What happens in the same entry, behind `role-changed`, because somebody may do less now.
    func consequences(ofRoleOf id: ParticipantID, _ role: Role, at instant: Instant) -> [RoomEvent] {
        self.stageConsequences(ofRoleOf: id, role, at: instant)
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
            + [self.floors.nextDeadline, self.consents.nextDeadline].compactMap(\.self) + self.breakoutDeadlines
    }

    /// What is due by now, of every subject in a fixed order. What nobody waits for any more is a legal race.
    func decideDeadline(at now: Instant) -> Decision {
        guard self.lifecycle.isLive else { return .rejected(.noChange) }
        let due = self.dueLifecycle(at: now)
        if !due.isEmpty { return .events(due) }
        let events = self.dueOnStage(at: now) + self.dueBreakouts(at: now) + self.decideDoor(at: now)
        return events.isEmpty ? .rejected(.noChange) : .events(events)
    }
}
