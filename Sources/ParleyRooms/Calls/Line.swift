public import ParleyProtocol

/// The telephone line of one person: how they are, what rings there, and what they have missed.
///
/// ```
///               incoming            declined by one device
///  (nothing) ------------> rings ------------------------------> rings elsewhere
///     |                      |                                        |
///     | screened             +--------------------+-------------------+
///     v                                           v  incoming-ended
///  settled <-------------------------------- settled: it never rings again
/// ```
public struct Line: Hashable, Sendable {
    /// Whose it is.
    public let owner: IdentityID
    public internal(set) var status = LineStatus()
    /// Since when.
    public internal(set) var statusAt: Instant?
    public internal(set) var incoming: [RoomID: IncomingCall] = [:]
    /// In which calls which devices are, and since when.
    public internal(set) var calls: [RoomID: [ParticipantID: Instant]] = [:]
    public internal(set) var missed: [UInt64: MissedCall] = [:]
    var missedLast: UInt64 = 0
    /// With what the app calls them.
    public internal(set) var blocked: [IdentityID: String] = [:]
    // Never shown.
    /// What the app calls whose line it is, whose token says so, and the organisation that it names.
    public internal(set) var user: String?
    public internal(set) var issuer: String?
    public internal(set) var organisation: String?
    var settled: [RoomID: Settled] = [:]

    /// What has rung, as long as somebody who is late might have it ring again.
    struct Settled: Hashable, Sendable {
        var ring: UInt64
        var until: Instant
        /// `nil`: the room that rings knows.
        var verdict: RingVerdict?
    }

    /// By how much clocks of nodes may differ.
    static let skewMilliseconds = 60_000

    init(of owner: IdentityID) { self.owner = owner }

    /// In a fixed order.
    public var rings: [IncomingCall] { self.incoming.values.sorted { $0.call < $1.call } }

    mutating func settle(_ call: RoomID, _ settled: Settled, at now: Instant) {
        self.settled = self.settled.filter { !$0.value.isOver(at: now) }
        self.settled[call] = settled
    }

    /// Whether there is no place for another one.
    func isFull(at now: Instant) -> Bool {
        self.incoming.count + self.settled.values.count { !$0.isOver(at: now) } >= Limits().settledMax
    }

    mutating func miss(_ call: MissedCall) {
        self.missedLast += 1
        self.missed[self.missedLast] = call
        guard self.missed.count > Limits().missedMax, let oldest = self.missed.keys.min() else { return }
        self.missed[oldest] = nil
    }
}

extension Line.Settled {
    fileprivate func isOver(at now: Instant) -> Bool {
        let (instant, isBeyond) = now.milliseconds.subtractingReportingOverflow(Int64(Line.skewMilliseconds))
        return !isBeyond && self.until.milliseconds < instant
    }
}

// MARK: - JSON

extension Line {
    /// The members of the state, each absent where there is nothing.
    var shown: JSONObject {
        var object = JSONObject()
        var status = self.status.members
        if let statusAt { status.append("since", .integer(statusAt.milliseconds)) }
        object.append("status", .object(status))
        if let incoming = self.incomingShown { object.append("incoming", incoming) }
        if let calls = self.callsShown { object.append("calls", calls) }
        if let missed = self.missedShown { object.append("missed", missed) }
        if let blocked = self.blockedShown { object.append("blocked", blocked) }
        return object
    }

    private var incomingShown: JSONValue? {
        guard !self.incoming.isEmpty else { return nil }
        var object = JSONObject()
        for incoming in self.rings { object.append(incoming.call.description, incoming.shown) }
        return .object(object)
    }

    private var callsShown: JSONValue? {
        guard !self.calls.isEmpty else { return nil }
        var object = JSONObject()
        for (call, devices) in self.calls.sorted(by: { $0.key < $1.key }) {
            var since = JSONObject()
            for (device, instant) in devices.sorted(by: { $0.key < $1.key }) {
                since.append(device.description, .integer(instant.milliseconds))
            }
            object.append(call.description, .object(since))
        }
        return .object(object)
    }

