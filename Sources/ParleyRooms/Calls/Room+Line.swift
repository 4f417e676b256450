public import ParleyProtocol

// The telephone line of one person.

extension Room {
    // MARK: Coming and going

    /// The first device makes the line. Nobody else ever comes in (``judge(_:at:)``).
    func decideFirstLine(
        _ command: RoomCommand,
        _ join: RoomCommand.Join,
        _ cause: RoomEvent.Cause?
    ) throws(RejectionCode) -> [RoomEvent] {
        guard self.semantics.knowsCalls else { throw .unsupportedKind }
        var configuration = self.configuration
        configuration.capacity = Limits().lineDevicesMax
        configuration.parameters = RoomParameters()
        configuration.parameters.emptyMilliseconds = Limits().lineMilliseconds
        var creation = self.creation(.line, configuration, devices: .allow, at: command.at)
        creation.owner = join.identity
        let joining = self.joining(command, join, Visitor(identity: join.identity, role: .host, invitation: nil))
        var draft = LineDraft(self, at: command.at)
        draft.say(RoomEvent(.created(creation)))
        draft.say(RoomEvent(.joined(joining), cause: cause))
        draft.introduce(join)
        return draft.events
    }

    /// What follows on a line from events that are said already.
    func settledLine(_ events: [RoomEvent], _ join: RoomCommand.Join, at now: Instant) -> [RoomEvent] {
        guard self.kind == .line else { return events }
        var draft = LineDraft(self, at: now)
        for event in events { draft.say(event) }
        draft.introduce(join)
        draft.settle()
        return draft.events
    }

    func lineConsequences(
        ofLeaving leaving: [ParticipantID],
        _ reason: RoomEvent.LeaveReason,
        at now: Instant
    ) -> [RoomEvent] {
        var draft = LineDraft(self, at: now)
        for id in leaving { draft.assume(RoomEvent(.left(id, reason))) }
        draft.settle()
        guard draft.room.people.isEmpty else { return draft.events }
        // Whoever was nobody in particular cannot come back to it, and nobody could ring them.
        let isAnybodys = draft.room.line?.user == nil
        draft.say(RoomEvent(isAnybodys ? .ended(.empty) : .meeting(.lifecycle(.emptied(at: now)))))
        return draft.events
    }

    // MARK: Commands

    func decide(_ action: LineAction, _ request: MeetingRequest) -> Decision {
        do throws(RejectionCode) {
            guard let line = self.line else { throw .unsupportedKind }
            switch action {
            case .availability(let status):
                guard status != line.status else { throw .noChange }
                return request.events([.line(.availabilityChanged(status, at: request.at))])
            case .decline(let decline): return .events(try self.decideDecline(decline, line, request))
            case .block(let callee, let isBlocked):
                return request.events([.line(try line.block(callee, isBlocked))])
            case .seen(let number):
                guard line.missed.keys.contains(where: { $0 <= number }) else { throw .noChange }
                return request.events([.line(.seen(through: number))])
            }
        } catch {
            return .rejected(error)
        }
    }

    private func decideDecline(
        _ decline: CallDecline,
        _ line: Line,
        _ request: MeetingRequest
    ) throws(RejectionCode) -> [RoomEvent] {
        guard let incoming = line.incoming[decline.call] else { throw .unknownRing }
        let verdict = RingVerdict(.declined, code: decline.code, message: decline.message)
        var draft = LineDraft(self, at: request.at)
        switch decline.scope {
        case .device:
            guard !incoming.declined.contains(request.by) else { throw .noChange }
            draft.say(.declined(decline.call, request.by))
            draft.settle(verdict)
        case .person: draft.end(incoming, .declined, verdict)
        }
        return draft.events.acknowledging(request.cause)
    }

    // MARK: What the server does here

