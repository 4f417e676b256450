import ParleyProtocol

// What moderators do at the door.

extension Room {
    func decide(_ action: AdmissionAction, _ request: MeetingRequest) -> Decision {
        switch action {
        case .admit(let whom): self.decideAdmit(whom, request)
        case .deny(let whom): self.decideDeny(whom, request)
        case .notice(let text, let participants): self.decideNotice(text, participants, request)
        case .remove(let id, let ban): self.decideRemove(id, ban, request)
        case .unban(let number): self.decideUnban(number, request)
        case .invite(let invite): self.decideInvite(invite, request)
        case .revoke(let number): self.decideRevoke(number, request)
        }
    }

    /// Those of them who wait, in their order.
    ///
    /// Two moderators may decide at once: whoever was decided about by the other is no fault.
    private func waiting(_ whom: AdmissionAction.Whom) throws(RejectionCode) -> [WaitingPerson] {
        switch whom {
        case .all:
            guard !self.door.waiting.isEmpty else { throw .noChange }
            return self.door.queue
        case .some(let ids):
            let people = ids.compactMap { self.door.waiting[$0] }.sorted { $0.order < $1.order }
            guard people.isEmpty else { return people }
            throw ids.contains { self.people[$0] != nil } ? .noChange : .unknownParticipant
        }
    }

    private func decideAdmit(_ whom: AdmissionAction.Whom, _ request: MeetingRequest) -> Decision {
        guard self.permits(request, .admit) else { return .rejected(.notPermitted) }
        do throws(RejectionCode) {
            let people = try self.waiting(whom).filter { $0.reason != .turn && $0.reason != .queue }
            guard !people.isEmpty else { throw .noChange }
            let places = self.capacity - self.count
            guard places > 0 else { throw .roomFull }
            var facts: [RoomEvent] = []
            var entering = 0
            for person in people.prefix(places) {
                let hasTurn = entering < Self.entriesPerStep
                if hasTurn, let entry = self.entry(of: person, behind: entering, at: request.at) {
                    entering += 1
                    facts += entry
                } else {
                    // They come in at once, but with other entries (``decideDoor(at:)``).
                    facts.append(RoomEvent(.meeting(.admission(.waitsOn(person.id, .turn)))))
                }
            }
            facts[0].cause = request.cause
            return .events(facts)
        } catch {
            return .rejected(error)
        }
    }

    /// Whoever is denied may not walk in as somebody who was here before, and need not ask again for a while.
    private func decideDeny(_ whom: AdmissionAction.Whom, _ request: MeetingRequest) -> Decision {
        guard self.permits(request, .admit) else { return .rejected(.notPermitted) }
        do throws(RejectionCode) {
            let until = request.at.advanced(milliseconds: Limits().deniedMilliseconds)
            return request.events(try self.waiting(whom).map { .admission(.denied($0.id, until: until)) })
        } catch {
            return .rejected(error)
        }
    }

    private func decideNotice(
        _ text: String,
        _ participants: [ParticipantID]?,
        _ request: MeetingRequest
    ) -> Decision {
        guard self.permits(request, .admit) else { return .rejected(.notPermitted) }
        do throws(RejectionCode) {
            let people = try self.waiting(participants.map { .some($0) } ?? .all)
            return request.events([.admission(.notice(text, participants.map { _ in people.map(\.id) }))])
        } catch {
            return .rejected(error)
        }
    }

    // MARK: Sending away

    /// With a ban all devices of the identity have to go.
    private func decideRemove(
        _ id: ParticipantID,
        _ ban: AdmissionAction.Ban?,
        _ request: MeetingRequest
    ) -> Decision {
        guard self.permits(request, .remove) else { return .rejected(.notPermitted) }
        guard let target = Target(self, id) else { return .rejected(.unknownParticipant) }
        let isOwner = self.isOwner(target.identity)
        if !request.isOperators {
            guard let rank = self.people[request.by]?.role.rank, target.role.rank < rank, !isOwner else {
                return .rejected(.notPermitted)
            }
        }
        var targets = [id]
        if ban != nil {
            targets += self.participants(of: target.identity).map(\.id).filter { $0 != id }
            targets += self.door.queue.filter { $0.identity == target.identity && $0.id != id }.map(\.id)
        }
        var events = targets.map { RoomEvent(.left($0, .removed)) }
        events[0].cause = request.cause
        if let ban {
            guard self.hasPlaceForBan(at: request.at) else { return .rejected(.tooMany) }
            let banned = Ban(
                number: self.door.bansLast + 1,
                identity: target.identity,
                until: ban.milliseconds.map { request.at.advanced(milliseconds: $0) },
                by: request.isOperators ? nil : request.by,
                name: target.name?.text,
                at: request.at,
                token: self.server.memberships[id]?.token
            )
            events.append(RoomEvent(.meeting(.admission(.banned(banned)))))
        }
        return .events(events + self.consequences(ofAllLeaving: targets, .removed, request.cause, at: request.at))
    }

    private func hasPlaceForBan(at now: Instant) -> Bool {
        self.door.bans.values.count { $0.isInForce(at: now) } < Limits().bansMax
    }

    private func decideUnban(_ number: UInt64, _ request: MeetingRequest) -> Decision {
        guard self.permits(request, .remove) else { return .rejected(.notPermitted) }
        guard self.door.bans[number] != nil else {
            return .rejected(number <= self.door.bansLast ? .noChange : .unknownParticipant)
        }
        return request.events([.admission(.unbanned(number))])
    }

    // MARK: Inviting

    private func decideInvite(_ invite: AdmissionAction.Invite, _ request: MeetingRequest) -> Decision {
        guard self.permits(request, .admit) else { return .rejected(.notPermitted) }
        if let rank = self.people[request.by]?.role.rank, invite.role != .participant {
            guard self.permits(request, .roles), invite.role.rank < rank else { return .rejected(.invalidRole) }
        }
        if let expiresAt = invite.expiresAt, expiresAt <= request.at { return .rejected(.invalidInvitation) }
        guard self.door.invitations.count < Limits().invitationsMax else { return .rejected(.tooMany) }
        // Whoever brings a command here has made a secret for it.
        guard let digest = invite.digest else { return .rejected(.invalidInvitation) }
        let invitation = Invitation(
            number: self.door.invitationsLast + 1,
            digest: digest,
            label: invite.label,
            role: invite.role,
            usesMax: invite.usesMax,
            expiresAt: invite.expiresAt,
            bypass: invite.bypass,
            by: request.isOperators ? nil : request.by
        )
        return request.events([.admission(.invited(invitation))])
    }

    private func decideRevoke(_ number: UInt64, _ request: MeetingRequest) -> Decision {
        guard self.permits(request, .admit) else { return .rejected(.notPermitted) }
        guard self.door.invitations[number] != nil else {
            return .rejected(number <= self.door.invitationsLast ? .noChange : .invalidInvitation)
        }
        return request.events([.admission(.revoked(number))])
    }
}

/// Somebody in the room, or at its door.
private struct Target {
    let identity: IdentityID
    let role: Role
    let name: DisplayName?

    init?(_ room: Room, _ id: ParticipantID) {
        if let participant = room.participant(id) {
            (self.identity, self.role, self.name) = (participant.identity, participant.role, participant.name)
        } else if let joining = room.door.waiting[id]?.joining {
            (self.identity, self.role, self.name) = (joining.identity, joining.role, joining.name)
        } else {
            return nil
        }
    }
}
