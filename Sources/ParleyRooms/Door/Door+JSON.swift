import ParleyProtocol

// What moderators see of the door, and what a snapshot keeps of it.

extension WaitingPerson {
    /// In `state.waiting`.
    var json: JSONValue {
        var object = JSONObject()
        if let name = self.joining.name { object.append("name", .string(name.text)) }
        object.append("identity", .string(self.identity.description))
        object.append("role", .string(self.joining.role.rawValue))
        if let domain = self.joining.domain { object.append("domain", .string(domain)) }
        object.append("waiting", .integer(Int64(clamping: self.order)))
        object.append("since", .integer(self.joining.at.milliseconds))
        object.append("reason", .string(self.reason.rawValue))
        for (name, value) in self.connection.members { object.append(name, value) }
        if let invitation = self.joining.invitation {
            object.append("invitation", .integer(Int64(clamping: invitation)))
        }
        return .object(object)
    }

    /// All of it, as `waiting` in a log has it.
    var members: JSONObject {
        var object = self.joining.members
        object.append("waiting", .integer(Int64(clamping: self.order)))
        object.append("reason", .string(self.reason.rawValue))
        return object
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(
            try RoomEvent.Joining(reader),
            order: try reader.number("waiting"),
            reason: try reader.word("reason")
        )
    }
}

extension Ban {
    /// In `state.bans`.
    var json: JSONValue {
        var object: JSONObject = ["identity": .string(self.identity.description)]
        if let until { object.append("until", .integer(until.milliseconds)) }
        if let by { object.append("by", .string(by.description)) }
        if let name { object.append("name", .string(name)) }
        return .object(object)
    }

    var members: JSONObject {
        var object = self.json.object ?? JSONObject()
        // `by` is the cause's word in an event.
        if let by = object["by"] { object.append("who", by) }
        object["by"] = nil
        object.append("ban", .integer(Int64(clamping: self.number)))
        object.append("at", .integer(self.at.milliseconds))
        if let token { object.append("token", .string(token.description)) }
        return object
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(
            number: try reader.number("ban"),
            identity: try reader.identifier("identity"),
            until: reader.has("until") ? try reader.instant("until") : nil,
            by: reader.has("who") ? try reader.identifier("who") : nil,
            name: reader.has("name") ? try reader.string("name") : nil,
            at: try reader.instant("at"),
            token: reader.has("token") ? try reader.digest("token") : nil
        )
    }
}

extension Invitation {
    /// In `state.invitations`.
    var json: JSONValue {
        var object = JSONObject()
        if let label { object.append("label", .string(label)) }
        object.append("role", .string(self.role.rawValue))
        object.append("uses", .integer(Int64(self.users.count)))
        object.append("usesMax", .integer(Int64(self.usesMax)))
        if let expiresAt { object.append("expiresAt", .integer(expiresAt.milliseconds)) }
        if self.bypass { object.append("bypass", .bool(true)) }
        if let by { object.append("by", .string(by.description)) }
        return .object(object)
    }

    var members: JSONObject {
        var object = self.json.object ?? JSONObject()
        if let by = object["by"] { object.append("who", by) }
        object["by"] = nil
        object.append("invitation", .integer(Int64(clamping: self.number)))
        object.append("digest", .string(self.digest.description))
        guard !self.users.isEmpty else { return object }
        object.append("users", .array(self.users.sorted().map { .string($0.description) }))
        return object
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        guard let digest = Digest(try reader.string("digest")) else { throw .member("digest") }
        self.init(
            number: try reader.number("invitation"),
            digest: digest,
            label: reader.has("label") ? try reader.string("label") : nil,
            role: try reader.word("role"),
            usesMax: Int(clamping: try reader.number("usesMax")),
            expiresAt: reader.has("expiresAt") ? try reader.instant("expiresAt") : nil,
            bypass: try reader.boolIfPresent("bypass") ?? false,
            by: reader.has("who") ? try reader.identifier("who") : nil
        )
        guard reader.has("users") else { return }
        for user in try reader.array("users") {
            guard let identity = user.string.flatMap({ IdentityID($0) }) else { throw .member("users") }
            self.users.insert(identity)
        }
    }
}

// MARK: - State

extension Door {
    /// What moderators see, by name; absent where there is nothing.
    var shown: JSONObject {
        var shown = JSONObject()
        let queue = self.queue.map { ($0.id.description, $0.json) }
        if !queue.isEmpty { shown.append(StatePath.waiting, Self.object(queue)) }
        let bans = self.bans.values.sorted { $0.number < $1.number }.map { (String($0.number), $0.json) }
        if !bans.isEmpty { shown.append(StatePath.bans, Self.object(bans)) }
        let invitations = self.invitations.values.sorted { $0.number < $1.number }
        if !invitations.isEmpty {
            shown.append(StatePath.invitations, Self.object(invitations.map { (String($0.number), $0.json) }))
        }
        return shown
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in members { object.append(name, value) }
        return .object(object)
    }
}

// MARK: - Snapshot

extension Door {
    /// Without the memberships of those who wait.
    var json: JSONValue {
        var object = JSONObject()
        object.append("waitingLast", .integer(Int64(clamping: self.waitingLast)))
        object.append("bansLast", .integer(Int64(clamping: self.bansLast)))
        object.append("invitationsLast", .integer(Int64(clamping: self.invitationsLast)))
        object.append("known", .array(self.known.map { .string($0.description) }))
        object.append(
            "denied",
            .array(self.denied.map { .array([.string($0.identity.description), .integer($0.until.milliseconds)]) })
        )
        object.append(
            "waiting",
            .array(
                self.queue.map { person in
                    var members: JSONObject = ["participant": .string(person.id.description)]
                    for (name, value) in person.members.members { members.append(name, value) }
                    for (name, value) in person.connection.members { members.append(name, value) }
                    return .object(members)
                }
            )
        )
        object.append("bans", .array(self.bans.values.sorted { $0.number < $1.number }.map { .object($0.members) }))
        object.append(
            "invitations",
            .array(self.invitations.values.sorted { $0.number < $1.number }.map { .object($0.members) })
        )
        return .object(object)
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.waitingLast = try reader.number("waitingLast")
        self.bansLast = try reader.number("bansLast")
        self.invitationsLast = try reader.number("invitationsLast")
        for value in try reader.array("known") {
            guard let identity = value.string.flatMap({ IdentityID($0) }) else { throw .member("known") }
            self.known.append(identity)
        }
        for value in try reader.array("denied") {
            guard let pair = value.array, pair.count == 2, let until = pair[1].integer,
                let identity = pair[0].string.flatMap({ IdentityID($0) })
            else { throw .member("denied") }
            self.denied.append(Denial(identity: identity, until: Instant(milliseconds: until)))
        }
        for value in try reader.array("waiting") {
            let reader = try FieldReader(value, "waiting")
            var person = try WaitingPerson(reader)
            person.connection = try Participant.Connection(reader)
            self.waiting[person.id] = person
        }
        for value in try reader.array("bans") {
            let ban = try Ban(try FieldReader(value, "bans"))
            self.bans[ban.number] = ban
        }
        for value in try reader.array("invitations") {
            let invitation = try Invitation(try FieldReader(value, "invitations"))
            self.invitations[invitation.number] = invitation
        }
    }
}
