package import ParleyProtocol

/// One thing that an operator may be asked about later. It never holds a secret, a description of media, a chat message
/// or a token.
package struct AuditEntry: Hashable, Sendable {
    package var time: Instant
    package var action: AuditAction
    package var room: RoomID?
    package var actor: AuditActor
    package var target: AuditPerson?
    package var reason: String?
    /// What else belongs to the action, see docs/OPERATING.md.
    package var details: JSONObject

    package init(
        _ action: AuditAction,
        at time: Instant,
        in room: RoomID? = nil,
        by actor: AuditActor = .system,
        target: AuditPerson? = nil,
        reason: String? = nil,
        details: JSONObject = [:]
    ) {
        self.time = time
        self.action = action
        self.room = room
        self.actor = actor
        self.target = target
        self.reason = reason
        self.details = details
    }

    /// Everything but the number in front and the chain behind.
    func append(to object: inout JSONObject) {
        object.append("action", .string(self.action.rawValue))
        if let room { object.append("room", .string(room.description)) }
        object.append("actor", self.actor.json)
        if let target { object.append("target", target.json) }
        if let reason { object.append("reason", .string(reason)) }
        if !self.details.isEmpty { object.append("details", .object(self.details)) }
    }
}

/// By whose will.
package enum AuditActor: Hashable, Sendable {
    case person(AuditPerson)
    /// By HTTP; with a name, if the certificate or token has one.
    case `operator`(AuditPerson? = nil)
    /// Time, a rule, a lost connection.
    case system

    static func `operator`(named name: String?) -> AuditActor {
        .operator(name.map { AuditPerson(name: $0) })
    }

    var json: JSONValue {
        switch self {
        case .person(let person): .object(person.members.named("person"))
        case .operator(let person): .object((person?.members ?? [:]).named("operator"))
        case .system: ["kind": "system"]
        }
    }
}

/// As much as is known of somebody: where a room has learned of them from another node, it is not the token.
package struct AuditPerson: Hashable, Sendable {
    package var identity: IdentityID?
    package var participant: ParticipantID?
    /// The token's `jti` and `iss`.
    package var token: String?
    package var issuer: String?
    /// For an operator: what the certificate or the token calls them.
    package var name: String?
    /// As ``AddressNames`` tells it.
    package var address: String?

    package init(
        identity: IdentityID? = nil,
        participant: ParticipantID? = nil,
        token: String? = nil,
        issuer: String? = nil,
        name: String? = nil,
        address: String? = nil
    ) {
        self.identity = identity
        self.participant = participant
        self.token = token
        self.issuer = issuer
        self.name = name
        self.address = address
    }

    var members: JSONObject {
        let texts = [
            ("identity", self.identity?.description), ("participant", self.participant?.description),
            ("token", self.token), ("issuer", self.issuer), ("name", self.name), ("address", self.address),
        ]
        return texts.reduce(into: JSONObject()) { object, text in
            if let value = text.1 { object.append(text.0, .string(value)) }
        }
    }

    var json: JSONValue { .object(self.members) }
}

extension JSONObject {
    fileprivate func named(_ kind: String) -> JSONObject {
        self.members.reduce(into: ["kind": .string(kind)]) { $0.append($1.name, $1.value) }
    }
}
