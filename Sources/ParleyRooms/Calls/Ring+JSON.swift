import ParleyProtocol

extension CallParty {
    var json: JSONValue {
        var object: JSONObject = ["identity": .string(self.identity.description)]
        if let name { object.append("name", .string(name.text)) }
        if let user { object.append("user", .string(user)) }
        return .object(object)
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(
            try reader.identifier("identity"),
            name: try reader.name("name"),
            user: try reader.textIfPresent("user")
        )
    }

    init?(_ reader: FieldReader, _ name: String) throws(RoomFormatError) {
        guard reader.has(name) else { return nil }
        self = try CallParty(try FieldReader(try reader.value(name), name))
    }
}

extension Ring {
    /// In the state.
    var shown: JSONValue {
        var object: JSONObject = ["by": .string(self.by.identity.description)]
        object.append("mode", .string(self.mode.rawValue))
        object.append("intent", .string(self.intent.rawValue))
        object.append("since", .integer(self.since.milliseconds))
        object.append("until", .integer(self.until.milliseconds))
        for (name, value) in self.purpose.members.members { object.append(name, value) }
        var people = JSONObject()
        for (identity, person) in self.inOrder { people.append(identity.description, person.json) }
        object.append(StatePath.people, .object(people))
        return .object(object)
    }

    /// In the log and in a snapshot.
    var json: JSONValue {
        guard var object = self.shown.object else { return [:] }
        object["by"] = self.by.json
        if let offer { object.append("offer", offer.json) }
        if let data { object.append("data", data.json) }
        var conditions = JSONObject()
        for (identity, person) in self.inOrder {
            if let onlyOf = person.onlyOf { conditions.append(identity.description, .string(onlyOf)) }
        }
        if !conditions.isEmpty { object.append("onlyOf", .object(conditions)) }
        if let issuer { object.append("issuer", .string(issuer)) }
        return .object(object)
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        guard let by = try CallParty(reader, "by"), let people = try reader.value(StatePath.people).object else {
            throw .member("by")
        }
        self.init(
            by: by,
            mode: try reader.word("mode"),
            intent: try reader.word("intent"),
            since: try reader.instant("since"),
            until: try reader.instant("until"),
            purpose: try Purpose(reader),
            people: [:],
            offer: try reader.opaque("offer"),
            data: try reader.opaque("data")
        )
        self.issuer = try reader.textIfPresent("issuer")
        for (text, value) in people.members {
            guard let identity = IdentityID(text) else { throw .member(StatePath.people) }
            let condition = reader.valueIfPresent("onlyOf")?[text]?.string
            self.people[identity] = try Person(try FieldReader(value, "person"), onlyOf: condition)
        }
    }

    /// At least as much as ``json`` takes as text.
    var bytesMax: Int {
        let texts = self.people.values.reduce(0) {
            $0 + 96 + 6 * ($1.user?.utf8.count ?? 0) + ($1.onlyOf.map { 40 + 6 * $0.utf8.count } ?? 0)
        }
        let names = 2 * (self.by.name?.text.utf8.count ?? 0) + 6 * (self.by.user?.utf8.count ?? 0)
        return 320 + texts + names + 6 * (self.issuer?.utf8.count ?? 0) + (self.offer?.json.encoded.count ?? 0)
            + (self.data?.json.encoded.count ?? 0)
    }
}

extension Ring.Purpose {
    var members: JSONObject {
        switch self {
        case .call: [:]
        case .transfer: ["transfer": true]
        case .recall(let end): ["recall": .string(end.rawValue)]
        }
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        if reader.has("recall") {
            self = .recall(try reader.word("recall"))
        } else {
            self = reader.has("transfer") ? .transfer : .call
        }
    }
}

extension Ring.Person {
    var json: JSONValue {
        var object = JSONObject()
        if let user { object.append("user", .string(user)) }
        object.append("state", .string(self.state.rawValue))
        if let message { object.append("message", .string(message)) }
        return .object(object)
    }

    init(_ reader: FieldReader, onlyOf: String?) throws(RoomFormatError) {
        self.init(user: try reader.textIfPresent("user"), state: try reader.word("state"), onlyOf: onlyOf)
        self.message = try reader.textIfPresent("message")
    }
}

extension RingVerdict {
    var members: JSONObject {
        var object: JSONObject = ["state": .string(self.state.rawValue)]
        if let code { object.append("code", .string(code.rawValue)) }
        if let message { object.append("message", .string(message)) }
        return object
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(
            try reader.word("state"),
            code: try reader.wordIfPresent("code"),
            message: try reader.textIfPresent("message")
        )
    }
}
