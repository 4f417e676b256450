import ParleyProtocol

// A queue as it is shown, and as a snapshot keeps it.

extension Queue {
    /// Everybody at the door sees it, and it names nobody: ids are good for this room alone.
    var shown: JSONValue {
        var (line, taken) = (JSONObject(), JSONObject())
        for (id, _) in self.customers.sorted(by: { $0.key < $1.key }) {
            if let place = self.shownPlace(of: id) { line.append(id.description, place) }
            if let room = self.shownRoom(of: id) { taken.append(id.description, room) }
        }
        var object: JSONObject = ["line": .object(line), "taken": .object(taken)]
        if let pace = self.pace.milliseconds { object.append("pace", .integer(pace)) }
        return .object(object)
    }

    /// Where somebody stands: the smaller goes first; where people are matched, the number of their group; where they
    /// are paired nobody needs to know who else waits.
    func shownPlace(of id: ParticipantID) -> JSONValue? {
        guard let customer = self.customers[id], customer.taken == nil else { return nil }
        switch self.rules.rule {
        case .serve: return .integer(customer.place)
        case .match: return .integer(Int64(clamping: customer.group))
        case .pair: return nil
        }
    }

    func shownRoom(of id: ParticipantID) -> JSONValue? {
        self.customers[id]?.taken.map { .string($0.room.description) }
    }

    /// For agents.
    var shownCustomers: JSONValue { Self.object(self.customers.map { ($0.key, $0.value.json) }) }
    var shownAgents: JSONValue { Self.object(self.agents.map { ($0.key, $0.value.json) }) }

    private static func object(_ members: [(ParticipantID, JSONValue)]) -> JSONValue {
        var object = JSONObject()
        for (id, value) in members.sorted(by: { $0.0 < $1.0 }) { object.append(id.description, value) }
        return .object(object)
    }

    /// For whoever waits alone: what others do not see of them.
    func ownRow(of id: ParticipantID) -> JSONValue? {
        guard let customer = self.customers[id], var row = customer.json.object else { return nil }
        if let code = customer.code { row.append("code", .string(code)) }
        if let until = customer.codeExpiresAt { row.append("codeExpiresAt", .integer(until.milliseconds)) }
        return .object(row)
    }
}

extension Queue.Customer {
    var json: JSONValue {
        var object: JSONObject = ["since": .integer(self.since.milliseconds)]
        if self.priority > 0 { object.append("priority", .integer(Int64(self.priority))) }
        if !self.skills.isEmpty { object.append("skills", QueueWish.set(self.skills)) }
        if let key { object.append("key", .string(key)) }
        if let taken { object.append("taken", .string(taken.room.description)) }
        return .object(object)
    }

    /// As a log keeps somebody who comes.
    var members: JSONObject {
        var object = self.json.object ?? JSONObject()
        object["taken"] = nil
        object.append("order", .integer(Int64(clamping: self.order)))
        if self.group > 0 { object.append("group", .integer(Int64(clamping: self.group))) }
        if let code { object.append("code", .string(code)) }
        if let codeExpiresAt { object.append("codeExpiresAt", .integer(codeExpiresAt.milliseconds)) }
        object.append("room", .string(self.room.description))
        return object
    }

    /// At least as much as ``members`` take in the log.
    var bytesMax: Int { 224 + 6 * ((self.key?.utf8.count ?? 0) + self.skills.reduce(0) { $0 + 10 + $1.utf8.count }) }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(
            order: try reader.number("order"),
            since: try reader.instant("since"),
            skills: try reader.names("skills"),
            key: reader.has("key") ? try reader.string("key") : nil,
            priority: reader.has("priority") ? Int(clamping: try reader.number("priority")) : 0,
            group: reader.has("group") ? try reader.number("group") : 0,
            code: reader.has("code") ? try reader.string("code") : nil,
            codeExpiresAt: reader.has("codeExpiresAt") ? try reader.instant("codeExpiresAt") : nil,
            room: try reader.identifier("room")
        )
    }
}

