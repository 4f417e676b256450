public import ParleyProtocol

/// What a room is like, beside what it does with roles, devices and places.
public struct RoomParameters: Hashable, Sendable {
    public var topic: String?
    /// When it is planned to begin.
    public var startsAt: Instant?
    /// How long it is planned to last; ends nothing.
    public var estimatedMilliseconds: Int?
    /// How long after it was opened it ends, whatever happens.
    public var maximumMilliseconds: Int?
    /// How long the room stays without people; 0: it ends with the last one.
    public var emptyMilliseconds = 0
    /// How many people are announced one by one; `nil`: all.
    public var stageMax: Int?
    public var admission = AdmissionRule.open
    /// Nobody comes in while nobody is there who may let people in.
    public var waitForHost = false
    /// Who was in once need not wait again.
    public var readmit = true
    public var pin: Digest?
    /// Who need not wait, and is a member where only members may come in.
    public var autoAdmit = AutoAdmission()
    public var rules = RoomRules()
    /// How a queue takes people out, if the room is one.
    public var queue = QueueRules()

    public init() {}
}

extension RoomParameters {
    /// What differs from the usual, as settings that make it again; an empty object if nothing does.
    ///
    /// Not for clients: it holds what is kept of the PIN.
    var json: JSONValue {
        let usual = RoomParameters()
        var object = self.planned
        if self.emptyMilliseconds != usual.emptyMilliseconds {
            object.append("emptyMilliseconds", .integer(Int64(self.emptyMilliseconds)))
        }
        if let stageMax { object.append("stageMax", .integer(Int64(stageMax))) }
        if self.admission != usual.admission { object.append("admission", .string(self.admission.rawValue)) }
        if self.waitForHost { object.append("waitForHost", .bool(true)) }
        if !self.readmit { object.append("readmit", .bool(false)) }
        if self.autoAdmit != AutoAdmission() { object.append("autoAdmit", self.autoAdmit.json) }
        if let maximumMilliseconds { object.append("maximumMilliseconds", .integer(Int64(maximumMilliseconds))) }
        if let shown = self.rules.shown { object.append("rules", shown) }
        if self.queue != QueueRules() { object.append(StatePath.queue, self.queue.json) }
        if let pin { object.append("pin", .string(pin.description)) }
        return .object(object)
    }

    /// Whether they are of a queue and of no other room.
    var isOfQueue: Bool { self.queue != QueueRules() }

    /// Whether not everybody may come in, so that those who were in are worth remembering.
    var isGuarded: Bool { self.admission != .open || self.pin != nil }

    /// At least as much as they take in the log.
    package var bytesMax: Int { self == RoomParameters() ? 0 : 24 + self.json.encoded.count }

    /// What whoever is at the door may know, in the order of the state.
    var shown: JSONObject {
        var object = JSONObject()
        for (name, value) in self.json.object?.members ?? JSONObject().members where name != "rules" {
            object.append(name, name == "pin" ? .bool(true) : value)
        }
        return object
    }

    private var planned: JSONObject {
        var object = JSONObject()
        if let topic { object.append("topic", .string(topic)) }
        if let startsAt { object.append("startsAt", .integer(startsAt.milliseconds)) }
        if let estimatedMilliseconds {
            object.append("estimatedMilliseconds", .integer(Int64(estimatedMilliseconds)))
        }
        return object
    }

    /// Reads ``json``. What it does not know it ignores: another version may have written it.
    init(json: JSONValue) {
        self.init()
        self.apply(RoomSettings(json: json))
    }

    /// The part of the settings that concerns these parameters.
    mutating func apply(_ settings: RoomSettings) {
        switch settings.pin {
        case nil, .text: break
        case .some(.none): self.pin = nil
        case .sealed(let digest): self.pin = digest
        }
        for (name, value) in settings.changes.members { self.apply(name, value) }
    }

    private mutating func apply(_ name: String, _ value: JSONValue) {
        let usual = RoomParameters()
        let integer = value.integer.map { Int($0) }
        switch name {
        case "topic": self.topic = value.string
        case "startsAt": self.startsAt = value.integer.map { Instant(milliseconds: $0) }
        case "estimatedMilliseconds": self.estimatedMilliseconds = integer
        case "maximumMilliseconds": self.maximumMilliseconds = integer
        case "emptyMilliseconds": self.emptyMilliseconds = integer ?? usual.emptyMilliseconds
        case "stageMax": self.stageMax = integer
        case "admission":
            self.admission = value.string.flatMap { AdmissionRule(rawValue: $0) } ?? usual.admission
        case "waitForHost": self.waitForHost = value.bool ?? usual.waitForHost
        case "readmit": self.readmit = value.bool ?? usual.readmit
        case "autoAdmit": self.autoAdmit = AutoAdmission(json: value)
        case "rules": self.apply(rules: value)
        case "queue": value == .null ? self.queue = QueueRules() : self.queue.apply(value)
        default: break
        }
    }