    /// A ring has come. The line judges it once: what it has judged never rings here again.
    ///
    /// - Parameter caller: what the device of whoever calls can do; `nil`: it has said nothing.
    func decideDeliver(_ incoming: IncomingCall, _ caller: MediaAbilities?, at now: Instant) -> Decision {
        guard let line = self.line else { return .rejected(.unsupportedKind) }
        guard incoming.until > now else { return .rejected(.ringOver) }
        if let settled = line.settled[incoming.call], settled.ring >= incoming.ring { return .rejected(.noChange) }
        var draft = LineDraft(self, at: now)
        if let earlier = line.incoming[incoming.call] {
            guard earlier.ring < incoming.ring else { return .rejected(.noChange) }
            draft.end(earlier, .cancelled, nil)
        }
        guard !line.isFull(at: now) else { return .rejected(.busy) }
        if let verdict = self.screen(incoming, line, caller) {
            let (call, ring, until) = (incoming.call, incoming.ring, incoming.until)
            draft.say(.screened(call, ring: ring, until: until, verdict, at: now))
            if verdict.state != .unreachable { draft.miss(incoming, verdict.code ?? .busy) }
        } else {
            draft.say(.incoming(incoming))
        }
        return .events(draft.events)
    }

    /// Why it does not ring; `nil`: it does.
    private func screen(_ incoming: IncomingCall, _ line: Line, _ caller: MediaAbilities?) -> RingVerdict? {
        let callers = [incoming.from.identity, incoming.transferredBy?.identity].compactMap(\.self)
        guard !callers.contains(where: { line.blocked[$0] != nil }) else {
            return RingVerdict(.unreachable, code: .unreachable)
        }
        switch line.status.availability {
        case .doNotDisturb: return RingVerdict(.busy, code: .busy)
        case .busy where line.status.whenBusy == .busy: return RingVerdict(.busy, code: .busy)
        case .available, .away, .busy: break
        }
        // One that comes back is part of a conversation that they had.
        let isBusy = !line.calls.isEmpty && line.status.whenBusy == .busy && incoming.recall == nil
        if isBusy || line.incoming.count >= Limits().incomingMax { return RingVerdict(.busy, code: .busy) }
        guard let caller, !self.people.isEmpty else { return nil }
        let canAnswer = self.people.keys.contains { device in
            self.policy.profiles.abilities(of: device).map { $0.canTalk(to: caller) } ?? true
        }
        return canAnswer ? nil : RingVerdict(.incompatible, code: .incompatible)
    }

    func decideConclude(_ call: RoomID, _ ring: UInt64, _ end: IncomingEnd, at now: Instant) -> Decision {
        guard let incoming = self.line?.incoming[call], incoming.ring == ring else { return .rejected(.noChange) }
        var draft = LineDraft(self, at: now)
        draft.end(incoming, end, nil)
        return .events(draft.events)
    }

    func decideOccupy(_ device: ParticipantID, _ call: RoomID, _ isIn: Bool, at now: Instant) -> Decision {
        guard let line = self.line, self.people[device] != nil || !isIn else { return .rejected(.noChange) }
        guard (line.calls[call]?[device] != nil) != isIn else { return .rejected(.noChange) }
        return .events([
            RoomEvent(.meeting(.line(isIn ? .occupied(device, call, at: now) : .vacated(device, call))))
        ])
    }

    // MARK: Deadlines

    var lineDeadlines: [Instant] { self.line?.incoming.values.map(\.deadline) ?? [] }

    /// Whoever called has said nothing: it rings no longer than it was to.
    func dueLine(at now: Instant) -> [RoomEvent] {
        guard let line = self.line else { return [] }
        var draft = LineDraft(self, at: now)
        for incoming in line.rings where incoming.deadline <= now { draft.end(incoming, .noAnswer, nil) }
        return draft.events
    }
}

extension IncomingCall {
    /// When it rings no more, whatever else is heard of it.
    public var deadline: Instant { self.until.advanced(milliseconds: Limits().incomingSlackMilliseconds) }
}

