import ParleyProtocol

// Whether somebody comes in, waits, or is sent away.

/// Somebody at the door, as the rules see them.
struct Visitor {
    let identity: IdentityID
    let role: Role
    let invitation: Invitation?
    /// A moderator of this room has sent them here from another one, or their token says that they need not ask.
    var isSent = false
    /// By which the room may let people in by itself.
    var domain: String?
    var permissions = PermissionChange()
    /// Somebody in the room rings them.
    var isRung = false

    /// Who has been asked in need not ask.
    var isExpected: Bool { self.isSent || self.invitation?.bypass ?? false }
}

extension Room {
    /// Whom the door takes for whom, or why it stays shut. The order of the questions is part of the protocol.
    func judge(_ join: RoomCommand.Join, at now: Instant) throws(RejectionCode) -> Visitor {
        let identity = join.identity
        if let ring = join.call?.ring { return try self.judgeAccept(join, ring, at: now) }
        if let pass = join.pass?.queue {
            guard !self.door.isBanned(identity, join.token, at: now) else { throw .banned }
            return self.visitor(join, pass)
        }
        switch self.kind {
        case .meeting, .queue: break
        case .call:
            guard self.admitsToCall(join) else { throw .unknownRoom }
            return Visitor(identity: identity, role: self.role(joining: identity), invitation: nil, isSent: true)
        case .line:
            guard identity == self.line?.owner else { throw .unknownRoom }
        }
        guard self.admitsPass(join.pass) else { throw .unknownRoom }
        if let pass = join.pass?.breakout {
            let visitor = Visitor(identity: identity, role: pass.role, invitation: nil)
            guard self.lifecycle != .locked || self.roles.permits(pass.role, .admit) else { throw .roomLocked }
            return visitor
        }
        guard !self.door.isBanned(identity, join.token, at: now) else { throw .banned }
        var invitation: Invitation?
        if let digest = join.invitation {
            invitation = self.door.invitation(digest, for: identity, at: now)
            guard invitation != nil else { throw .invalidInvitation }
        }
        let isAtHome = self.isAtHome(identity)
        guard self.lifecycle != .locked || isAtHome else { throw .roomLocked }
        let isSent = join.pass == .ticket(isExpected: true) || join.grant?.bypass ?? false
        let mayPass = isAtHome || isSent || invitation != nil || self.isKnown(identity)
        guard mayPass || !self.door.isDenied(identity, at: now) else { throw .denied }
        if let pin = self.parameters.pin, !mayPass {
            guard let said = join.pin else { throw .pinRequired }
            guard said == pin else { throw .wrongPIN }
        }
        let role = try self.role(joining: identity, invitation, join.grant, wish: join.role)
        let isMember = self.parameters.autoAdmit.admits(role, domain: join.grant?.domain)
        guard mayPass || isMember || self.parameters.admission != .members else { throw .denied }
        return Visitor(
            identity: identity,
            role: role,
            invitation: invitation,
            isSent: isSent,
            domain: join.grant?.domain,
            permissions: join.grant?.permissions ?? PermissionChange()
        )
    }

    /// Who was here and may come in again, or is here with another device.
    func isKnown(_ identity: IdentityID) -> Bool {
        !self.participants(of: identity).isEmpty
            || self.parameters.readmit && self.door.known.contains(identity)
    }

    /// What they are by themselves goes before what they are invited as; and they may ask for less, not for more.
    private func role(
        joining identity: IdentityID,
        _ invitation: Invitation?,
        _ grant: Grant?,
        wish: Role?
    ) throws(RejectionCode) -> Role {
        var role = self.role(joining: identity)
        if role == .participant { role = invitation?.role ?? grant?.role ?? role }
        // There is one host; an invitation or a token is good for the first.
        if invitation?.role == .host || grant?.role == .host, role == .host, self.hasHost { role = .coHost }
        switch wish {
        case nil, role: return role
        case .audience where role.rank > Role.audience.rank: return .audience
        case .host, .coHost, .speaker, .participant, .audience, .observer: throw .invalidRole
        }
    }

    var hasHost: Bool { self.people.values.contains { $0.role == .host } }

