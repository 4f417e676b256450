import ParleyProtocol

// Rings, calls, and how they are over.

extension Room {
    // MARK: The first join

    /// A call begins with whoever rings, and with the ring.
    func decideFirstCall(
        _ command: RoomCommand,
        _ join: RoomCommand.Join,
        _ cause: RoomEvent.Cause?
    ) throws(RejectionCode) -> [RoomEvent] {
        guard self.semantics.knowsCalls, let request = join.call?.request else { throw .unsupportedKind }
        var configuration = self.configuration
        configuration.parameters = RoomParameters()
        // Whoever is rung comes in; once it is a meeting its host may open it.
        configuration.parameters.admission = .members
        configuration.parameters.emptyMilliseconds = 0
        let creation = self.creation(.call, configuration, devices: .replace, at: command.at)
        let joining = self.joining(command, join, Visitor(identity: join.identity, role: .host, invitation: nil))
        var draft = CallDraft(self, at: command.at)
        draft.say(RoomEvent(.created(creation)))
        draft.say(RoomEvent(.joined(joining), cause: cause))
        draft.say(try draft.room.start(request, by: command.participant, .call, at: command.at))
        return draft.events
    }

    /// Of a room of another kind than the usual one.
    func creation(
        _ kind: RoomKind,
        _ configuration: RoomConfiguration,
        devices: DeviceRule,
        at instant: Instant
    ) -> RoomEvent.Creation {
        var creation = RoomEvent.Creation(
            alias: self.alias,
            capacity: configuration.capacity,
            graceMilliseconds: self.graceMilliseconds,
            devices: devices,
            roles: configuration.roles,
            parameters: configuration.parameters,
            at: instant
        )
        creation.kind = kind
        creation.semantics = self.semantics
        return creation
    }

    // MARK: Coming in

    /// Whoever is rung needs no PIN and does not wait. To everybody else there is nothing that rings, nor ever was.
    func judgeAccept(_ join: RoomCommand.Join, _ number: UInt64, at now: Instant) throws(RejectionCode) -> Visitor {
        guard let ring = self.ring(number) else {
            guard let over = self.rings?.over[number], over.people.contains(join.identity), over.end == .answered else {
                throw .ringOver
            }
            throw .answeredElsewhere
        }
        guard let person = ring.people[join.identity] else { throw .ringOver }
        guard person.state != .answered else { throw .answeredElsewhere }
        guard person.state.isOpen, ring.until > now else { throw .ringOver }
        guard !self.door.isBanned(join.identity, join.token, at: now) else { throw .banned }
        var role = self.role(joining: join.identity)
        if role == .host, self.hasHost, !self.isHere(join.identity) { role = .coHost }
        var visitor = Visitor(identity: join.identity, role: role, invitation: nil)
        visitor.isRung = true
        visitor.domain = join.grant?.domain
        visitor.permissions = join.grant?.permissions ?? PermissionChange()
        return visitor
    }

    /// Without a ring: another device of somebody who is in it, or whoever comes over from another call.
    func admitsToCall(_ join: RoomCommand.Join) -> Bool {
        self.isHere(join.identity) || self.rings?.awaited?.people.contains(join.identity) ?? false
            || join.pass == .ticket(isExpected: true)
    }

    /// What follows in a call from events that are said already.
    func settledCall(_ events: [RoomEvent], _ join: RoomCommand.Join, at now: Instant) -> [RoomEvent] {
        guard self.hasCall else { return events }
        var draft = CallDraft(self, at: now)
        for event in events { draft.say(event) }
        draft.settle(answer: join.call?.ring.map { ($0, join.call?.answer) })
        return draft.events
    }

    // MARK: Commands

    func decide(_ action: RingAction, _ request: MeetingRequest) -> Decision {
        do throws(RejectionCode) {
            guard self.semantics.knowsCalls, self.kind == .call || self.kind == .meeting else { throw .unsupportedKind }
            switch action {
            case .ring(let ring): return .events(try self.decideRing(ring, request))
            case .cancel(let number): return .events(try self.decideCancel(number, request))
            case .hold(let isHeld): return try self.decideHold(isHeld, request)
            case .transfer(let ring): return .events(try self.decideTransfer(ring, request))
            case .merge(let merge): return .events(try self.decideMerge(merge, request))
            }
        } catch {
            return .rejected(error)
        }
    }