extension Line {
    fileprivate func block(_ callee: Callee, _ isBlocked: Bool) throws(RejectionCode) -> LineFact {
        guard let identity = callee.identity else { throw .unknownParticipant }
        guard identity != self.owner else { throw .ringsSelf }
        guard (self.blocked[identity] != nil) != isBlocked else { throw .noChange }
        guard isBlocked else { return .unblocked(identity) }
        guard self.blocked.count < Limits().blockedMax else { throw .tooMany }
        return .blocked(identity, user: callee.text)
    }
}

/// A line as it will be, and what is said on the way.
struct LineDraft {
    private(set) var room: Room
    private(set) var events: [RoomEvent] = []
    let at: Instant

    init(_ room: Room, at instant: Instant) {
        self.room = room
        self.at = instant
    }

    /// Somebody else says it.
    mutating func assume(_ event: RoomEvent) { self.room.evolve(event) }

    mutating func say(_ event: RoomEvent) {
        self.room.evolve(event)
        self.events.append(event)
    }

    mutating func say(_ fact: LineFact) { self.say(RoomEvent(.meeting(.line(fact)))) }

    /// What a device says as it comes.
    mutating func introduce(_ join: RoomCommand.Join) {
        guard let line = self.room.line else { return }
        let (user, issuer, organisation) = (join.call?.user, join.call?.issuer, join.call?.organisation)
        if user != line.user || issuer != line.issuer || organisation != line.organisation {
            self.say(.introduced(user: user, issuer: issuer, organisation: organisation))
        }
        guard let status = join.call?.status, status != line.status else { return }
        self.say(.availabilityChanged(status, at: self.at))
    }

    mutating func end(_ incoming: IncomingCall, _ end: IncomingEnd, _ verdict: RingVerdict?) {
        self.say(.ended(incoming.call, ring: incoming.ring, end, verdict, at: self.at))
        if end.isMissed { self.miss(incoming, end == .noAnswer ? .noAnswer : .cancelled) }
    }

    mutating func miss(_ incoming: IncomingCall, _ reason: HangupCode) {
        let missed = MissedCall(
            from: incoming.from,
            at: self.at,
            intent: incoming.intent,
            reason: reason,
            call: incoming.call
        )
        self.say(.missed(missed))
    }

    /// - Parameter verdict: what the last device has said that did not want it.
    mutating func settle(_ verdict: RingVerdict = RingVerdict(.declined)) {
        guard let line = self.room.line else { return }
        for (call, devices) in line.calls.sorted(by: { $0.key < $1.key }) {
            for device in devices.keys.sorted() where self.room.people[device] == nil {
                self.say(.vacated(device, call))
            }
        }
        let devices = self.room.people.values.filter { !$0.isInterrupted }.map(\.id)
        guard !devices.isEmpty else { return }
        for incoming in line.rings where devices.allSatisfy({ incoming.declined.contains($0) }) {
            self.end(incoming, .declined, verdict)
        }
    }
}

// MARK: - Presence

extension Room {
    /// How the one is whose line it is, as others may know it; `nil`, if it is no line.
    public var presence: Presence? {
        guard let line = self.line else { return nil }
        let devices = self.people.values.count { !$0.isInterrupted }
        var presence = Presence(line.owner, .offline, since: line.statusAt, note: line.status.note, devices: devices)
        guard devices > 0 else {
            presence.since = self.times.emptiedAt
            presence.lastSeenAt = line.status.showLastSeen ? self.times.emptiedAt : nil
            return presence
        }
        switch line.status.availability {
        case .available: presence.availability = line.calls.isEmpty ? .available : .busy
        case .away: presence.availability = line.calls.isEmpty ? .away : .busy
        case .busy: presence.availability = .busy
        case .doNotDisturb: presence.availability = .doNotDisturb
        }
        return presence
    }
}
