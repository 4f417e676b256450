public import ParleyProtocol

/// The outcome of a command.
public enum Decision: Hashable, Sendable {
    /// Never empty. Nothing has happened until the log has taken them.
    case events([RoomEvent])
    /// Decided before: accepted (`nil`, also if it is too long ago to be remembered) or refused with
    /// that code.
    case duplicate(RejectionCode?)
    case rejected(RejectionCode)
}

extension Room {
    /// Judges a command without changing anything.
    ///
    /// The order of the questions is part of the protocol, since only the first answer is given: the
    /// room's life, then who asks, then the command's number, then what is asked.
    public func decide(_ command: RoomCommand) -> Decision {
        self.decide(command, judgesNumber: true)
    }

    /// - Parameter judgesNumber: whether a command that was decided before is known by its number.
    package func decide(_ command: RoomCommand, judgesNumber: Bool) -> Decision {
        switch self.lifecycle {
        case .ended: return .rejected(self.codeOfEnd(to: command))
        case .absent, .scheduled, .open, .locked: break
        }
        let membership: Membership?
        switch command.action {
        case .join(let join):
            // Another participant of the same session is another join, see `decideJoin`.
            let held = self.server.participants[join.session]
            membership = held == command.participant ? held.flatMap { self.server.memberships[$0] } : nil
        case .deadline, .create, .call:
            membership = nil
        case .leave, .media, .meeting, .skip, .disconnect, .interrupt, .attach, .expire:
            membership = self.server.memberships[command.participant]
            // For the server's own a legal race: the participant has left by itself. Nobody hears of it.
            guard membership != nil || command.isOperators else { return .rejected(.notJoined) }
        }
        if judgesNumber, let number = command.number {
            if let early = self.judge(number, command.rejectedSince, after: membership) { return early }
        }
        return self.settled(self.judge(command, membership), at: command.at)
    }

    /// With what follows at the door: who comes in because of it, or waits for another reason.
    private func settled(_ decision: Decision, at instant: Instant) -> Decision {
        guard case .events(let events) = decision, self.queue != nil || !self.door.waiting.isEmpty,
            self.queue != nil || events.contains(where: \.concernsDoor)
        else { return decision }
        var after = self
        for event in events { after.evolve(event) }
        return .events(events + after.decideDoor(at: instant) + after.decideQueue(at: instant))
    }

    /// `nil` if it is this command's turn.
    private func judge(
        _ number: UInt64,
        _ rejectedSince: RefusedCommands,
        after membership: Membership?
    ) -> Decision? {
        let last = membership?.lastCommand ?? 0
        guard number > 0 else { return .rejected(.commandGap) }
        if number <= last {
            return .duplicate(membership?.rejected.last { $0.number == number }?.code)
        }
        if let code = rejectedSince.code(of: number) { return .duplicate(code) }
        return number == last + rejectedSince.count + 1 ? nil : .rejected(.commandGap)
    }

    private func judge(_ command: RoomCommand, _ membership: Membership?) -> Decision {
        let cause = command.number.map {
            RoomEvent.Cause(by: command.participant, number: $0, rejected: command.rejectedSince.remembered)
        }
        switch command.action {
        case .join(let join):
            return self.decideJoin(command, join, membership, cause)
        case .leave:
            return self.decideLeave(command, .left, cause)
        case .disconnect(let reason, let epoch):
            guard epoch == nil || epoch == membership?.epoch else { return .rejected(.noChange) }
            return self.decideLeave(command, reason, cause)
        case .interrupt(let epoch):
            return self.decideInterrupt(command, membership, epoch)
        case .attach(let attach):
            return self.decideAttach(command, membership, attach)
        case .expire(let epoch):
            guard self.isInterrupted(command.participant, membership, epoch) else { return .rejected(.noChange) }
            return self.decideLeave(command, .disconnected, nil)
        case .media(let change):
            guard self.door.waiting[command.participant] == nil else { return .rejected(.waiting) }
            return self.decideMedia(command, change, cause)
        case .create(let create):
            return self.decideCreate(create, at: command.at)
        case .meeting(let action):
            guard self.door.waiting[command.participant] == nil else { return .rejected(.waiting) }
            return self.decide(action, MeetingRequest(command, cause))
        case .skip(let code, _):
            return .rejected(code)
        case .deadline:
            return self.decideDeadline(at: command.at)
        case .call(let step):
            return self.decide(step, at: command.at)
        }
    }