    private func mayRing(_ request: MeetingRequest) -> Bool {
        self.kind == .call ? self.people[request.by] != nil : self.permits(request, .admit)
    }

    private func decideRing(_ ring: RingRequest, _ request: MeetingRequest) throws(RejectionCode) -> [RoomEvent] {
        guard self.mayRing(request) else { throw .notPermitted }
        guard self.ringing.count < Limits().ringsPerRoomMax else { throw .tooMany }
        var event = try self.start(ring, by: request.by, .call, at: request.at)
        event.cause = request.cause
        return [event]
    }

    /// Those who are here already are not rung, nor those who are rung already.
    func start(
        _ request: RingRequest,
        by id: ParticipantID,
        _ purpose: Ring.Purpose,
        at now: Instant
    ) throws(RejectionCode) -> RoomEvent {
        guard let by = self.people[id] else { throw .notPermitted }
        var people: [IdentityID: Ring.Person] = [:]
        for callee in request.people {
            // The server has found out who it is, before it asks.
            guard let identity = callee.identity else { throw .unknownParticipant }
            guard identity != by.identity else { throw .ringsSelf }
            guard !self.isHere(identity), !self.rings(identity) else { continue }
            people[identity] = people[identity] ?? Ring.Person(user: callee.user, onlyOf: callee.onlyOf)
        }
        guard !people.isEmpty else { throw .noChange }
        var ring = Ring(
            by: CallParty(by.identity, name: by.name, user: request.user),
            mode: request.mode,
            intent: request.intent,
            since: now,
            until: now.advanced(milliseconds: request.milliseconds ?? Limits().ringMillisecondsUsual),
            purpose: purpose,
            people: people,
            offer: request.offer,
            data: request.data
        )
        ring.issuer = request.issuer
        return RoomEvent(.meeting(.ring(.started((self.rings?.last ?? 0) + 1, ring))))
    }

    private func decideCancel(_ number: UInt64, _ request: MeetingRequest) throws(RejectionCode) -> [RoomEvent] {
        guard let ring = self.ring(number) else { throw .unknownRing }
        guard self.mayRing(request) || ring.by.identity == self.people[request.by]?.identity else {
            throw .notPermitted
        }
        var draft = CallDraft(self, at: request.at)
        draft.end(number, .cancelled)
        draft.settle()
        return draft.events.acknowledging(request.cause)
    }

    private func decideHold(_ isHeld: Bool, _ request: MeetingRequest) throws(RejectionCode) -> Decision {
        guard let participant = self.people[request.by] else { throw .notPermitted }
        guard participant.conduct.isHeld != isHeld else { throw .noChange }
        return request.events([.ring(isHeld ? .held(participant.id) : .unheld(participant.id))])
    }

    /// Whoever wants to be replaced goes at once; the others stay, and wait for the one who is rung.
    private func decideTransfer(_ ring: RingRequest, _ request: MeetingRequest) throws(RejectionCode) -> [RoomEvent] {
        guard self.kind == .call else { throw .unsupportedKind }
        guard let participant = self.people[request.by] else { throw .notPermitted }
        guard self.identities.contains(where: { $0 != participant.identity }) else { throw .notPermitted }
        let isUnderWay = self.ringing.contains { $0.ring.purpose == .transfer }
        guard !isUnderWay, (self.rings?.transfers ?? 0) < Limits().callTransfersMax else { throw .tooMany }
        guard self.ringing.count < Limits().ringsPerRoomMax else { throw .tooMany }
        var draft = CallDraft(self, at: request.at, leaving: .transferred)
        draft.say(try self.start(ring, by: participant.id, .transfer, at: request.at))
        let following = self.consequences(ofLeaving: [participant.id], .transferred, request.cause, at: request.at)
        draft.say(RoomEvent(.left(participant.id, .transferred), code: .transferred))
        for event in following { draft.say(event) }
        draft.settle()
        return draft.events.acknowledging(request.cause)
    }

