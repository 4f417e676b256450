package import ParleyProtocol

/// Rooms: joining, commands, events, snapshots, and what becomes of them over connections.
extension ClientStateMachine {
    // MARK: Asking

    package mutating func join(
        _ room: RoomReference,
        name: DisplayName?,
        devices: DeviceRule?,
        request: RequestID,
        _ effects: inout [Effect]
    ) {
        self.join(room, JoinWish(name: name, devices: devices), request: request, &effects)
    }

    package mutating func join(
        _ room: RoomReference,
        _ wish: JoinWish,
        request: RequestID,
        _ effects: inout [Effect]
    ) {
        if let end = self.end { return effects.append(.failed(request, end)) }
        if let held = self.membership(of: room), !held.commands.isLeaving,
            !self.joins.isRejoining(held.replica.id)
        {
            return effects.append(.joined(request, held.replica))
        }
        self.withJoins(&effects) { $0.ask(room, wish, request: request, &$1) }
        self.flushJoins(&effects)
    }

    package mutating func command(
        _ action: CommandOutbox.Action,
        in room: RoomID,
        request: RequestID,
        _ effects: inout [Effect]
    ) {
        if let end = self.end { return effects.append(.failed(request, end)) }
        guard self.memberships[room] != nil else { return effects.append(.failed(request, .notInRoom)) }
        self.memberships[room]?.note(action)
        self.withCommands(of: room, &effects) { $0.push(action, request: request, &$1) }
    }

    private func membership(of room: RoomReference) -> Membership? {
        switch room {
        case .id(let id): self.memberships[id]
        case .alias: self.memberships.values.first { $0.reference == room }
        case .new: nil
        }
    }

    // MARK: The smaller machines

    mutating func withJoins(_ effects: inout [Effect], _ step: (inout Joins, inout [Joins.Effect]) -> Void) {
        var steps: [Joins.Effect] = []
        step(&self.joins, &steps)
        for step in steps {
            switch step {
            case .send(var join):
                join.assertion = self.setup.assertion
                self.say(.join(join), &effects)
            case .failed(let request, let error): effects.append(.failed(request, error))
            case .lost(let room, let error): self.close(room, error, &effects)
            case .wake(let time): effects.append(.wake(at: time))
            }
        }
    }

    mutating func flushJoins(_ effects: inout [Effect]) {
        guard self.connections.current != nil else { return }
        let held = Set(self.memberships.values.flatMap { [$0.reference, .id($0.replica.id)] })
        self.withJoins(&effects) { $0.flush(isHeld: held.contains, &$1) }
    }

    mutating func withCommands(
        of room: RoomID,
        _ effects: inout [Effect],
        _ step: (inout CommandOutbox, inout [CommandOutbox.Effect]) -> Void
    ) {
        var steps: [CommandOutbox.Effect] = []
        // In place: a copy of the outbox would be a copy of what it keeps.
        guard let index = self.memberships.index(forKey: room) else { return }
        step(&self.memberships.values[index].commands, &steps)
        for step in steps {
            switch step {
            case .send(let id, let action, let refused):
                // There is no place that a command could be about.
                guard !self.joins.isRejoining(room) else { break }
                self.say(Self.message(id, action, refused, room), &effects)
            case .succeeded(let request): effects.append(.succeeded(request))
            case .failed(let request, let error): effects.append(.failed(request, error))
            case .wake(let time): effects.append(.wake(at: time))
            }
        }
    }

    private static func message(
        _ id: UInt64,
        _ action: CommandOutbox.Action,
        _ refused: RejectionCode?,
        _ room: RoomID
    ) -> ClientMessage {
        switch action {
        case .leave(let code): return .leave(LeaveCommand(id: id, room: room, code: code))
        case .media(let media):
            var command = MediaCommand(id: id, room: room)
            (command.audio, command.video, command.screen) = (media.audio, media.video, media.screen)
            command.refused = refused
            return .media(command)
        case .meeting(let action):
            return .meeting(MeetingCommand(id: id, room: room, action: action, refused: refused))
        }
    }

    // MARK: Events

    mutating func received(_ message: EventsMessage, _ moment: Moment, _ effects: inout [Effect]) {
        // Ignored: the last frames of a room that is history here, or of a place that is lost.
        guard let held = self.memberships[message.room]?.replica, !self.joins.isRejoining(message.room) else { return }
        switch held.continuation(message) {
        case .known: return
        case .gap:
            self.memberships[message.room]?.gapsInARow += 1
            return self.giveUp(.gap, moment, &effects)
        case .next: break
        }
        self.memberships[message.room]?.replica.apply(message)
        self.memberships[message.room]?.gapsInARow = 0
        guard let replica = self.memberships[message.room]?.replica else { return }
        for event in message.events { self.happened(event, replica, &effects) }
        self.compareLine(message.room, message.events, moment, &effects)
        self.compareQueues(message.room, &effects)
    }

