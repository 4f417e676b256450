public import ParleyProtocol

extension RoomEvent {
    /// The stable word for what has happened (docs/PROTOCOL.md, section 4).
    public var type: String {
        switch self.fact {
        case .created: "created"
        case .joined: "joined"
        case .mediaChanged: "media-changed"
        case .interrupted: "interrupted"
        case .attached(let attachment): attachment.wasInterrupted ? "resumed" : "attached"
        case .left: "left"
        case .ended: "ended"
        case .meeting(let fact): fact.type
        }
    }

    /// Whom it is about, if it is about somebody.
    public var participant: ParticipantID? {
        switch self.fact {
        case .joined(let joining): joining.participant
        case .attached(let attachment): attachment.participant
        case .mediaChanged(let id, _), .interrupted(let id, _), .left(let id, _): id
        case .created, .ended: nil
        case .meeting(let fact): fact.participant
        }
    }

    private var reason: String? {
        switch self.fact {
        case .left(_, let reason): reason.rawValue
        case .ended(let reason): reason.rawValue
        case .created, .joined, .mediaChanged, .interrupted, .attached, .meeting: nil
        }
    }

    /// What is said to clients: nothing of the server's section is in here.
    ///
    /// - Parameter patch: ``StatePatches/patch(for:)`` of what ``Room/evolve(_:)`` returned; `nil` in a
    ///   snapshot frame, whose state has it already.
    public func wire(patch: JSONValue?) -> JSONValue {
        var object = self.head
        if case .meeting(let fact) = self.fact {
            for (name, value) in fact.wireMembers.members { object.append(name, value) }
        }
        if let patch { object.append("patch", patch) }
        return .object(object)
    }

    private var head: JSONObject {
        var object: JSONObject = ["type": .string(self.type)]
        if let participant = self.participant {
            object.append("participant", .string(participant.description))
        }
        if let cause = self.cause {
            object.append("by", .string(cause.by.description))
            object.append("id", .integer(Int64(clamping: cause.number)))
        }
        if let reason = self.reason { object.append("reason", .string(reason)) }
        if let code { object.append("code", .string(code.rawValue)) }
        return object
    }
}

// MARK: - The log

extension RoomEvent {
    /// What the log holds: all of it. Read back by ``init(json:)``.
    public var json: JSONValue {
        var object = self.head
        if let rejected = self.cause?.rejected, !rejected.isEmpty {
            object.append("rejected", rejected.json)
        }
        switch self.fact {
        case .created(let creation):
            if let alias = creation.alias { object.append("alias", .string(alias.text)) }
            if let parent = creation.parent { object.append(StatePath.parent, .string(parent.description)) }
            if let roles = creation.roles.shown { object.append(StatePath.roles, roles) }
            if creation.parameters != RoomParameters() {
                object.append(StatePath.parameters, creation.parameters.json)
            }
            if let owner = creation.owner { object.append(StatePath.owner, .string(owner.description)) }
            object.append("capacity", .integer(Int64(creation.capacity)))
            object.append("graceMilliseconds", .integer(Int64(creation.graceMilliseconds)))
            object.append(StatePath.devices, .string(creation.devices.rawValue))
            object.append("at", .integer(creation.at.milliseconds))
            if creation.isEmpty { object.append("empty", .bool(true)) }
            if creation.kind != .meeting { object.append(StatePath.kind, .string(creation.kind.rawValue)) }
            if let meetsBy = creation.meetsBy { object.append("meetsBy", .integer(meetsBy.milliseconds)) }
            if creation.semantics != .unsaid { object.append("semantics", .integer(creation.semantics.rawValue)) }
        case .joined(let joining):
            for (name, value) in joining.members.members { object.append(name, value) }
        case .mediaChanged(_, let change):
            object.append("media", change.json)
        case .interrupted(_, let instant):
            object.append("at", .integer(instant.milliseconds))
        case .attached(let attachment):
            object.append("node", .string(attachment.node.description))
            object.append("attempt", .integer(Int64(clamping: attachment.attempt)))
            if attachment.secret > 0 { object.append("secret", .integer(Int64(clamping: attachment.secret))) }
        case .left, .ended:
            break
        case .meeting(let fact):
            for (name, value) in fact.members.members { object.append(name, value) }
        }
        return .object(object)
    }

    public init(json: JSONValue) throws(RoomFormatError) {
        let reader = try FieldReader(json, "event")
        self.init(try Fact(reader), cause: try Cause(reader))
        switch self.fact {
        case .left, .ended: self.code = try reader.wordIfPresent("code")
        case .created, .joined, .mediaChanged, .interrupted, .attached, .meeting: break
        }
    }
}

extension RoomEvent.Cause {
    fileprivate init?(_ reader: FieldReader) throws(RoomFormatError) {
        guard reader.has("by") else { return nil }
        self.init(
            by: try reader.identifier("by"),
            number: try reader.number("id"),
            rejected: reader.has("rejected") ? try reader.refusals("rejected") : []
        )
    }
}