    private func decideJoin(
        _ command: RoomCommand,
        _ join: RoomCommand.Join,
        _ membership: Membership?,
        _ cause: RoomEvent.Cause?
    ) -> Decision {
        guard membership == nil else { return .rejected(.alreadyJoined) }
        let isUsed = self.people[command.participant] != nil || self.door.waiting[command.participant] != nil
        assert(!isUsed, "a participant id is never used again")
        guard !isUsed else { return .rejected(.alreadyJoined) }
        guard self.lifecycle != .absent else { return self.decideFirstJoin(command, join, cause) }
        let stale = self.server.participants[join.session]
        guard self.outdates(join, stale) else { return .rejected(.alreadyJoined) }
        do throws(RejectionCode) {
            let visitor = try self.judge(join, at: command.at)
            if let kind = join.kind, kind != self.kind { throw .unsupportedKind }
            if let waits = try self.decideQueueJoin(command, join, visitor, cause) { return .events(waits) }
            if let reason = self.reasonToWait(visitor) {
                // Said in full: numbers of what others can do mean nothing once they have gone.
                let media = join.declaredMedia.map { MediaDeclaration.new($0) }
                let waiting = RoomEvent.Joining(command, join, visitor, joined: 0, media: media)
                return .events(try self.decideWait(waiting, reason, cause))
            }
            let earlier = self.participants(of: join.identity).filter { $0.id != stale }
            guard var replaced = self.devices.replaced(among: earlier)?.map(\.id) else { throw .identityPresent }
            if let stale, self.people[stale] != nil { replaced.append(stale) }
            var joining = self.joining(command, join, visitor)
            try self.place(&joining, insteadOf: replaced)
            // Also of those who are at home here: somebody has any number of devices.
            guard self.count - replaced.count < self.capacity else { throw .roomFull }
            // They leave first, so that there are never more people than places. The room may be empty in between, but
            // not at the end of the entry, so it does not end.
            var events = replaced.map { RoomEvent(.left($0, .replaced)) }
            // The one who goes may be the last with such a device: its number is gone with them.
            if !replaced.isEmpty { joining.media = join.declaredMedia.map { .new($0) } }
            events += self.consequences(ofReplacing: replaced, at: command.at)
            if self.lifecycle == .scheduled { events.append(RoomEvent(.meeting(.lifecycle(.opened(at: command.at))))) }
            events.append(RoomEvent(.joined(joining), cause: cause))
            events += self.consequences(ofJoining: joining, replacing: replaced)
            if self.kind == .line { return .events(self.settledLine(events, join, at: command.at)) }
            return .events(self.settledCall(events, join, at: command.at))
        } catch {
            return .rejected(error)
        }
    }

    /// Of somebody who comes in now.
    func joining(_ command: RoomCommand, _ join: RoomCommand.Join, _ visitor: Visitor) -> RoomEvent.Joining {
        let media = join.declaredMedia.map { self.policy.profiles.declaration(of: $0) }
        return RoomEvent.Joining(command, join, visitor, joined: self.server.joinedLast + 1, media: media)
    }

    private func decideFirstJoin(
        _ command: RoomCommand,
        _ join: RoomCommand.Join,
        _ cause: RoomEvent.Cause?
    ) -> Decision {
        // Of what is not there nobody says that it has not rung.
        guard command.ring == nil else { return .rejected(.ringOver) }
        do throws(RejectionCode) {
            if let pass = join.pass?.queue { return .events(self.decideFirstTaken(command, join, pass, cause)) }
            guard join.queue == nil || join.kind == .queue else { throw .unsupportedKind }
            switch join.kind {
            case .meeting, nil: return self.decideFirstMeeting(command, join, cause)
            case .call: return .events(try self.decideFirstCall(command, join, cause))
            case .line: return .events(try self.decideFirstLine(command, join, cause))
            case .queue: return .events(try self.decideFirstQueue(command, join, cause))
            }
        } catch {
            return .rejected(error)
        }
    }