    private mutating func happened(_ event: JSONValue, _ replica: RoomReplica, _ effects: inout [Effect]) {
        let notice = RoomEventNotice(event)
        effects.append(.tell(.room(notice, replica)))
        if let id = event["id"]?.integer, event["by"]?.string == replica.participant.description {
            self.withCommands(of: replica.id, &effects) { $0.accepted(UInt64(clamping: id), &$1) }
        }
        switch (notice.type, notice.participant) {
        case ("left", replica.participant): self.remove(replica.id, .notInRoom, &effects)
        case ("left", let gone?):
            self.memberships[replica.id]?.unlisted.remove(gone)
            self.forget(gone, .recipientLeft, &effects)
        case ("transferred", replica.participant): self.follow(event, from: replica, &effects)
        case ("ended", _): self.remove(replica.id, .notInRoom, &effects)
        // Others are in the replica; new types may come at any time.
        case (_, _): break
        }
    }

    // MARK: Snapshots

    mutating func received(_ snapshot: Snapshot, _ moment: Moment, _ effects: inout [Effect]) {
        let replica = RoomReplica(snapshot)
        if let held = self.memberships[snapshot.room], held.replica.participant == snapshot.participant {
            self.replace(held.replica, with: replica, lastCommand: snapshot.lastCommand, &effects)
            // Whoever sees more or less from now on is told with it what has happened.
            for event in snapshot.events { self.happened(event, replica, &effects) }
        } else {
            // Somebody who has just joined has said nothing else.
            if snapshot.lastCommand ?? 1 > 1, self.joins.isAnswered(by: replica.id, alias: replica.alias) {
                return self.beginAnew(moment, &effects)
            }
            guard let joined = self.joins.snapshot(of: replica.id, alias: replica.alias) else {
                // Ignored: a room that nobody here has asked for.
                return
            }
            self.enter(replica, joined, &effects)
        }
        self.compareLine(replica.id, snapshot.events, moment, &effects)
        self.compareQueues(replica.id, &effects)
        if replica.hash != snapshot.hash { self.mistrust(replica, moment, &effects) }
    }

    /// A state in place of the frames that were missed.
    private mutating func replace(
        _ before: RoomReplica,
        with replica: RoomReplica,
        lastCommand: UInt64?,
        _ effects: inout [Effect]
    ) {
        self.memberships[replica.id]?.replica = replica
        self.memberships[replica.id]?.gapsInARow = 0
        let membership = self.memberships[replica.id]
        self.withCommands(of: replica.id, &effects) {
            $0.resynced(lastCommand: lastCommand, holds: { membership?.shows($0) ?? false }, &$1)
        }
        self.reconsider(before, replica, &effects)
        // A server that has lost commands may have lost signals.
        for person in replica.people + (self.memberships[replica.id]?.unlisted.sorted() ?? []) {
            self.withOutbox(to: person, &effects) { $0.resumed(&$1) }
        }
        effects.append(.tell(.resynced(replica)))
    }

    /// Whom the new state does not list has left, or is counted now: while there is an audience nobody knows. Then the
    /// two go on with their numbers when they answer or come back to the stage; of one who has left the server says,
    /// when something is sent, that nobody knows them.
    private mutating func reconsider(_ before: RoomReplica, _ replica: RoomReplica, _ effects: inout [Effect]) {
        let missing = (self.memberships[replica.id]?.unlisted ?? []).union(before.people).subtracting(replica.people)
        if replica.audienceCount == 0 {
            for person in missing.sorted() { self.forget(person, .recipientLeft, &effects) }
            self.memberships[replica.id]?.unlisted = []
        } else {
            let isKept: (ParticipantID) -> Bool = { self.outboxes[$0] != nil || self.received.hasHeard(from: $0) }
            self.memberships[replica.id]?.unlisted = missing.filter(isKept)
            for person in missing { self.memberships[replica.id]?.roundTrips[person] = nil }
        }
    }

    private mutating func enter(_ replica: RoomReplica, _ joined: Joins.Joined, _ effects: inout [Effect]) {
        var membership = Membership(replica, joined.wish.again)
        if let instead = joined.instead, let earlier = self.memberships.removeValue(forKey: instead) {
            membership.continue(earlier)
            self.memberships[replica.id] = membership
            effects.append(.tell(.rejoined(replica, instead: earlier.replica)))
            self.withCommands(of: replica.id, &effects) {
                $0.restart(&$1)
                // Devices are on, and the new membership begins with all of them off.
                if membership.wanted.isOn { $0.push(.media(membership.wanted), request: 0, &$1) }
                if membership.wantsHold { $0.push(.meeting(.ring(.hold(true))), request: 0, &$1) }
            }
            let isSameRoom = earlier.replica.id == replica.id && self.features.contains("chat")
            self.withChat(of: replica.id, &effects) { $0.restart(isSameRoom: isSameRoom, &$1) }
        } else {
            self.memberships[replica.id] = membership
            if let from = joined.from { effects.append(.tell(.moved(replica, from: from))) }
        }
        self.withIncoming(&effects) { $0.accepted(replica.id, &$1) }
        effects += joined.requests.map { .joined($0, replica) }
    }

    func mistrustRequest(_ replica: RoomReplica) -> ClientMessage {
        .resync(ResyncRequest(room: replica.id, at: replica.position, hash: replica.hash, view: replica.view))
    }

