public import ParleyProtocol

// The state of a room as JSON (docs/PROTOCOL.md, section 5). No arrays and no null in it.

/// The member names of the state.
enum StatePath {
    static let room = "room"
    static let people = "people"
    static let lifecycle = "lifecycle"
    static let connection = "connection"
    static let interruptedAt = "interruptedAt"
    static let media = "media"
    static let devices = "devices"
    static let roles = "roles"
    static let rules = "rules"
    static let waiting = "waiting"
    static let bans = "bans"
    static let invitations = "invitations"
    static let door = "door"
    static let times = "times"
    static let parameters = "parameters"
    static let role = "role"
    static let attributes = "attributes"
    static let breakouts = "breakouts"
    static let parent = "parent"
    static let policy = "policy"
    static let floors = "floors"
    static let consents = "consents"
    static let recording = "recording"
    static let owner = "owner"
    static let activeSpeaker = "activeSpeaker"
    static let audience = "audience"
    static let counted = "counted"
    static let permissions = "permissions"
    static let granted = "granted"
    static let assertion = "assertion"
    static let kind = "kind"
    static let rings = "rings"
    /// Of a telephone line.
    static let ofLine = ["status", "incoming", "calls", "missed", "blocked"]
    static let queue = "queue"
    static let customers = "customers"
    static let agents = "agents"

    static func person(_ id: ParticipantID) -> [String] { [Self.people, id.description] }
}

extension Room {
    /// The state as somebody with that view sees it; an empty object before the room exists.
    ///
    /// The fold of all patches of that view. O(n log n).
    public func state(for view: View) -> JSONValue {
        guard self.lifecycle != .absent else { return [:] }
        assert(view.includes(.door), "every view shows the room's own facts")
        var state: JSONObject = [StatePath.room: self.roomJSON]
        if let queue { state.append(StatePath.queue, queue.shown) }
        guard view.includes(.stage) else { return .object(state) }
        if let roles = self.roles.shown { state.append(StatePath.roles, roles) }
        if let rules = self.rules.shown { state.append(StatePath.rules, rules) }
        if let attributes = self.attributes.json { state.append(StatePath.attributes, attributes) }
        if let breakouts = self.breakouts.json { state.append(StatePath.breakouts, breakouts) }
        if let policy = self.policy.json { state.append(StatePath.policy, policy) }
        var people = JSONObject()
        for participant in self.participants where view.includes(participant.section) {
            people.append(participant.id.description, participant.json)
        }
        state.append(StatePath.people, .object(people))
        for (name, value) in self.stageJSON { state.append(name, value) }
        for (name, value) in self.callJSON.members { state.append(name, value) }
        if let activeSpeaker { state.append(StatePath.activeSpeaker, .string(activeSpeaker.description)) }
        if let audience = self.audience.shown { state.append(StatePath.audience, audience) }
        guard view.includes(.moderation) else { return .object(state) }
        for (name, value) in self.door.shown.members { state.append(name, value) }
        if let queue {
            state.append(StatePath.customers, queue.shownCustomers)
            state.append(StatePath.agents, queue.shownAgents)
        }
        return .object(state)
    }

    /// Proves that two sides hold the same state (docs/PROTOCOL.md, section 5). O(1).
    public func hash(for view: View) -> StateHash {
        self.hashes[view]
    }

    /// What rings; on a line all that it is.
    var callJSON: JSONObject {
        var object = self.line?.shown ?? JSONObject()
        if let rings = self.rings?.shown { object.append(StatePath.rings, rings) }
        return object
    }

    var roomJSON: JSONValue {
        var object = JSONObject()
        object.append("id", .string(self.id.description))
        if self.kind != .meeting { object.append(StatePath.kind, .string(self.kind.rawValue)) }
        if let alias = self.alias { object.append("alias", .string(alias.text)) }
        if let parent = self.parent { object.append(StatePath.parent, .string(parent.description)) }
        object.append(StatePath.lifecycle, .string(self.lifecycle.name))
        object.append("createdAt", .integer(self.createdAt.milliseconds))
        object.append("capacity", .integer(Int64(self.capacity)))
        object.append("graceMilliseconds", .integer(Int64(self.graceMilliseconds)))
        object.append(StatePath.devices, .string(self.devices.rawValue))
        for (name, value) in self.parameters.shown.members { object.append(name, value) }
        for (name, value) in self.timesShown.members { object.append(name, value) }
        return .object(object)
    }
}

extension RoleTable {
    /// Absent where the roles are the usual ones.
    var shown: JSONValue? { self == RoleTable() ? nil : self.json }
}

extension Room.Lifecycle {
    var name: String {
        switch self {
        case .absent: "absent"
        case .scheduled: "scheduled"
        case .open: "open"
        case .locked: "locked"
        case .ended: "ended"
        }
    }
}

extension Participant {
    /// Observers are seen by moderators alone; who is counted by nobody, unless they raise a hand; everybody else is
    /// on stage, whom every view shows.
    package var section: Section {
        switch self.role {
        case .observer: .moderation
        case .audience where !self.isListed: self.conduct.hand == nil ? .server : .roster
        case .host, .coHost, .speaker, .participant, .audience: .stage
        }
    }

    package var json: JSONValue {
        var object = JSONObject()
        if let name = self.name { object.append("name", .string(name.text)) }
        object.append("identity", .string(self.identity.description))
        object.append("role", .string(self.role.rawValue))
        if self.isOwner { object.append(StatePath.owner, true) }
        if !self.isListed { object.append(StatePath.counted, true) }
        if !self.permissions.isEmpty { object.append(StatePath.permissions, self.permissions.json) }
        if let assertion { object.append(StatePath.assertion, .string(assertion)) }
        for (name, value) in self.connection.members { object.append(name, value) }
        object.append("joined", .integer(Int64(clamping: self.joined)))
        object.append("joinedAt", .integer(self.joinedAt.milliseconds))
        object.append("abilities", self.abilities.json)
        object.append(StatePath.media, self.media.json)
        if let attributes = self.attributes.json { object.append(StatePath.attributes, attributes) }
        for (name, value) in self.conduct.members.members { object.append(name, value) }
        return .object(object)
    }
}

extension Participant.Connection {
    /// The members of a participant that tell it.
    var members: [(name: String, value: JSONValue)] {
        switch self {
        case .connected:
            [(StatePath.connection, "connected")]
        case .interrupted(let since):
            [
                (StatePath.connection, "interrupted"),
                (StatePath.interruptedAt, .integer(since.milliseconds)),
            ]
        }
    }

    /// From whatever it was before to this.
    var patch: JSONValue {
        var object = JSONObject()
        for (name, value) in self.members { object.append(name, value) }
        if object[StatePath.interruptedAt] == nil { object.append(StatePath.interruptedAt, .null) }
        return .object(object)
    }
}

extension Participant.Media {
    var json: JSONValue {
        ["audio": .bool(self.audio), "video": .bool(self.video), "screen": .bool(self.screen)]
    }
}

extension Participant.MediaChange {
    var json: JSONValue {
        var object = JSONObject()
        if let audio = self.audio { object.append("audio", .bool(audio)) }
        if let video = self.video { object.append("video", .bool(video)) }
        if let screen = self.screen { object.append("screen", .bool(screen)) }
        return .object(object)
    }
}

extension Abilities {
    var json: JSONValue {
        ["rollback": .bool(self.rollback), "trickle": .bool(self.trickle), "restart": .bool(self.restart)]
    }
}