    private func decideFirstMeeting(
        _ command: RoomCommand,
        _ join: RoomCommand.Join,
        _ cause: RoomEvent.Cause?
    ) -> Decision {
        // To them there is no such room.
        if let grant = join.grant, !grant.mayCreate, join.pass == nil { return .rejected(.unknownRoom) }
        if case .text = join.settings.pin { return .rejected(.invalidSettings) }
        var configuration = self.configuration
        configuration.apply(join.settings)
        guard self.isPlannable(configuration.parameters, at: command.at), !configuration.parameters.isOfQueue else {
            return .rejected(.invalidSettings)
        }
        if let pass = join.pass?.breakout { configuration.parameters = self.breakoutParameters(pass, at: command.at) }
        var creation = RoomEvent.Creation(
            alias: self.alias,
            capacity: configuration.capacity,
            graceMilliseconds: self.graceMilliseconds,
            devices: join.devices,
            roles: configuration.roles,
            parameters: configuration.parameters,
            at: command.at
        )
        creation.parent = join.pass?.breakout?.parent
        creation.semantics = self.semantics
        let creator = Visitor(identity: join.identity, role: join.pass?.breakout?.role ?? .host, invitation: nil)
        let joining = self.joining(command, join, creator)
        return .events([RoomEvent(.created(creation)), RoomEvent(.joined(joining), cause: cause)])
    }

    private func decideMedia(
        _ command: RoomCommand,
        _ change: Participant.MediaChange,
        _ cause: RoomEvent.Cause?
    ) -> Decision {
        guard let participant = self.people[command.participant] else { return .rejected(.notJoined) }
        let difference = participant.media.difference(change)
        guard !difference.isEmpty else { return .rejected(.noChange) }
        guard self.permits(difference, by: participant) else { return .rejected(.mutedByRule) }
        do throws(RejectionCode) {
            let floor = try self.screenFloor(for: difference, by: participant.id, at: command.at)
            let changed = RoomEvent(.mediaChanged(participant.id, difference), cause: cause)
            return .events(floor.before + [changed] + floor.after)
        } catch {
            return .rejected(error)
        }
    }

    /// Whether the session is not in the room, or only as somebody of whom it knows nothing: it joined by an earlier
    /// connection that told it no more, or it left and the log has lost that. A join that was late on its way does not
    /// end what a later connection has begun.
    private func outdates(_ join: RoomCommand.Join, _ stale: ParticipantID?) -> Bool {
        guard let stale else { return true }
        // Who waits at the door waits on.
        guard self.people[stale] != nil, let membership = self.server.memberships[stale] else { return false }
        return join.attempt > 0 ? join.attempt >= membership.attempt : join.node == membership.node
    }

    private func decideLeave(
        _ command: RoomCommand,
        _ reason: RoomEvent.LeaveReason,
        _ cause: RoomEvent.Cause?
    ) -> Decision {
        let id = command.participant
        guard self.connection(of: id) != nil else { return .rejected(.notJoined) }
        let left = RoomEvent(.left(id, reason), cause: cause, code: command.code)
        let following = self.consequences(ofAllLeaving: [id], reason, cause, code: command.code, at: command.at)
        return .events([left] + following)
    }

    // MARK: Connections that are lost and come back. What speaks of another epoch, or was said before, is a
    // legal race: `no-change`, and nobody hears of it.

    private func decideInterrupt(_ command: RoomCommand, _ membership: Membership?, _ epoch: UInt64) -> Decision {
        guard let connection = self.connection(of: command.participant) else { return .rejected(.notJoined) }
        guard membership?.epoch == epoch else { return .rejected(.noChange) }
        switch connection {
        case .interrupted: return .rejected(.noChange)
        case .connected: return .events([RoomEvent(.interrupted(command.participant, at: command.at))])
        }
    }

