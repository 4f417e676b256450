public import ParleyProtocol

// A room as an engine keeps it: everything, also what never leaves the server.

extension Room {
    /// Read back by ``init(snapshot:)``; people in order of arrival, so equal rooms have equal snapshots.
    public var snapshot: JSONValue {
        var object: JSONObject = ["version": .integer(self.semantics.rawValue), "id": .string(self.id.description)]
        if self.kind != .meeting { object.append(StatePath.kind, .string(self.kind.rawValue)) }
        object.append(StatePath.lifecycle, .string(self.lifecycle.name))
        switch self.lifecycle {
        case .absent, .scheduled, .open, .locked: break
        case .ended(let reason): object.append("reason", .string(reason.rawValue))
        }
        if let alias = self.alias { object.append("alias", .string(alias.text)) }
        object.append("capacity", .integer(Int64(self.capacity)))
        object.append("graceMilliseconds", .integer(Int64(self.graceMilliseconds)))
        object.append(StatePath.devices, .string(self.devices.rawValue))
        object.append("createdAt", .integer(self.createdAt.milliseconds))
        if let roles = self.roles.shown { object.append(StatePath.roles, roles) }
        if self.parameters != RoomParameters() { object.append(StatePath.parameters, self.parameters.json) }
        if let attributes = self.attributes.json { object.append(StatePath.attributes, attributes) }
        if let floors = self.floors.json { object.append(StatePath.floors, floors) }
        if self.consents != Consents() { object.append(StatePath.consents, self.consents.snapshot) }
        if let recording = self.recording { object.append(StatePath.recording, recording.json) }
        if self.door != Door() { object.append(StatePath.door, self.snapshotOfDoor) }
        if self.times != RoomTimes() { object.append(StatePath.times, self.times.json) }
        if let breakouts = self.breakouts.stored { object.append(StatePath.breakouts, breakouts) }
        if let parent = self.parent { object.append(StatePath.parent, .string(parent.description)) }
        if let rings { object.append(StatePath.rings, rings.json) }
        if let line { object.append("line", line.json) }
        if let queue { object.append(StatePath.queue, queue.stored) }
        object.append("standing", self.standing.json)
        if let activeSpeaker { object.append(StatePath.activeSpeaker, .string(activeSpeaker.description)) }
        if let audience = self.audience.json { object.append(StatePath.audience, audience) }
        object.append("joinedLast", .integer(Int64(clamping: self.server.joinedLast)))
        object.append("handLast", .integer(Int64(clamping: self.server.handLast)))
        if !self.server.lastPeople.isEmpty { object.append("lastPeople", self.server.lastPeople.json) }
        let people = self.participants.map { participant in
            var person: JSONObject = ["id": .string(participant.id.description)]
            person.append("shown", participant.json)
            let profile = self.policy.profiles.number(of: participant.id)
            if profile > 0 { person.append("profile", .integer(Int64(clamping: profile))) }
            if let membership = self.server.memberships[participant.id] {
                person.append("server", membership.json)
            }
            return JSONValue.object(person)
        }
        object.append(StatePath.people, .array(people))
        if let policy = self.policy.snapshot { object.append(StatePath.policy, policy) }
        object.append("hash", .string(self.hash(for: .moderator).description))
        return .object(object)
    }

