import ParleyProtocol

extension Room {
    /// Applies a fact from the log. Never fails; a fact that does not fit this room (which no log
    /// that was decided by ``decide(_:)`` holds) changes nothing.
    ///
    /// - Returns: how the state has changed, per section.
    @discardableResult
    public mutating func evolve(_ event: RoomEvent) -> StatePatches {
        if let cause = event.cause { self.remember(cause) }
        var patches = self.apply(event)
        if self.activeSpeaker != nil { patches = patches.merging(self.silenceSpeaker()) }
        // Whatever has happened: what all devices can speak is derived from who is here.
        let policy = self.settlePolicy()
        return policy.isEmpty ? patches : patches.merging(policy)
    }

    private mutating func apply(_ event: RoomEvent) -> StatePatches {
        switch event.fact {
        case .created(let creation): return self.create(creation)
        case .joined(let joining): return self.join(joining, event.cause)
        case .mediaChanged(let id, let change): return self.changeMedia(id, change)
        case .interrupted(let id, let instant): return self.interrupt(id, at: instant)
        case .attached(let attachment): return self.attach(attachment)
        case .left(let id, let reason): return self.remove(id, reason)
        case .ended(let reason): return self.end(reason)
        case .meeting(let fact): return self.evolve(fact, event.cause)
        }
    }

    private mutating func remember(_ cause: RoomEvent.Cause) {
        // A joiner has no membership yet: `join` begins it with the same cause.
        self.server.memberships[cause.by]?.accept(cause)
    }

    private mutating func create(_ creation: RoomEvent.Creation) -> StatePatches {
        guard self.lifecycle == .absent else { return .none }
        self.open(creation)
        self.alias = creation.alias
        self.parent = creation.parent
        self.kind = creation.kind
        if creation.kind == .queue { self.queue = Queue(rules: creation.parameters.queue) }
        if creation.kind == .line { self.line = creation.owner.map { Line(of: $0) } }
        self.server.semantics = creation.semantics
        self.capacity = creation.capacity
        self.graceMilliseconds = creation.graceMilliseconds
        self.devices = creation.devices
        self.roles = creation.roles
        self.parameters = creation.parameters
        self.standing.owner = creation.owner
        self.standing.host = creation.owner
        self.createdAt = creation.at
        if let meetsBy = creation.meetsBy { self.rings = Rings(meetsBy: meetsBy) }
        let facts = self.roomJSON
        self.hashes.add(facts, at: [StatePath.room], in: .door)
        // `people` is there from the beginning, so that folding patches and asking for the state
        // agree about an empty room.
        var patches = StatePatches(.object([StatePath.room: facts]), in: .door)
        patches[.stage] = .object([StatePath.people: [:]])
        return patches.merging(self.showRoles(insteadOf: RoleTable())).merging(self.showLine())
            .merging(self.showQueue())
            .merging(self.replace(nil, with: self.rules.shown, at: [StatePath.rules], in: .stage))
    }

    private mutating func join(_ joining: RoomEvent.Joining, _ cause: RoomEvent.Cause?) -> StatePatches {
        let id = joining.participant
        guard self.lifecycle.isLive, self.people[id] == nil else { return .none }
        let waits = self.door.waiting[id] != nil
        guard waits || self.server.participants[joining.session] == nil else { return .none }
        if joining.role == .host { self.standing.welcome(joining.identity) }
        var participant = Participant(
            id: id,
            identity: joining.identity,
            name: joining.name,
            role: joining.role,
            joined: joining.joined,
            joinedAt: joining.at,
            abilities: joining.abilities,
            connection: .connected,
            media: Participant.Media(),
            isOwner: joining.identity == self.standing.owner
        )
        participant.isListed = !joining.isCounted
        participant.permissions = joining.permissions
        participant.attributes = AttributeTable(granted: joining.attributes)
        participant.assertion = joining.assertion
        self.people[id] = participant
        // Where nobody had to be rung, two of them are the answer.
        if self.kind == .call, self.people.count > 1 {
            if self.rings == nil { self.rings = Rings(isAnswered: true) }
            if self.rings?.meetsBy != nil {
                self.rings?.isAnswered = true
                self.rings?.meetsBy = nil
            }
        }
        self.audience.count(participant, 1)
        self.policy.enter(participant, joining.media)
        if !waits {
            var membership = Membership(joining)
            if let cause { membership.accept(cause) }
            self.server.memberships[id] = membership
            self.server.participants[joining.session] = id
        }
        self.server.devices[joining.identity, default: []].append(id)
        self.server.joinedLast = max(self.server.joinedLast, joining.joined)
        let json = participant.json
        self.hashes.add(json, at: StatePath.person(id), in: participant.section)
        return .person(id, json, in: participant.section)
            .merging(self.enter(id))
            .merging(self.beginServing(id, at: joining.at))
            .merging(self.use(joining.invitation, joining.identity))
            .merging(self.changeRoom { $0.times.emptiedAt = nil })
    }

    private mutating func changeMedia(
        _ id: ParticipantID,
        _ change: Participant.MediaChange
    ) -> StatePatches {
        guard var participant = self.people[id] else { return .none }
        let difference = participant.media.difference(change)
        guard !difference.isEmpty else { return .none }
        if participant.conduct != Conduct() { return self.change(id) { $0.switchMedia(difference) } }
        let path = StatePath.person(id) + [StatePath.media]
        let section = participant.section
        self.hashes.remove(participant.media.json, at: path, in: section)
        participant.media.apply(difference)
        self.hashes.add(participant.media.json, at: path, in: section)
        self.people[id] = participant
        return .person(id, .object([StatePath.media: difference.json]), in: section)
    }

