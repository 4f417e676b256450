import NIOCore
import ParleyProtocol

/// What a client does with what it hears.
extension ModelClient {
    func handle(_ frame: JSONValue) {
        switch frame["type"]?.string {
        case "welcome": self.welcome(frame)
        case "snapshot": self.snapshot(frame)
        case "events": self.events(frame)
        case "rejected": self.rejected(frame)
        case "accepted": self.accepted(frame)
        case "beat": self.beat(frame)
        case "signal": self.signal(frame)
        case "goaway": self.heardGoaway(frame)
        case "stay": self.heardStay()
        case "restarter": self.heardRestarter(frame)
        // Unknown types are ignored, as the protocol asks.
        default: break
        }
    }

    private func welcome(_ frame: JSONValue) {
        guard let session = frame["session"]?.string, let identity = frame["identity"]?.string,
            let secret = frame["resume"]?["secret"]?.string, let resumed = frame["resumed"]?.bool
        else { return self.journal.violate("\(self.name): a welcome without its members") }
        let before = self.credentials
        self.credentials = Credentials(session: session, secret: secret, identity: identity)
        self.hasMemory = true
        self.welcomed()
        if resumed {
            self.journal.count("resumes")
            if session != before?.session { self.journal.violate("\(self.name): resumed as another session") }
        } else if before != nil {
            let refusal = frame["resumeRefused"]?.string
            self.journal.notResumed(self, refusal)
            self.journal.sessionOver(self, isRefused: refusal == "over")
            self.rooms = []
        }
        self.heardSelves(frame["selves"])
        for alias in self.wishes.sorted() where !self.rooms.contains(where: { $0.alias == alias }) { self.join(alias) }
        for room in self.rooms { self.sendAgain(room) }
    }

    /// The engine has lost that it left and joined again: what it says is not for whom it is now. The snapshot that
    /// comes behind the welcome tells.
    private func heardSelves(_ selves: JSONValue?) {
        for (id, me) in selves?.object?.members.map({ ($0.name, $0.value.string) }) ?? [] {
            guard let index = self.rooms.firstIndex(where: { $0.id == id }), self.rooms[index].me != me else {
                continue
            }
            if self.journal.losses.isEmpty { self.journal.violate("\(self.name): another participant for no reason") }
            self.journal.membershipLost(self, self.rooms.remove(at: index))
        }
    }

    /// What may have been lost, as it was.
    private func sendAgain(_ room: ClientRoom) {
        for command in room.outbox.open { self.send(command, in: room) }
        for (peer, outbox) in room.outgoing.sorted(by: { $0.key < $1.key }) where room.people.contains(peer) {
            for signal in outbox.kept { self.send(signal, to: peer, floor: outbox.floor) }
        }
    }

    // MARK: Rooms

    private func snapshot(_ frame: JSONValue) {
        guard var room = ClientRoom(frame), let hash = frame["hash"]?.string else {
            return self.journal.violate("\(self.name): a snapshot without its members")
        }
        if hash != room.hash { self.journal.violate("\(self.name): a snapshot's hash is not its state's") }
        let events = frame["events"]?.array ?? []
        if let index = self.rooms.firstIndex(where: { $0.id == room.id }) {
            let before = self.rooms[index]
            self.doubts.remove(room.id)
            guard before.me == room.me else {
                return self.becomeAnother(index, room, lastCommand: frame["lastCommand"]?.integer)
            }
            room.isFormer = before.isFormer
            room.outbox = before.outbox
            room.outgoing = before.outgoing
            room.received = before.received
            let lastCommand = frame["lastCommand"]?.integer
            if let lastCommand { room.outbox.cover(lastCommand) }
            self.rooms[index] = room
            // After a move it may be older than what the first connection has told: what follows leads on.
            if !self.wasToldBefore(room.position, in: room.id) {
                self.journal.resynced(self, from: before, to: room)
            }
            self.resubmit(in: room, lastCommand: lastCommand)
        } else {
            if let alias = room.alias { self.joining.remove(alias) }
            self.rooms.append(room)
            self.enter(self.rooms.count - 1, lastCommand: frame["lastCommand"]?.integer)
        }
        self.journal.sees(self, room)
        self.settle(events, in: room.id)
    }

    /// Where it is who it was before it left and joined again, which the engine has lost, it leaves once more: of that
    /// participant's numbers it knows no more than the last command's (docs/PROTOCOL.md, section 2).
    private func enter(_ index: Int, lastCommand: Int64?) {
        self.journal.joined(self, self.rooms[index])
        guard !self.becomes(self.rooms[index].me) else { return }
        self.journal.count("former selves")
        self.rooms[index].isFormer = true
        self.leaveAsFormer(index, after: lastCommand ?? 1)
    }

    func leaveAsFormer(_ index: Int, after last: Int64) {
        self.rooms[index].outbox = CommandOutbox(after: last)
        self.command(.leave, index)
    }