    public init(snapshot: JSONValue) throws(RoomFormatError) {
        let reader = try FieldReader(snapshot, "snapshot")
        let version = RoomSemantics(rawValue: Int64(clamping: try reader.number("version")))
        guard version >= .oldest, version <= .trial else { throw .unknownVersion(version.rawValue) }
        self.init(
            id: try reader.identifier("id"),
            alias: try reader.alias("alias"),
            capacity: Int(clamping: try reader.number("capacity")),
            graceMilliseconds: Int(clamping: try reader.number("graceMilliseconds"))
        )
        self.server.semantics = version
        self.kind = try reader.wordIfPresent(StatePath.kind) ?? .meeting
        self.lifecycle = try Lifecycle(reader)
        try self.readCalls(reader)
        self.devices = try reader.word(StatePath.devices)
        self.createdAt = try reader.instant("createdAt")
        self.roles = reader.roles
        self.parameters = reader.parameters
        self.attributes = try reader.attributes
        self.floors = try Floors(json: reader.valueIfPresent(StatePath.floors))
        if let consents = reader.valueIfPresent(StatePath.consents) {
            self.consents = try Consents(snapshot: consents)
        }
        self.recording = try reader.valueIfPresent(StatePath.recording).map { json throws(RoomFormatError) in
            try Recording(json: json)
        }
        self.breakouts = try reader.breakouts
        if let queue = reader.valueIfPresent(StatePath.queue) {
            self.queue = try Queue(rules: self.parameters.queue, try FieldReader(queue, StatePath.queue))
        }
        if reader.has(StatePath.parent) { self.parent = try reader.identifier(StatePath.parent) }
        self.server.joinedLast = try reader.number("joinedLast")
        if reader.has(StatePath.policy) {
            self.policy = try RoomPolicy(try FieldReader(try reader.value(StatePath.policy), StatePath.policy))
        }
        self.standing = try Standing(try FieldReader(try reader.value("standing"), "standing"))
        if reader.has(StatePath.activeSpeaker) { self.activeSpeaker = try reader.identifier(StatePath.activeSpeaker) }
        self.server.handLast = try reader.number("handLast")
        if reader.has("lastPeople") { self.server.lastPeople = try reader.identifiers("lastPeople") }
        try self.audience.read(reader)
        // In order of arrival, as they were written.
        for value in try reader.array(StatePath.people) {
            let person = try FieldReader(value, "person")
            let shown = try FieldReader(try person.value("shown"), "shown")
            var participant = try Participant(shown, id: try person.identifier("id"))
            participant.isListed = !shown.has(StatePath.counted)
            participant.permissions = shown.permissions
            participant.assertion = try shown.has(StatePath.assertion) ? shown.string(StatePath.assertion) : nil
            let membership = try Membership(try FieldReader(try person.value("server"), "server"))
            self.people[participant.id] = participant
            self.server.memberships[participant.id] = membership
            self.server.participants[membership.session] = participant.id
            self.server.devices[participant.identity, default: []].append(participant.id)
            self.audience.count(participant, 1)
            self.policy.enter(participant, try MediaDeclaration(person))
        }
        self.policy.restore(self.rules)
        try self.readDoor(reader)
        if reader.has(StatePath.times) {
            self.times = try RoomTimes(try FieldReader(try reader.value(StatePath.times), StatePath.times))
        }
        self.hashes = self.hashesFromScratch
        guard self.hash(for: .moderator).description == (try reader.string("hash")) else {
            throw .hashMismatch
        }
    }

    private var hashesFromScratch: ViewHashes {
        var hashes = ViewHashes()
        guard self.lifecycle != .absent else { return hashes }
        hashes.add(self.roomJSON, at: [StatePath.room], in: .door)
        if let roles = self.roles.shown { hashes.add(roles, at: [StatePath.roles], in: .stage) }
        if let activeSpeaker {
            hashes.add(.string(activeSpeaker.description), at: [StatePath.activeSpeaker], in: .stage)
        }
        if let audience = self.audience.shown { hashes.add(audience, at: [StatePath.audience], in: .stage) }
        if let rules = self.rules.shown { hashes.add(rules, at: [StatePath.rules], in: .stage) }
        if let attributes = self.attributes.json { hashes.add(attributes, at: [StatePath.attributes], in: .stage) }
        if let breakouts = self.breakouts.json { hashes.add(breakouts, at: [StatePath.breakouts], in: .stage) }
        if let policy = self.policy.json { hashes.add(policy, at: [StatePath.policy], in: .stage) }
        for (name, value) in self.stageJSON { hashes.add(value, at: [name], in: .stage) }
        for (name, value) in self.callJSON.members { hashes.add(value, at: [name], in: .stage) }
        if let queue {
            hashes.add(queue.shown, at: [StatePath.queue], in: .door)
            hashes.add(queue.shownCustomers, at: [StatePath.customers], in: .moderation)
            hashes.add(queue.shownAgents, at: [StatePath.agents], in: .moderation)
        }
        for (name, value) in self.door.shown.members { hashes.add(value, at: [name], in: .moderation) }
        for participant in self.people.values {
            let path = StatePath.person(participant.id)
            hashes.add(participant.json, at: path, in: participant.section)
        }
        return hashes
    }
}

