public import ParleyProtocol

/// What has happened on somebody's line.
public enum LineFact: Hashable, Sendable {
    case availabilityChanged(LineStatus, at: Instant)
    /// Whose line it is, as their token says it; shown to nobody.
    case introduced(user: String?, issuer: String?, organisation: String?)
    indirect case incoming(IncomingCall)
    /// It does not ring at all; shown to nobody but whoever calls.
    case screened(RoomID, ring: UInt64, until: Instant, RingVerdict, at: Instant)
    /// One device does not want it.
    case declined(RoomID, ParticipantID)
    case ended(RoomID, ring: UInt64, IncomingEnd, RingVerdict?, at: Instant)
    indirect case missed(MissedCall)
    case seen(through: UInt64)
    case blocked(IdentityID, user: String)
    case unblocked(IdentityID)
    case occupied(ParticipantID, RoomID, at: Instant)
    case vacated(ParticipantID, RoomID)
}

extension LineFact {
    static let types: Set<String> = [
        "availability-changed", "introduced", "incoming", "incoming-screened", "incoming-declined", "incoming-ended",
        "missed", "missed-seen", "blocked", "unblocked", "device-busy", "device-free",
    ]

    var type: String {
        switch self {
        case .availabilityChanged: "availability-changed"
        case .introduced: "introduced"
        case .incoming: "incoming"
        case .screened: "incoming-screened"
        case .declined: "incoming-declined"
        case .ended: "incoming-ended"
        case .missed: "missed"
        case .seen: "missed-seen"
        case .blocked: "blocked"
        case .unblocked: "unblocked"
        case .occupied: "device-busy"
        case .vacated: "device-free"
        }
    }

    var participant: ParticipantID? {
        switch self {
        case .declined(_, let device), .occupied(let device, _, _), .vacated(let device, _): device
        case .availabilityChanged, .introduced, .incoming, .screened, .ended, .missed, .seen, .blocked, .unblocked:
            nil
        }
    }

    /// Whether devices are told.
    var sectionWithoutState: Section {
        switch self {
        case .introduced, .screened: .server
        case .availabilityChanged, .incoming, .declined, .ended, .missed, .seen, .blocked, .unblocked, .occupied,
            .vacated:
            .stage
        }
    }

    /// What is new is in the patch.
    var wireMembers: JSONObject {
        switch self {
        case .introduced, .screened, .availabilityChanged, .missed: [:]
        case .incoming(let incoming): Self.about(incoming.call, incoming.ring)
        case .ended(let call, let ring, let end, let verdict, _):
            Self.about(call, ring).appending("reason", end.rawValue).appending("message", verdict?.message)
        case .declined, .seen, .blocked, .unblocked, .vacated: self.members
        case .occupied(_, let call, _): ["call": .string(call.description)]
        }
    }

    var members: JSONObject {
        switch self {
        case .availabilityChanged(let status, let instant):
            var object: JSONObject = ["status": .object(status.members)]
            object.append("at", .integer(instant.milliseconds))
            return object
        case .introduced(let user, let issuer, let organisation):
            return JSONObject().appending("user", user).appending("issuer", issuer)
                .appending("organisation", organisation)
        case .incoming(let incoming):
            return ["call": .string(incoming.call.description), "incoming": incoming.shown]
        case .screened(let call, let ring, let until, let verdict, let instant):
            var object = Self.about(call, ring)
            object.append("until", .integer(until.milliseconds))
            object.append("at", .integer(instant.milliseconds))
            object.append("verdict", .object(verdict.members))
            return object
        case .ended(let call, let ring, let end, let verdict, let instant):
            var object = Self.about(call, ring).appending("reason", end.rawValue)
            object.append("at", .integer(instant.milliseconds))
            if let verdict { object.append("verdict", .object(verdict.members)) }
            return object
        case .missed(let missed): return ["missed": missed.json]
        case .seen(let number): return ["through": .integer(Int64(clamping: number))]
        case .blocked(let person, let user):
            return ["person": .string(person.description), "user": .string(user)]
        case .unblocked(let person): return ["person": .string(person.description)]
        case .declined(let call, _), .vacated(_, let call): return ["call": .string(call.description)]
        case .occupied(_, let call, let instant):
            return ["call": .string(call.description), "at": .integer(instant.milliseconds)]
        }
    }

    private static func about(_ call: RoomID, _ ring: UInt64) -> JSONObject {
        ["call": .string(call.description), "ring": .integer(Int64(clamping: ring))]
    }

