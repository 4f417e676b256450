import ParleyProtocol

/// What a client says, as docs/PROTOCOL.md shows it.
extension ModelClient {
    var hello: JSONValue {
        var hello: JSONObject = [
            "type": "hello", "protocol": 1, "client": ["name": "model", "version": "1"],
            "abilities": ["rollback": true, "trickle": true, "restart": true],
        ]
        if let credentials = self.credentials {
            var resume: JSONObject = [
                "session": .string(credentials.session), "secret": .string(credentials.secret),
            ]
            resume["attempt"] = .integer(Int64(self.sessionAttempts))
            if self.hasMemory {
                resume["rooms"] = .object(self.heldPositions)
                resume["views"] = .object(self.heldViews)
                resume["selves"] = .object(self.heldSelves)
                resume["received"] = .object(self.receivedMarks)
            }
            hello["resume"] = .object(resume)
        } else if let person = self.twin?.credentials {
            hello["identity"] = ["session": .string(person.session), "secret": .string(person.secret)]
        }
        return .object(hello)
    }

    private var heldPositions: JSONObject {
        var rooms = JSONObject()
        for room in self.rooms { rooms[room.id] = room.position.json }
        return rooms
    }

    private var heldViews: JSONObject {
        var views = JSONObject()
        for room in self.rooms { views[room.id] = .string(room.view) }
        return views
    }

    private var heldSelves: JSONObject {
        var rooms = JSONObject()
        for room in self.rooms { rooms[room.id] = .string(room.me) }
        return rooms
    }

    private var receivedMarks: JSONObject {
        var marks = JSONObject()
        for room in self.rooms {
            for (sender, n) in room.received.sorted(by: { $0.key < $1.key }) { marks[sender] = .integer(n) }
        }
        return marks
    }

    func join(_ alias: String) {
        self.joining.insert(alias)
        var frame: JSONObject = ["type": "join", "id": 1, "room": .string(alias), "name": .string(self.name)]
        if let rule = self.deviceRule { frame["devices"] = .string(rule) }
        self.send(.object(frame))
    }

    func send(_ command: CommandOutbox.Command, in room: ClientRoom) {
        var frame: JSONObject
        switch command.action {
        case .join: return
        case .leave: frame = ["type": "leave"]
        case .media(let change):
            frame = ["type": "media"]
            for (name, value) in change.members { frame[name] = value }
        case .meeting(let type, let members):
            frame = ["type": .string(type)]
            for (name, value) in members.members { frame[name] = value }
        }
        frame["id"] = .integer(command.number)
        frame["room"] = .string(room.id)
        // Whoever has refused it may be gone: it shall not be judged a second time.
        if case .refused(let code) = command.outcome, code != "no-change" { frame["refused"] = .string(code) }
        self.send(.object(frame))
    }

    func send(_ signal: SignalOutbox.Signal, to peer: String, floor: Int64) {
        self.send([
            "type": "signal", "to": .string(peer), "n": .integer(signal.n), "floor": .integer(min(floor, signal.n)),
            "data": .string(signal.payload),
        ])
    }

    func sendAcknowledgements() {
        self.isAcknowledgementScheduled = false
        self.unacknowledged = 0
        let marks = self.receivedMarks
        guard self.isLive, !self.acknowledgesNothing, !marks.isEmpty else { return }
        self.send(["type": "beat", "ack": .object(marks)])
    }
}
