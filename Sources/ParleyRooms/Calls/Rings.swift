public import ParleyProtocol

/// What rings in a room, and what of it has to be remembered. Most rooms have none.
struct Rings: Hashable, Sendable {
    /// By number, which is never used again in this room.
    var open: [UInt64: Ring] = [:]
    var last: UInt64 = 0
    /// Whether two people have been in it at once: it is a call that took place.
    var isAnswered = false
    var transfers = 0
    /// Of the latest that are over, by number, as many as can be open: an accept that was on its way is told what has
    /// become of its ring.
    var over: [UInt64: Over] = [:]
    var awaited: Awaited?
    /// By then two have to be in it, who were taken here from a queue; `nil`: they were, or nobody was taken.
    var meetsBy: Instant?

    struct Over: Hashable, Sendable {
        var end: RingEnd
        var people: [IdentityID]
        var answered: [IdentityID]
    }

    /// People of another call who will come over from there.
    struct Awaited: Hashable, Sendable {
        var people: [IdentityID]
        var until: Instant
    }

    var numbers: [UInt64] { self.open.keys.sorted() }

    mutating func end(_ number: UInt64, _ end: RingEnd) {
        guard let ring = self.open.removeValue(forKey: number) else { return }
        let answered = ring.inOrder.filter { $0.person.state == .answered }.map(\.identity)
        self.over[number] = Over(end: end, people: ring.inOrder.map(\.identity), answered: answered)
        guard self.over.count > Limits().ringsPerRoomMax, let oldest = self.over.keys.min() else { return }
        self.over[oldest] = nil
    }
}

// MARK: - Looking

extension Room {
    /// What rings here, in order of its numbers.
    public var ringing: [(number: UInt64, ring: Ring)] {
        guard let rings = self.rings else { return [] }
        return rings.numbers.compactMap { number in rings.open[number].map { (number, $0) } }
    }

    /// Whether somebody has answered once: a call that was never answered makes nobody busy.
    /// One in which nobody was ever rung is of people who were brought together, from a queue.
    public var isAnswered: Bool {
        guard let rings = self.rings, rings.last > 0 else { return self.kind == .call }
        return rings.isAnswered
    }

    /// Whether somebody in it is in a conversation: what a line shows as busy.
    public var isConversation: Bool {
        switch self.kind {
        case .call: self.lifecycle.isLive && self.isAnswered
        case .meeting: self.lifecycle.isLive && self.isAnswered
        case .line, .queue: false
        }
    }

    /// How a ring is over; `nil`: it is not, or that is too long ago.
    public func ringEnd(_ number: UInt64) -> RingEnd? { self.rings?.over[number]?.end }

    /// What a call or a line remembers that nobody is shown: two rooms that differ in it may go on differently.
    package var memory: some Hashable { [self.rings?.json, self.line?.json] }

    /// Whether somebody rings that identity here.
    public func rings(_ identity: IdentityID) -> Bool {
        self.ringing.contains { $0.ring.people[identity]?.state.isOpen ?? false }
    }

    /// Who is here, each once, in order of arrival. O(n log n): a call has few.
    var identities: [IdentityID] {
        var seen: Set<IdentityID> = []
        return self.participants.map(\.identity).filter { seen.insert($0).inserted }
    }
}

// MARK: - JSON

extension Rings {
    /// In the state; absent where nothing rings.
    var shown: JSONValue? {
        guard !self.open.isEmpty else { return nil }
        var object = JSONObject()
        for number in self.numbers { object.append("\(number)", self.open[number]?.shown ?? [:]) }
        return .object(object)
    }

    /// In a snapshot.
    var json: JSONValue {
        var object: JSONObject = ["last": .integer(Int64(clamping: self.last))]
        if self.isAnswered { object.append("answered", true) }
        if self.transfers > 0 { object.append("transfers", .integer(Int64(self.transfers))) }
        var open = JSONObject()
        for number in self.numbers { open.append("\(number)", self.open[number]?.json ?? [:]) }
        if !open.isEmpty { object.append("open", .object(open)) }
        var over = JSONObject()
        for number in self.over.keys.sorted() { over.append("\(number)", self.over[number]?.json ?? [:]) }
        if !over.isEmpty { object.append("over", .object(over)) }
        if let awaited { object.append("awaited", awaited.json) }
        if let meetsBy { object.append("meetsBy", .integer(meetsBy.milliseconds)) }
        return .object(object)
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.last = try reader.number("last")
        self.isAnswered = reader.has("answered")
        if reader.has("transfers") { self.transfers = Int(min(try reader.number("transfers"), 1_000)) }
        for (number, value) in try reader.numbered("open") {
            self.open[number] = try Ring(try FieldReader(value, "ring"))
        }
        for (number, value) in try reader.numbered("over") {
            self.over[number] = try Over(try FieldReader(value, "over"))
        }
        if reader.has("awaited") {
            self.awaited = try Awaited(try FieldReader(try reader.value("awaited"), "awaited"))
        }
        if reader.has("meetsBy") { self.meetsBy = try reader.instant("meetsBy") }
    }
}

extension Rings.Over {
    fileprivate var json: JSONValue {
        ["end": .string(self.end.rawValue), "people": self.people.json, "answered": self.answered.json]
    }

    fileprivate init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(
            end: try reader.word("end"),
            people: try reader.identifiers("people"),
            answered: try reader.identifiers("answered")
        )
    }
}

extension Rings.Awaited {
    var json: JSONValue { ["people": self.people.json, "until": .integer(self.until.milliseconds)] }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(people: try reader.identifiers("people"), until: try reader.instant("until"))
    }
}

extension [IdentityID] {
    var json: JSONValue { .array(self.map { .string($0.description) }) }
}

extension FieldReader {
    func identifiers<Kind>(_ name: String) throws(RoomFormatError) -> [Identifier<Kind>] {
        var identifiers: [Identifier<Kind>] = []
        for value in try self.array(name) {
            guard let identifier = value.string.flatMap({ Identifier<Kind>($0) }) else { throw .member(name) }
            identifiers.append(identifier)
        }
        return identifiers
    }

    /// Members by number; absent is none.
    func numbered(_ name: String) throws(RoomFormatError) -> [(UInt64, JSONValue)] {
        guard self.has(name) else { return [] }
        guard let members = try self.value(name).object?.members else { throw .member(name) }
        var numbered: [(UInt64, JSONValue)] = []
        for (text, value) in members {
            guard let number = UInt64(text) else { throw .member(name) }
            numbered.append((number, value))
        }
        return numbered
    }

    /// `nil` only if the member is absent.
    func opaque(_ name: String) throws(RoomFormatError) -> AttributeValue? {
        guard let json = self.valueIfPresent(name) else { return nil }
        guard let value = AttributeValue(json) else { throw .member(name) }
        return value
    }

    func textIfPresent(_ name: String) throws(RoomFormatError) -> String? {
        self.has(name) ? try self.string(name) : nil
    }

    func wordIfPresent<Word: RawRepresentable<String>>(_ name: String) throws(RoomFormatError) -> Word? {
        self.has(name) ? try self.word(name) : nil
    }
}
