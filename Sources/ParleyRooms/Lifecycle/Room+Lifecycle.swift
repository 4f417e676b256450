import ParleyProtocol

// How a room begins without people, and how it ends.

extension Room {
    /// A room that is there before anybody comes. Its first host comes by an invitation, or is the owner.
    func decideCreate(_ create: RoomCommand.Create, at now: Instant) -> Decision {
        guard self.lifecycle == .absent else { return .rejected(.noChange) }
        if case .text = create.settings.pin { return .rejected(.invalidSettings) }
        var configuration = self.configuration
        configuration.apply(create.settings)
        guard self.isPlannable(configuration.parameters, at: now) else { return .rejected(.invalidSettings) }
        switch create.kind {
        case .meeting: guard !configuration.parameters.isOfQueue else { return .rejected(.invalidSettings) }
        case .queue: guard self.semantics.knowsCalls else { return .rejected(.unsupportedKind) }
        case .call, .line: return .rejected(.unsupportedKind)
        }
        var creation = RoomEvent.Creation(
            alias: self.alias,
            capacity: configuration.capacity,
            graceMilliseconds: self.graceMilliseconds,
            devices: create.devices,
            roles: configuration.roles,
            parameters: configuration.parameters,
            owner: create.owner,
            at: now
        )
        creation.kind = create.kind
        creation.isEmpty = true
        creation.semantics = self.semantics
        var events = [RoomEvent(.created(creation))]
        if let digest = create.invitation {
            let invitation = Invitation(
                number: 1,
                digest: digest,
                label: nil,
                role: .host,
                usesMax: 1,
                expiresAt: nil,
                bypass: true,
                by: nil
            )
            events.append(RoomEvent(.meeting(.admission(.invited(invitation)))))
        }
        return .events(events)
    }

    /// Nothing is planned further ahead than a year, and nothing shall be over before it is said.
    func isPlannable(_ parameters: RoomParameters, at now: Instant) -> Bool {
        if let startsAt = parameters.startsAt, startsAt != self.parameters.startsAt,
            startsAt > now.advanced(milliseconds: Limits().startsAheadMillisecondsMax)
        {
            return false
        }
        guard let openedAt = self.openedAt, let maximum = parameters.maximumMilliseconds else { return true }
        return openedAt.advanced(milliseconds: maximum) > now
    }

    // MARK: Evolving

    mutating func open(_ creation: RoomEvent.Creation) {
        self.lifecycle = .open
        guard creation.isEmpty else { return }
        if let startsAt = creation.parameters.startsAt, startsAt > creation.at {
            self.lifecycle = .scheduled
        } else {
            self.times.emptiedAt = creation.at
        }
    }

    mutating func open(at instant: Instant) -> StatePatches {
        guard self.lifecycle == .scheduled else { return .none }
        return self.changeRoom { room in
            room.lifecycle = .open
            room.times.openedAt = instant
            room.times.emptiedAt = room.people.isEmpty ? instant : nil
        }
    }

    mutating func warn(_ ahead: Int) -> StatePatches {
        self.times.warned = ahead
        return .none
    }

    // MARK: Emptiness

    /// What follows `left`, or the end of a ban: somebody succeeds, or nobody is there any more.
    ///
    /// - Parameter ids: of people in the room or at its door.
    func consequences(
        ofAllLeaving ids: [ParticipantID],
        _ reason: RoomEvent.LeaveReason,
        _ cause: RoomEvent.Cause?,
        code: HangupCode? = nil,
        at now: Instant
    ) -> [RoomEvent] {
        let leaving = ids.filter { self.people[$0] != nil }
        guard !leaving.isEmpty || self.queue != nil else { return [] }
        if self.queue != nil { return self.queueConsequences(ofLeaving: ids, leaving, reason, cause, at: now) }
        if self.kind == .line { return self.lineConsequences(ofLeaving: leaving, reason, at: now) }
        let ringing = self.callConsequences(ofLeaving: leaving, reason, code, at: now)
        if ringing.contains(where: \.isEnd) { return ringing }
        guard leaving.count == self.count else {
            let others = self.consequences(ofLeaving: leaving, reason, cause, at: now)
            return others.contains(where: \.isEnd) ? others : others + ringing
        }
        guard ringing.isEmpty else {
            let isKept = self.parameters.emptyMilliseconds > 0
            return ringing + [RoomEvent(isKept ? .meeting(.lifecycle(.emptied(at: now))) : .ended(.empty))]
        }
        guard self.parameters.emptyMilliseconds > 0 else { return [RoomEvent(.ended(.empty))] }
        return [RoomEvent(.meeting(.lifecycle(.emptied(at: now))))]
    }

    // MARK: Deadlines

    /// So long before the end people are told.
    private static let warnings = [300_000, 60_000]

    /// When something of the room's life is due.
    var lifecycleDeadlines: [Instant] {
        var deadlines: [Instant] = []
        if self.lifecycle == .scheduled, let startsAt = self.parameters.startsAt { deadlines.append(startsAt) }
        if let endsAt { deadlines.append(endsAt) }
        if let emptyUntil { deadlines.append(emptyUntil) }
        deadlines += self.warningsToCome.map(\.at)
        return deadlines
    }

    private var emptyUntil: Instant? {
        guard self.queue == nil || self.door.waiting.isEmpty else { return nil }
        return self.times.emptiedAt.map { $0.advanced(milliseconds: self.parameters.emptyMilliseconds) }
    }

    /// None for what was that short from the beginning, none twice, and none behind a later one.
    private var warningsToCome: [(at: Instant, ahead: Int)] {
        guard let endsAt, let openedAt = self.openedAt else { return [] }
        return Self.warnings.compactMap { ahead in
            let at = endsAt.advanced(milliseconds: -ahead)
            guard at > openedAt, ahead < self.times.warned ?? .max else { return nil }
            return (at, ahead)
        }
    }

    func dueLifecycle(at now: Instant) -> [RoomEvent] {
        if let endsAt, endsAt <= now { return [RoomEvent(.ended(.duration))] }
        if let emptyUntil, emptyUntil <= now { return [RoomEvent(.ended(.empty))] }
        if self.lifecycle == .scheduled, let startsAt = self.parameters.startsAt, startsAt <= now {
            return [RoomEvent(.meeting(.lifecycle(.opened(at: now))))]
        }
        guard let endsAt, let warning = self.warningsToCome.filter({ $0.at <= now }).min(by: { $0.ahead < $1.ahead })
        else { return [] }
        return [RoomEvent(.meeting(.lifecycle(.ending(at: endsAt, aheadMilliseconds: warning.ahead))))]
    }
}