    /// Everybody else goes over, and this call is over.
    private func decideMerge(_ merge: CallMerge, _ request: MeetingRequest) throws(RejectionCode) -> [RoomEvent] {
        guard self.kind == .call else { throw .unsupportedKind }
        guard merge.into != self.id else { throw .noChange }
        let others = self.participants.filter { $0.id != request.by }
        guard self.people[request.by] != nil, !others.isEmpty else { throw .notPermitted }
        // Somebody has come since the tickets were written.
        guard others.allSatisfy({ merge.tickets[$0.id] != nil }) else { throw .busy }
        var draft = CallDraft(self, at: request.at)
        for other in others {
            let transfer = Transfer(participant: other.id, room: merge.into, ticket: merge.tickets[other.id])
            draft.say(RoomEvent(.meeting(.breakout(.transferred(transfer)))))
        }
        for (number, _) in self.ringing { draft.say(.ended(number, .cancelled)) }
        let reason = merge.leave ? RoomEvent.EndReason.transferred : .merged
        draft.say(RoomEvent(.ended(reason), code: merge.leave ? .transferred : .merged))
        return draft.events.acknowledging(request.cause)
    }

    // MARK: What the server finds out

    /// What a line says of somebody who is rung. Said twice, or too late, it changes nothing.
    func decideReport(
        _ number: UInt64,
        _ person: IdentityID,
        _ verdict: RingVerdict,
        at now: Instant
    ) -> Decision {
        guard let state = self.ring(number)?.people[person]?.state, state.isOpen, verdict.state != .answered,
            verdict.state != state, verdict.state != .calling
        else { return .rejected(.noChange) }
        var draft = CallDraft(self, at: now)
        draft.say(.changed(number, person, verdict))
        draft.settle()
        return .events(draft.events)
    }

    /// - Parameter leaving: who goes meanwhile, and is to be missed by nobody.
    func decideAwait(_ people: [IdentityID], until: Instant, leaving: ParticipantID?, at now: Instant) -> Decision {
        guard self.semantics.knowsCalls, self.kind == .call || self.kind == .meeting else {
            return .rejected(.unsupportedKind)
        }
        let missing = people.filter { !self.isHere($0) }
        var draft = CallDraft(self, at: now, leaving: .transferred)
        if !missing.isEmpty, self.kind == .call { draft.say(.awaited(missing, until: until)) }
        if let leaving, self.people[leaving] != nil {
            let following = draft.room.consequences(
                ofAllLeaving: [leaving],
                .transferred,
                nil,
                code: .transferred,
                at: now
            )
            draft.say(RoomEvent(.left(leaving, .transferred), code: .transferred))
            for event in following { draft.say(event) }
        }
        return draft.events.isEmpty ? .rejected(.noChange) : .events(draft.events)
    }

    // MARK: Deadlines

    var ringDeadlines: [Instant] {
        guard let rings = self.rings else { return [] }
        return rings.open.values.map(\.until) + [rings.awaited?.until, rings.meetsBy].compactMap(\.self)
    }

    func dueRings(at now: Instant) -> [RoomEvent] {
        guard let rings = self.rings else { return [] }
        if let meetsBy = rings.meetsBy, meetsBy <= now { return [RoomEvent(.ended(.noAnswer), code: .noAnswer)] }
        var draft = CallDraft(self, at: now)
        for (number, ring) in self.ringing where ring.until <= now { draft.end(number, .noAnswer) }
        if let awaited = rings.awaited, awaited.until <= now { draft.say(.awaited([], until: awaited.until)) }
        guard !draft.events.isEmpty else { return [] }
        draft.settle()
        return draft.events
    }

    // MARK: Leaving

    /// Whether anybody's coming or going may matter to a call: in most rooms nothing of this is looked at.
    private var hasCall: Bool { self.kind == .call || !(self.rings?.open.isEmpty ?? true) }

    /// What happens in a call, or where somebody rings, behind `left`.
    func callConsequences(
        ofLeaving leaving: [ParticipantID],
        _ reason: RoomEvent.LeaveReason,
        _ code: HangupCode?,
        at now: Instant
    ) -> [RoomEvent] {
        guard self.hasCall else { return [] }
        var draft = CallDraft(self, at: now, leaving: code ?? HangupCode(reason))
        for id in leaving { draft.assume(RoomEvent(.left(id, reason))) }
        draft.settle()
        return draft.events
    }
}

extension [RoomEvent] {
    /// The first one names the command.
    func acknowledging(_ cause: RoomEvent.Cause?) -> [RoomEvent] {
        var events = self
        if !events.isEmpty { events[0].cause = cause }
        return events
    }
}