    private mutating func apply(rules changes: JSONValue) {
        var rules = self.rules.json.object ?? JSONObject()
        for (name, value) in changes.object?.members ?? JSONObject().members {
            rules[name] = value == .null ? nil : value
        }
        self.rules = RoomRules(json: .object(rules))
    }
}

extension RoomRules {
    /// Absent where the rules are the usual ones.
    var shown: JSONValue? { self == RoomRules() ? nil : self.json }

    /// The part that the media policy heeds.
    package var media: MediaRules {
        MediaRules(
            videoCodecs: self.videoCodecs,
            audioCodecs: self.audioCodecs,
            heightMax: self.heightMax,
            frameRateMax: self.frameRateMax,
            audienceCounts: self.audienceInPolicy
        )
    }
}

/// All that `configure` changes.
struct RoomConfiguration: Hashable {
    var parameters: RoomParameters
    var capacity: Int
    var roles: RoleTable

    mutating func apply(_ settings: RoomSettings) {
        self.parameters.apply(settings)
        if let capacity = settings.changes["capacity"] {
            self.capacity = capacity.integer.map { Int($0) } ?? Limits().participantsPerRoomMax
        }
        guard let roles = settings.changes["roles"] else { return }
        for role in Role.allCases {
            for permission in Permission.allCases {
                guard let isAllowed = roles[role.rawValue]?[permission.rawValue]?.bool else { continue }
                self.roles[role].set(permission, isAllowed)
            }
        }
    }

    /// Those of the settings that would make a difference.
    func difference(_ settings: RoomSettings) -> RoomSettings {
        var difference = settings
        difference.keep { name, value in
            var one = self
            one.apply(RoomSettings(json: .object([name: value])))
            return one != self
        }
        var withPIN = self.parameters
        withPIN.apply(settings)
        if withPIN.pin == self.parameters.pin { difference.pin = nil }
        return difference
    }
}

extension Room {
    /// How things are done here.
    public var rules: RoomRules { self.parameters.rules }

    var configuration: RoomConfiguration {
        get { RoomConfiguration(parameters: self.parameters, capacity: self.capacity, roles: self.roles) }
        set {
            self.parameters = newValue.parameters
            self.capacity = newValue.capacity
            self.roles = newValue.roles
        }
    }

    func decideConfigure(_ settings: RoomSettings, _ request: MeetingRequest) -> Decision {
        // A PIN that came here as text was not sealed on its way; the log shall never hold one.
        if case .text = settings.pin { return .rejected(.invalidSettings) }
        let difference = self.configuration.difference(settings)
        guard !difference.isEmpty else { return .rejected(.noChange) }
        if let rank = self.people[request.by]?.role.rank {
            // Nobody gives themselves, or those above, what they may not.
            for (name, _) in difference.changes["roles"]?.object?.members ?? JSONObject().members {
                guard let role = Role(rawValue: name), role.rank < rank else { return .rejected(.notPermitted) }
            }
        }
        var after = self.configuration
        after.apply(difference)
        guard self.isPlannable(after.parameters, at: request.at) else { return .rejected(.invalidSettings) }
        // Who waits has come by that rule; and a room that is no queue has none.
        guard self.queue.map({ $0.rules.rule == after.parameters.queue.rule }) ?? !after.parameters.isOfQueue else {
            return .rejected(.invalidSettings)
        }
        return request.events(
            [.lifecycle(.configured(difference))],
            and: after.roles == self.roles
                ? [] : self.consequences(ofChanging: after.roles, by: request.muter, at: request.at)
        )
    }

    mutating func configure(_ settings: RoomSettings) -> StatePatches {
        let (room, rules, roles) = (self.roomJSON, self.rules.shown, self.roles)
        self.configuration.apply(settings)
        self.queue?.rules = self.parameters.queue
        // Another end has warnings of its own.
        if settings.changes["maximumMilliseconds"] != nil { self.times.warned = nil }
        return self.replace(room, with: self.roomJSON, at: [StatePath.room], in: .door)
            .merging(self.replace(rules, with: self.rules.shown, at: [StatePath.rules], in: .stage))
            .merging(self.showRoles(insteadOf: roles))
    }
}
