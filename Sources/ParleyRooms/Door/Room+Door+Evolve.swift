import ParleyProtocol

extension Room {
    /// - Parameter cause: of the event.
    mutating func evolve(_ fact: AdmissionFact, _ cause: RoomEvent.Cause?) -> StatePatches {
        switch fact {
        case .waits(let person): return self.wait(person, cause)
        case .waitsOn(let id, let reason): return self.changeWaiting(id) { $0.reason = reason }
        // They come in by `joined`, in the same entry.
        case .admitted, .notice: return .none
        case .denied(let id, let until):
            guard let person = self.door.waiting[id] else { return .none }
            self.door.deny(person.identity, until: until)
            return self.stopWaiting(id)
        case .banned(let ban): return self.ban(ban)
        case .unbanned(let number): return self.setBan(number, nil)
        case .invited(let invitation):
            self.door.invitationsLast = max(self.door.invitationsLast, invitation.number)
            return self.setInvitation(invitation.number, invitation)
        case .revoked(let number): return self.revoke(number)
        }
    }

    private mutating func wait(_ person: WaitingPerson, _ cause: RoomEvent.Cause?) -> StatePatches {
        let joining = person.joining
        guard self.lifecycle.isLive, self.server.memberships[person.id] == nil,
            self.server.participants[joining.session] == nil
        else { return .none }
        var membership = Membership(joining)
        if let cause { membership.accept(cause) }
        self.server.memberships[person.id] = membership
        self.server.participants[joining.session] = person.id
        self.door.waitingLast = max(self.door.waitingLast, person.order)
        self.door.waiting[person.id] = person
        return self.replaceMember(person.id.description, of: StatePath.waiting, nil, with: person.json, isLast: false)
            .merging(self.use(joining.invitation, joining.identity))
    }

    mutating func changeWaiting(_ id: ParticipantID, _ body: (inout WaitingPerson) -> Void) -> StatePatches {
        guard var person = self.door.waiting[id] else { return .none }
        let before = person.json
        body(&person)
        self.door.waiting[id] = person
        let path = [StatePath.waiting, id.description]
        return self.replace(before, with: person.json, at: path, in: .moderation)
    }

    /// They have come in, and keep their membership.
    mutating func enter(_ id: ParticipantID) -> StatePatches {
        guard let person = self.door.waiting.removeValue(forKey: id) else { return .none }
        return self.replaceMember(
            id.description,
            of: StatePath.waiting,
            person.json,
            with: nil,
            isLast: self.door.waiting.isEmpty
        )
    }

    /// They have gone.
    mutating func stopWaiting(_ id: ParticipantID) -> StatePatches {
        if let membership = self.server.memberships.removeValue(forKey: id) {
            self.server.participants[membership.session] = nil
        }
        return self.enter(id).merging(self.leaveQueue(id))
    }

    // MARK: Bans and invitations

    private mutating func ban(_ ban: Ban) -> StatePatches {
        self.door.bansLast = max(self.door.bansLast, ban.number)
        self.door.forget(ban.identity)
        let over = self.door.bans.values.filter { !$0.isInForce(at: ban.at) }.map(\.number).sorted()
        var patches = self.setBan(ban.number, ban)
        for number in over { patches = patches.merging(self.setBan(number, nil)) }
        return patches
    }

    private mutating func setBan(_ number: UInt64, _ ban: Ban?) -> StatePatches {
        let before = self.door.bans[number]?.json
        self.door.bans[number] = ban
        return self.replaceMember(
            String(number),
            of: StatePath.bans,
            before,
            with: ban?.json,
            isLast: self.door.bans.isEmpty
        )
    }

    private mutating func setInvitation(_ number: UInt64, _ invitation: Invitation?) -> StatePatches {
        let before = self.door.invitations[number]?.json
        self.door.invitations[number] = invitation
        return self.replaceMember(
            String(number),
            of: StatePath.invitations,
            before,
            with: invitation?.json,
            isLast: self.door.invitations.isEmpty
        )
    }

    /// Each identity counts once.
    mutating func use(_ number: UInt64?, _ identity: IdentityID) -> StatePatches {
        guard let number, var invitation = self.door.invitations[number] else { return .none }
        invitation.users.insert(identity)
        return self.setInvitation(number, invitation)
    }

    /// Whoever waits by it waits like everybody else from now on.
    private mutating func revoke(_ number: UInt64) -> StatePatches {
        guard let invitation = self.door.invitations[number] else { return .none }
        var patches = self.setInvitation(number, nil)
        for person in self.door.queue where person.joining.invitation == number {
            let change = self.changeWaiting(person.id) { person in
                person.joining.invitation = nil
                if person.joining.role == invitation.role { person.joining.role = .participant }
            }
            patches = patches.merging(change)
        }
        return patches
    }

    /// One member of a collection that is absent while it is empty.
    ///
    /// - Parameter isLast: whether nothing is left in it.
    private mutating func replaceMember(
        _ name: String,
        of collection: String,
        _ before: JSONValue?,
        with after: JSONValue?,
        isLast: Bool
    ) -> StatePatches {
        let patches = self.replace(before, with: after, at: [collection, name], in: .moderation)
        guard before != nil, isLast else { return patches }
        return StatePatches(.object([collection: .null]), in: .moderation)
    }
}

extension Membership {
    /// Of somebody who comes now.
    init(_ joining: RoomEvent.Joining) {
        self.init(
            session: joining.session,
            node: joining.node,
            attempt: joining.attempt,
            lastCommand: 0,
            rejected: [],
            epoch: 1,
            token: joining.token
        )
    }
}
