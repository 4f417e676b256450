import ParleyProtocol

extension QueueFact {
    var type: String {
        switch self {
        case .queued: "queued"
        case .taken: "taken"
        case .offered: "offered"
        case .offerEnded: "offer-ended"
        case .agentChanged: "agent-changed"
        case .came: "came"
        case .unmet: "unmet"
        }
    }

    var participant: ParticipantID? {
        switch self {
        case .queued(let id, _), .agentChanged(let id, _, _, _), .came(let id, _): id
        case .offered(let agent, _, _), .offerEnded(let agent, _, _): agent
        case .taken, .unmet: nil
        }
    }

    /// What clients are told besides the participant and the patch.
    var wireMembers: JSONObject {
        switch self {
        case .queued, .agentChanged, .came: return [:]
        case .taken(let taking):
            var object: JSONObject = ["room": .string(taking.to.room.description)]
            object.append("people", .set(of: taking.people))
            if let agent = taking.agent { object.append("agent", .string(agent.description)) }
            return object
        case .offered(_, let customer, let until):
            return ["customer": .string(customer.description), "until": .integer(until.milliseconds)]
        case .offerEnded(_, let reason, _): return ["reason": .string(reason.rawValue)]
        case .unmet(let unmet):
            var object: JSONObject = ["room": .string(unmet.room.description), "people": .set(of: unmet.people)]
            if let agent = unmet.agent { object.append("agent", .string(agent.description)) }
            return object
        }
    }

    /// What the log keeps besides the participant.
    var members: JSONObject {
        switch self {
        case .queued(_, let customer): return customer.members
        case .taken(let taking):
            // In the order in which they came.
            var object: JSONObject = ["people": .array(taking.people.map { .string($0.description) })]
            if let agent = taking.agent { object.append("agent", .string(agent.description)) }
            for (name, value) in taking.to.members.members { object.append(name, value) }
            object.append("at", .integer(taking.at.milliseconds))
            return object
        case .offered: return self.wireMembers
        case .offerEnded(_, _, let now):
            var object = self.wireMembers
            object.append("at", .integer(now.milliseconds))
            return object
        case .agentChanged(_, let isAvailable, let skills, let now):
            return [
                "available": .bool(isAvailable), "skills": QueueWish.set(skills), "at": .integer(now.milliseconds),
            ]
        case .came(_, let next): return ["next": .string(next.description)]
        case .unmet(let unmet):
            var object = self.wireMembers
            if unmet.isAvailable { object.append("available", true) }
            object.append("at", .integer(unmet.at.milliseconds))
            return object
        }
    }

    /// At least as much as ``members`` take in the log.
    var bytesMax: Int {
        switch self {
        case .queued(_, let customer): customer.bytesMax
        case .taken(let taking): 192 + 32 * taking.people.count
        case .offered, .offerEnded, .came: 128
        case .unmet(let unmet): 192 + 40 * unmet.people.count
        case .agentChanged(_, _, let skills, _): 96 + skills.reduce(0) { $0 + 16 + 6 * $1.utf8.count }
        }
    }

    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "queued": self = .queued(try reader.identifier("participant"), try Queue.Customer(reader))
        case "taken":
            var people: [ParticipantID] = []
            for value in try reader.array("people") {
                guard let id = value.string.flatMap({ ParticipantID($0) }) else { throw .member("people") }
                people.append(id)
            }
            let agent: ParticipantID? = reader.has("agent") ? try reader.identifier("agent") : nil
            let (to, at) = (try Queue.Taken(reader), try reader.instant("at"))
            self = .taken(.init(people: people, agent: agent, to: to, at: at))
        case "offered":
            self = .offered(
                agent: try reader.identifier("participant"),
                customer: try reader.identifier("customer"),
                until: try reader.instant("until")
            )
        case "offer-ended":
            let agent: ParticipantID = try reader.identifier("participant")
            self = .offerEnded(agent: agent, try reader.word("reason"), at: try reader.instant("at"))
        case "agent-changed":
            self = .agentChanged(
                try reader.identifier("participant"),
                isAvailable: try reader.bool("available"),
                skills: try reader.names("skills"),
                at: try reader.instant("at")
            )
        case "came": self = .came(try reader.identifier("participant"), next: try reader.identifier("next"))
        case "unmet":
            let agent: ParticipantID? = reader.has("agent") ? try reader.identifier("agent") : nil
            var people: [ParticipantID] = []
            for name in try reader.names("people").sorted() {
                guard let id = ParticipantID(name) else { throw .member("people") }
                people.append(id)
            }
            self = .unmet(
                .init(
                    room: try reader.identifier("room"),
                    people: people.sorted(),
                    agent: agent,
                    isAvailable: reader.has("available"),
                    at: try reader.instant("at")
                )
            )
        default: return nil
        }
    }
}