extension RoomEvent.Fact {
    fileprivate init(_ reader: FieldReader) throws(RoomFormatError) {
        switch try reader.string("type") {
        case "created":
            var creation = RoomEvent.Creation(
                alias: try reader.alias("alias"),
                capacity: Int(clamping: try reader.number("capacity")),
                graceMilliseconds: Int(clamping: try reader.number("graceMilliseconds")),
                // What was written before there was such a rule meant `allow`.
                devices: try reader.word(StatePath.devices),
                roles: reader.roles,
                parameters: reader.parameters,
                owner: reader.has(StatePath.owner) ? try reader.identifier(StatePath.owner) : nil,
                at: try reader.instant("at")
            )
            creation.isEmpty = try reader.boolIfPresent("empty") ?? false
            if reader.has(StatePath.parent) { creation.parent = try reader.identifier(StatePath.parent) }
            creation.kind = try reader.wordIfPresent(StatePath.kind) ?? .meeting
            if reader.has("meetsBy") { creation.meetsBy = try reader.instant("meetsBy") }
            creation.semantics =
                reader.has("semantics")
                ? RoomSemantics(rawValue: Int64(clamping: try reader.number("semantics"))) : .unsaid
            self = .created(creation)
        case "joined":
            self = .joined(try RoomEvent.Joining(reader))
        case "media-changed":
            let media = try FieldReader(try reader.value("media"), "media")
            let change = Participant.MediaChange(
                audio: try media.boolIfPresent("audio"),
                video: try media.boolIfPresent("video"),
                screen: try media.boolIfPresent("screen")
            )
            self = .mediaChanged(try reader.identifier("participant"), change)
        case "interrupted":
            self = .interrupted(try reader.identifier("participant"), at: try reader.instant("at"))
        case "resumed": self = .attached(try RoomEvent.Attachment(reader, wasInterrupted: true))
        case "attached": self = .attached(try RoomEvent.Attachment(reader, wasInterrupted: false))
        case "left":
            self = .left(try reader.identifier("participant"), try reader.word("reason"))
        case "ended":
            self = .ended(try reader.word("reason"))
        case let type:
            guard let fact = try MeetingFact(type, reader) else { throw .unknownEvent(type) }
            self = .meeting(fact)
        }
    }
}

extension RoomEvent.Attachment {
    fileprivate init(_ reader: FieldReader, wasInterrupted: Bool) throws(RoomFormatError) {
        self.init(
            participant: try reader.identifier("participant"),
            node: try reader.identifier("node"),
            attempt: try reader.number("attempt"),
            wasInterrupted: wasInterrupted,
            secret: reader.has("secret") ? try reader.number("secret") : 0
        )
    }
}

extension RoomEvent.Joining {
    /// At least as much as what their token and their assertion say takes in the log.
    package var grantBytesMax: Int {
        (self.assertion.map { 24 + 6 * $0.utf8.count } ?? 0)
            + (self.permissions.isEmpty ? 0 : 24 + 20 * Permission.allCases.count)
            + (self.domain.map { 16 + $0.utf8.count } ?? 0) + (self.token == nil ? 0 : 80)
            + (self.attributes.isEmpty ? 0 : 24 + self.attributes.json.encoded.count)
    }

    /// All but the participant.
    var members: JSONObject {
        var object = JSONObject()
        object.append("session", .string(self.session.description))
        object.append("node", .string(self.node.description))
        object.append("identity", .string(self.identity.description))
        if let name = self.name { object.append("name", .string(name.text)) }
        object.append("role", .string(self.role.rawValue))
        object.append("joined", .integer(Int64(clamping: self.joined)))
        object.append("at", .integer(self.at.milliseconds))
        object.append("abilities", self.abilities.json)
        if let media = self.media {
            for (name, value) in media.members.members { object.append(name, value) }
        }
        if let invitation = self.invitation { object.append("invitation", .integer(Int64(clamping: invitation))) }
        if self.attempt > 0 { object.append("attempt", .integer(Int64(clamping: self.attempt))) }
        if self.isCounted { object.append(StatePath.counted, true) }
        if !self.permissions.isEmpty { object.append(StatePath.permissions, self.permissions.json) }
        if let domain { object.append("domain", .string(domain)) }
        if let token { object.append("token", .string(token.description)) }
        if !self.attributes.isEmpty { object.append(StatePath.attributes, self.attributes.json) }
        if let assertion { object.append(StatePath.assertion, .string(assertion)) }
        return object
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(
            participant: try reader.identifier("participant"),
            session: try reader.identifier("session"),
            node: try reader.identifier("node"),
            identity: try reader.identifier("identity"),
            name: try reader.name("name"),
            role: try reader.word("role"),
            joined: try reader.number("joined"),
            at: try reader.instant("at"),
            abilities: try reader.abilities("abilities"),
            media: try MediaDeclaration(reader),
            invitation: reader.has("invitation") ? try reader.number("invitation") : nil,
            attempt: reader.has("attempt") ? try reader.number("attempt") : 0
        )
        self.isCounted = try reader.boolIfPresent(StatePath.counted) ?? false
        self.permissions = reader.permissions
        self.domain = reader.has("domain") ? try reader.string("domain") : nil
        self.token = reader.has("token") ? try reader.digest("token") : nil
        if let json = reader.valueIfPresent(StatePath.attributes) {
            guard let attributes = [AttributeKey: AttributeValue](json: json, nil) else {
                throw .member(StatePath.attributes)
            }
            self.attributes = attributes
        }
        self.assertion = reader.has(StatePath.assertion) ? try reader.string(StatePath.assertion) : nil
    }
}
