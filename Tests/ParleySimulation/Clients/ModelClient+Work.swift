import ParleyProtocol

/// What people do.
extension ModelClient {
    /// Flips a switch, if not too much is open.
    func flip() {
        guard let index = self.dice.pick(Array(self.rooms.indices)) else { return }
        let outbox = self.rooms[index].outbox
        guard outbox.open.count < CommandOutbox.openMax, !outbox.isLeaving else { return }
        let switches = ["audio", "video", "screen"]
        var change = JSONObject()
        change[self.dice.pick(switches) ?? "audio"] = .bool(self.dice.chance(0.5))
        if self.dice.chance(0.2) { change[self.dice.pick(switches) ?? "audio"] = .bool(self.dice.chance(0.5)) }
        self.command(.media(change), index)
    }

    func command(_ action: CommandOutbox.Action, _ index: Int) {
        let command = self.rooms[index].outbox.add(action)
        let room = self.rooms[index]
        self.journal.invoked(self, .init(participant: room.me, number: command.number), in: room)
        if self.isLive { self.send(command, in: room) }
    }

    func leave(_ alias: String) {
        guard let index = self.rooms.firstIndex(where: { $0.alias == alias }) else { return }
        guard !self.rooms[index].outbox.isLeaving else { return }
        self.wishes.remove(alias)
        self.command(.leave, index)
    }

    func wish(_ alias: String) {
        self.wishes.insert(alias)
        self.joinIfWished(alias)
    }

    func acknowledgeAgain() {
        self.acknowledgesNothing = false
        self.sendAcknowledgements()
    }

    func signal() {
        guard let index = self.dice.pick(Array(self.rooms.indices)), !self.rooms[index].isFormer,
            let peer = self.dice.pick(self.rooms[index].peers)
        else { return }
        var outbox = self.rooms[index].outgoing[peer] ?? SignalOutbox()
        guard outbox.kept.count < SignalOutbox.keptMax else { return }
        let payload = self.journal.payload(from: self.rooms[index].me, to: peer)
        let signal = outbox.add(payload)
        self.rooms[index].outgoing[peer] = outbox
        if self.isLive { self.send(signal, to: peer, floor: outbox.floor) }
    }

    func pulse() {
        guard self.isLive, let room = self.dice.pick(self.rooms) else { return }
        self.send(["type": "pulse", "room": .string(room.id), "kind": "speaking", "data": true])
    }
}