extension Queue.Agent {
    var json: JSONValue {
        var object: JSONObject = ["available": .bool(self.isAvailable), "since": .integer(self.since.milliseconds)]
        if !self.skills.isEmpty { object.append("skills", QueueWish.set(self.skills)) }
        if let serving { object.append("serving", .string(serving.room.description)) }
        if let offer {
            object.append(
                "offer",
                ["participant": .string(offer.customer.description), "until": .integer(offer.until.milliseconds)]
            )
        }
        return .object(object)
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(since: try reader.instant("since"))
        self.isAvailable = try reader.bool("available")
        self.skills = try reader.names("skills")
        if let offer = reader.valueIfPresent("offer") {
            let reader = try FieldReader(offer, "offer")
            self.offer = .init(customer: try reader.identifier("participant"), until: try reader.instant("until"))
        }
        if let taken = reader.valueIfPresent("taken") {
            self.serving = try Queue.Taken(try FieldReader(taken, "taken"))
        }
    }
}

extension Queue.Taken {
    var members: JSONObject {
        var object: JSONObject = [
            "room": .string(self.room.description), "until": .integer(self.until.milliseconds),
            "count": .integer(Int64(self.count)),
        ]
        if self.hasCome { object.append("come", true) }
        if self.gone > 0 { object.append("gone", .integer(Int64(self.gone))) }
        return object
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(
            room: try reader.identifier("room"),
            until: try reader.instant("until"),
            count: Int(clamping: try reader.number("count"))
        )
        self.hasCome = reader.has("come")
        if reader.has("gone") { self.gone = Int(clamping: try reader.number("gone")) }
    }
}

extension FieldReader {
    /// A set of words; absent is empty.
    func names(_ name: String) throws(RoomFormatError) -> Set<String> {
        guard let value = self.valueIfPresent(name) else { return [] }
        guard let object = value.object else { throw .member(name) }
        return Set(object.members.map(\.0))
    }

    /// A member for each participant; absent is none.
    fileprivate func rows(_ name: String) throws(RoomFormatError) -> [(ParticipantID, FieldReader)] {
        var rows: [(ParticipantID, FieldReader)] = []
        for value in try self.array(name) {
            let reader = try FieldReader(value, name)
            rows.append((try reader.identifier("participant"), reader))
        }
        return rows
    }
}

// MARK: - Snapshot

extension Queue {
    /// All but the rules, which are parameters of the room.
    var stored: JSONValue {
        let customers = self.customers.sorted { $0.key < $1.key }.map { id, customer in
            var object: JSONObject = ["participant": .string(id.description)]
            for (name, value) in customer.members.members { object.append(name, value) }
            if let taken = customer.taken { object.append("taken", .object(taken.members)) }
            if !customer.passed.isEmpty { object.append("passed", .set(of: customer.passed.sorted())) }
            return JSONValue.object(object)
        }
        let agents = self.agents.sorted { $0.key < $1.key }.map { id, agent in
            var object: JSONObject = ["participant": .string(id.description)]
            for (name, value) in agent.json.object?.members ?? JSONObject().members { object.append(name, value) }
            if let serving = agent.serving { object.append("taken", .object(serving.members)) }
            return JSONValue.object(object)
        }
        var object: JSONObject = ["customers": .array(customers), "agents": .array(agents)]
        object.append("intervals", .array(self.pace.intervals.map { .integer($0) }))
        if let lastTakenAt = self.pace.lastTakenAt { object.append("lastTakenAt", .integer(lastTakenAt.milliseconds)) }
        if let busySince = self.pace.busySince { object.append("busySince", .integer(busySince.milliseconds)) }
        return .object(object)
    }

    init(rules: QueueRules, _ reader: FieldReader) throws(RoomFormatError) {
        self.init(rules: rules)
        for (id, reader) in try reader.rows("customers") {
            var customer = try Customer(reader)
            if let taken = reader.valueIfPresent("taken") {
                customer.taken = try Taken(try FieldReader(taken, "taken"))
            }
            for name in try reader.names("passed") {
                guard let agent = ParticipantID(name) else { throw .member("passed") }
                customer.passed.insert(agent)
            }
            self.customers[id] = customer
        }
        for (id, reader) in try reader.rows("agents") { self.agents[id] = try Agent(reader) }
        for value in try reader.array("intervals") {
            guard let interval = value.integer else { throw .member("intervals") }
            self.pace.intervals.append(interval)
        }
        if reader.has("lastTakenAt") { self.pace.lastTakenAt = try reader.instant("lastTakenAt") }
        if reader.has("busySince") { self.pace.busySince = try reader.instant("busySince") }
    }
}