    /// The engine has lost that it left and joined again, or joined at all: it is who the room says that it is.
    private func becomeAnother(_ index: Int, _ room: ClientRoom, lastCommand: Int64?) {
        if self.journal.losses.isEmpty { self.journal.violate("\(self.name): another participant for no reason") }
        self.journal.membershipLost(self, self.rooms[index])
        self.rooms[index] = room
        self.enter(index, lastCommand: lastCommand)
        self.journal.sees(self, room)
    }

    /// The engine may have lost what was acknowledged (docs/PROTOCOL.md, section 2).
    private func resubmit(in room: ClientRoom, lastCommand: Int64?) {
        if self.resubmits, let lastCommand {
            for command in room.outbox.from(lastCommand + 1) {
                self.journal.resubmitted(.init(participant: room.me, number: command.number))
                self.send(command, in: room)
            }
        }
        self.sendAgain(room)
    }

    private func events(_ frame: JSONValue) {
        guard let id = frame["room"]?.string, let at = ClientPosition(frame["at"]),
            let after = ClientPosition(frame["after"]), let events = frame["events"]?.array
        else { return self.journal.violate("\(self.name): events without their members") }
        guard let index = self.rooms.firstIndex(where: { $0.id == id }) else {
            return self.journal.violate("\(self.name): events of a room that it is not in")
        }
        guard self.rooms[index].position == after else {
            if self.wasToldBefore(at, in: id) { return }
            return self.journal.violate("\(self.name): a gap, at \(self.rooms[index].position) came \(after)")
        }
        self.rooms[index].fold(events)
        self.rooms[index].position = at
        self.journal.sees(self, self.rooms[index], after: after)
        self.settle(events, in: id)
    }

    /// Looks for its own commands; forgets who is gone.
    private func settle(_ events: [JSONValue], in id: String) {
        guard let index = self.rooms.firstIndex(where: { $0.id == id }) else { return }
        let me = self.rooms[index].me
        for event in events {
            guard event["by"]?.string == me, let number = event["id"]?.integer else { continue }
            if self.rooms[index].outbox.settle(number, .accepted) {
                self.journal.acknowledged(self, .init(participant: me, number: number))
            }
        }
        let people = self.rooms[index].people
        guard people.contains(me) else {
            let room = self.rooms.remove(at: index)
            self.journal.out(self, room)
            // By another device of the same person: both would throw each other out for ever.
            if let alias = room.alias, events.contains(where: { $0.isReplacement(of: me) }) {
                self.wishes.remove(alias)
            }
            // Wished for again before it was over.
            if let alias = room.alias { self.joinIfWished(alias) }
            return
        }
    }

    /// No server says so, but in a world without ordered acknowledgements.
    private func accepted(_ frame: JSONValue) {
        guard let index = self.rooms.firstIndex(where: { $0.id == frame["room"]?.string }),
            let number = frame["id"]?.integer, self.rooms[index].outbox.settle(number, .accepted)
        else { return }
        self.journal.acknowledged(self, .init(participant: self.rooms[index].me, number: number))
    }

    // MARK: Signals

    private func signal(_ frame: JSONValue) {
        guard let from = frame["from"]?.string, let n = frame["n"]?.integer, let data = frame["data"]?.string else {
            return self.journal.violate("\(self.name): a signal without its members")
        }
        guard let index = self.rooms.firstIndex(where: { $0.people.contains(from) }) else {
            // Its sender has left already: nothing can be done with it.
            return
        }
        // What was said to whom it was it does not want any more.
        guard !self.rooms[index].isFormer else { return }
        // Counts go on also for somebody whom the room had lost for a while; what is below the floor was delivered.
        let last = max(self.rooms[index].received[from] ?? 0, (frame["floor"]?.integer ?? 1) - 1)
        guard n == last + 1 else {
            // Seen before, which its sender does not know; or something before it is missing, which will be sent again.
            if n > last { self.journal.count("signal gaps") } else { self.acknowledgeSoon() }
            return
        }
        self.rooms[index].received[from] = n
        self.journal.delivered(data, from: from, to: self.rooms[index].me)
        self.acknowledgeSoon()
    }

    private func acknowledgeSoon() {
        self.unacknowledged += 1
        if self.unacknowledged >= 32 {
            self.sendAcknowledgements()
        } else if !self.isAcknowledgementScheduled {
            self.isAcknowledgementScheduled = true
            self.later(.milliseconds(100)) { $0.sendAcknowledgements() }
        }
    }

    private func beat(_ frame: JSONValue) {
        self.heardRooms(frame["rooms"])
        for (recipient, n) in frame["delivered"]?.object?.members.map({ ($0.name, $0.value.integer ?? 0) }) ?? [] {
            for index in self.rooms.indices {
                for signal in self.rooms[index].outgoing[recipient]?.delivered(n) ?? [] {
                    self.journal.toldDelivered(signal.payload, from: self.rooms[index].me, to: recipient)
                }
            }
        }
    }
}

extension JSONValue {
    /// An event by which a participant has to go for another device.
    fileprivate func isReplacement(of participant: String) -> Bool {
        self["type"] == "left" && self["participant"]?.string == participant && self["reason"] == "replaced"
    }
}