    private mutating func interrupt(_ id: ParticipantID, at instant: Instant) -> StatePatches {
        guard let participant = self.people[id] else {
            return self.changeWaiting(id) { person in
                if case .connected = person.connection { person.connection = .interrupted(since: instant) }
            }
        }
        switch participant.connection {
        case .interrupted: return .none
        case .connected: return self.setConnection(of: participant, .interrupted(since: instant))
        }
    }

    private mutating func attach(_ attachment: RoomEvent.Attachment) -> StatePatches {
        let id = attachment.participant
        guard var membership = self.server.memberships[id] else { return .none }
        membership.epoch += 1
        membership.node = attachment.node
        membership.attempt = max(membership.attempt, attachment.attempt)
        membership.secret = max(membership.secret, attachment.secret)
        self.server.memberships[id] = membership
        guard let participant = self.people[id] else { return self.changeWaiting(id) { $0.connection = .connected } }
        switch participant.connection {
        case .connected: return .none
        case .interrupted: return self.setConnection(of: participant, .connected)
        }
    }

    private mutating func setConnection(
        of before: Participant,
        _ connection: Participant.Connection
    ) -> StatePatches {
        let path = StatePath.person(before.id)
        let section = before.section
        for (name, value) in before.connection.members {
            self.hashes.remove(value, at: path + [name], in: section)
        }
        for (name, value) in connection.members {
            self.hashes.add(value, at: path + [name], in: section)
        }
        self.people[before.id]?.connection = connection
        return .person(before.id, connection.patch, in: section)
    }

    private mutating func remove(_ id: ParticipantID, _ reason: RoomEvent.LeaveReason) -> StatePatches {
        if reason == .removed, let identity = self.people[id]?.identity ?? self.door.waiting[id]?.identity {
            self.door.forget(identity)
        }
        guard let participant = self.people.removeValue(forKey: id) else { return self.stopWaiting(id) }
        if reason != .removed, self.parameters.isGuarded { self.door.know(participant.identity) }
        self.audience.count(participant, -1)
        self.policy.leave(id)
        if let membership = self.server.memberships.removeValue(forKey: id) {
            self.server.participants[membership.session] = nil
        }
        self.server.forget(participant)
        if participant.role == .host {
            self.standing.isBereft = !self.participants(of: participant.identity).contains { $0.role == .host }
        }
        self.hashes.remove(participant.json, at: StatePath.person(id), in: participant.section)
        return StatePatches.person(id, .null, in: participant.section).merging(self.leaveQueue(id))
    }

    private mutating func end(_ reason: RoomEvent.EndReason) -> StatePatches {
        guard self.lifecycle.isLive else { return .none }
        self.server.lastPeople = self.privatePeople
        return self.setLifecycle(.ended(reason)).merging(self.clearStage()).merging(self.clearCalls())
            .merging(self.closeQueue()).merging(self.clear())
    }

    private mutating func showLine() -> StatePatches {
        var patches = StatePatches.none
        for (name, value) in self.callJSON.members {
            patches = patches.merging(self.replace(nil, with: value, at: [name], in: .stage))
        }
        return patches
    }

    private mutating func clearCalls() -> StatePatches {
        guard self.rings != nil || self.line != nil else { return .none }
        var patches = StatePatches.none
        for (name, value) in self.callJSON.members {
            patches = patches.merging(self.replace(value, with: nil, at: [name], in: .stage))
        }
        self.rings = nil
        self.line = nil
        return patches
    }

    /// Nobody is in it any more, and nobody waits.
    private mutating func clear() -> StatePatches {
        var gone: [Section: JSONObject] = [:]
        for participant in self.participants {
            self.policy.leave(participant.id)
            self.hashes.remove(participant.json, at: StatePath.person(participant.id), in: participant.section)
            gone[participant.section, default: JSONObject()].append(participant.id.description, .null)
        }
        var patches = StatePatches.none
        for section in [Section.stage, .roster, .moderation] {
            guard let people = gone[section] else { continue }
            patches[section] = .object([StatePath.people: .object(people)])
        }
        self.people = [:]
        let lastPeople = self.server.lastPeople
        self.server = ServerSection()
        self.server.lastPeople = lastPeople
        let audience = self.audience.shown
        self.audience = Audience()
        patches = patches.merging(self.replace(audience, with: nil, at: [StatePath.audience], in: .stage))
        for (name, value) in self.door.shown.members {
            patches = patches.merging(self.replace(value, with: nil, at: [name], in: .moderation))
        }
        self.door = Door()
        return patches
    }

    /// What of the room itself differs is in the patch.
    mutating func changeRoom(_ body: (inout Room) -> Void) -> StatePatches {
        let before = self.roomJSON
        body(&self)
        return self.replace(before, with: self.roomJSON, at: [StatePath.room], in: .door)
    }

    mutating func setLifecycle(_ lifecycle: Lifecycle) -> StatePatches {
        let before = self.lifecycle.name
        self.lifecycle = lifecycle
        let path = [StatePath.room, StatePath.lifecycle]
        return self.replace(.string(before), with: .string(lifecycle.name), at: path, in: .door)
    }
}

extension ServerSection {
    mutating func forget(_ device: Participant) {
        let others = (self.devices[device.identity] ?? []).filter { $0 != device.id }
        self.devices[device.identity] = others.isEmpty ? nil : others
    }
}

extension Membership {
    mutating func accept(_ cause: RoomEvent.Cause) {
        self.lastCommand = max(self.lastCommand, cause.number)
        self.rejected += cause.rejected
        self.rejected.removeFirst(max(0, self.rejected.count - RefusedCommands.rememberedMax))
    }
}