extension Room.Lifecycle {
    fileprivate init(_ reader: FieldReader) throws(RoomFormatError) {
        switch try reader.string(StatePath.lifecycle) {
        case "absent": self = .absent
        case "scheduled": self = .scheduled
        case "open": self = .open
        case "locked": self = .locked
        case "ended": self = .ended(try reader.word("reason"))
        default: throw .member(StatePath.lifecycle)
        }
    }
}

extension Participant {
    fileprivate init(_ reader: FieldReader, id: ParticipantID) throws(RoomFormatError) {
        let media = try FieldReader(try reader.value(StatePath.media), StatePath.media)
        self.init(
            id: id,
            identity: try reader.identifier("identity"),
            name: try reader.name("name"),
            role: try reader.word("role"),
            joined: try reader.number("joined"),
            joinedAt: try reader.instant("joinedAt"),
            abilities: try reader.abilities("abilities"),
            connection: try Connection(reader),
            media: Media(
                audio: try media.bool("audio"),
                video: try media.bool("video"),
                screen: try media.bool("screen")
            ),
            attributes: try reader.attributes,
            isOwner: reader.has(StatePath.owner),
            conduct: try Conduct(reader)
        )
    }
}

extension Participant.Connection {
    init(_ reader: FieldReader) throws(RoomFormatError) {
        switch try reader.string(StatePath.connection) {
        case "connected": self = .connected
        case "interrupted": self = .interrupted(since: try reader.instant(StatePath.interruptedAt))
        default: throw .member(StatePath.connection)
        }
    }
}

extension Room {
    private mutating func readCalls(_ reader: FieldReader) throws(RoomFormatError) {
        if reader.has(StatePath.rings) {
            self.rings = try Rings(try FieldReader(try reader.value(StatePath.rings), StatePath.rings))
        }
        guard reader.has("line") else { return }
        self.line = try Line(try FieldReader(try reader.value("line"), "line"))
    }
}

extension Room {
    private var snapshotOfDoor: JSONValue {
        var object = self.door.json.object ?? JSONObject()
        var memberships = JSONObject()
        for person in self.door.queue {
            guard let membership = self.server.memberships[person.id] else { continue }
            memberships.append(person.id.description, membership.json)
        }
        object.append("memberships", .object(memberships))
        return .object(object)
    }

    private mutating func readDoor(_ reader: FieldReader) throws(RoomFormatError) {
        guard reader.has(StatePath.door) else { return }
        let reader = try FieldReader(try reader.value(StatePath.door), StatePath.door)
        self.door = try Door(reader)
        let memberships = try FieldReader(try reader.value("memberships"), "memberships")
        for person in self.door.queue {
            let membership = try Membership(try FieldReader(try memberships.value(person.id.description), "membership"))
            self.server.memberships[person.id] = membership
            self.server.participants[membership.session] = person.id
        }
    }
}

extension Membership {
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "session": .string(self.session.description),
            "node": .string(self.node.description),
            "attempt": .integer(Int64(clamping: self.attempt)),
            "lastCommand": .integer(Int64(clamping: self.lastCommand)),
            "rejected": self.rejected.json,
            "epoch": .integer(Int64(clamping: self.epoch)),
        ]
        if let token { object.append("token", .string(token.description)) }
        if self.secret > 0 { object.append("secret", .integer(Int64(clamping: self.secret))) }
        return .object(object)
    }

    fileprivate init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(
            session: try reader.identifier("session"),
            node: try reader.identifier("node"),
            attempt: try reader.number("attempt"),
            lastCommand: try reader.number("lastCommand"),
            rejected: try reader.refusals("rejected"),
            epoch: try reader.number("epoch"),
            token: reader.has("token") ? try reader.digest("token") : nil,
            secret: reader.has("secret") ? try reader.number("secret") : 0
        )
    }
}