    /// Why somebody would have to wait now; `nil`: they may come in.
    func reasonToWait(_ visitor: Visitor) -> WaitingReason? {
        if visitor.isRung { return nil }
        if visitor.permissions.permits(.admit) ?? self.roles.permits(visitor.role, .admit) { return nil }
        if self.lifecycle == .scheduled { return .scheduled }
        if self.parameters.waitForHost, !self.hasModerator { return .host }
        guard self.parameters.admission == .approval, !visitor.isExpected,
            !self.parameters.autoAdmit.admits(visitor.role, domain: visitor.domain)
        else { return nil }
        return self.isKnown(visitor.identity) ? nil : .approval
    }

    private var hasModerator: Bool {
        self.people.values.contains { self.permits($0, .admit) }
    }

    /// They wait, in the place of their earlier devices if the room wants one.
    func decideWait(
        _ joining: RoomEvent.Joining,
        _ reason: WaitingReason,
        _ cause: RoomEvent.Cause?
    ) throws(RejectionCode) -> [RoomEvent] {
        let earlier = self.door.queue.filter { $0.identity == joining.identity }
        guard let replaced = self.devices.replaced(among: earlier) else { throw .identityPresent }
        guard self.door.waiting.count - replaced.count < Limits().waitingMax else { throw .roomFull }
        let person = WaitingPerson(joining, order: self.door.waitingLast + 1, reason: reason)
        return replaced.map { RoomEvent(.left($0.id, .replaced)) }
            + [RoomEvent(.meeting(.admission(.waits(person))), cause: cause)]
    }

    // MARK: What follows by itself

    /// Who of those that wait comes in, or waits for another reason, by the rules as they are now: a host has come, the
    /// meeting has begun, somebody has left a place.
    ///
    /// The rule is applied, never skipped: that a host comes in lets nobody in who has to be let in.
    func decideDoor(at now: Instant) -> [RoomEvent] {
        guard self.lifecycle.isLive, self.queue == nil, !self.door.waiting.isEmpty else { return [] }
        var events: [RoomEvent] = []
        var entering = 0
        for person in self.door.queue {
            let invitation = person.joining.invitation.flatMap { self.door.invitations[$0] }
            let visitor = Visitor(
                identity: person.identity,
                role: person.joining.role,
                invitation: invitation,
                domain: person.joining.domain,
                permissions: person.joining.permissions
            )
            let isLetIn = person.reason == .turn
            let reason = isLetIn ? nil : self.reasonToWait(visitor)
            if let reason {
                guard reason != person.reason else { continue }
                events.append(RoomEvent(.meeting(.admission(.waitsOn(person.id, reason)))))
            } else if isLetIn || self.lifecycle != .locked, entering < Self.entriesPerStep,
                let entry = self.entry(of: person, behind: entering, at: now)
            {
                entering += 1
                events += entry
            }
        }
        return events
    }

    /// More may come in than one entry of the log takes: the others at once.
    var doorDeadlines: [Instant] {
        let now = self.createdAt
        return self.decideDoor(at: now).isEmpty ? [] : [now]
    }

    /// So many come in with one entry of the log, which is bounded; the others with the next one.
    static var entriesPerStep: Int { 12 }

    /// `nil`: there is no place, or another device of theirs is in and the room wants one.
    ///
    /// - Parameter behind: how many others come in before, in the same entry.
    func entry(of person: WaitingPerson, behind others: Int, at now: Instant) -> [RoomEvent]? {
        let earlier = self.participants(of: person.identity)
        guard let replaced = self.devices.replaced(among: earlier)?.map(\.id) else { return nil }
        guard self.count + others - replaced.count < self.capacity else { return nil }
        var joining = person.joining
        do throws(RejectionCode) {
            try self.place(&joining, insteadOf: replaced, behind: others)
        } catch {
            return nil
        }
        joining.joined = self.server.joinedLast + UInt64(others) + 1
        joining.at = now
        joining.node = self.server.memberships[person.id]?.node ?? joining.node
        let events =
            replaced.map { RoomEvent(.left($0, .replaced)) } + self.consequences(ofReplacing: replaced, at: now)
            + [RoomEvent(.meeting(.admission(.admitted(person.id)))), RoomEvent(.joined(joining))]
        // One at a time may become host where nobody is.
        return others > 0 ? events : events + self.consequences(ofJoining: joining, replacing: replaced)
    }
}