    /// This client's state and the server's are not the same.
    mutating func mistrust(_ replica: RoomReplica, _ moment: Moment, _ effects: inout [Effect]) {
        effects.append(.tell(.disagreed(replica.id, at: replica.position)))
        guard self.memberships[replica.id]?.hasMistrusted == false else { return }
        self.memberships[replica.id]?.hasMistrusted = true
        if self.features.contains("resync") { return self.say(self.mistrustRequest(replica), &effects) }
        // As after a second gap: the resume asks for a snapshot.
        self.memberships[replica.id]?.gapsInARow = 2
        self.giveUp(.gap, moment, &effects)
    }

    // MARK: Connections

    /// The same session: what was under way is sent again, and what was missed comes now.
    mutating func resumed(_ moment: Moment, _ effects: inout [Effect]) {
        effects.append(.tell(.resumed))
        self.withJoins(&effects) { $0.resumed(moment, &$1) }
        for room in self.memberships.keys.sorted() {
            self.withCommands(of: room, &effects) { $0.resumed(&$1) }
            guard self.features.contains("chat") else { continue }
            self.withChat(of: room, &effects) { $0.resumed(&$1) }
        }
        self.resumeSignals(&effects)
    }

    /// Another session: the places of the earlier one are gone.
    mutating func renewed(_ welcome: Welcome, _ effects: inout [Effect]) {
        effects.append(.tell(.renewed(welcome)))
        for peer in self.outboxes.keys.sorted() { self.forget(peer, .renewed, &effects) }
        self.received = ReceivedSignals()
        self.signalGapsInARow = 0
        self.joins.renewed()
        for room in self.memberships.keys.sorted() { self.lostPlace(in: room, &effects) }
    }

    /// Whether a server that has lost entries takes this session for whom it was before it left and joined again.
    func wasBefore(_ place: Welcome.Place) -> Bool {
        self.memberships[place.room].map { $0.replica.participant != place.participant } ?? false
    }

    /// Which numbers that one has used nobody here knows, so nobody goes on as that one.
    mutating func beginAnew(_ moment: Moment, _ effects: inout [Effect]) {
        self.hasMemory = false
        self.giveUp(.renewed, moment, &effects)
    }

    /// This session is not in that room any more, though it did not leave.
    mutating func lostPlace(in room: RoomID, _ effects: inout [Effect]) {
        guard let membership = self.memberships[room], !self.joins.isRejoining(room) else { return }
        // To be out of the room is what it wanted.
        if membership.commands.isLeaving { return self.remove(room, .notInRoom, &effects) }
        for person in membership.peers { self.forget(person, .renewed, &effects) }
        self.memberships[room]?.unlisted = []
        self.withChat(of: room, &effects) { $0.pause(&$1) }
        self.joins.again(membership.reference, membership.wish, instead: room)
        self.flushJoins(&effects)
    }

    private mutating func close(_ room: RoomID, _ error: ClientError, _ effects: inout [Effect]) {
        self.remove(room, error, &effects)
        effects.append(.tell(.closed(room, error)))
    }

    private mutating func remove(_ room: RoomID, _ error: ClientError, _ effects: inout [Effect]) {
        self.withCommands(of: room, &effects) { $0.close(error, &$1) }
        self.withChat(of: room, &effects) { $0.close(error, &$1) }
        guard let gone = self.memberships.removeValue(forKey: room) else { return }
        if gone.isLine { self.withIncoming(&effects) { $0.end(&$1) } }
        self.endVisit(of: gone, error, &effects)
        for person in gone.peers { self.forget(person, error, &effects) }
        self.flushJoins(&effects)
    }

    // MARK: Refusals

    mutating func received(_ rejected: RejectedMessage, _ moment: Moment, _ effects: inout [Effect]) {
        if self.receivedOfChat(rejected, moment, &effects) { return }
        let room = rejected.room.flatMap { RoomID($0) }
        switch (rejected.of, rejected.to.flatMap { ParticipantID($0) }, rejected.id) {
        case ("join", _, _):
            var isKnown = false
            self.withJoins(&effects) { isKnown = $0.rejected(rejected, moment, &$1) }
            if !isKnown { effects.append(.tell(.rejected(rejected))) }
            if let room { self.withIncoming(&effects) { $0.refused(room, rejected.knownCode, &$1) } }
            self.flushJoins(&effects)
        case ("watch", _, _):
            self.withWatches(&effects) { $0.rejected(rejected, moment, &$1) }
            effects.append(.tell(.rejected(rejected)))
        case ("resume", _, _), ("resync", _, _):
            if let room { self.lostPlace(in: room, &effects) }
        case (_, let peer?, _) where rejected.n != nil:
            self.withOutbox(to: peer, &effects) { $0.rejected(rejected, moment, &$1) }
        case (_, _, _?) where room != nil:
            // Of a room that is history here: a legal race.
            guard let room else { return }
            self.withCommands(of: room, &effects) { $0.rejected(rejected, moment, &$1) }
        case (_, _, _): effects.append(.tell(.rejected(rejected)))
        }
    }
}