    /// Another connection of a session is always welcome, on whatever node, unless the client has had a later
    /// one since: that this one was slow on its way is no reason to end it.
    private func decideAttach(
        _ command: RoomCommand,
        _ membership: Membership?,
        _ attach: RoomCommand.Attach
    ) -> Decision {
        let id = command.participant
        guard let connection = self.connection(of: id), let membership else { return .rejected(.notJoined) }
        let wasInterrupted =
            switch connection {
            case .interrupted: true
            case .connected: false
            }
        guard attach.epoch == nil || attach.epoch == membership.epoch else { return .rejected(.noChange) }
        if attach.attempt > 0, attach.attempt <= membership.attempt {
            let isThisOne = attach.attempt == membership.attempt && attach.node == membership.node
            guard isThisOne else { return .rejected(.noChange) }
            // The very connection that the room takes for lost, and is not. If it does not, the append was in the
            // log already when its outcome was not known.
            guard wasInterrupted else { return .duplicate(nil) }
        }
        let attachment = RoomEvent.Attachment(
            participant: id,
            node: attach.node,
            attempt: attach.attempt,
            wasInterrupted: wasInterrupted,
            secret: attach.secret
        )
        let attached = RoomEvent(.attached(attachment))
        return .events([attached] + (wasInterrupted ? self.consequences(ofReturning: id, at: command.at) : []))
    }

    /// Whether it is this very connection that the room takes for lost.
    private func isInterrupted(_ id: ParticipantID, _ membership: Membership?, _ epoch: UInt64) -> Bool {
        guard membership?.epoch == epoch else { return false }
        return self.connection(of: id)?.isInterrupted ?? false
    }

    /// Of somebody in the room, or at its door.
    public func connection(of id: ParticipantID) -> Participant.Connection? {
        self.people[id]?.connection ?? self.door.waiting[id]?.connection
    }
}

extension Room {
    /// Whether somebody of that identity who is not here would throw another device out by joining, or be refused.
    public func isTaken(byOtherDeviceOf identity: IdentityID) -> Bool {
        switch self.devices {
        case .allow: false
        case .replace, .reject: !self.participants(of: identity).allSatisfy(\.isInterrupted)
        }
    }
}

extension RoomCommand {
    /// The ring that it accepts.
    var ring: UInt64? {
        if case .join(let join) = self.action { join.call?.ring } else { nil }
    }
}

extension RoomCommand.Join {
    fileprivate var declaredMedia: MediaAbilities? { self.media ?? self.abilities.media }
}

extension RoomEvent.Joining {
    fileprivate init(
        _ command: RoomCommand,
        _ join: RoomCommand.Join,
        _ visitor: Visitor,
        joined: UInt64,
        media: MediaDeclaration?
    ) {
        self.init(
            participant: command.participant,
            session: join.session,
            node: join.node,
            identity: join.identity,
            name: join.name,
            role: visitor.role,
            joined: joined,
            at: command.at,
            abilities: join.abilities.withoutMedia,
            media: media,
            invitation: visitor.invitation?.number,
            attempt: join.attempt
        )
        self.permissions = visitor.permissions
        self.domain = visitor.domain
        self.token = join.token
        self.attributes = join.grant?.attributes ?? [:]
        self.assertion = join.assertion
    }
}

extension DeviceRule {
    /// Whose place somebody takes who joins from one more device.
    ///
    /// - Parameter earlier: the participants of the same identity, in order of arrival.
    /// - Returns: `nil` if the newcomer is refused.
    func replaced(among earlier: [Participant]) -> [Participant]? {
        switch self {
        case .allow: return []
        case .replace: return earlier
        case .reject:
            // A device whose connection is lost stands in nobody's way: its battery may be flat, and the
            // person is at the door with another one.
            return earlier.allSatisfy(\.isInterrupted) ? earlier : nil
        }
    }

    /// The same for those who wait.
    func replaced(among earlier: [WaitingPerson]) -> [WaitingPerson]? {
        switch self {
        case .allow: []
        case .replace: earlier
        case .reject: earlier.allSatisfy(\.connection.isInterrupted) ? earlier : nil
        }
    }
}

extension Participant {
    public var isInterrupted: Bool { self.connection.isInterrupted }
}

extension Participant.Connection {
    var isInterrupted: Bool {
        switch self {
        case .interrupted: true
        case .connected: false
        }
    }
}

extension RoomEvent {
    /// Whether somebody at the door may come in because of it.
    fileprivate var concernsDoor: Bool {
        switch self.fact {
        case .joined, .left, .meeting: true
        case .created, .mediaChanged, .interrupted, .attached, .ended: false
        }
    }
}