    var bytesMax: Int {
        switch self {
        case .availabilityChanged(let status, _): 192 + 6 * (status.note?.utf8.count ?? 0)
        case .introduced(let user, let issuer, let organisation):
            96 + 6 * [user, issuer, organisation].reduce(0) { $0 + ($1?.utf8.count ?? 0) }
        case .incoming(let incoming): 64 + incoming.bytesMax
        case .screened(_, _, _, let verdict, _): 224 + 6 * (verdict.message?.utf8.count ?? 0)
        case .ended(_, _, _, let verdict, _): 224 + 6 * (verdict?.message?.utf8.count ?? 0)
        case .missed(let missed): 192 + missed.from.bytesMax
        case .blocked(_, let user): 96 + 6 * user.utf8.count
        case .declined, .seen, .unblocked, .occupied, .vacated: 96
        }
    }

    /// - Returns: `nil` for a type that is none of ``types``.
    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "availability-changed":
            self = .availabilityChanged(
                LineStatus(json: try reader.value("status")),
                at: try reader.instant("at")
            )
        case "introduced":
            self = .introduced(
                user: try reader.textIfPresent("user"),
                issuer: try reader.textIfPresent("issuer"),
                organisation: try reader.textIfPresent("organisation")
            )
        case "incoming":
            let reading = try FieldReader(try reader.value("incoming"), "incoming")
            self = .incoming(try IncomingCall(reading, of: try reader.identifier("call")))
        case "incoming-declined":
            self = .declined(try reader.identifier("call"), try reader.identifier("participant"))
        case "missed": self = .missed(try MissedCall(try FieldReader(try reader.value("missed"), "missed")))
        case "missed-seen": self = .seen(through: try reader.number("through"))
        case "blocked": self = .blocked(try reader.identifier("person"), user: try reader.string("user"))
        case "unblocked": self = .unblocked(try reader.identifier("person"))
        case "device-busy":
            self = .occupied(
                try reader.identifier("participant"),
                try reader.identifier("call"),
                at: try reader.instant("at")
            )
        case "device-free":
            self = .vacated(try reader.identifier("participant"), try reader.identifier("call"))
        case "incoming-screened", "incoming-ended": self = try Self.over(type, reader)
        default: return nil
        }
    }

    private static func over(_ type: String, _ reader: FieldReader) throws(RoomFormatError) -> Self {
        let (call, ring): (RoomID, UInt64) = (try reader.identifier("call"), try reader.number("ring"))
        let verdict: RingVerdict? =
            reader.has("verdict")
            ? try RingVerdict(try FieldReader(try reader.value("verdict"), "verdict")) : nil
        let at = try reader.instant("at")
        guard type == "incoming-screened" else {
            return .ended(call, ring: ring, try reader.word("reason"), verdict, at: at)
        }
        guard let verdict else { throw .member("verdict") }
        return .screened(call, ring: ring, until: try reader.instant("until"), verdict, at: at)
    }
}

extension JSONObject {
    /// Absent texts are not written.
    fileprivate func appending(_ name: String, _ text: String?) -> JSONObject {
        guard let text else { return self }
        var object = self
        object.append(name, .string(text))
        return object
    }
}

extension Room {
    mutating func evolve(_ fact: LineFact) -> StatePatches {
        guard var line = self.line else { return .none }
        let before = line.shown
        line.evolve(fact)
        self.line = line
        let after = line.shown
        var patches = StatePatches.none
        for name in StatePath.ofLine {
            patches = patches.merging(self.replace(before[name], with: after[name], at: [name], in: .stage))
        }
        return patches
    }
}

extension Line {
    mutating func evolve(_ fact: LineFact) {
        switch fact {
        case .availabilityChanged(let status, let instant):
            self.status = status
            self.statusAt = instant
        case .introduced(let user, let issuer, let organisation):
            self.user = user
            self.issuer = issuer
            self.organisation = organisation
        case .incoming(let incoming): self.incoming[incoming.call] = incoming
        case .screened(let call, let ring, let until, let verdict, let instant):
            self.settle(call, Settled(ring: ring, until: until, verdict: verdict), at: instant)
        case .declined(let call, let device): self.incoming[call]?.declined.insert(device)
        case .ended(let call, let ring, _, let verdict, let instant):
            guard let incoming = self.incoming.removeValue(forKey: call) else { return }
            self.settle(call, Settled(ring: ring, until: incoming.until, verdict: verdict), at: instant)
        case .missed(let missed): self.miss(missed)
        case .seen(let number): self.missed = self.missed.filter { $0.key > number }
        case .blocked(let person, let user): self.blocked[person] = user
        case .unblocked(let person): self.blocked[person] = nil
        case .occupied(let device, let call, let instant): self.calls[call, default: [:]][device] = instant
        case .vacated(let device, let call):
            self.calls[call]?[device] = nil
            if self.calls[call]?.isEmpty ?? false { self.calls[call] = nil }
        }
    }
}