    private var missedShown: JSONValue? {
        guard !self.missed.isEmpty else { return nil }
        var object = JSONObject()
        for (number, missed) in self.missed.sorted(by: { $0.key < $1.key }) { object.append("\(number)", missed.json) }
        return .object(object)
    }

    private var blockedShown: JSONValue? {
        guard !self.blocked.isEmpty else { return nil }
        var object = JSONObject()
        for (identity, user) in self.blocked.sorted(by: { $0.key < $1.key }) {
            object.append(identity.description, .string(user))
        }
        return .object(object)
    }

    /// In a snapshot.
    var json: JSONValue {
        var object = self.shown
        object.append("owner", .string(self.owner.description))
        object.append("missedLast", .integer(Int64(clamping: self.missedLast)))
        if let user { object.append("user", .string(user)) }
        if let issuer { object.append("issuer", .string(issuer)) }
        if let organisation { object.append("organisation", .string(organisation)) }
        var settled = JSONObject()
        for (call, one) in self.settled.sorted(by: { $0.key < $1.key }) {
            settled.append(call.description, one.json)
        }
        if !settled.isEmpty { object.append("settled", .object(settled)) }
        return .object(object)
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(of: try reader.identifier("owner"))
        let status = try FieldReader(try reader.value("status"), "status")
        self.status = LineStatus(json: try reader.value("status"))
        if status.has("since") { self.statusAt = try status.instant("since") }
        self.missedLast = try reader.number("missedLast")
        self.user = try reader.textIfPresent("user")
        self.issuer = try reader.textIfPresent("issuer")
        self.organisation = try reader.textIfPresent("organisation")
        for (call, value) in try reader.identified("incoming") as [(RoomID, JSONValue)] {
            self.incoming[call] = try IncomingCall(try FieldReader(value, "incoming"), of: call)
        }
        for (call, value) in try reader.identified("calls") as [(RoomID, JSONValue)] {
            for (device, since) in try FieldReader(["calls": value], "calls").devices("calls") {
                self.calls[call, default: [:]][device] = since
            }
        }
        for (number, value) in try reader.numbered("missed") {
            self.missed[number] = try MissedCall(try FieldReader(value, "missed"))
        }
        for (text, value) in reader.valueIfPresent("blocked")?.object?.members ?? JSONObject().members {
            guard let identity = IdentityID(text), let user = value.string else { throw .member("blocked") }
            self.blocked[identity] = user
        }
        for (call, value) in try reader.identified("settled") as [(RoomID, JSONValue)] {
            self.settled[call] = try Settled(try FieldReader(value, "settled"))
        }
    }
}

extension Line.Settled {
    fileprivate var json: JSONValue {
        var object: JSONObject = ["ring": .integer(Int64(clamping: self.ring))]
        object.append("until", .integer(self.until.milliseconds))
        if let verdict { object.append("verdict", .object(verdict.members)) }
        return .object(object)
    }

    fileprivate init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(ring: try reader.number("ring"), until: try reader.instant("until"))
        if reader.has("verdict") {
            self.verdict = try RingVerdict(try FieldReader(try reader.value("verdict"), "verdict"))
        }
    }
}

extension FieldReader {
    /// Members by id; absent is none.
    fileprivate func identified<Kind>(_ name: String) throws(RoomFormatError) -> [(Identifier<Kind>, JSONValue)] {
        guard self.has(name) else { return [] }
        guard let members = try self.value(name).object?.members else { throw .member(name) }
        var identified: [(Identifier<Kind>, JSONValue)] = []
        for (text, value) in members {
            guard let identifier = Identifier<Kind>(text) else { throw .member(name) }
            identified.append((identifier, value))
        }
        return identified
    }

    fileprivate func devices(_ name: String) throws(RoomFormatError) -> [(ParticipantID, Instant)] {
        var devices: [(ParticipantID, Instant)] = []
        for (device, value) in try self.identified(name) as [(ParticipantID, JSONValue)] {
            guard let since = value.integer else { throw .member(name) }
            devices.append((device, Instant(milliseconds: since)))
        }
        return devices
    }
}
