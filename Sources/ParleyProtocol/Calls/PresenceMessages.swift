/// Of whom a client wants to know how they are: all of them, in place of those before.
public struct WatchRequest: Hashable, Sendable {
    public var people: [Callee]

    public init(_ people: [Callee]) {
        self.people = people
    }
}

/// How some of those are whom the client watches: at first all of them, then those that have changed.
public struct PresenceMessage: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        /// As the client has named them.
        public var person: String
        /// `nil`: nobody whom the client may know of.
        public var presence: Presence?

        public init(_ person: String, _ presence: Presence?) {
            self.person = person
            self.presence = presence
        }
    }

    public var people: [Entry]

    public init(_ people: [Entry]) {
        self.people = people
    }
}

/// How somebody is, as others may know it.
public struct Presence: Hashable, Sendable {
    public enum Availability: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
        case available
        case busy
        case away
        case doNotDisturb = "do-not-disturb"
        /// No device of theirs is there.
        case offline
    }

    public var identity: IdentityID
    public var availability: Availability
    public var since: Instant?
    /// Only of somebody who is offline, and lets it be known.
    public var lastSeenAt: Instant?
    public var note: String?
    /// How many of theirs are there.
    public var devices: Int

    public init(
        _ identity: IdentityID,
        _ availability: Availability,
        since: Instant? = nil,
        lastSeenAt: Instant? = nil,
        note: String? = nil,
        devices: Int = 0
    ) {
        self.identity = identity
        self.availability = availability
        self.since = since
        self.lastSeenAt = lastSeenAt
        self.note = note
        self.devices = devices
    }
}

// MARK: - Reading

extension WatchRequest {
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        guard reader.object["people"] != nil else { throw reader.fault("people") }
        self.init(try reader.callees("people", countMax: limits.watchedMax, limits))
    }
}

extension PresenceMessage {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init([])
        for (name, value) in try reader.required("people", { $0.object }).members {
            var presence: Presence?
            if value != .null {
                guard let object = value.object else { throw reader.fault("people") }
                presence = try Presence(reader.inside(object))
            }
            self.people.append(Entry(name, presence))
        }
    }
}

extension Presence {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(
            try reader.requiredIdentifier("identity"),
            try reader.required("availability") { value in value.string.flatMap { Availability(rawValue: $0) } },
            since: try reader.instant("since"),
            lastSeenAt: try reader.instant("lastSeenAt"),
            note: try reader.text("note"),
            devices: try reader.required("devices") { value in value.integer.flatMap { Int(exactly: $0) } }
        )
    }
}

extension MemberReader {
    fileprivate func instant(_ name: String) throws(Rejection) -> Instant? {
        try self.optional(name) { value in value.integer.map { Instant(milliseconds: $0) } }
    }
}

// MARK: - Writing

extension WatchRequest {
    func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "watch")
        bytes.member("people", json: self.people.json)
        bytes.close()
    }
}

extension PresenceMessage {
    public func encode(into bytes: inout [UInt8]) {
        var people = JSONObject()
        for entry in self.people { people[entry.person] = entry.presence?.json ?? .null }
        bytes.open(type: "presence")
        bytes.member("people", json: .object(people))
        bytes.close()
    }
}

extension Presence {
    public var json: JSONValue {
        var object: JSONObject = ["identity": .string(self.identity.description)]
        object.append("availability", .string(self.availability.rawValue))
        if let since { object.append("since", .integer(since.milliseconds)) }
        if let lastSeenAt { object.append("lastSeenAt", .integer(lastSeenAt.milliseconds)) }
        if let note { object.append("note", .string(note)) }
        object.append("devices", .integer(Int64(self.devices)))
        return .object(object)
    }
}
